"""Expressions tried line by line on an instance, for comparison with other engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from fieldapp.xform.calculation import store, text_of_value
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.evaluate import settled
from fieldapp.xform.instance import InstanceUnreadable, open_instance
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.opening import blank_instance
from fieldapp.xform.values import VALUE_TYPES, java_double
from fieldapp.xform.xpath import Evaluation, XPathError, compile_xpath
from fieldapp.xform.xpath.code import value_of
from fieldapp.xform.xpath.conversions import (
    JAVA_SPACE,
    to_boolean,
    to_number,
    to_string,
    unpack,
)

_KINDS = ((bool, "boolean"), (float, "number"), (str, "string"), (list, "nodeset"))
_JAVA_NAMES = {
    "text": "string",
    "integer": "int",
    "double": "decimal",
    "float": "decimal",
    "datetime": "dateTime",
    "date_time": "dateTime",
    "choice": "select1",
    "multiple_items": "select",
    "odk:rank": "select",
    "null": "unsupported",
}
_CLASSES = {
    "int": "IntegerData",
    "long": "LongData",
    "decimal": "DecimalData",
    "boolean": "BooleanData",
    "date": "DateData",
    "time": "TimeData",
    "dateTime": "DateTimeData",
    "select1": "SelectOneData",
    "select": "MultipleItemsData",
    "geopoint": "GeoPointData",
    "geotrace": "GeoTraceData",
    "geoshape": "GeoShapeData",
}
_ALWAYS_WITH_VALUE = {"int", "long", "decimal", "boolean", "date", "time", "dateTime"}


class Trial:
    """Answers lines on the form's blank instance, or on the one a line brings."""

    def __init__(
        self,
        definition: FormDefinition,
        *,
        now: datetime,
        default_xml: str | None = None,
    ) -> None:
        self.definition = definition
        self.now = now
        self.default_xml = default_xml
        self._opened: tuple[str | None, Evaluation] | None = None

    def answer(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Answer `{"expr", "context"?, "instance"?, "dot"?, "dotType"?, "as"?}`.

        `{"parse": type, "value"}` asks what a text means under a bind type.
        """
        echoed = {key: line[key] for key in ("id",) if key in line}
        if "parse" in line:
            return echoed | self._parsed(_text(line["parse"]), _text(line.get("value")))
        source = _text(line.get("expr", ""))
        echoed["expr"] = source
        echoed |= {key: line[key] for key in ("context", "dot") if key in line}
        return echoed | self._evaluated(source, line)

    def _evaluated(self, source: str, line: Mapping[str, Any]) -> dict[str, Any]:
        stage = "instance"
        try:
            settled_instance = self._open(line)
            stage = "parse"
            compile_xpath(source, defer_unknown=True)
            stage = "context"
            context = self._context(settled_instance, line)
            stage = "eval"
            return _value(source, context, line)
        except (XPathError, LookupError, InstanceUnreadable) as error:
            return {"ok": False, "stage": stage, "error": str(error)}

    def _open(self, line: Mapping[str, Any]) -> Evaluation:
        xml = _text(line["instance"]) if "instance" in line else self.default_xml
        if self._opened is None or self._opened[0] != xml:
            if xml is None:
                instance = blank_instance(self.definition)
            else:
                instance = open_instance(xml.encode("utf-8", "replace"))
            self._opened = xml, settled(self.definition, instance, now=self.now)
        return self._opened[1]

    def _context(self, opened: Evaluation, line: Mapping[str, Any]) -> Evaluation:
        context = replace(opened, device_property=_device_property)
        if "context" in line:
            context.node = _find(context.root, _text(line["context"]))
        if "dot" in line:
            name = _type_name(_text(line.get("dotType", "string")))
            dot = self._read(_text(line["dot"]), name)
            context.dot = "" if dot is None else dot
        return context

    def _parsed(self, kind: str, text: str) -> dict[str, Any]:
        asked = {"parse": kind, "value": text}
        try:
            name = _type_name(kind)
        except LookupError as error:
            return {**asked, "ok": False, "error": str(error)}
        value = self._read(text, name)
        if value is None or (value == "" and name in _ALWAYS_WITH_VALUE):
            return {**asked, "ok": False, "read": None}
        class_name = _CLASSES.get(name, "StringData")
        if isinstance(value, float) and name == "decimal":
            read = java_double(value)
        else:
            read = text_of_value(value, name)
        return {**asked, "ok": True, "read": read, "class": class_name}

    def _read(self, text: str, name: str) -> XPathValue | None:
        """Read a text; one that came within XML is trimmed already."""
        is_free = name not in _ALWAYS_WITH_VALUE
        return VALUE_TYPES[name].read(
            text if is_free else text.strip(JAVA_SPACE), self.now
        )


def _device_property(name: str) -> str:
    """Show which property is meant: there is no device here."""
    return f"prop:{name}"


def _value(source: str, context: Evaluation, line: Mapping[str, Any]) -> dict[str, Any]:
    expression = compile_xpath(source, context=context.node.path, defer_unknown=True)
    value = expression.evaluate(context)
    answer: dict[str, Any] = {"type": _kind(value), "ok": True}
    if isinstance(value, list):
        answer["nodes"] = [to_string(value_of(context, node)) for node in value]
    try:
        plain = unpack(expression.value(context))
    except XPathError as error:
        return {**answer, "unpack_error": str(error)}
    if plain is None:
        return answer
    answer["string"] = to_string(plain)
    answer["number"] = to_string(to_number(plain))
    answer["boolean"] = "true" if to_boolean(plain) else "false"
    for kind in ("text", _text(line["as"])) if "as" in line else ("text",):
        name = _type_name(kind)
        try:
            stored = store(plain, name, context.now)
            answer[f"as_{kind}"] = text_of_value(stored, name) or None
        except XPathError as error:
            answer[f"as_{kind}_error"] = str(error)
    return answer


def _kind(value: XPathValue | None) -> str:
    if value is None:
        return "null"
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "date")


def _text(value: object) -> str:
    """Take a JSON value for a text, as the oracle does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else ""


def _type_name(kind: str) -> str:
    """Give the bind type of a name, which may also be Java's name of it.

    :raises LookupError: if there is no such type.
    """
    name = kind if kind in VALUE_TYPES else _JAVA_NAMES.get(kind.lower(), kind.lower())
    if name not in VALUE_TYPES:
        raise LookupError(f"there is no type {kind!r}")
    return name


def _find(root: Node, path: str) -> Node:
    """Find a node by a path with positions: `/data/item[2]/price`.

    :raises LookupError: if there is none.
    """
    parts = [each for each in path.split("/") if each]
    if not parts or parts[0] != root.name:
        raise LookupError(f"the path {path!r} does not begin at /{root.name}")
    node = root
    for part in parts[1:]:
        name, _, index = part.partition("[")
        place = index.rstrip("]") or "1"
        found = node.by_name.get(name, ())
        if not place.isdecimal() or not 1 <= int(place) <= len(found):
            raise LookupError(f"there is no node {path!r}")
        node = found[int(place) - 1]
    return node
