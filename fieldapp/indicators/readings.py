"""Read the indicators of an area: a few rows for each period, never the facts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    select,
    tuple_,
    union_all,
)

from fieldapp.extensions import db
from fieldapp.indicators.definitions import RANKED, Aggregate, Indicator
from fieldapp.indicators.digits import children_in_order, value_of
from fieldapp.indicators.models import DigitCount, Rollup, Succession
from fieldapp.indicators.periods import (
    DAY,
    MONTH,
    Bucket,
    buckets,
    month_end,
    month_start,
)

QUOTIENT = Context(prec=12)
"""Significant digits of a quotient, which no finite decimal may equal."""

SliceKey = tuple[str, str, str]
"""Form, indicator and slice."""


@dataclass(frozen=True)
class Figures:
    """What the counters say about one slice in a stretch of days."""

    number: int = 0
    """How many facts."""
    value_sum: Decimal = Decimal(0)
    weight_sum: Decimal = Decimal(0)
    product_sum: Decimal = Decimal(0)
    keys: int = 0
    """How many distinct keys."""
    last_sum: Decimal = Decimal(0)
    """The last values of the keys, added up."""


@dataclass(frozen=True)
class Reading:
    """The value of an indicator, and what it was made of."""

    value: Decimal | None
    number: int | None
    """How many facts; None where it is hidden."""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    is_suppressed: bool = False
    """About too few people to be shown."""


@dataclass
class Sheet:
    """All figures of an area in a stretch of days."""

    area_code: str
    first: date
    last: date
    figures: dict[SliceKey, Figures] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The slices that have a figure, by form and indicator."""
    ranked: dict[tuple[SliceKey, Aggregate], Decimal] = field(default_factory=dict)

    def slices(self, form_id: str, indicator: str) -> list[str]:
        """List the slices of an indicator that have a figure."""
        return list(self.parts.get((form_id, indicator), ()))

    def indicators(self, form_id: str) -> set[str]:
        """Name the indicators of a form that have a figure; no counts of people."""
        names = {name for form, name in self.parts if form == form_id}
        return {name for name in names if ":" not in name}

    def reading(self, form_id: str, indicator: Indicator, part: str) -> Reading:
        """Give the value of an indicator in one slice.

        A count of nothing is 0; any other value of nothing is unknown.
        """
        key = (form_id, indicator.name, part)
        figures = self.figures.get(key, Figures())
        if indicator.aggregate in RANKED:
            value = self.ranked.get((key, indicator.aggregate))
            return Reading(value, figures.number)
        return _reading(indicator.aggregate, figures)

    def people(self, form_id: str, indicator: Indicator, part: str) -> int:
        """Count the people behind a slice; nobody where the form does not say who."""
        if indicator.counts_people:
            return int(self.reading(form_id, indicator, part).value or 0)
        key = (form_id, indicator.people_name, part)
        return self.figures.get(key, Figures()).keys


def read_sheet(
    area_code: str, first: date, last: date, form_ids: Sequence[str]
) -> Sheet:
    """Read the figures of an area for some forms, from the first to the last day."""
    sheet = Sheet(area_code, first, last)
    _read_totals(sheet, form_ids)
    _read_successions(sheet, form_ids)
    return sheet


def _reading(aggregate: Aggregate, figures: Figures) -> Reading:
    number = figures.number
    if aggregate is Aggregate.COUNT:
        return Reading(Decimal(number), number)
    if aggregate is Aggregate.DISTINCT:
        return Reading(Decimal(figures.keys), number)
    if not number:
        return Reading(None, 0)
    if aggregate is Aggregate.SUM:
        return Reading(figures.value_sum, number)
    if aggregate is Aggregate.LAST:
        return Reading(figures.last_sum, number)
    numerator, denominator = {
        Aggregate.MEAN: (figures.value_sum, Decimal(number)),
        Aggregate.RATIO: (figures.value_sum, figures.weight_sum),
        Aggregate.WEIGHTED_MEAN: (figures.product_sum, figures.weight_sum),
    }[aggregate]
    value = QUOTIENT.divide(numerator, denominator) if denominator else None
    return Reading(value, number, numerator, denominator)


def _read_totals(sheet: Sheet, form_ids: Sequence[str]) -> None:
    covers = buckets(sheet.first, sheet.last)
    columns = (
        *(Rollup.form_id, Rollup.indicator, Rollup.slice),
        *(Rollup.number, Rollup.value_sum, Rollup.weight_sum, Rollup.product_sum),
    )
    rows = union_all(
        *(
            select(*columns)
            .where(Rollup.area_code == sheet.area_code)
            .where(Rollup.form_id.in_(form_ids))
            .where(Rollup.grain == cover.grain)
            .where(Rollup.starts_on.between(cover.first, cover.last))
            for cover in covers
        )
    ).subquery()
    key = (rows.c.form_id, rows.c.indicator, rows.c.slice)
    sums = (
        func.sum(rows.c[name])
        for name in ("number", "value_sum", "weight_sum", "product_sum")
    )
    for form_id, indicator, part, *found in db.session.execute(
        select(*key, *sums).group_by(*key)
    ):
        number, value_sum, weight_sum, product_sum = found
        sheet.parts.setdefault((form_id, indicator), []).append(part)
        sheet.figures[form_id, indicator, part] = Figures(
            int(number), value_sum, weight_sum, product_sum
        )


def _read_successions(sheet: Sheet, form_ids: Sequence[str]) -> None:
    """Count the keys that have a fact in the days, and their next one behind them."""
    rows = union_all(
        *(
            _successions_of(sheet, cover, form_ids, behind)
            for cover in buckets(sheet.first, sheet.last)
            for behind in _behind(sheet.last)
        )
    ).subquery()
    key = (rows.c.form_id, rows.c.indicator, rows.c.slice)
    for form_id, indicator, part, number, value_sum in db.session.execute(
        select(*key, func.sum(rows.c.number), func.sum(rows.c.value_sum)).group_by(*key)
    ):
        before = sheet.figures[form_id, indicator, part]
        sheet.figures[form_id, indicator, part] = Figures(
            *(before.number, before.value_sum, before.weight_sum, before.product_sum),
            keys=int(number),
            last_sum=value_sum,
        )


def _successions_of(
    sheet: Sheet, cover: Bucket, form_ids: Sequence[str], behind: ColumnElement[bool]
) -> Select[str, str, str, int, Decimal]:
    return (
        select(
            *(Succession.form_id, Succession.indicator, Succession.slice),
            *(Succession.number, Succession.value_sum),
        )
        .where(Succession.area_code == sheet.area_code)
        .where(Succession.form_id.in_(form_ids))
        .where(Succession.grain == cover.grain)
        .where(Succession.starts_on.between(cover.first, cover.last))
        .where(behind)
    )


def _behind(last: date) -> list[ColumnElement[bool]]:
    """Say that the next fact lies behind a day: in a later month, or in the rest."""
    later = and_(Succession.next_grain == MONTH, Succession.next_on > month_start(last))
    end = month_end(last)
    if last == end:
        return [later]
    rest = and_(
        Succession.next_grain == DAY,
        Succession.next_on > last,
        Succession.next_on <= end,
    )
    return [later, rest]


@dataclass
class _Search:
    """A walk down the digits of one slice, to the value of a rank (from 1)."""

    part: str
    rank: int
    whole: int
    prefix: str = ""
    value: Decimal | None = None

    def step(self, children: dict[str, int]) -> None:
        """Go down to the step that holds the rank; stop at the value itself."""
        for prefix, number in children_in_order(self.prefix, children, self.whole):
            if self.rank > number:
                self.rank -= number
                continue
            if prefix == self.prefix:
                self.value = value_of(prefix)
            self.prefix, self.whole = prefix, number
            return


def read_ranked(sheet: Sheet, form_id: str, indicator: Indicator) -> None:
    """Find the values of some ranks in every slice, one query for each two digits."""
    parts = sheet.slices(form_id, indicator.name)
    roots = _children(sheet, form_id, indicator.name, [(part, "") for part in parts])
    searches = {
        part: [
            _Search(part, rank, whole) for rank in _ranks(indicator.aggregate, whole)
        ]
        for part, whole in (
            (part, sum(children.values())) for (part, _), children in roots.items()
        )
    }
    pending = [search for found in searches.values() for search in found]
    children = roots
    while pending:
        for search in pending:
            search.step(children[search.part, search.prefix])
        pending = [search for search in pending if search.value is None]
        wanted = [(search.part, search.prefix) for search in pending]
        children = _children(sheet, form_id, indicator.name, wanted)
    for part, found in searches.items():
        values = [search.value for search in found if search.value is not None]
        key = (form_id, indicator.name, part)
        sheet.ranked[key, indicator.aggregate] = sum(values, Decimal(0)) / len(values)


def _ranks(aggregate: Aggregate, number: int) -> Sequence[int]:
    if aggregate is Aggregate.MIN:
        return (1,)
    if aggregate is Aggregate.MAX:
        return (number,)
    middle = (number + 1) // 2
    return (middle,) if number % 2 else (middle, middle + 1)


def _children(
    sheet: Sheet, form_id: str, indicator: str, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, int]]:
    """Read the next digits below some prefixes at once, over all periods."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    if not wanted:
        return found
    rows = union_all(
        *(
            select(
                *(DigitCount.slice, DigitCount.parent),
                *(DigitCount.prefix, DigitCount.number),
            )
            .where(DigitCount.area_code == sheet.area_code)
            .where(DigitCount.form_id == form_id)
            .where(DigitCount.indicator == indicator)
            .where(tuple_(DigitCount.slice, DigitCount.parent).in_(sorted(set(wanted))))
            .where(DigitCount.grain == cover.grain)
            .where(DigitCount.starts_on.between(cover.first, cover.last))
            for cover in buckets(sheet.first, sheet.last)
        )
    ).subquery()
    key = (rows.c.slice, rows.c.parent, rows.c.prefix)
    statement = select(*key, func.sum(rows.c.number)).group_by(*key)
    for part, parent, prefix, number in db.session.execute(statement):
        found[part, parent][prefix] = int(number)
    return found
