"""Read the questions of the body: labels, choices, limits."""

import re

from fieldapp.xform.binds import BindReader
from fieldapp.xform.body import LISTS, BodyElement
from fieldapp.xform.definition import Choice, Control, ItemSet, Path
from fieldapp.xform.itemsets import read_itemset
from fieldapp.xform.itext import inline_text, outputs_of, read_text, without_outputs
from fieldapp.xform.markup import JAVAROSA, Element, attribute_of, local_name
from fieldapp.xform.refusals import refusal
from fieldapp.xform.translations import complete
from fieldapp.xform.values import trim

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LABELS = ("label", "hint")


def read_control(question: BodyElement, binds: BindReader) -> Control:
    """Compile one question of the body.

    :raises FormError: if JavaRosa would not show it.
    """
    element = question.element
    texts = binds.texts
    is_list = question.kind in LISTS
    itemset = read_itemset(element, question.place, binds) if is_list else None
    choices = _read_choices(question, binds) if is_list else ()
    _check_list(question, choices, itemset)
    _check_tags(question)
    labels, hints = (read_text(element, name, texts) for name in _LABELS)
    start, end, step = (_number(question, name) for name in ("start", "end", "step"))
    return Control(
        kind=question.kind,
        labels=without_outputs(labels),
        templates=labels if any(map(outputs_of, labels.values())) else {},
        hints=without_outputs(hints),
        appearance=attribute_of(element, "appearance") or "",
        mediatype=attribute_of(element, "mediatype") or "",
        choices=choices,
        itemset=itemset,
        offered=(
            frozenset(choice.value for choice in choices)
            if is_list and itemset is None
            else None
        ),
        start=start,
        end=end,
        step=step,
    )


def _number(question: BodyElement, name: str) -> float | None:
    """Read a limit of a range, as Java reads decimal numbers."""
    text = attribute_of(question.element, name)
    if text is None or question.kind != "range":
        return None
    if not _DECIMAL.fullmatch(text):
        raise refusal(
            "range", question.place, attribute="parameters", name=name, text=text
        )
    return float(text)


def _read_choices(question: BodyElement, binds: BindReader) -> tuple[Choice, ...]:
    items = question.element.iterchildren("{*}item")
    return tuple(_read_choice(item, question.place, binds) for item in items)


def _read_choice(item: Element, path: Path, binds: BindReader) -> Choice:
    """Read a choice of a fixed list, which needs a value and a label."""
    values = list(item.iterchildren("{*}value"))
    labels = list(item.iterchildren("{*}label"))
    if not any(map(_has_text, values[-1:])) or not any(map(_is_label, labels[-1:])):
        raise refusal("choice", path, attribute="type")
    value = trim(values[-1].text or "")
    written = read_text(item, "label", binds.texts)
    return Choice(value, complete(without_outputs(written), value), written)


def _has_text(element: Element) -> bool:
    """Tell whether a text is there; an empty one is, spaces alone are not."""
    text = element.text
    return text is not None and (not text or bool(trim(text)))


def _is_label(label: Element) -> bool:
    return label.get("ref") is not None or len(label) > 0 or _has_text(label)


def _check_list(
    question: BodyElement, choices: tuple[Choice, ...], itemset: ItemSet | None
) -> None:
    """Refuse a list without choices, and one with choices of both kinds."""
    if question.kind not in LISTS:
        return
    if itemset is None and not choices:
        raise refusal("no-choices", question.place, attribute="type")
    if itemset is not None and choices:
        raise refusal("two-lists", question.place, attribute="type")


def _check_tags(question: BodyElement) -> None:
    """Refuse tags of an OpenStreetMap question that have an empty label or value."""
    element = question.element
    if attribute_of(element, "mediatype") != "osm/*":
        return
    for tag in element.iterchildren("{*}tag"):
        if tag.get("key") is None:
            continue
        shown = list(tag.iter("{*}label", "{*}value"))
        if any(each.text is None and not len(each) for each in shown):
            raise refusal("osm-tag", question.place, attribute="type")


def check_captions(repeat: BodyElement) -> None:
    """Refuse the captions of a repeat that show no value where they should.

    :raises FormError: if an output in them names none.
    """
    for child in repeat.element.iterchildren(f"{{{JAVAROSA}}}*"):
        if local_name(child).endswith(("Caption", "Header")):
            inline_text(child)
