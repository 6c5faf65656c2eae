"""What somebody might answer a question, before its constraint is asked."""

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import isfinite

from fieldapp.phone.hints import Hints, matching
from fieldapp.xform.definition import Control
from fieldapp.xform.evaluate import context_of
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.offers import child_text
from fieldapp.xform.times import read_date, write_date_time, write_time
from fieldapp.xform.xpath import XPathError

MAGNITUDES = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 50.0, 100.0, 500.0)
LARGE = (2e3, 1e4, 5e4, 2e5, 1e6, 2e7)
LARGEST_INT = 2_147_483_647
DAYS_BACK = (0, 1, 2, 7, 30, 90, 400, 1500, 6000, 15_000)
WORDS = ("Contoh", "Simulasi", "Percobaan", "Latihan")
SAMPLES = 30
SIDES = tuple(3 * 1.3**step for step in range(26))
"""Metres: squares from 9 m² to some 400 ha, so close that one fits an area asked."""
METRES_OF_A_DEGREE = 111_320

Answers = Callable[[Hints, datetime, random.Random], list[str]]


def answers_of_type(
    kind: str, hints: Hints, now: datetime, chance: random.Random
) -> list[str]:
    """Think of answers of a type, the likelier ones first."""
    return _OF_TYPE.get(kind, _texts)(hints, now, chance)


def chosen_answers(
    judgement: Judgement, node: Node, control: Control, chance: random.Random
) -> list[str]:
    """Choose from what a list offers at this node."""
    values = _offered(judgement, node, control)
    chance.shuffle(values)
    if control.kind == "select1":
        return values
    if control.kind == "rank":
        return [" ".join(values)] if values else []
    pairs = [f"{one} {other}" for one, other in pairwise(values)]
    several = [*pairs, *values]
    chance.shuffle(several)
    return several


def range_answers(control: Control, chance: random.Random) -> list[str]:
    """Choose on a scale."""
    start, end = control.start or 0.0, control.end or 10.0
    step = abs(control.step or 1.0)
    count = int(abs(end - start) / step)
    low = min(start, end)
    numbers = [low + step * chance.randint(0, count) for _ in range(SAMPLES)]
    return [number_text(each) for each in numbers]


def number_text(number: float) -> str:
    """Write a number as people type it."""
    return f"{number:.6f}".rstrip("0").rstrip(".")


def _offered(judgement: Judgement, node: Node, control: Control) -> list[str]:
    itemset = control.itemset
    if itemset is None:
        return [choice.value for choice in control.choices]
    context = context_of(judgement)
    context.node = node
    try:
        items = itemset.nodeset.evaluate(context)
    except XPathError:
        return []
    if not isinstance(items, list):
        return []
    return [child_text(item, itemset.value) for item in items]


def _numbers(hints: Hints, chance: random.Random) -> list[float]:
    """Take the bounds, what lies between and beside them, and common magnitudes."""
    bounds = sorted(
        value
        for value in hints.values
        if isinstance(value, float) and isfinite(value) and abs(value) <= LARGEST_INT
    )
    between = [
        low + (high - low) * chance.random() ** 2
        for low, high in pairwise(bounds)
        for _ in range(SAMPLES // 3)
    ]
    beside = [bound + step for bound in bounds for step in (0, 1, -1, 0.1, -0.1)]
    usual = [*MAGNITUDES, *between]
    chance.shuffle(usual)
    rare = [*LARGE, *beside]
    chance.shuffle(rare)
    return usual + rare


def _whole(hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    return [str(int(number)) for number in _numbers(hints, chance)]


def _decimals(hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    numbers = _numbers(hints, chance)
    rounded = [round(number, digits) for number in numbers for digits in (1, 0, 2)]
    exact = [value for value in hints.values if isinstance(value, float)]
    return [number_text(number) for number in (*rounded, *exact) if isfinite(number)]


def _texts(hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    found = list(_matched(hints, chance))
    found += [value for value in hints.values if isinstance(value, str) and value]
    number = str(chance.randint(100, 999))
    found.append(f"{chance.choice(WORDS)} {number}")
    found += [number, f"0812{chance.randint(10_000_000, 99_999_999)}"]
    found += [("1234567890" * 3)[:length] for length in range(1, 21)]
    return found


def _matched(hints: Hints, chance: random.Random) -> Iterator[str]:
    for pattern in hints.patterns:
        try:
            yield from (matching(pattern, chance) for _ in range(SAMPLES))
        except XPathError:
            continue


def _dates(hints: Hints, now: datetime, chance: random.Random) -> list[str]:
    today = now.date()
    around = [day for value in hints.values if (day := _day(value)) is not None]
    days = [today - timedelta(days=back) for back in DAYS_BACK]
    near = [
        day + timedelta(days=step) for day in around for step in (0, -1, 1, -30, 30)
    ]
    chance.shuffle(days)
    chance.shuffle(near)
    return [day.isoformat() for day in (*near, *days)]


def _day(value: XPathValue) -> date | None:
    if isinstance(value, str):
        return read_date(value)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _times(_hints: Hints, now: datetime, chance: random.Random) -> list[str]:
    moments = [now.replace(hour=chance.randint(0, 23)) for _ in range(8)]
    return [write_time(each) for each in (*moments, now)]


def _moments(hints: Hints, now: datetime, chance: random.Random) -> list[str]:
    around = [value for value in hints.values if isinstance(value, datetime)]
    back = [now - timedelta(days=days, minutes=7) for days in DAYS_BACK]
    near = [each + timedelta(hours=step) for each in around for step in (0, -1, 1)]
    chance.shuffle(back)
    return [write_date_time(each) for each in (*near, *back)]


def _points(_hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    return [_place(chance) for _ in range(8)]


def _lines(_hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    return ["; ".join([*corners[:3]]) for corners in _squares(chance)]


def _shapes(_hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    return ["; ".join([*corners, corners[0]]) for corners in _squares(chance)]


def _squares(chance: random.Random) -> Iterator[list[str]]:
    """Draw squares in Java, the size at random."""
    latitude, longitude = _somewhere(chance)
    for side in chance.sample(SIDES, len(SIDES)):
        edge = side / METRES_OF_A_DEGREE
        yield [
            f"{latitude + up * edge:.7f} {longitude + right * edge:.7f} 0.0 0.0"
            for up, right in ((0, 0), (0, 1), (1, 1), (1, 0))
        ]


def _place(chance: random.Random) -> str:
    latitude, longitude = _somewhere(chance)
    altitude, accuracy = chance.uniform(5, 900), chance.uniform(3, 12)
    return f"{latitude:.7f} {longitude:.7f} {altitude:.1f} {accuracy:.1f}"


def _somewhere(chance: random.Random) -> tuple[float, float]:
    """Take a point in Jawa Tengah."""
    return chance.uniform(-7.6, -7.0), chance.uniform(109.0, 110.4)


def _booleans(_hints: Hints, _now: datetime, chance: random.Random) -> list[str]:
    return chance.sample(["1", "0"], 2)


_OF_TYPE: dict[str, Answers] = {
    "int": _whole,
    "long": _whole,
    "decimal": _decimals,
    "boolean": _booleans,
    "date": _dates,
    "time": _times,
    "dateTime": _moments,
    "geopoint": _points,
    "geotrace": _lines,
    "geoshape": _shapes,
}
