"""Hide small groups of people in a report, and what would tell them by subtraction.

A figure about fewer than `SMALL` people tells what each of them earns. Where the whole
is small, all of an indicator is hidden. In a breakdown by one question the smallest of
the cells that are large enough goes with the small ones: what is left of the whole then
is about so many people too. A breakdown by several questions is left out whole as soon
as one of its cells is small, since each of its rows and columns has its sum elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fieldapp.indicators.definitions import Aggregate
from fieldapp.indicators.readings import Reading
from fieldapp.indicators.tables import Breakdown, Cell, IndicatorReport

SMALL = 5
"""So many people may be shown together (domain.md, sections 7 and 8)."""

HIDDEN = Reading(None, None, is_suppressed=True)

_OF_ONE_PERSON = frozenset({Aggregate.MIN, Aggregate.MAX})


@dataclass(frozen=True)
class People:
    """How many people are behind an indicator, and behind its two parts."""

    whole: int
    located: int
    not_located: int


def hide_small_groups(report: IndicatorReport, people: People) -> IndicatorReport:
    """Hide what is about too few people; its least and greatest values always are."""
    if report.aggregate in _OF_ONE_PERSON or _is_small(report.number, people.whole):
        return _without_figures(report)
    located, not_located = report.located, report.not_located
    if located is not None and not_located is not None:
        parts = (located, people.located), (not_located, people.not_located)
        if any(_is_small(part.number, behind) for part, behind in parts):
            located = not_located = HIDDEN
    breakdowns = tuple(_hide_cells(each) for each in report.breakdowns)
    return replace(
        report, located=located, not_located=not_located, breakdowns=breakdowns
    )


def _is_small(number: int | None, people: int) -> bool:
    """Tell whether there are figures, and too few people behind them."""
    return bool(number) and people < SMALL


def _without_figures(report: IndicatorReport) -> IndicatorReport:
    parted = None if report.located is None else HIDDEN
    return replace(
        report,
        value=None,
        number=None,
        numerator=None,
        denominator=None,
        located=parted,
        not_located=parted,
        breakdowns=tuple(
            Breakdown(each.by, (), is_suppressed=True) for each in report.breakdowns
        ),
        is_suppressed=True,
    )


def _hide_cells(breakdown: Breakdown) -> Breakdown:
    hidden = _hidden(breakdown.cells)
    if not hidden:
        return breakdown
    if len(breakdown.by) > 1:
        return Breakdown(breakdown.by, (), is_suppressed=True)
    cells = tuple(
        Cell(cell.answers, None, None, is_suppressed=True) if place in hidden else cell
        for place, cell in enumerate(breakdown.cells)
    )
    return Breakdown(breakdown.by, cells)


def _hidden(cells: Sequence[Cell]) -> set[int]:
    """Give the places of small cells, and of the smallest of the others."""
    small = {
        place for place, cell in enumerate(cells) if _is_small(cell.number, cell.people)
    }
    large = [place for place in range(len(cells)) if place not in small]
    large = [place for place in large if cells[place].number]
    if small and large:
        small.add(min(large, key=lambda place: cells[place].people))
    return small
