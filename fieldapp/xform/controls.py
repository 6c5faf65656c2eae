"""Read the questions of the body: labels, choices, limits."""

import re

from fieldapp.xform.binds import BindReader
from fieldapp.xform.body import BodyElement
from fieldapp.xform.definition import Choice, Control, ItemSet, Path
from fieldapp.xform.itext import read_text, without_outputs
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
        choice
        for item in element.iterchildren("{*}item")
        if (choice := _read_choice(item, binds)) is not None
    )
    is_list = question.kind in {"select", "select1", "rank"}
    return Control(
        kind=question.kind,
        labels=without_outputs(read_text(element, "label", texts)),
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


def _number(text: str | None) -> float | None:
    return read_double(text) if text else None


def _read_choice(item: Element, binds: BindReader) -> Choice | None:
    for value in item.iterchildren("{*}value"):
        text = (value.text or "").strip()
        labels = without_outputs(read_text(item, "label", binds.texts))
        return Choice(text, complete(labels, text))
    return None


def _read_itemset(element: Element, path: Path, binds: BindReader) -> ItemSet | None:
    """Compile an itemset; its references are relative to the nodes it finds."""
    for itemset in element.iterchildren("{*}itemset"):
        source = itemset.get("nodeset", "")
        nodeset = binds.compile(source, path, "itemset")
        if nodeset is None:
            return None
        label = _reference(itemset, "label")
        itext = _ITEXT_OF.fullmatch(label)
        instance = _INSTANCE.search(source)
        return ItemSet(
            nodeset=nodeset,
            value=_reference(itemset, "value"),
            label=itext.group(1) if itext else label,
            label_is_itext=itext is not None,
            instance=instance.group(1) if instance else None,
        )
    return None


def _reference(itemset: Element, name: str) -> str:
    for child in itemset.iterchildren("{*}" + name):
        return (child.get("ref") or "").strip()
    return ""
