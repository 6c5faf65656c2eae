"""Read the logs."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.extensions import db
from fieldapp.ledger.chain import Entry, Head
from fieldapp.ledger.models import LedgerEntry, LedgerHead

BATCH = 1000


def current_head(area_code: str) -> Head:
    """Read the end of an area's log; an area nobody wrote about has an empty one."""
    row = db.session.get(LedgerHead, area_code)
    return Head(row.position, row.digest) if row else Head()


def entries_up_to(area_code: str, position: int) -> Iterator[Entry]:
    """Read a log from its beginning, in constant memory."""
    for batch in batches_up_to(area_code, position):
        yield from batch


def entries_after(
    reached: InstrumentedAttribute[int], own: ColumnElement[bool], *, most: int
) -> Select[str, int, datetime, bytes]:
    """Select what is new in the logs for who follows them, log by log in their order.

    Positions become visible in their order, so nothing is left out.

    :param reached: the column that says up to where each log was read.
    :param own: which of its table's rows is that of a log; there may be none yet.
    :param most: how many entries at most.
    """
    position = func.coalesce(reached, 0)
    new = (
        select(LedgerEntry.position, LedgerEntry.recorded_at, LedgerEntry.body)
        .where(LedgerEntry.area_code == LedgerHead.area_code)
        .where(LedgerEntry.position > position)
        .order_by(LedgerEntry.position)
        .limit(most)
        .lateral("new")
    )
    return (
        select(LedgerHead.area_code, new.c.position, new.c.recorded_at, new.c.body)
        .select_from(LedgerHead)
        .outerjoin(reached.class_, own)
        .join(new, true())
        .where(LedgerHead.position > position)
        .order_by(LedgerHead.area_code, new.c.position)
        .limit(most)
    )


def batches_up_to(
    area_code: str, position: int, *, size: int = BATCH
) -> Iterator[list[Entry]]:
    """Read a log from its beginning, a batch at a time.

    By position and not through one cursor: entries never change, so a slow reader
    holds no transaction open.
    """
    after = 0
    while after < position:
        rows = db.session.execute(
            select(
                LedgerEntry.position,
                LedgerEntry.recorded_at,
                LedgerEntry.body,
                LedgerEntry.digest,
            )
            .where(LedgerEntry.area_code == area_code)
            .where(LedgerEntry.position > after)
            .where(LedgerEntry.position <= position)
            .order_by(LedgerEntry.position)
            .limit(size)
        ).all()
        db.session.rollback()
        if not rows:
            return
        yield [Entry(*row) for row in rows]
        after = rows[-1].position
