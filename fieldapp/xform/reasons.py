"""Make violations: which question, in which item, and why, for whoever decides.

All that is worked out here is worked out for a rule that is broken, and only then.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from fieldapp.xform.answers import (
    EMPTY,
    answer_of,
    answer_words,
    choice_words,
    label_words,
    same,
    shorten,
)
from fieldapp.xform.definition import NodeDefinition, Path
from fieldapp.xform.itext import fill_outputs, outputs_of, plain
from fieldapp.xform.judgement import Reading, Rule, Violation, nodes_at
from fieldapp.xform.messages import FRAMES, rule_message
from fieldapp.xform.node import Node
from fieldapp.xform.run import Run, definition_of, path_of
from fieldapp.xform.translations import SHOWN, Translations, complete
from fieldapp.xform.wording import Wording
from fieldapp.xform.xpath import Evaluation, Expression, XPathError, compile_xpath
from fieldapp.xform.xpath.conversions import to_string
from fieldapp.xform.xpath.parts import syntax_tree

MAX_STEPS = 200_000
"""How many nodes and parts of formulas may be gone through to tell all reasons.

Violations that are found after that are told without them.
"""

MAX_READINGS = 10
MAX_VALUE = 500
MAX_REASON = 400
MAX_OUTPUTS = 20
_CHARACTERS_PER_STEP = 50


@dataclass(slots=True)
class Reasons:
    """Writes the violations of one instance, each at the moment when it is found."""

    run: Run
    evaluation: Evaluation | None = None
    outputs: dict[tuple[Path, str], Expression | None] = field(default_factory=dict)

    def about(
        self,
        node: Node,
        rule: Rule,
        message: Translations,
        *,
        cause: Expression | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> Violation:
        """Tell of a node; `cause` is the expression whose values are to be shown."""
        form = self.run.definition
        if cause is not None and not self._affords_to_read(cause, node):
            cause = None
        read = list(self._read(cause, node)) if cause is not None else []
        values = {path_of(each, form.repeats): each.text for each in read}
        return Violation(
            path=path_of(node, form.repeats),
            rule=rule,
            label=self.label(node),
            message=message,
            value=shorten(node.text, MAX_VALUE),
            detail={
                path: shorten(text, MAX_VALUE)
                for path, text in (detail or values).items()
            },
            item=self.item(node),
            answer=answer_words(form, node) if node.text else EMPTY,
            reason=self._reason(node, rule, cause),
            readings=tuple(self._reading(each, node) for each in read),
        )

    def broken(
        self, node: Node, rule: Rule, own: Translations, cause: Expression
    ) -> Violation:
        """Tell of a rule whose message is the form's own, or else the reason."""
        found = self.about(node, rule, {}, cause=cause)
        if any(own.values()):
            return replace(found, message=complete(self.fill(node, own)))
        return replace(found, message=found.reason or rule_message(rule))

    def not_offered(
        self,
        node: Node,
        offered: frozenset[str],
        cause: Expression | None = None,
    ) -> Violation:
        """Tell which choices are not offered, by their labels where they have some."""
        sent = node.text.split() if is_several(node) else [node.text]
        dropped = [each for each in sent if each not in offered]
        told = choice_words(self.run.definition, node, dropped)
        choices = {code: f"“{told[code]}”" for code in SHOWN}
        message = rule_message("choice", choices=choices)
        return self.about(node, "choice", message, cause=cause)

    def miscounted(
        self, parent: Node, definition: NodeDefinition, present: int, wanted: int
    ) -> Violation:
        """Tell that a repeat has fewer items than it should."""
        path = f"{path_of(parent, self.run.definition.repeats)}/{definition.name}"
        counts = {"wanted": same(str(wanted)), "present": same(str(present))}
        return Violation(
            path=path,
            rule="repeat-count",
            label=definition.labels,
            message=rule_message("repeat-count", **counts),
            value=str(present),
            detail={},
            item=self.item(parent),
            answer=counts["present"],
        )

    def label(self, node: Node) -> Translations:
        """Give a node's label with the answers that it shows."""
        definition = definition_of(node)
        if not definition.templates:
            return label_words(self.run.definition, definition)
        return complete(self.fill(node, definition.templates), definition.name)

    def item(self, node: Node) -> Translations:
        """Name the items of repeats around a node, such as `Lahan 1 › Tanaman 3`."""
        names: list[Translations] = []
        step: Node | None = node
        while step is not None and definition_of(step).is_in_repeat:
            if definition_of(step).repeat is not None:
                label, number = self.label(step), step.position
                names.append({code: f"{label[code]} {number}" for code in SHOWN})
            step = step.parent
        names.reverse()
        return (
            {code: " › ".join(name[code] for name in names) for code in SHOWN}
            if names
            else {}
        )

    def fill(self, node: Node, text: Translations) -> Translations:
        """Put the values that a text shows into it; write it without markup."""
        length = sum(map(len, text.values()))
        if not self._affords(length // _CHARACTERS_PER_STEP, node):
            return {language: shorten(one) for language, one in text.items()}
        found = (each for one in text.values() for each in outputs_of(one))
        sources = list(dict.fromkeys(found))[:MAX_OUTPUTS]
        values = {source: self._show(node, source) for source in sources}
        return {
            language: fill_outputs(plain(one), values) for language, one in text.items()
        }

    def _show(self, node: Node, source: str) -> str:
        expression = self._output(node, source)
        if expression is None or not self._affords_to_read(expression, node):
            return "…"
        try:
            return shorten(to_string(expression.value(self._at(node))), MAX_VALUE)
        except XPathError:
            return "…"

    def _output(self, node: Node, source: str) -> Expression | None:
        """Compile what a text shows, once for each question."""
        path = definition_of(node).path
        if (path, source) not in self.outputs:
            self.outputs[path, source] = None
            if self._affords(len(source), node):
                repeats = self.run.definition.repeats
                with suppress(XPathError):
                    self.outputs[path, source] = compile_xpath(
                        source, context=path, repeats=repeats
                    )
        return self.outputs[path, source]

    def _affords_to_read(self, expression: Expression, node: Node) -> bool:
        return self._affords(
            self.run.work_of(expression, definition_of(node).path), node
        )

    def _affords(self, steps: int, node: Node) -> bool:
        """Tell whether there are steps left for some work, and take them."""
        context = self._at(node)
        context.steps -= steps
        return context.steps >= 0

    def _reason(self, node: Node, rule: Rule, cause: Expression | None) -> Translations:
        """Say which part of a condition fails, if it is of a kind that can be said."""
        frame = FRAMES.get(rule)
        if frame is None or cause is None:
            return {}
        dot = node.value if rule in {"constraint", "warn"} else None
        try:
            wording = Wording(self.run.definition, node, self._at(node, dot))
            clause = wording.clause(syntax_tree(cause.source))
        except XPathError:
            return {}
        if clause is None:
            return {}
        return {
            code: frame[code].format(shorten(clause[code], MAX_REASON))
            for code in SHOWN
        }

    def _at(self, node: Node, dot: Any = None) -> Evaluation:
        """Give a context with steps of its own: telling a reason changes no verdict."""
        if self.evaluation is None:
            self.evaluation = replace(self.run.context, steps=MAX_STEPS)
        self.evaluation.node, self.evaluation.dot = node, dot
        return self.evaluation

    def _reading(self, read: Node, reader: Node) -> Reading:
        """Tell a value that a rule read; the item only where it is another one."""
        form = self.run.definition
        label, item = self.label(read), self.item(read)
        if item and item != self.item(reader):
            label = {code: f"{label[code]} ({item[code]})" for code in SHOWN}
        answer = answer_of(form, read)
        if definition_of(read).repeat is not None:
            count = len(read.parent.by_name[read.name]) if read.parent else 1
            answer, label = same(str(count)), self.label(read)
        return Reading(path_of(read, form.repeats), label, answer)

    def _read(self, cause: Expression, node: Node) -> Iterator[Node]:
        """Find the questions that an expression read, in all items that it read."""
        own = definition_of(node).path
        found = 0
        known = [self._known(path) for path in cause.references]
        for definition in sorted(filter(None, known), key=lambda each: each.index):
            if definition.path == own or (
                definition.children and definition.repeat is None
            ):
                continue
            nodes = _nodes_from(node, definition.path)
            if not self._affords(len(nodes), node):
                return
            for each in nodes[:1] if definition.repeat is not None else nodes:
                if found == MAX_READINGS:
                    return
                found += 1
                yield each

    def _known(self, path: Path) -> NodeDefinition | None:
        form = self.run.definition
        return form.nodes.get((form.root.name, *path[1:]))


def is_several(node: Node) -> bool:
    """Tell whether a question takes several choices."""
    return definition_of(node).bind.type == "select"


def _nodes_from(start: Node, path: Path) -> list[Node]:
    """Find the nodes at a path within the items of repeats that are shared with it."""
    own = start.path
    shared = 0
    while shared < min(len(own), len(path)) and own[shared] == path[shared]:
        shared += 1
    node = start
    for _ in range(len(own) - shared):
        node = node.parent or node
    return nodes_at(node, (node.name, *path[shared:]))
