"""What a calculated value becomes when it is stored in a node, and as text."""

import math
from datetime import UTC, date, datetime

from fieldapp.xform.node import XPathValue
from fieldapp.xform.times import write_date, write_date_time, write_time
from fieldapp.xform.values import VALUE_TYPES, java_double
from fieldapp.xform.xpath import XPathTypeError
from fieldapp.xform.xpath.conversions import to_boolean
from fieldapp.xform.xpath.dates import to_instant

_GEO = frozenset({"geopoint", "geotrace", "geoshape"})
_LONG = 1 << 63
_WHOLE = {"int": 1 << 31, "long": _LONG}
_INTEGRAL = 1e-9


def store(value: object, type_name: str, now: datetime) -> XPathValue:
    """Give the value that a node of a type has after a calculate wrote to it.

    JavaRosa keeps a number in a text node a number, and a text in a number node a
    text (`IAnswerData.wrapData`).

    :raises XPathTypeError: if the value cannot be stored in the type.
    """
    if value in ("", None) or (isinstance(value, float) and math.isnan(value)):
        return ""
    if value.__class__ is bool or type_name == "boolean":
        return _store_boolean(value)
    if isinstance(value, float):
        return _store_number(value, type_name)
    if isinstance(value, date):
        return _store_date(value, type_name, now)
    text = str(value)
    if type_name in _GEO or type_name == "select":
        stored = VALUE_TYPES[type_name].read(text, now)
        if stored is None:
            raise XPathTypeError(f"{text[:80]!r} is no {type_name}")
        return stored
    return text


def text_of_value(value: XPathValue, type_name: str) -> str:
    """Write a node's value as a submission has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return write_time(value) if type_name == "time" else write_date_time(value)
    if isinstance(value, date):
        return write_date(value)
    return ""


def number_text(number: float) -> str:
    """Write whole numbers that a long holds plainly, others as Java's doubles."""
    if math.isfinite(number):
        whole = max(-_LONG, min(_LONG - 1, int(number)))
        if abs(number - float(whole)) < _INTEGRAL:
            return str(whole)
    return java_double(number)


def _store_boolean(value: object) -> bool:
    if isinstance(value, date):
        raise XPathTypeError("a date is neither true nor false")
    return to_boolean(value)


def _store_number(number: float, type_name: str) -> XPathValue:
    """Cut to the whole numbers that the type holds; a text type keeps it."""
    bound = _WHOLE.get(type_name)
    if bound is not None:
        return float(int(max(-bound, min(bound - 1, number))))
    if type_name in _GEO or type_name in {"select", "select1"}:
        text = number_text(number)
        return text if type_name not in _GEO else number
    return number


def _store_date(value: date, type_name: str, now: datetime) -> XPathValue:
    if type_name == "date":
        return value.date() if isinstance(value, datetime) else value
    moment = to_instant(value, now.tzinfo or UTC)
    if type_name in _GEO:
        raise XPathTypeError("a date is no place")
    if type_name in {"select", "select1"}:
        return moment.strftime("%a %b %d %H:%M:%S %Z %Y")
    return moment
