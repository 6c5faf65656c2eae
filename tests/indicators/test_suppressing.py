"""What is hidden in a report cannot be worked out from what is shown beside it."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from fieldapp.indicators.readings import Reading
from fieldapp.indicators.suppressing import SMALL, People, hide_small_groups
from fieldapp.indicators.tables import Breakdown, Cell, IndicatorReport, Named

Person = tuple[str, ...]
"""Where somebody is located, and their answers to each question."""

PLACES = ("located", "unlocated")
ANSWERS = ("a", "b", "c")


def named(name: str) -> Named:
    return Named(name, {"id": name, "en": name})


def report_of(people: Sequence[Person], dimensions: int) -> IndicatorReport:
    """Compose the report of a sum of 1 for each person, as the server does."""
    groups: list[tuple[int, ...]] = [(place + 1,) for place in range(dimensions)]
    if dimensions > 1:
        groups.append(tuple(range(1, dimensions + 1)))
    breakdowns = []
    for group in groups:
        cells = [
            Cell(tuple(map(named, answers)), Decimal(count), count, count)
            for answers in product(ANSWERS, repeat=len(group))
            if (count := count_of(people, dict(zip(group, answers, strict=True))))
        ]
        by = tuple(named(str(place)) for place in group)
        breakdowns.append(Breakdown(by, tuple(cells)))
    located, not_located = (count_of(people, {0: place}) for place in PLACES)
    return IndicatorReport(
        name="RP",
        label={},
        unit="Rp",
        aggregate="sum",
        value=Decimal(len(people)),
        number=len(people),
        numerator=None,
        denominator=None,
        located=Reading(Decimal(located), located),
        not_located=Reading(Decimal(not_located), not_located),
        breakdowns=tuple(breakdowns),
    )


def count_of(people: Sequence[Person], answers: Mapping[int, str]) -> int:
    return sum(
        all(person[place] == answer for place, answer in answers.items())
        for person in people
    )


def hidden_report(people: Sequence[Person], dimensions: int) -> IndicatorReport:
    located, not_located = (count_of(people, {0: place}) for place in PLACES)
    behind = People(len(people), located, not_located)
    return hide_small_groups(report_of(people, dimensions), behind)


def shown_and_secret(
    people: Sequence[Person], dimensions: int
) -> tuple[list[dict[int, str]], list[dict[int, str]]]:
    """Give the parts of the whole that are shown, and those that are too small."""
    report = hidden_report(people, dimensions)
    shown: list[dict[int, str]] = [{}] if report.value is not None else []
    for place, part in zip(PLACES, (report.located, report.not_located), strict=True):
        if part is not None and part.value is not None:
            shown.append({0: place})
    for breakdown in report.breakdowns:
        places = [int(each.name) for each in breakdown.by]
        for cell in breakdown.cells:
            answers = [each.name for each in cell.answers]
            if cell.value is not None:
                shown.append(dict(zip(places, answers, strict=True)))
            else:
                assert cell.number is None
                assert cell.people == 0
    return shown, [each for each in _parts(people, dimensions) if each is not None]


def _parts(people: Sequence[Person], dimensions: int) -> Iterator[dict[int, str]]:
    names = [PLACES, *[ANSWERS] * dimensions]
    for place, answers in enumerate(names):
        for answer in answers:
            if 0 < count_of(people, {place: answer}) < SMALL:
                yield {place: answer}
    for joint in product(ANSWERS, repeat=dimensions):
        cell = dict(enumerate(joint, start=1))
        if 0 < count_of(people, cell) < SMALL:
            yield cell
    if 0 < len(people) < SMALL:
        yield {}


def vector(part: Mapping[int, str], dimensions: int) -> list[Fraction]:
    """Write a part as the sum of the finest cells that it is made of."""
    return [
        Fraction(all(cell[place] == answer for place, answer in part.items()))
        for cell in product(PLACES, *[ANSWERS] * dimensions)
    ]


def is_in_span(rows: list[list[Fraction]], wanted: list[Fraction]) -> bool:
    """Tell whether additions and subtractions of rows give a vector."""
    return rank([*rows, wanted]) == rank(rows)


def rank(rows: Sequence[Sequence[Fraction]]) -> int:
    left = [list(row) for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for row in left[found + 1 :]:
            factor = row[column] / pivot[column]
            if factor:
                row[:] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
        found += 1
    return found


@st.composite
def populate(draw: st.DrawFn) -> tuple[int, list[Person]]:
    """Draw how many people there are of each kind: nobody, a few, or many."""
    dimensions = draw(st.integers(1, 2))
    kinds = list(product(PLACES, *[ANSWERS[: draw(st.integers(1, 3))]] * dimensions))
    counts = st.sampled_from((0, 0, 1, 3, 5, 8, 12))
    numbers = draw(st.lists(counts, min_size=len(kinds), max_size=len(kinds)))
    people = [
        kind for kind, number in zip(kinds, numbers, strict=True) for _ in range(number)
    ]
    return dimensions, people


populations = populate()


@given(populations)
def test_nothing_hidden_is_a_sum_or_a_difference_of_what_is_shown(
    population: tuple[int, list[Person]],
) -> None:
    dimensions, people = population
    shown, secret = shown_and_secret(people, dimensions)

    rows = [vector(part, dimensions) for part in shown]
    told = [part for part in secret if is_in_span(rows, vector(part, dimensions))]

    assert told == []


@given(populations)
def test_what_is_left_of_the_whole_is_about_enough_people(
    population: tuple[int, list[Person]],
) -> None:
    dimensions, people = population
    report = hidden_report(people, dimensions)

    for breakdown in report.breakdowns:
        hidden = [each for each in breakdown.cells if each.is_suppressed]
        if hidden:
            assert len(hidden) > 1
            shown = sum(each.number or 0 for each in breakdown.cells)
            assert len(people) - shown >= SMALL
        for cell in breakdown.cells:
            assert cell.is_suppressed or (cell.number or 0) >= SMALL


def test_small_cell_takes_the_smallest_large_one_with_it() -> None:
    people = [
        ("located", answer)
        for answer, count in zip("abc", (3, 6, 9), strict=True)
        for _ in range(count)
    ]

    (breakdown,) = hidden_report(people, 1).breakdowns

    assert [cell.value for cell in breakdown.cells] == [None, None, Decimal(9)]
    assert [cell.is_suppressed for cell in breakdown.cells] == [True, True, False]


def test_small_whole_is_hidden_with_all_its_parts() -> None:
    report = hidden_report([("located", "a", "b")] * 4, 2)

    assert (report.value, report.number, report.is_suppressed) == (None, None, True)
    assert report.located is not None
    assert report.located.value is None
    assert all(each.cells == () for each in report.breakdowns)


def test_five_people_and_nobody_are_shown() -> None:
    assert hidden_report([("located", "a")] * 5, 1).value == Decimal(5)
    assert hidden_report([], 1).value == Decimal(0)
