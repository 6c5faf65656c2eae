"""Read the logs."""

from collections.abc import Iterator

from sqlalchemy import select

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
