"""Tell what one revision of an entry answers otherwise than another."""

from collections.abc import Iterator
from dataclasses import dataclass

from fieldapp.xform.answers import EMPTY, Words, answer_of, label_words
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.judgement import Judgement, indexed_path
from fieldapp.xform.node import Node
from fieldapp.xform.run import definition_of
from fieldapp.xform.translations import SHOWN, Translations, complete

_CLIENTS_OWN = "meta"


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that two revisions answer differently, in words for people."""

    path: str
    """With an index (from 1) on repeats only."""
    label: Translations
    item: Translations
    """Which item of the repeats around it, such as `Wadah 2`; empty outside of them."""
    before: Translations
    after: Translations


def differences(
    older: Judgement, newer: Judgement, *, words: Words = answer_of
) -> tuple[Difference, ...]:
    """Compare two judged revisions, question by question, in the form's order.

    `words` writes their answers.

    What the client writes of itself (`meta`, `start`, `deviceid`, …) is left out. Items
    of repeats are compared by their place, so that one taken out of the middle shows
    as changes of those behind it.
    """
    before, after = dict(_answers(older)), dict(_answers(newer))
    paths = [*after, *(path for path in before if path not in after)]
    return tuple(
        _difference(
            path, (older, before.get(path)), (newer, after.get(path)), words=words
        )
        for path in paths
        if _text(before.get(path)) != _text(after.get(path))
    )


def _answers(judgement: Judgement) -> Iterator[tuple[str, Node]]:
    pending = list(reversed(judgement.root.children))
    while pending:
        node = pending.pop()
        if not node.is_relevant or node.definition is None:
            continue
        if node.children:
            if definition_of(node).path[1:2] != (_CLIENTS_OWN,):
                pending.extend(reversed(node.children))
        elif not definition_of(node).bind.preload:
            yield indexed_path(node, judgement.definition.repeats), node


def _text(node: Node | None) -> str:
    return "" if node is None else node.text


def _difference(
    path: str,
    left: tuple[Judgement, Node | None],
    right: tuple[Judgement, Node | None],
    *,
    words: Words,
) -> Difference:
    (older, before), (newer, after) = left, right
    shown, form = (after, newer.definition) if after else (before, older.definition)
    if shown is None:
        raise ValueError(path)
    label = complete(label_words(form, definition_of(shown)), shown.name)
    return Difference(
        path=path,
        label=label,
        item=_item(form, shown),
        before=EMPTY if before is None else words(older.definition, before),
        after=EMPTY if after is None else words(newer.definition, after),
    )


def _item(form: FormDefinition, node: Node) -> Translations:
    names: list[Translations] = []
    step: Node | None = node
    while step is not None:
        definition = definition_of(step)
        if definition.repeat is not None:
            label = complete(label_words(form, definition), step.name)
            names.insert(0, {code: f"{label[code]} {step.position}" for code in SHOWN})
        step = step.parent
    if not names:
        return {}
    return {code: " › ".join(name[code] for name in names) for code in SHOWN}
