"""JavaRosa's conversions between the XPath types."""

import math
import re
from datetime import date
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.javadoubles import digits_of

EPSILON = 1e-12
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]*")
_INT_LIMIT = 2_147_483_648.0
_LONG_LIMIT = 9.223372036854776e18
_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
# Java's String.trim() takes off every character up to the space.
JAVA_SPACE = "".join(map(chr, range(33)))


def unpack(value: Any) -> Any:
    """Reduce a nodeset to the value of its only node, or to "" if it is empty.

    :raises XPathTypeError: if there are several nodes.
    """
    if value.__class__ is list:
        return _only_value(value)
    return value


def _only_value(nodes: list[Node]) -> Any:
    if not nodes:
        return ""
    if len(nodes) > 1:
        raise XPathTypeError(f"{nodes[0].name} is repeated: say which one is meant")
    return nodes[0].value


def to_number(value: Any) -> float:
    """Convert as number(): texts leniently, dates to days since 1970."""
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return text_to_number(value)
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, list):
        return to_number(_only_value(value))
    if isinstance(value, date):
        return float(value.toordinal() - EPOCH_ORDINAL)
    raise XPathTypeError("a value without a number")


def text_to_number(text: str) -> float:
    """Read digits, one point or comma and a leading minus; everything else is NaN."""
    text = text.replace(",", ".").strip(JAVA_SPACE)
    if not _NUMBER.fullmatch(text):
        return math.nan
    try:
        return float(text)
    except ValueError:  # "", "-", "." and "-." have no digit.
        return math.nan


def to_string(value: Any) -> str:
    """Convert as string(): dates and moments as their local day."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return number_to_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return to_string(_only_value(value))
    if isinstance(value, date):
        return f"{value.year}-{value.month:02}-{value.day:02}"
    raise XPathTypeError("a value without a text")


def number_to_string(number: float) -> str:
    """Write as JavaRosa: integers up to 2^31 plainly, others as Java's doubles."""
    if number != number:  # noqa: PLR0124 - NaN is the one value unlike itself.
        return "NaN"
    if -EPSILON < number < EPSILON:
        return "0"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if -_INT_LIMIT <= number < _INT_LIMIT and abs(number - int(number)) < EPSILON:
        return str(int(number))
    return java_double(number)


def java_double(number: float) -> str:
    """Write a finite number as Java's Double.toString does: 1.5, 1.0E10, 2.5E-4."""
    if _PLAIN_FROM <= abs(number) < _PLAIN_BELOW:
        return repr(number)
    digits, power = digits_of(abs(number))
    return f"{'-' if number < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{power}"


def to_boolean(value: Any) -> bool:
    """Convert as boolean(): a text is true unless empty, a date always."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value != ""
    if isinstance(value, float):
        return value > EPSILON or value < -EPSILON
    if isinstance(value, list):
        return to_boolean(_only_value(value))
    if isinstance(value, date):
        return True
    raise XPathTypeError("a value that is neither true nor false")


def to_integer(number: float) -> float:
    """Truncate as int(): a number still, and what no long can hold as it is."""
    if number != number or abs(number) >= _LONG_LIMIT:  # noqa: PLR0124 - NaN.
        return number
    return math.copysign(float(int(number)), number)


def java_int(number: float) -> int:
    """Truncate as Java's intValue(): NaN is 0, and the limits hold."""
    if number != number:  # noqa: PLR0124 - NaN.
        return 0
    return int(max(-_INT_LIMIT, min(_INT_LIMIT - 1, number)))


def equals(left: Any, right: Any) -> bool:
    """Compare as JavaRosa's `=`: as booleans, else as numbers, else as texts."""
    if left.__class__ is bool or right.__class__ is bool:
        return to_boolean(left) == to_boolean(right)
    if left.__class__ is float or right.__class__ is float:
        return abs(to_number(left) - to_number(right)) < EPSILON
    return to_string(left) == to_string(right)
