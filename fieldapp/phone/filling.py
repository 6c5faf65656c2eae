"""Fill in a form by its own rules, until the engine finds nothing wrong with it.

Questions are asked in the order of the body, as on a phone, each answered with
something that its constraint lets through at that moment. What later answers make
wrong is put right afterwards: an answer that a broken rule reads is given anew, and
kept where that leaves no more rules broken.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from fieldapp.phone.answers import (
    answers_of_type,
    chosen_answers,
    range_answers,
)
from fieldapp.phone.asking import (
    expressions,
    is_required,
    lets_through,
    questions,
    repeat_parents,
)
from fieldapp.phone.entry import Entry
from fieldapp.phone.hints import hints_of
from fieldapp.phone.pictures import Attachment, make_attachment
from fieldapp.xform.definition import (
    Control,
    FormDefinition,
    Path,
    plain_path,
)
from fieldapp.xform.judgement import Judgement, Violation
from fieldapp.xform.node import Node
from fieldapp.xform.run import definition_of, path_of

Rule = Literal["required", "constraint", "choice", "type"]

MAX_QUESTIONS = 600
MAX_REPAIRS = 250
ATTEMPTS = 4
OPTIONAL_ANSWERED = 0.8
NO_ANSWER_OF_THE_TYPE = "bukan-ini"


class CannotFillError(ValueError):
    """No entry was found that keeps, or breaks, the rules of a form."""


@dataclass(frozen=True)
class Wishes:
    """How entries are to be made."""

    with_photos: bool = False
    photo_kilobytes: int = 60


@dataclass(frozen=True)
class Filled:
    """A finished entry, as a phone keeps it until it is sent."""

    form: FormDefinition
    instance_id: str
    xml: bytes
    attachments: tuple[Attachment, ...]
    broken: tuple[Violation, ...] = ()
    """The rules that it breaks, where that was asked for."""


@dataclass
class Filler:
    """Somebody with a phone, who answers at random but within the rules."""

    form: FormDefinition
    chance: random.Random
    wishes: Wishes = field(default_factory=Wishes)
    new_id: Callable[[], UUID] = uuid4
    """Never by chance that can be repeated: two entries of one id are a conflict."""

    def fill(self, finished_at: datetime) -> Filled:
        """Make an entry that keeps every rule.

        :raises CannotFillError: if none is found.
        """
        return self._finish(*self._valid(finished_at))

    def fill_wrongly(self, finished_at: datetime, rule: Rule) -> Filled:
        """Make an entry that breaks a rule, and else is right.

        :raises CannotFillError: if none is found.
        """
        entry, judgement = self._valid(finished_at)
        asked = list(questions(judgement))
        self.chance.shuffle(asked)
        spoilt: list[tuple[int, str, str]] = []
        for node, control in asked:
            path = path_of(node, self.form.repeats)
            for text in self._wrong_answers(judgement, node, control, rule):
                entry.answer(path, text)
                broken = entry.judge().violations
                entry.answer(path, node.text)
                if (path, rule) in {(each.path, each.rule) for each in broken}:
                    spoilt.append((len(broken), path, text))
                    break
        if not spoilt:
            raise CannotFillError(f"{self.form.form_id}: no question breaks {rule!r}")
        _, path, text = min(spoilt, key=lambda each: each[0])
        entry.answer(path, text)
        return self._finish(entry, entry.judge())

    def _valid(self, finished_at: datetime) -> tuple[Entry, Judgement]:
        judgement = None
        for _ in range(ATTEMPTS):
            entry = Entry(
                self.form,
                instance_id=self.new_id(),
                finished_at=finished_at,
            )
            self._ask_all(entry)
            judgement = self._repair(entry)
            if judgement.is_ok:
                return entry, judgement
        wrong = judgement.violations[0] if judgement else None
        where = f"{wrong.path}: {wrong.rule}" if wrong else ""
        raise CannotFillError(f"{self.form.form_id}: no answers keep {where}")

    def _ask_all(self, entry: Entry) -> None:
        """Ask each question once, those too that an answer brings up."""
        asked: set[str] = set()
        opened: set[str] = set()
        for _ in range(MAX_QUESTIONS):
            judgement = entry.judge()
            if self._open_repeats(entry, judgement, opened):
                continue
            pending = (
                (node, control, path)
                for node, control in questions(judgement)
                if (path := path_of(node, self.form.repeats)) not in asked
            )
            node, control, path = next(pending, (None, None, ""))
            if node is None or control is None:
                return
            asked.add(path)
            text = self._answer(judgement, node, control)
            if text is not None:
                entry.answer(path, text)

    def _open_repeats(
        self, entry: Entry, judgement: Judgement, opened: set[str]
    ) -> bool:
        """Give a repeat that has come up one item or two, as a person would add."""
        for node in repeat_parents(judgement.root):
            for child in definition_of(node).children:
                path = f"{path_of(node, self.form.repeats)}/{child.name}"
                if child.repeat is None or path in opened:
                    continue
                opened.add(path)
                if child.repeat.count is None and not child.repeat.is_fixed:
                    entry.add_items(path, self.chance.choice((1, 1, 2)))
                    return True
        return False

    def _answer(self, judgement: Judgement, node: Node, control: Control) -> str | None:
        bind = definition_of(node).bind
        is_file = bind.type == "binary"
        wanted = self.wishes.with_photos if is_file else self._happens()
        if not wanted and not is_required(judgement, node):
            return None
        for text in self._candidates(judgement, node, control):
            if lets_through(judgement, node, bind.constraint, text):
                return text
        return None

    def _happens(self) -> bool:
        return self.chance.random() < OPTIONAL_ANSWERED

    def _candidates(
        self, judgement: Judgement, node: Node, control: Control
    ) -> list[str]:
        bind = definition_of(node).bind
        if control.is_select:
            return chosen_answers(judgement, node, control, self.chance)
        if control.kind == "trigger":
            return ["OK"]
        if control.kind == "range":
            return range_answers(control, self.chance)
        if bind.type == "binary":
            return [self._file(control).name]
        hints = hints_of(bind.constraint, judgement, node)
        return answers_of_type(bind.type, hints, judgement.now, self.chance)

    def _file(self, control: Control) -> Attachment:
        stem = str(self.chance.randint(1_700_000_000_000, 1_999_999_999_999))
        return make_attachment(control.mediatype, stem, 0, self.chance)

    def _wrong_answers(
        self, judgement: Judgement, node: Node, control: Control, rule: Rule
    ) -> list[str]:
        bind = definition_of(node).bind
        if rule == "required":
            return [""] if is_required(judgement, node) else []
        if rule == "constraint":
            if bind.constraint is None:
                return []
            hints = hints_of(bind.constraint, judgement, node)
            texts = self._candidates(judgement, node, control)
            plain = answers_of_type(bind.type, hints, judgement.now, self.chance)
            return [*texts, *([] if control.is_select else plain), "-1", "-999999999"]
        is_choice = control.is_select
        return [NO_ANSWER_OF_THE_TYPE] if is_choice == (rule == "choice") else []

    def _repair(self, entry: Entry) -> Judgement:
        """Give answers anew that broken rules read, while fewer rules break."""
        judgement = entry.judge()
        for _ in range(MAX_REPAIRS):
            if judgement.is_ok:
                return judgement
            changed = self._change(entry, judgement)
            if changed is None:
                continue
            path, before, text = changed
            entry.answer(path, text)
            found = entry.judge()
            if len(found.violations) <= len(judgement.violations):
                judgement = found
            else:
                entry.answer(path, before)
        return judgement

    def _change(
        self, entry: Entry, judgement: Judgement
    ) -> tuple[str, str, str] | None:
        """Choose an answer that bears on a broken rule, and another in its place."""
        violation = self.chance.choice(judgement.violations)
        paths = {plain_path(violation.path), *self._read_by(violation)}
        near = [
            (node, control)
            for node, control in questions(judgement)
            if definition_of(node).path in paths
        ]
        if not near:
            return None
        node, control = self.chance.choice(near)
        candidates = self._candidates(judgement, node, control)
        constraint = definition_of(node).bind.constraint
        kept = [
            text
            for text in candidates
            if lets_through(judgement, node, constraint, text)
        ]
        if not kept:
            return None
        path = path_of(node, entry.form.repeats)
        return path, node.text, self.chance.choice(kept)

    def _read_by(self, violation: Violation) -> set[Path]:
        """Follow what a broken rule reads, through calculations, to questions."""
        found: set[Path] = set()
        pending = [plain_path(violation.path)]
        while pending:
            definition = self.form.nodes.get(pending.pop())
            for expression in expressions(definition):
                new = {*expression.references} - found
                found |= new
                pending.extend(new)
        return found

    def _finish(self, entry: Entry, judgement: Judgement) -> Filled:
        attachments = tuple(
            make_attachment(
                control.mediatype,
                node.text.rpartition(".")[0],
                self.wishes.photo_kilobytes,
                self.chance,
            )
            for node, control in questions(judgement)
            if definition_of(node).bind.type == "binary" and node.text
        )
        xml = entry.xml(judgement)
        return Filled(
            self.form, entry.instance_id, xml, attachments, judgement.violations
        )
