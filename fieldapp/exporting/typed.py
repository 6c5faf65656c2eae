"""Answers as values of their type, where the text that came is one of it."""

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from fieldapp.xform.values import VALUE_TYPES, read_double, read_point

WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
TRUTHS = frozenset({"1", "t", "true"})
MAX_LATITUDE, MAX_LONGITUDE = 90, 180
POINT_KEYS = ("latitude", "longitude", "altitude", "accuracy")

Point = tuple[float, float, float, float]
"""Latitude and longitude in degrees, altitude and accuracy in metres."""

Typed = Callable[[str], Any]


def typed(kind: str) -> Typed | None:
    """Give what reads the answers of a type; None where they stay texts.

    What is not of its type stays the text that came: it is flagged, not lost.
    """
    return _READERS.get(VALUE_TYPES[kind].json_kind)


def scalar(kind: str) -> Typed | None:
    """Give what reads the answers of a type in a flat table: places stay texts."""
    return _READERS.get(VALUE_TYPES[kind].json_kind) if kind in _SCALARS else None


def read_whole(text: str) -> int | str:
    """Read a whole number."""
    return int(text) if WHOLE.fullmatch(text) else text


def read_number(text: str) -> float | str:
    """Read a number; what is not finite is no number for other programs."""
    number = read_double(text)
    return text if number is None or not isfinite(number) else number


def read_truth(text: str) -> bool:
    """Read yes or no, as `xform` does: every other text is a no."""
    return text in TRUTHS


def read_place(text: str) -> Point | None:
    """Read a point on earth; None where it is none, or outside the earth."""
    point = read_point(text)
    if point is None or not any(point) or not all(map(isfinite, point)):
        return None
    is_on_earth = abs(point[0]) <= MAX_LATITUDE and abs(point[1]) <= MAX_LONGITUDE
    return point if is_on_earth else None


def read_line(text: str) -> list[Point] | None:
    """Read the points along a line; None where one of them is none."""
    points = [read_place(part) for part in text.split(";") if part.strip()]
    found = [point for point in points if point is not None]
    return found if found and len(found) == len(points) else None


def _point(text: str) -> dict[str, float] | str:
    point = read_place(text)
    return dict(zip(POINT_KEYS, point, strict=True)) if point else text


def _line(text: str) -> list[dict[str, float]] | str:
    points = read_line(text)
    if points is None:
        return text
    return [dict(zip(POINT_KEYS, point, strict=True)) for point in points]


_SCALARS = frozenset({"int", "long", "decimal", "boolean"})
_READERS: dict[str, Typed] = {
    "integer": read_whole,
    "number": read_number,
    "boolean": read_truth,
    "list": str.split,
    "point": _point,
    "line": _line,
}
