"""Say in plain words which part of a condition is false, and by which values.

Only what forms write most is said; of the rest people see the values that it read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldapp.xform.answers import (
    answer_of,
    choice_words,
    day_numbered,
    label_words,
    same,
    value_words,
)
from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.node import Node
from fieldapp.xform.run import near_node
from fieldapp.xform.translations import SHOWN, Translations
from fieldapp.xform.xpath import Evaluation, XPathError, XPathLimit
from fieldapp.xform.xpath.parts import Part, compile_part
from fieldapp.xform.xpath.syntax import (
    Call,
    Chain,
    Negative,
    Number,
    Path,
    Text,
    Tree,
)

MAX_TERMS = 8
MAX_OPERANDS = 20
_FAR = 100_000
_THIS: Translations = {"id": "jawaban ini", "en": "this answer"}
_ORDER: Mapping[str, tuple[str, str]] = {
    "=": ("sama dengan", "equals"),
    "!=": ("berbeda dari", "differs from"),
    "<": ("kurang dari", "is less than"),
    "<=": ("paling banyak", "is at most"),
    ">": ("lebih dari", "is more than"),
    ">=": ("paling sedikit", "is at least"),
}
_DAYS: Mapping[str, tuple[str, str]] = {
    "=": ("sama dengan", "is"),
    "!=": ("bukan", "is not"),
    "<": ("sebelum", "is before"),
    "<=": ("paling lambat", "is no later than"),
    ">": ("sesudah", "is after"),
    ">=": ("paling awal", "is no earlier than"),
}
_CHOICES: Mapping[str, tuple[str, str]] = {
    "=": ("adalah", "is"),
    "!=": ("bukan", "is not"),
}
_BLANK: Mapping[str, tuple[str, str]] = {
    "=": ("kosong", "is empty"),
    "!=": ("terisi", "is filled in"),
}
_WHOLE: Mapping[bool, tuple[str, str]] = {
    False: ("bilangan bulat", "is a whole number"),
    True: ("bukan bilangan bulat", "is no whole number"),
}
_INCLUDES: Mapping[bool, tuple[str, str]] = {
    False: ("memuat", "includes"),
    True: ("tidak memuat", "does not include"),
}
_NEGATED = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SIGNS = {"": "", "+": " + ", "-": " − ", "times": " × ", "div": " ÷ "}
_PASSED_ON = frozenset({"number", "string", "date"})
_MEASURES: Mapping[str, tuple[str, str]] = {
    "string-length": ("banyaknya huruf pada {}", "the number of characters in {}"),
    "count-selected": ("banyaknya pilihan pada {}", "the number of choices in {}"),
    "count": ("banyaknya {}", "the number of {}"),
    "sum": ("jumlah {}", "the total of {}"),
}
_CLOCKS: Mapping[str, tuple[str, str]] = {
    "today": ("hari ini", "today"),
    "now": ("sekarang", "now"),
}
_DIGITS = re.compile(r"\^?\(?(?:\[0-9\]|\\d)\{(\d+)(?:,(\d+))?\}\)?\$?")


@dataclass(slots=True)
class Wording:
    """Words the conditions of one node, as its instance stands."""

    form: FormDefinition
    node: Node
    evaluation: Evaluation

    def clause(self, tree: Tree, *, negated: bool = False) -> Translations | None:
        """Say what a condition asks for; of an `and` only what does not hold.

        :raises XPathError: if a part of it has no value.
        """
        if isinstance(tree, Chain):
            return self._chain(tree, negated=negated)
        if isinstance(tree, Call):
            return self._call(tree, negated=negated)
        return None

    def _chain(self, tree: Chain, *, negated: bool) -> Translations | None:
        operator = tree.operators[0]
        if operator in {"and", "or"}:
            return self._joined(tree, negated=negated)
        if operator not in _ORDER or len(tree.operators) > 1:
            return None
        left, right = tree.operands
        match right:
            case Call("int" | "round", (inner,)) if inner == left and operator == "=":
                return self._predicated(left, _WHOLE[negated])
        if isinstance(left, Number | Text | Negative):
            left, right, operator = right, left, _TURNED[operator]
        return self._compared(_NEGATED[operator] if negated else operator, left, right)

    def _joined(self, tree: Chain, *, negated: bool) -> Translations | None:
        """Join the conditions of an `and` that fail, or all those of an `or`.

        Of an `or`, those on other answers say when it is asked for at all: what is
        wrong stands in those on this answer, if there are any.
        """
        is_all = (tree.operators[0] == "and") is not negated
        operands = tree.operands
        if len(operands) > MAX_OPERANDS:
            return None
        if is_all:
            failing = (each for each in operands if self._fails(each, negated=negated))
            operands = tuple(failing)[:MAX_TERMS]
        else:
            on_this = tuple(each for each in operands if self._is_on_this(each))
            operands = on_this or operands
        clauses = [self.clause(each, negated=negated) for each in operands]
        told = [each for each in clauses if each is not None]
        if not told or (not is_all and len(told) < len(operands)):
            return None
        words = (" dan ", " and ") if is_all else (" atau ", " or ")
        return _each(lambda code, word: word.join(each[code] for each in told), words)

    def _call(self, tree: Call, *, negated: bool) -> Translations | None:
        match tree:
            case Call("not", (inner,)):
                return self.clause(inner, negated=not negated)
            case Call("if", (condition, yes, no)):
                taken = yes if self._holds(condition) else no
                return self.clause(taken, negated=negated)
            case Call("selected", (several, Text() as one)):
                return self._said(several, _INCLUDES[negated], one)
            case Call("regex", (subject, Text(pattern))) if not negated:
                return self._predicated(subject, _form_words(pattern))
        return None

    def _predicated(self, subject: Tree, words: tuple[str, str]) -> Translations | None:
        told = self._term(subject)
        return told and _each(lambda code, word: f"{told[code]} {word}", words)

    def _compared(self, operator: str, left: Tree, right: Tree) -> Translations | None:
        """Say a comparison, of days as of days and of choices by their labels."""
        if isinstance(right, Text) and not right.value and operator in _BLANK:
            return self._predicated(left, _BLANK[operator])
        if isinstance(right, Text) and operator in _CHOICES:
            return self._said(left, _CHOICES[operator], right)
        values = self._value(left), self._value(right)
        are_days = any(isinstance(value, date) for value in values)
        return self._said(left, (_DAYS if are_days else _ORDER)[operator], right)

    def _said(
        self, left: Tree, words: tuple[str, str], right: Tree
    ) -> Translations | None:
        subject, object_ = self._term(left), self._literal(right, left)
        if subject is None or object_ is None:
            return None
        return _each(
            lambda code, word: f"{subject[code]} {word} {object_[code]}", words
        )

    def _literal(self, tree: Tree, beside: Tree) -> Translations | None:
        """Write a text that is compared with a choice by the label of that choice."""
        if not isinstance(tree, Text):
            return self._term(tree)
        path = self._question(beside)
        near = near_node(self.node, path.path) if path is not None else None
        told = choice_words(self.form, near, [tree.value]) if near else same(tree.value)
        return {code: f"“{told[code]}”" for code in SHOWN}

    def _term(self, tree: Tree) -> Translations | None:
        """Name an operand, with its value beside it where it is not written out."""
        if isinstance(tree, Number | Negative | Text):
            return value_words(self._value(tree))
        if isinstance(tree, Path):
            return self._named(tree)
        if isinstance(tree, Chain):
            return self._sum(tree)
        return self._measured(tree) if isinstance(tree, Call) else None

    def _measured(self, tree: Call) -> Translations | None:
        """Name what a function measures; those that only convert are passed over."""
        if tree.name in _CLOCKS and not tree.arguments:
            return self._with_value(_pair(_CLOCKS[tree.name]), tree)
        match tree:
            case Call("date", (Text(),)):
                return value_words(self._value(tree))
            case Call(function, (inner, *_)) if function in _PASSED_ON:
                return self._term(inner)
        measured = self._question(tree.arguments[0]) if tree.arguments else None
        if tree.name not in _MEASURES or measured is None:
            return None
        name = self._name(measured)
        words = _each(lambda code, word: word.format(name[code]), _MEASURES[tree.name])
        return self._with_value(words, tree)

    def _sum(self, tree: Chain) -> Translations | None:
        """Write a calculation, and what it comes to."""
        written = self._calculation(tree)
        if written is None:
            return None
        total = self._total(tree)
        return _each(
            lambda code, word: f"{written[code]} ({word} {total[code]})",
            ("yaitu", "which is"),
        )

    def _total(self, tree: Chain) -> Translations:
        """Give what a calculation comes to: with days it is a day, or their number."""
        total = self._value(tree)
        days = sum(isinstance(self._value(each), date) for each in tree.operands)
        told = value_words(total)
        if not days or not {"+", "-"}.issuperset(tree.operators):
            return told
        if days > 1:
            return _each(lambda code, word: f"{told[code]} {word}", ("hari", "days"))
        return value_words(day_numbered(total)) if abs(total) < _FAR else told

    def _calculation(self, tree: Chain) -> Translations | None:
        """Write a calculation with its signs, and brackets around those within it."""
        found = dict.fromkeys(SHOWN, "")
        if len(tree.operands) > MAX_TERMS:
            return None
        for operator, operand in zip(("", *tree.operators), tree.operands, strict=True):
            if isinstance(operand, Chain):
                inner = self._calculation(operand)
                term = inner and {code: f"({inner[code]})" for code in SHOWN}
            else:
                term = self._term(operand)
            if term is None or operator not in _SIGNS:
                return None
            for code in SHOWN:
                found[code] += _SIGNS[operator] + term[code]
        return found

    def _named(self, tree: Path) -> Translations | None:
        question = self._question(tree)
        if question is None:
            return None
        name = self._name(question)
        if question.path == self.node.path:
            return name
        near = near_node(self.node, question.path)
        if near is None or near.children:
            return name
        told = answer_of(self.form, near)
        return _beside(name, told)

    def _name(self, question: NodeDefinition) -> Translations:
        if question.path == self.node.path:
            return _THIS
        labels = label_words(self.form, question)
        return {code: f"“{labels[code]}”" for code in SHOWN}

    def _question(self, tree: Tree) -> NodeDefinition | None:
        """Find the question that a plain path means."""
        if isinstance(tree, Call) and tree.name in _PASSED_ON and tree.arguments:
            return self._question(tree.arguments[0])
        if not isinstance(tree, Path) or any(step.predicates for step in tree.steps):
            return None
        part = self._part(tree)
        if part.instances or len(part.references) != 1:
            return None
        (path,) = part.references
        return self.form.nodes.get((self.form.root.name, *path[1:]))

    def _with_value(self, words: Translations, tree: Tree) -> Translations:
        return _beside(words, value_words(self._value(tree)))

    def _is_on_this(self, tree: Tree) -> bool:
        return self.node.path in self._part(tree).references

    def _part(self, tree: Tree) -> Part:
        return compile_part(tree, self.node.path)

    def _value(self, tree: Tree) -> Any:
        return self._part(tree).value(self.evaluation)

    def _holds(self, tree: Tree) -> bool:
        return self._part(tree).boolean(self.evaluation)

    def _fails(self, tree: Tree, *, negated: bool) -> bool:
        """Tell whether a part is to blame; not if it was never evaluated."""
        try:
            return self._holds(tree) is negated
        except XPathLimit:
            raise
        except XPathError:
            return False


def _beside(words: Translations, told: Translations) -> Translations:
    """Put a value in brackets beside a name."""
    return {
        code: f"{words[code]} {told[code]}"
        if told[code].startswith("(")
        else f"{words[code]} ({told[code]})"
        for code in SHOWN
    }


def _form_words(pattern: str) -> tuple[str, str]:
    """Say what a pattern asks for, if it is a number of digits."""
    found = _DIGITS.fullmatch(pattern)
    if found is None:
        return ("ditulis dalam bentuk yang diminta", "is written in the form asked for")
    least, most = found.groups()
    if most is None:
        return (f"terdiri dari {least} angka", f"is {least} digits")
    return (f"terdiri dari {least} sampai {most} angka", f"is {least} to {most} digits")


def _pair(words: tuple[str, str]) -> Translations:
    return dict(zip(SHOWN, words, strict=True))


def _each(write: Callable[[str, str], str], words: tuple[str, str]) -> Translations:
    return {code: write(code, word) for code, word in _pair(words).items()}
