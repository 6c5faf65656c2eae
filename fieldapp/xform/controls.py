"""Read the questions of the body: labels, choices, limits."""

import re

from fieldapp.xform.binds import BindReader
from fieldapp.xform.body import BodyElement
from fieldapp.xform.definition import (
    Choice,
    Control,
    FormError,
    ItemSet,
    Path,
    path_text,
)
from fieldapp.xform.formchecks import check_choices
from fieldapp.xform.itext import outputs_of, read_text, without_outputs
from fieldapp.xform.markup import Element
from fieldapp.xform.translations import complete
from fieldapp.xform.values import read_double

_ITEXT_OF = re.compile(r"\s*jr:itext\(\s*([^'\"]+?)\s*\)\s*")
_INSTANCE = re.compile(r"instance\(\s*['\"]([^'\"]+)['\"]\s*\)")


def read_control(question: BodyElement, binds: BindReader) -> Control:
    """Compile one question of the body."""
    element = question.element
    texts = binds.texts
    itemset = _read_itemset(element, question.path or (), binds)
    choices = tuple(
        _read_choice(item, binds) for item in element.iterchildren("{*}item")
    )
    is_list = question.kind in {"select", "select1", "rank"}
    label = read_text(element, "label", texts)
    control = Control(
        kind=question.kind,
        labels=without_outputs(label),
        templates=label if any(map(outputs_of, label.values())) else {},
        hints=without_outputs(read_text(element, "hint", texts)),
        appearance=element.get("appearance", ""),
        mediatype=element.get("mediatype", ""),
        choices=choices,
        itemset=itemset,
        offered=(
            frozenset(choice.value for choice in choices)
            if is_list and itemset is None and not element.get("query")
            else None
        ),
        start=_number(element.get("start")),
        end=_number(element.get("end")),
        step=_number(element.get("step")),
    )
    check_choices(question, control, itemset)
    return control


def _number(text: str | None) -> float | None:
    if not text:
        return None
    number = read_double(text)
    if number is None:
        raise FormError(f"{text!r} is no number")
    return number


def _read_choice(item: Element, binds: BindReader) -> Choice:
    """Read a choice of a fixed list, which needs a value and a label."""
    value = next(item.iterchildren("{*}value"), None)
    text = ((value.text if value is not None else None) or "").strip()
    if not text or next(item.iterchildren("{*}label"), None) is None:
        raise FormError(f"a choice lacks its value or its label: {text!r}")
    labels = without_outputs(read_text(item, "label", binds.texts))
    return Choice(text, complete(labels, text))


def _read_itemset(element: Element, path: Path, binds: BindReader) -> ItemSet | None:
    """Compile an itemset; its references are relative to the nodes it finds."""
    for itemset in element.iterchildren("{*}itemset"):
        source = itemset.get("nodeset", "")
        nodeset = binds.compile(source, path, "itemset")
        label, value = _reference(itemset, "label"), _reference(itemset, "value")
        if nodeset is None or nodeset.literal is not None or not label or not value:
            raise FormError(
                "an itemset needs nodeset, value and label", path_text(path)
            )
        itext = _ITEXT_OF.fullmatch(label)
        instance = _INSTANCE.search(source)
        return ItemSet(
            nodeset=nodeset,
            value=value,
            label=itext.group(1) if itext else label,
            label_is_itext=itext is not None,
            instance=instance.group(1) if instance else None,
        )
    return None


def _reference(itemset: Element, name: str) -> str:
    for child in itemset.iterchildren("{*}" + name):
        return (child.get("ref") or "").strip()
    return ""
