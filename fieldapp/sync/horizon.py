"""Know which rows a client may not have seen, though transactions commit late.

A row's time is chosen before its transaction commits, so "later than the last row I
saw" would skip a row that was decided at noon and committed a moment after a poll.
Its transaction's number has the same fault. What has not is the *horizon*: the
lowest number of all transactions that were under way when the snapshot of a poll was
taken (``pg_snapshot_xmin``).

Why nothing is skipped. Let H be the horizon that a poll took before it read its
rows. A transaction with a number below H had ended by then: its rows were there to
be read by that poll, and earlier horizons are lower, so it or a poll before it gave
them. All other transactions have numbers of at least H (a savepoint's number is
higher than that of its transaction), and the next poll asks for the rows with such
numbers. So each row is given at least once. One that committed while an older
transaction was still under way is given again; clients know rows by their ids.

A row's number is its system column ``xmin``: 32 bits, of which the upper half is
that of the newest number not above the present one. A row older than four thousand
million transactions can thus pass for a new one, and is given again. One that got
its number after the horizon was taken waits for the next poll, whose turn it is.

Numbers mean something only within one history of one database. After a restore, a
fail-over or a move to another server the *epoch* differs, and the client is given
anew what lies ``MARGIN`` before its last poll and later, by time.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, ColumnElement, literal_column, text

from fieldapp.extensions import Base, db

MARGIN = timedelta(days=1)
"""No request takes a day from the time that it notes to its commit."""

LOW_HALF = 0xFFFFFFFF

_HORIZON = text(
    """
    select concat_ws(
             '-',
             (select system_identifier from pg_control_system()),
             left(pg_walfile_name(pg_current_wal_lsn()), 8),
             (select oid from pg_database where datname = current_database())
           ) as epoch,
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint as lowest,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
    """
)


@dataclass(frozen=True)
class Horizon:
    """What a poll has to remember for the next one."""

    epoch: str
    """Which history of which database the numbers belong to."""
    lowest: int
    """The lowest transaction under way; all below had ended."""
    next: int
    """The number that the next transaction would get."""


def take_horizon() -> Horizon:
    """Take the horizon; do it before the rows are read, never after."""
    row = db.session.execute(_HORIZON).one()
    return Horizon(epoch=row.epoch, lowest=row.lowest, next=row.next)


def written_since(
    table: type[Base], lowest: int, horizon: Horizon
) -> ColumnElement[bool]:
    """Say in SQL that a row was written by a transaction of at least a number."""
    xmin = literal_column(f"{table.__tablename__}.xmin::text::bigint", BigInteger)
    age = (horizon.next - xmin).bitwise_and(LOW_HALF)
    return horizon.next - age >= lowest
