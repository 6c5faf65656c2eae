"""Read the document of a form: what JavaRosa demands before it looks at any node."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from fieldapp.xform.definition import Path, path_text
from fieldapp.xform.markup import (
    JAVAROSA,
    MAX_ATTRIBUTES,
    TEMPLATE,
    Element,
    attribute_of,
    has_doctype,
    is_crowded,
    local_name,
    new_parser,
)
from fieldapp.xform.refusals import refusal

MAX_FORM_BYTES = 20_000_000
MAX_FORM_ELEMENTS = 1_000_000
ACTIONS = frozenset({"setvalue", "setgeopoint", "recordaudio"})

_MODEL_TAGS = ACTIONS | {"itext", "instance", "bind", "submission"}
_MODEL_TYPE = f"{{{JAVAROSA}}}modeltype"
_MODEL_TYPES = frozenset(
    {
        "string",
        "integer",
        "long",
        "int",
        "decimal",
        "double",
        "float",
        "dateTime",
        "date",
        "time",
        "gYear",
        "gMonth",
        "gDay",
        "gYearMonth",
        "gMonthDay",
        "boolean",
        "base64Binary",
        "hexBinary",
        "anyURI",
        "listItem",
        "listItems",
        "select1",
        "select",
        "rank",
        "geopoint",
        "geotrace",
        "geoshape",
        "barcode",
        "binary",
    }
)
_BROKEN_MARK = b"\xef\xbb\xbf<?xml"
_SKIPPED = rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
_START_TAG = re.compile(
    _SKIPPED + rb"|<(?P<tag>[^/!?](?:[^>\"']|\"[^\"]*\"|'[^']*')*)>(?P<end></)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a form's document."""

    html: Element
    model: Element
    primary: Element

    @property
    def prefix_by_uri(self) -> Mapping[str, str]:
        """Give the prefixes that the root element declares."""
        return {uri: prefix for prefix, uri in self.html.nsmap.items() if prefix}


def read_document(xml: bytes) -> Document:
    """Parse a form, and check its model.

    :raises FormError: if it is none.
    """
    html = _parse(xml)
    model = next(html.iter("{*}model"), None)
    if model is None:
        raise refusal("no-model")
    _check_model(model)
    instance = next(model.iterchildren("{*}instance"), None)
    if instance is None:
        raise refusal("no-instance")
    primary = instance_root(instance)
    check_shape(primary)
    return Document(html, model, primary)


def _parse(xml: bytes) -> Element:
    if len(xml) > MAX_FORM_BYTES or xml.count(b"<") > 2 * MAX_FORM_ELEMENTS:
        raise refusal("too-large")
    if has_doctype(xml):
        raise refusal("doctype")
    if xml.startswith(_BROKEN_MARK):
        raise refusal("byte-order-mark")
    try:
        html = etree.fromstring(xml, new_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refusal("not-well-formed", why=error) from error
    if is_crowded(html):
        raise refusal("too-many-attributes", limit=MAX_ATTRIBUTES)
    _tell_empty_from_absent(html, xml)
    return html


def _tell_empty_from_absent(html: Element, xml: bytes) -> None:
    """Give the text "" to a choice's `<value></value>`, so that it is no `<value/>`.

    JavaRosa takes the first for an empty text and refuses the second; the parser makes
    one of both.
    """
    absent = {
        element
        for parent in html.iter("{*}item", "{*}tag")
        for element in parent.iter("{*}label", "{*}value")
        if element.text is None and not len(element)
        if next(element.iterancestors("{*}instance"), None) is None
    }
    if not absent:
        return
    tags = (found for found in _START_TAG.finditer(xml) if found["tag"])
    for element, tag in zip(html.iter("*"), tags, strict=True):
        if element in absent and tag["end"] and not tag["tag"].endswith(b"/"):
            element.text = ""


def _check_model(model: Element) -> None:
    has_instance = False
    texts = [model.text]
    for child in model.iterchildren("*"):
        name = local_name(child)
        texts.append(child.tail)
        if name not in _MODEL_TAGS:
            raise refusal("model-tag", name=name)
        if name == "bind" and not has_instance:
            raise refusal("model-late", name=name)
        if name == "instance":
            has_instance = True
            instance_root(child)
    for text in texts:
        if text and text.strip():
            raise refusal("model-text", text=text.strip()[:80])


def instance_root(instance: Element) -> Element:
    """Give the root of an instance; without content it is the element itself.

    :raises FormError: if it has several.
    """
    if instance.get("src") is not None:
        return instance
    children = list(instance.iterchildren("*"))
    if len(children) > 1:
        raise refusal("instance-children", name=instance.get("id", ""))
    return children[0] if children else instance


def check_shape(root: Element) -> None:
    """Refuse a type of model that JavaRosa does not know, and two templates.

    :raises FormError: naming the first of them.
    """
    for element in root.iter("*"):
        templates = [
            local_name(child)
            for child in element.iterchildren("*")
            if child.get(TEMPLATE) is not None
        ]
        if len(set(templates)) < len(templates):
            raise refusal("two-templates", local_name(element))
        name = element.get(_MODEL_TYPE)
        if name is not None and name not in _MODEL_TYPES:
            raise refusal("model-type", local_name(element), name=name)


def check_templates(primary: Element, repeats: frozenset[Path]) -> None:
    """Refuse templates of what does not repeat.

    :raises FormError: naming the first of them.
    """
    _check_templates(primary, (local_name(primary),), repeats, is_allowed=True)


def _check_templates(
    parent: Element, around: Path, repeats: frozenset[Path], *, is_allowed: bool
) -> None:
    for child in parent.iterchildren("*"):
        path = (*around, local_name(child))
        is_template = child.get(TEMPLATE) is not None
        if is_template and (not is_allowed or path not in repeats):
            raise refusal("stray-template", path_text(path))
        is_inner_allowed = is_allowed and (is_template or path not in repeats)
        _check_templates(child, path, repeats, is_allowed=is_inner_allowed)


def title_of(html: Element) -> str:
    """Give the title, which is not a node of the model with that name."""
    for element in html.iter("{*}title"):
        above = element.getparent()
        if above is None or local_name(above) in {"head", "html", "body"}:
            return " ".join((element.text or "").split())
    return ""


def submission_of(model: Element) -> Element | None:
    """Find the submission profile, the last one without an id."""
    found = None
    for element in model.iterchildren("{*}submission"):
        if attribute_of(element, "id") is None or found is None:
            found = element
    return found
