"""Keep the counter tables equal to the facts, in the transaction that changes them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Select,
    Subquery,
    Table,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.sql.dml import ReturningInsert

from fieldapp.extensions import Base, db
from fieldapp.indicators import rollups
from fieldapp.indicators.models import DigitCount, Fact, Rollup, Succession
from fieldapp.indicators.slices import LOCAL
from fieldapp.places.models import COUNTRY

FACT: Table = Base.metadata.tables[Fact.__tablename__]

WRITERS_LOCK = 0x6661637473
"""The advisory lock of all who change facts ("facts" in ASCII)."""


@dataclass(frozen=True)
class Counters:
    """A counter table: what a row is found by, and what is added up."""

    table: Table
    keys: tuple[str, ...]
    sums: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Name all columns, the keys first."""
        return (*self.keys, *self.sums)


def _counters(model: type[Base]) -> Counters:
    table = Base.metadata.tables[model.__tablename__]
    keys = tuple(item.name for item in table.primary_key)
    sums = tuple(item.name for item in table.columns if item.name not in keys)
    return Counters(table, keys, sums)


ROLLUPS = _counters(Rollup)
DIGIT_COUNTS = _counters(DigitCount)
SUCCESSIONS = _counters(Succession)

SIGN = bindparam("sign", type_=BigInteger)
IDS = bindparam("ids", type_=ARRAY(BigInteger))


def lock_writers() -> None:
    """Let one transaction at a time change facts; to be taken after ledger heads.

    Every approval adds to the rows of the whole country, so that the second one
    would wait for the first there in any case. Waiting here, before it has read or
    written anything, it sees all facts of the people it counts, and two
    transactions never wait for each other.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))


def add_facts(ids: list[int]) -> None:
    """Add stored facts to the counters."""
    _apply(ids, sign=1)


def subtract_facts(ids: list[int]) -> None:
    """Take facts out of the counters; the facts are deleted after it, not before."""
    _apply(ids, sign=-1)


def _apply(ids: list[int], *, sign: int) -> None:
    for counters, statement in STATEMENTS:
        rows = db.session.execute(statement, {"ids": ids, "sign": sign}).all()
        empty = [row for row in rows if row.number == 0]
        if empty:
            keys = {
                name: [getattr(row, name) for row in empty] for name in counters.keys
            }
            db.session.execute(_deleting(counters), keys)


def _adding(counters: Counters, found: FromClause) -> ReturningInsert[Any]:
    """Write the statement that adds selected counts, in the order of the keys."""
    table = counters.table
    statement = insert(table).from_select(
        list(counters.names),
        select(
            *(found.c[name] for name in counters.keys),
            *(found.c[name] * SIGN for name in counters.sums),
        ).order_by(*(found.c[name] for name in counters.keys)),
    )
    return statement.on_conflict_do_update(
        index_elements=list(counters.keys),
        set_={name: table.c[name] + statement.excluded[name] for name in counters.sums},
    ).returning(*(table.c[name] for name in counters.keys), table.c.number)


@cache
def _deleting(counters: Counters) -> Delete:
    """Write the statement that removes rows by arrays of their keys."""
    table = counters.table
    arrays = (
        bindparam(name, type_=ARRAY(table.c[name].type)) for name in counters.keys
    )
    keys = func.unnest(*arrays).table_valued(*counters.keys).render_derived()
    return delete(table).where(
        *(table.c[name] == keys.c[name] for name in counters.keys)
    )


def _changed() -> Subquery:
    return select(FACT).where(FACT.c.id == any_(IDS)).subquery("changed")


def _changed_successions() -> Select[Any]:
    """Select how the links between the days of keys change with the changed facts.

    Only the neighbourhood is read: the days of the changed facts, the day before
    the first and the day after the last, for each area and slice. What the links
    there are with the changed facts, less what they are without.
    """
    near = _neighbourhood()
    without = select(near).where(near.c.id != func.all(IDS)).subquery("without")
    cells = [
        _inner_cells(near, sign=1),
        _inner_cells(without, sign=-1),
    ]
    both = union_all(*cells).subquery("both")
    keys = [both.c[name] for name in SUCCESSIONS.keys]
    sums = [func.sum(both.c[name]).label(name) for name in SUCCESSIONS.sums]
    is_changed = or_(*(func.sum(both.c[name]) != 0 for name in SUCCESSIONS.sums))
    return select(*keys, *sums).group_by(*keys).having(is_changed)


def _inner_cells(near: Subquery, *, sign: int) -> Select[Any]:
    """Count links but those from the last day, whose next was not read."""
    link = rollups.links(near, also=("stop",))
    inner = select(link).where(link.c.day.is_distinct_from(link.c.stop)).subquery()
    found = rollups.cells(inner).subquery()
    return select(
        *(found.c[name] for name in SUCCESSIONS.keys),
        *((found.c[name] * literal(sign)).label(name) for name in SUCCESSIONS.sums),
    )


def _neighbourhood() -> Subquery:
    found = rollups.occurrences(_changed())
    group = [found.c[name] for name in (*rollups.GROUP, "key")]
    touched = (
        select(
            *group,
            func.min(found.c.occurred_on).label("first"),
            func.max(found.c.occurred_on).label("last"),
        )
        .group_by(*group)
        .subquery("touched")
    )
    fact = FACT.alias("other")
    others = and_(_is_of(fact, touched), fact.c.id != func.all(IDS))
    before = select(func.max(fact.c.occurred_on)).where(
        others, fact.c.occurred_on < touched.c.first
    )
    after = select(func.min(fact.c.occurred_on)).where(
        others, fact.c.occurred_on > touched.c.last
    )
    bounds = select(
        *touched.c,
        before.correlate(touched).scalar_subquery().label("start"),
        after.correlate(touched).scalar_subquery().label("stop"),
    ).cte("bounds")
    near = FACT.alias("near")
    return (
        select(
            *(bounds.c[name] for name in (*rollups.GROUP, "key", "stop")),
            *(near.c.id, near.c.occurred_on, near.c.moment, near.c.submission_id),
            *(near.c.position, near.c.value),
        )
        .select_from(bounds.join(near, _is_of(near, bounds)))
        .where(
            near.c.occurred_on >= func.coalesce(bounds.c.start, bounds.c.first),
            near.c.occurred_on <= func.coalesce(bounds.c.stop, bounds.c.last),
        )
        .subquery("nearby")
    )


def _is_of(fact: FromClause, touched: FromClause) -> ColumnElement[bool]:
    """Say that a fact counts in an area and slice, under a key."""
    code, up = fact.c.area_code, touched.c.area_code
    below = and_(
        or_(up == COUNTRY, and_(code > up + ".", code < up + "/")),
        ~touched.c.slice.startswith(LOCAL),
    )
    return and_(
        fact.c.form_id == touched.c.form_id,
        fact.c.indicator == touched.c.indicator,
        fact.c.key == touched.c.key,
        touched.c.slice == any_(fact.c.slices),
        or_(code == up, below),
    )


STATEMENTS = (
    (ROLLUPS, _adding(ROLLUPS, rollups.totals(_changed()).subquery())),
    (DIGIT_COUNTS, _adding(DIGIT_COUNTS, rollups.digit_counts(_changed()).subquery())),
    (SUCCESSIONS, _adding(SUCCESSIONS, _changed_successions().subquery())),
)
