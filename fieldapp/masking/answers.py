"""Mask the answers of an entry: as a typed record, as XML, or in words."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import WITHHELD, mask
from fieldapp.xform.answers import EMPTY, INAPPLICABLE, answer_of, same
from fieldapp.xform.calculation import text_of_value
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path, plain_path
from fieldapp.xform.instance import open_instance
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.node import Node
from fieldapp.xform.roles import LOCATIONS, PERSONAL
from fieldapp.xform.run import definition_of
from fieldapp.xform.translations import Translations

_KEPT_ATTRIBUTES = ("id", "version", "encrypted")


def masking_role(
    form: FormDefinition, path: Path | str, clearance: Clearance
) -> str | None:
    """Give the role by which an answer is masked for somebody; None if it is not.

    `path` is a node's, or as findings write it: `/data/plot[2]/gps`. What the form
    does not know may be anything, and is withheld. The name of a file is no secret;
    what is in it is asked of `Clearance.opens_files`.
    """
    if clearance is Clearance.FULL:
        return None
    node = form.nodes.get(plain_path(path))
    role = form.personal.get(node.path) if node else PERSONAL
    if role is None or clearance.opens(role):
        return None
    return None if node and node.bind.type == "binary" else role


def mask_text(
    form: FormDefinition, path: Path | str, text: str, clearance: Clearance
) -> str:
    """Mask the text of an answer, as it stands in the XML."""
    role = masking_role(form, path, clearance)
    return text if role is None else mask(role, text)


def mask_answer(
    form: FormDefinition, path: Path | str, value: Any, clearance: Clearance
) -> Any:
    """Mask one answer of a record: a text, a number, a day, a list, or a point.

    A point keeps `latitude` and `longitude`; all else that is masked is a text.
    """
    role = masking_role(form, path, clearance)
    if role is None or value in (None, "", []):
        return value
    if not isinstance(value, Mapping):
        return WITHHELD if isinstance(value, list) else mask(role, str(value))
    names = ("latitude", "longitude")
    shown = mask(role, " ".join(str(value.get(name)) for name in names))
    if role not in LOCATIONS or shown == WITHHELD:
        return WITHHELD
    return dict(zip(names, map(float, shown.split()), strict=False))


def mask_record(
    form: FormDefinition, record: Mapping[str, Any], clearance: Clearance
) -> dict[str, Any]:
    """Mask a record as `to_record` or a form's schema gives it; names unknown go."""
    if clearance is Clearance.FULL:
        return dict(record)
    return _mask_group(form, form.root, record, clearance)


def _mask_group(
    form: FormDefinition,
    node: NodeDefinition,
    record: Mapping[str, Any],
    clearance: Clearance,
) -> dict[str, Any]:
    masked: dict[str, Any] = {}
    for name, value in record.items():
        child = node.children_by_name.get(name)
        if child is None:
            continue
        is_repeat = child.repeat is not None and isinstance(value, list)
        items = [
            _mask_group(form, child, item, clearance)
            if child.children and isinstance(item, Mapping)
            else mask_answer(form, child.path, item, clearance)
            for item in (value if is_repeat else [value])
        ]
        masked[name] = items if is_repeat else items[0]
    return masked


def mask_xml(form: FormDefinition, xml: bytes, clearance: Clearance) -> bytes:
    """Write an entry's XML with masked answers, and without what the form lacks.

    With `FULL` it is what came, byte for byte.

    :raises InstanceUnreadable: if it is no XML that was taken in.
    """
    if clearance is Clearance.FULL:
        return xml
    sent = open_instance(xml).root
    names = {prefix: uri for prefix, uri in sent.nsmap.items() if prefix}
    root = etree.Element(sent.tag, nsmap=names)
    for name in _KEPT_ATTRIBUTES:
        if name in sent.attrib:
            root.set(name, str(sent.get(name)))
    if local_name(sent) == form.root.name:
        _mask_element(form, form.root, (sent, root), clearance)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _mask_element(
    form: FormDefinition,
    node: NodeDefinition,
    elements: tuple[Element, Element],
    clearance: Clearance,
) -> None:
    sent, masked = elements
    if node.is_leaf:
        masked.text = mask_text(form, node.path, sent.text or "", clearance) or None
        return
    for child in sent.iterchildren("*"):
        known = node.children_by_name.get(local_name(child))
        if known is not None:
            inner = (child, etree.SubElement(masked, child.tag))
            _mask_element(form, known, inner, clearance)


def masked_words(
    form: FormDefinition, node: Node, clearance: Clearance
) -> Translations:
    """Give an answer as people read it, masked: `answer_of` for whom it is not full."""
    role = masking_role(form, definition_of(node).path, clearance)
    if role is None:
        return answer_of(form, node)
    if not node.is_relevant:
        return INAPPLICABLE
    text = node.text or text_of_value(node.value, definition_of(node).bind.type)
    return words_of(role, text)


def words_of(role: str, text: str) -> Translations:
    """Mask a text, and write it for people: a point as maps take it."""
    shown = mask(role, text)
    if role in LOCATIONS and shown not in {"", WITHHELD}:
        shown = ", ".join(shown.split()[:2])
    return same(shown) if shown else EMPTY


def mask_title(
    form: FormDefinition, title: str | None, clearance: Clearance
) -> str | None:
    """Withhold the title of an entry where it may show an answer that is masked."""
    path = (form.root.name, "meta", "instanceName")
    return None if masking_role(form, path, clearance) else title
