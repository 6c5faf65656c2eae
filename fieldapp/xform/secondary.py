"""Read the lists beside an entry: inline instances, CSV, XML and GeoJSON files."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from fieldapp.xform.markup import (
    Element,
    has_doctype,
    is_crowded,
    local_name,
    new_parser,
)
from fieldapp.xform.node import Node
from fieldapp.xform.refusals import refusal

MAX_ITEMS = 500_000
MAX_NODES = 1_000_000
MAX_COLUMNS = 1_000
MAX_FILE_BYTES = 20_000_000
_SPACE = "".join(map(chr, range(33)))
_AFTER_QUOTED_CELL = re.compile(r'(?<=[^",;\r\n]")[^\S\r\n]+(?=[,;\r\n]|\Z)')


def read_inline(element: Element) -> Node:
    """Copy an element and all below it."""
    pairs = [(element, _copy(element))]
    top = pairs[0][1]
    while pairs:
        source, node = pairs.pop()
        for child in source.iterchildren("*"):
            copied = node.append(_copy(child))
            if len(child):
                pairs.append((child, copied))
    return top.freeze()


def _copy(element: Element) -> Node:
    items = element.items()
    text = "" if len(element) else (element.text or "").strip(_SPACE)
    if not items:
        return Node(local_name(element), text)
    attributes = {str(key).rpartition("}")[2]: str(value) for key, value in items}
    return Node(local_name(element), text, attributes=attributes)


def read_file(name: str, content: bytes) -> Node:
    """Read an external list by the ending of its name.

    :raises FormError: if the file is not what its name says.
    """
    if len(content) > MAX_FILE_BYTES:
        raise refusal("big-file", name=name)
    ending = name.rpartition(".")[2].lower()
    try:
        if ending == "csv":
            return read_csv(content.decode("utf-8-sig"))
        if ending == "geojson":
            return read_geojson(content.decode("utf-8-sig"))
        return read_xml(content)
    except (UnicodeDecodeError, csv.Error, etree.XMLSyntaxError, ValueError) as error:
        raise refusal("unreadable", name=name, why=error) from error


def read_xml(content: bytes) -> Node:
    """Read an XML file: its root element and all below it."""
    if has_doctype(content):
        raise ValueError("a document type is not accepted")
    if content.count(b"<") > 2 * MAX_NODES:
        raise ValueError(f"more than {MAX_NODES} elements")
    root = etree.fromstring(content, new_parser())
    if is_crowded(root):
        raise ValueError("an element has too many attributes")
    return read_inline(root)


def read_csv(text: str) -> Node:
    """Read a CSV file as ODK does: a `root` with an `item` for each row.

    What a short row lacks is empty, and empty lines are none. Names keep their
    spaces, and those after a closing quote count for nothing.
    """
    if not text:
        raise ValueError("the file is empty")
    lines = io.StringIO(_AFTER_QUOTED_CELL.sub("", text), newline="")
    cells = csv.reader(lines, delimiter=_delimiter(text), strict=True)
    rows = (row for row in cells if row)
    header = next(rows, [])
    if len(header) > MAX_COLUMNS:
        raise ValueError(f"more than {MAX_COLUMNS} columns")
    empty = dict.fromkeys(header, "")
    if len(empty) < len(header):
        raise ValueError("two columns have the same name")
    return list_of_items(
        {**empty, **dict(zip(header, row, strict=False))} for row in rows
    )


def _delimiter(text: str) -> str:
    """Choose the semicolon where the first line has one, quoted or not."""
    first = re.match(r"[^\r\n]*", text)
    return ";" if first and ";" in first.group() else ","


def list_of_items(rows: Iterable[Mapping[str, str]]) -> Node:
    """Make the tree of an external list: `root/item/column`."""
    root = Node("root")
    cells = 0
    for count, row in enumerate(rows):
        cells += len(row) + 1
        if count >= MAX_ITEMS or cells > MAX_NODES:
            raise ValueError(f"more than {MAX_ITEMS} rows or {MAX_NODES} cells")
        item = root.append(Node("item"))
        for column, value in row.items():
            item.append(Node(column, value))
    return root.freeze()


class _Written(float):
    """A number that knows how it was written: a property keeps its zeros."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_geojson(text: str) -> Node:
    """Read a GeoJSON feature collection as ODK does: properties, and `geometry`."""
    try:
        collection = json.loads(text, parse_float=_Written)
        _check_type(collection, "FeatureCollection")
        features = _typed(collection["features"], list)
        if len(features) > MAX_ITEMS:
            raise ValueError(f"more than {MAX_ITEMS} features")
        return list_of_items(_feature(each) for each in features)
    except (LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a GeoJSON feature collection") from error


def _check_type(thing: Mapping[str, Any], name: str) -> None:
    if thing["type"] != name:
        raise TypeError


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _feature(feature: Mapping[str, Any]) -> dict[str, str]:
    """Read one feature: its geometry, its properties, and its own id."""
    _check_type(feature, "Feature")
    row = {"geometry": _geometry(feature["geometry"])}
    properties = feature.get("properties") or {}
    row.update({str(name): _text(value) for name, value in properties.items()})
    if feature.get("id") is not None:
        row["id"] = _text(feature["id"])
    return row


def _geometry(geometry: Mapping[str, Any]) -> str:
    """Write positions as `lat lon alt accuracy`, with `;` between them."""
    if not geometry.keys() <= {"type", "coordinates"}:
        raise TypeError
    coordinates = _typed(geometry["coordinates"], list)
    kind = geometry["type"]
    if kind == "Point":
        return _position(coordinates)
    if kind == "Polygon":
        coordinates = coordinates[0] if coordinates else []
    elif kind != "LineString":
        raise ValueError(f"geometry {kind} is not supported")
    return "; ".join(_position(each) for each in coordinates)


def _position(position: list[float]) -> str:
    return f"{position[1]} {position[0]} 0 0"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise TypeError
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, _Written) else str(value)
