"""The counters as SQL over facts: one text for an approval and for a rebuild.

``totals``, ``digit_counts`` and ``successions`` select what a set of facts comes to,
in every area above it, by day and by month. An approval adds that to the tables, a
reopening subtracts it, a rebuild compares all of it with what is there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Subquery,
    TableValuedAlias,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array, distinct_on

from fieldapp.indicators.digits import FIRST_STEP, STEP
from fieldapp.indicators.models import NEVER
from fieldapp.indicators.periods import DAY, MONTH
from fieldapp.indicators.slices import LOCAL, PARTS
from fieldapp.places.models import Area

VILLAGE_LEVEL = 4
GROUP = ("area_code", "form_id", "indicator", "slice")


def totals(facts: FromClause) -> Select[Any]:
    """Select numbers and sums."""
    value, weight = facts.c.value, facts.c.weight
    sums = {
        "number": func.count(),
        "value_sum": func.sum(value),
        "weight_sum": func.sum(weight),
        "product_sum": func.sum(value * weight),
    }
    own = _at_places(facts, sums)
    return _carried(own, [], sums)


def digit_counts(facts: FromClause) -> Select[Any]:
    """Select how many values begin with the same digits."""
    sums = {"number": func.count()}
    steps = _unnest(("prefix",), facts.c.digits)
    own = _at_places(facts, sums, steps)
    prefix = own.c.prefix
    above = func.left(prefix, func.length(prefix) - STEP)
    parent = case((func.length(prefix) > FIRST_STEP, above), else_="").label("parent")
    return _carried(own, [parent, prefix], sums)


def successions(facts: FromClause) -> Select[Any]:
    """Select how many keys have a fact in one period, and the next in another."""
    return cells(links(occurrences(facts)))


def occurrences(facts: FromClause) -> Subquery:
    """Select each keyed fact once for every area and slice that it counts in."""
    slices = _unnest(("slice",), facts.c.slices)
    line = lines(facts)
    columns = ("key", "occurred_on", "moment", "submission_id", "position", "value")
    return (
        select(
            line.c.up.label("area_code"),
            *(facts.c.form_id, facts.c.indicator, slices.c.slice),
            *(facts.c[name] for name in columns),
        )
        .select_from(
            facts.join(line, line.c.place == facts.c.area_code).join(slices, true())
        )
        .where(facts.c.key.is_not(None), _is_carried(slices.c.slice, line))
        .subquery("occurrence")
    )


def links(found: FromClause, also: Sequence[str] = ()) -> Subquery:
    """Select the days of each key, what it last says on each, and its next day."""
    group = [found.c[name] for name in (*GROUP, *also, "key")]
    latest = (found.c.moment, found.c.submission_id, found.c.position)
    days = (
        select(*group, found.c.occurred_on, found.c.value)
        .ext(distinct_on(*group, found.c.occurred_on))
        .order_by(*group, found.c.occurred_on, *(item.desc() for item in latest))
        .subquery("key_day")
    )
    following = func.lead(days.c.occurred_on).over(
        partition_by=[days.c[name] for name in (*GROUP, *also, "key")],
        order_by=days.c.occurred_on,
    )
    return select(
        *(days.c[name] for name in (*GROUP, *also)),
        days.c.occurred_on.label("day"),
        func.coalesce(following, NEVER).label("next"),
        func.coalesce(days.c.value, 0).label("value"),
    ).subquery("link")


def cells(link: FromClause) -> Select[Any]:
    """Select links counted by the periods of both of their ends.

    A key's day stands for its month where the next day lies in a later one.
    """
    day, following = link.c.day, link.c.next
    ends = _unnest(
        ("grain", "starts_on", "next_grain", "next_on"),
        array([DAY, DAY, MONTH, MONTH]),
        array([day, day, month_of(day), month_of(day)]),
        array([DAY, MONTH, DAY, MONTH]),
        array([following, month_of(following), following, month_of(following)]),
    )
    key = ("grain", "next_grain", "next_on", "starts_on")
    columns = [
        *(link.c.area_code, link.c.form_id),
        *(ends.c[name] for name in key),
        *(link.c.indicator, link.c.slice),
    ]
    leaves_month = month_of(following) > month_of(day)
    return (
        select(
            *columns,
            func.count().label("number"),
            func.sum(link.c.value).label("value_sum"),
        )
        .select_from(link.join(ends, true()))
        .where(or_(ends.c.grain == DAY, leaves_month))
        .where(or_(ends.c.next_grain == MONTH, following < NEVER))
        .group_by(*columns)
    )


def lines(facts: FromClause) -> FromClause:
    """Select the places of facts, each with itself and every area above it."""
    places = select(facts.c.area_code)
    line = (
        select(
            *(Area.code.label("place"), Area.code.label("up")),
            *(Area.parent_code, Area.level),
        )
        .where(Area.code.in_(places))
        .cte("line", recursive=True)
    )
    above = select(line.c.place, Area.code, Area.parent_code, Area.level).where(
        Area.code == line.c.parent_code
    )
    return line.union_all(above)


def month_of(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Give the first day of a day's month."""
    return cast(func.date_trunc("month", day), Date)


def _unnest(columns: tuple[str, ...], *arrays: ColumnElement[Any]) -> TableValuedAlias:
    return func.unnest(*arrays).table_valued(*columns).render_derived()


def _is_carried(
    slice_name: ColumnElement[Any], line: FromClause
) -> ColumnElement[bool]:
    """Keep local slices at their place, and the two parts above the villages."""
    return and_(
        or_(slice_name.not_in(PARTS), line.c.level < VILLAGE_LEVEL),
        or_(~slice_name.startswith(LOCAL), line.c.up == line.c.place),
    )


def _at_places(
    facts: FromClause,
    sums: Mapping[str, ColumnElement[Any]],
    also: TableValuedAlias | None = None,
) -> Subquery:
    """Add facts up where they lie, by day: far fewer rows go on to the areas above."""
    slices = _unnest(("slice",), facts.c.slices)
    source = facts.join(slices, true())
    columns = [
        *(facts.c.area_code, facts.c.form_id, facts.c.indicator),
        *(facts.c.occurred_on, slices.c.slice),
    ]
    if also is not None:
        source = source.join(also, true())
        columns += list(also.c)
    return (
        select(
            *columns,
            *(func.coalesce(item, 0).label(name) for name, item in sums.items()),
        )
        .select_from(source)
        .group_by(*columns)
        .subquery("own")
    )


def _carried(
    own: Subquery, also: Sequence[ColumnElement[Any]], sums: Mapping[str, Any]
) -> Select[Any]:
    """Carry what places have to every area above them, by day and by month."""
    line = lines(own)
    day = own.c.occurred_on
    periods = _unnest(
        ("grain", "starts_on"),
        array([DAY, MONTH]),
        array([day, month_of(day)]),
    )
    columns = [
        *(line.c.up.label("area_code"), own.c.form_id),
        *(periods.c.grain, periods.c.starts_on),
        *(own.c.indicator, own.c.slice, *also),
    ]
    return (
        select(*columns, *(func.sum(own.c[name]).label(name) for name in sums))
        .select_from(
            own.join(line, line.c.place == own.c.area_code).join(periods, true())
        )
        .where(_is_carried(own.c.slice, line))
        .group_by(*columns)
    )
