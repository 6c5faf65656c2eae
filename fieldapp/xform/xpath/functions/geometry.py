"""Functions on places, lines and areas, on JavaRosa's sphere."""

import math
import re
from itertools import pairwise
from typing import Any

from fieldapp.xform.xpath.context import Evaluation, spend
from fieldapp.xform.xpath.conversions import to_string
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.functions.registry import function
from fieldapp.xform.xpath.functions.texts import spread

Point = tuple[float, float]

_RADIUS = 6_378_100.0
_CIRCUMFERENCE = 2 * math.pi * _RADIUS
_MOST_PARTS = 4
_STEPS_PER_POINT = 4
_MOST_SEGMENTS = 2_000
_DOUBLE = re.compile(  # What Java's Double.parseDouble reads.
    r"\s*[+-]?(NaN|Infinity|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?)\s*"
)


@function("area", "enclosed-area", takes="r", gives=float, context=True)
def area(evaluation: Evaluation, value: Any) -> float:
    """Return the square metres inside a shape, or inside a nodeset of points."""
    return enclosed_area(_points_of_nodes(evaluation, value, "area"))


@function("distance", takes="rr*", gives=float, context=True)
def distance(evaluation: Evaluation, *values: Any) -> float:
    """Return the metres along a line, a nodeset of points, or the points given."""
    if len(values) > 1:
        places = map(to_string, spread(evaluation, values))
        return length([_point(place, "distance") for place in places])
    (value,) = values
    if isinstance(value, str):
        return length(_line(evaluation, value, "distance"))
    return length(_points_of_nodes(evaluation, value, "distance"))


@function("geofence", takes="sr", gives=bool, context=True)
def geofence(evaluation: Evaluation, place: str, shape: Any) -> bool:
    """Tell whether a place lies inside a shape."""
    point = _point(place, "geofence")
    return is_inside(point, _points_of_nodes(evaluation, shape, "geofence"))


@function("intersects", takes="s", gives=bool, context=True)
def intersects(evaluation: Evaluation, line: str) -> bool:
    """Tell whether a line or the outline of a shape crosses itself (Collect's)."""
    points = _line(evaluation, line, "intersects")
    if len(points) > _MOST_SEGMENTS:
        raise XPathTypeError("intersects() takes no line of so many points")
    evaluation.steps -= len(points) ** 2 // 8
    return crosses_itself(points)


def _points_of_nodes(evaluation: Evaluation, value: Any, name: str) -> list[Point]:
    if not isinstance(value, list):
        raise XPathTypeError(f"{name}() takes a field")
    texts = [to_string(item) for item in spread(evaluation, (value,))]
    if len(texts) == 1:
        return _line(evaluation, texts[0], name)
    return [_point(text, name) for text in texts]


def _line(evaluation: Evaluation, text: str, name: str) -> list[Point]:
    """Read points between semicolons; a point that is missing is at zero, zero."""
    pieces = text.split(";")
    while pieces and not pieces[-1]:
        pieces.pop()
    spend(evaluation, _STEPS_PER_POINT * len(pieces))
    return [_point(piece.strip(), name) for piece in pieces]


def _point(text: str, name: str) -> Point:
    """Read `latitude longitude altitude accuracy`; what is missing is zero."""
    pieces = text.split(" ") if text else []
    if len(pieces) > _MOST_PARTS or not all(map(_DOUBLE.fullmatch, pieces)):
        raise XPathTypeError(f"{name}() meets {text[:80]!r}, no point")
    numbers = [float(piece.strip().rstrip("dDfF")) for piece in pieces]
    latitude, longitude, *_ = [*numbers, 0.0, 0.0]
    return latitude, longitude


def enclosed_area(points: list[Point]) -> float:
    """Return the area in square metres, each point projected from the first one."""
    if len(points) < 3:  # noqa: PLR2004 - A triangle is the least area.
        return 0.0
    latitude, longitude = points[0]
    flat = [
        (
            (point[1] - longitude)
            * _CIRCUMFERENCE
            * _cosine(math.radians(point[0]))
            / 360.0,
            (point[0] - latitude) * _CIRCUMFERENCE / 360.0,
        )
        for point in points[1:]
    ]
    return abs(sum((y1 * x2 - x1 * y2) / 2.0 for (x1, y1), (x2, y2) in pairwise(flat)))


def length(points: list[Point]) -> float:
    """Return the length of a line in metres, along great circles."""
    return sum(
        (_between(start, end) for start, end in pairwise(points)),
        0.0,
    )


def _between(start: Point, end: Point) -> float:
    turn = math.radians(start[1] - end[1])
    first, second = math.radians(start[0]), math.radians(end[0])
    if math.isinf(turn) or math.isinf(first) or math.isinf(second):
        return math.nan
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(
        second
    ) * math.cos(turn)
    # Rounding may leave the cosine above 1, where Java's acos() is NaN.
    return math.acos(cosine) * _RADIUS if -1 <= cosine <= 1 else math.nan


def _cosine(angle: float) -> float:
    """Return the cosine; NaN of what is infinite."""
    return math.nan if math.isinf(angle) else math.cos(angle)


def is_inside(point: Point, outline: list[Point]) -> bool:
    """Tell whether a point is inside an outline, by counting crossings eastwards."""
    latitude, longitude = point
    inside = False
    for (y1, x1), (y2, x2) in pairwise(outline):
        crosses = (y2 > latitude) != (y1 > latitude)
        if crosses and longitude < (x1 - x2) * (latitude - y2) / (y1 - y2) + x2:
            inside = not inside
    return inside


def crosses_itself(points: list[Point]) -> bool:
    """Tell whether two segments that are no neighbours touch or cross."""
    segments = list(pairwise(points))
    is_closed = len(points) > 1 and points[0] == points[-1]
    last = len(segments) - 1
    return any(
        _meet(segments[first], segments[second])
        for first in range(len(segments))
        for second in range(first + 2, len(segments))
        if not (is_closed and first == 0 and second == last)
    )


def _meet(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = first, second
    sides = (_side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b))
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    return any(
        side == 0 and _is_between(start, point, end)
        for side, start, point, end in (
            (sides[0], a, c, b),
            (sides[1], a, d, b),
            (sides[2], c, a, d),
            (sides[3], c, b, d),
        )
    )


def _side(a: Point, b: Point, c: Point) -> int:
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (turn > 0) - (turn < 0)


def _is_between(a: Point, point: Point, b: Point) -> bool:
    return min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[
        1
    ] <= max(a[1], b[1])
