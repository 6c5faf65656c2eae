"""What the text of a node means, by the type of its bind, as JavaRosa reads it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from fieldapp.xform.node import XPathValue
from fieldapp.xform.times import read_date, read_date_time, read_time
from fieldapp.xform.xpath.conversions import JAVA_SPACE
from fieldapp.xform.xpath.conversions import java_double as plain_double

Reader = Callable[[str, datetime], "XPathValue | None"]
"""(text, now) -> value; "" for no value, None for a text that is not of the type."""

_INT = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)", re.ASCII
)
_HEX = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+[fFdD]?",
    re.ASCII,
)
_POINT_PARTS = 4
_MAX_NUMBER_LENGTH = 400
_SURELY_WHOLE = 9
_INT_BOUND = 1 << 31
_LONG_BOUND = 1 << 63


@dataclass(frozen=True, slots=True)
class ValueType:
    """A bind type: its name, how its text is read, what JSON has for it."""

    name: str
    read: Reader
    json_kind: str


def _read_string(text: str, _now: datetime) -> XPathValue | None:
    return text


def _read_whole(text: str, bound: int) -> float | str | None:
    if len(text) <= _SURELY_WHOLE and text.isdecimal():
        return float(text)
    if len(text) > _MAX_NUMBER_LENGTH or not _INT.fullmatch(text):
        return None if text else ""
    number = int(text)
    return float(number) if -bound <= number < bound else None


def _read_int(text: str, _now: datetime) -> XPathValue | None:
    return _read_whole(text, _INT_BOUND)


def _read_long(text: str, _now: datetime) -> XPathValue | None:
    return _read_whole(text, _LONG_BOUND)


def trim(text: str) -> str:
    """Trim as Java does: a no-break space and other spaces of Unicode stay."""
    return text.strip(JAVA_SPACE)


def read_double(text: str) -> float | None:
    """Read a number as Java's `Double.parseDouble` does, hexadecimal included."""
    text = trim(text)
    if len(text) > _MAX_NUMBER_LENGTH:
        return None
    if _DECIMAL.fullmatch(text):
        return float(text.rstrip("fFdD") if text[-1] in "fFdD" else text)
    if _HEX.fullmatch(text):
        try:
            return float.fromhex(text.rstrip("fFdD"))
        except OverflowError:
            return float("-inf" if text.startswith("-") else "inf")
    return None


def _read_decimal(text: str, _now: datetime) -> XPathValue | None:
    return read_double(text) if text else ""


def _read_boolean(text: str, _now: datetime) -> XPathValue | None:
    """Read a boolean; JavaRosa takes any other text for false."""
    return text in {"1", "t"} if text else ""


def _read_date(text: str, _now: datetime) -> XPathValue | None:
    return read_date(text) if text else ""


def _read_time(text: str, now: datetime) -> XPathValue | None:
    return read_time(text, now.date(), _zone(now)) if text else ""


def _read_date_time(text: str, now: datetime) -> XPathValue | None:
    return read_date_time(text, _zone(now)) if text else ""


def _zone(now: datetime) -> tzinfo:
    return now.tzinfo or UTC


def read_point(text: str) -> tuple[float, float, float, float] | None:
    """Read latitude, longitude, altitude and accuracy, of which some may be missing."""
    parts = [part for part in trim(text).split(" ") if part]
    numbers = [read_double(part) for part in parts]
    if len(parts) > _POINT_PARTS or None in numbers:
        return None
    padded = [*numbers, 0.0, 0.0, 0.0, 0.0]
    return padded[0], padded[1], padded[2], padded[3]  # type: ignore[return-value]


def write_point(point: tuple[float, ...]) -> str:
    """Write a point as JavaRosa does; the point of all zeros is no point."""
    return " ".join(java_double(number) for number in point) if any(point) else ""


def _read_geopoint(text: str, _now: datetime) -> XPathValue | None:
    point = read_point(text)
    return None if point is None else write_point(point)


def _read_line(text: str, _now: datetime) -> XPathValue | None:
    points = [read_point(part) for part in _points(text)]
    written = [write_point(point) for point in points if point is not None]
    return None if len(written) < len(points) else "; ".join(written)


def _points(text: str) -> list[str]:
    parts = text.split(";")
    while parts and not trim(parts[-1]):
        parts.pop()
    return parts


def java_double(number: float) -> str:
    """Write a number as Java's `Double.toString`: `1.0`, `1.0E7`."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return plain_double(number) if number else repr(number)


def _read_items(text: str, _now: datetime) -> XPathValue | None:
    return " ".join(part for part in text.split(" ") if part)


VALUE_TYPES = {
    value_type.name: value_type
    for value_type in (
        ValueType("string", _read_string, "string"),
        ValueType("int", _read_int, "integer"),
        ValueType("long", _read_long, "integer"),
        ValueType("decimal", _read_decimal, "number"),
        ValueType("boolean", _read_boolean, "boolean"),
        ValueType("date", _read_date, "date"),
        ValueType("time", _read_time, "time"),
        ValueType("dateTime", _read_date_time, "date-time"),
        ValueType("select1", _read_string, "string"),
        ValueType("select", _read_items, "list"),
        ValueType("geopoint", _read_geopoint, "point"),
        ValueType("geotrace", _read_line, "line"),
        ValueType("geoshape", _read_line, "line"),
        ValueType("barcode", _read_string, "string"),
        ValueType("binary", _read_string, "file"),
        ValueType("unsupported", _read_string, "string"),
    )
}
