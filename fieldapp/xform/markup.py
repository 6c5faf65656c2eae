"""Read XML without opening any of its doors, and know the names in it."""

import re
from typing import TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml's only name for the type

JAVAROSA = "http://openrosa.org/javarosa"
ODK = "http://www.opendatakit.org/xforms"
FIELDAPP = "http://fieldapp.id/xforms"
TEMPLATE = f"{{{JAVAROSA}}}template"


MAX_ATTRIBUTES = 1_000

_SPACE = re.compile(rb"\s*")
_SKIPPED = ((b"<?", b"?>"), (b"<!--", b"-->"))


def has_doctype(xml: bytes) -> bool:
    """Tell whether a document declares a type, which is where entities come from.

    What may stand before it is stepped over piece by piece, each piece once.
    """
    place = 3 if xml.startswith(b"\xef\xbb\xbf") else 0
    while True:
        space = _SPACE.match(xml, place)
        place = space.end() if space else place
        mark = next(
            (end for start, end in _SKIPPED if xml.startswith(start, place)), b""
        )
        end = xml.find(mark, place) if mark else -1
        if end < 0:
            return xml.startswith(b"<!DOCTYPE", place)
        place = end + len(mark)


def is_crowded(root: Element) -> bool:
    """Tell whether some element has thousands of attributes.

    To read them all, lxml looks each one up from the first: the square of their number.
    """
    return bool(root.xpath(f"boolean(//*[@*[{MAX_ATTRIBUTES + 1}]])"))


def new_parser() -> etree.XMLParser:
    """Make a parser that expands nothing, loads nothing and bounds depth and text.

    A parser is not shared, so that threads never wait for each other's documents.
    """
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def local_name(element: Element) -> str:
    """Give an element's name without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def attribute_of(element: Element, name: str) -> str | None:
    """Give the first attribute with a local name, whatever its namespace.

    JavaRosa looks up most attributes of the body and the binds in this way.
    """
    if element.get(name) is not None and len(element.keys()) == 1:
        return element.get(name)
    for key, value in element.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def text_of(element: Element) -> str:
    """Give the trimmed text of a leaf, across CDATA sections and comments."""
    return (element.text or "").strip()
