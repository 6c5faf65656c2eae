"""Read on in the logs, and raise the flags of the entries that they tell of.

Nothing is worked out when an entry comes. Every revision, every file that comes later
and every move stands in the log of its village, and ``FlagPosition`` remembers up to
where each log was read; that moves in the transaction that writes what was found
(docs/decisions/0007-flags-follow-the-logs.md).

One visit runs at a time, by a lock of the database that ends with its transaction:
two entries that share something can thus not pass each other unseen.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.ledger.models import LedgerHead
from fieldapp.ledger.queries import entries_after
from fieldapp.quality.models import EntryProfile, EntryTrait, FlagPosition
from fieldapp.quality.raising import raise_flags
from fieldapp.quality.visit import Line, Visit

BATCH = 100
LOCK = 7_306_084_771_045_993_300
"""A number that no other advisory lock has."""


def follow_next(config: Config) -> int:
    """Work through the next lines of the logs; the caller commits.

    :return: how many; 0 where nothing is new, or another one is at it.
    """
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    lines = _next_lines(BATCH)
    if lines:
        visit = Visit(config, lines)
        for line in lines:
            visit.take(line)
        raise_flags(visit.settle(), config.secret_key)
        _move(lines)
    return len(lines)


def begin_again() -> None:
    """Forget what was derived, save the flags, which are derived again one by one.

    Waits for a visit that is under way; the caller commits.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    tables = (FlagPosition, EntryProfile, EntryTrait)
    names = ", ".join(table.__tablename__ for table in tables)
    db.session.execute(text(f"truncate {names}"))


def is_behind() -> bool:
    """Say whether a log tells what was not read yet."""
    return bool(_next_lines(1))


def _next_lines(most: int) -> list[Line]:
    own = FlagPosition.area_code == LedgerHead.area_code
    statement = entries_after(FlagPosition.position, own, most=most)
    return [_line(row) for row in db.session.execute(statement)]


def _line(row: Any) -> Line:
    body = orjson.loads(row.body)
    return Line(
        area_code=row.area_code,
        position=row.position,
        kind=body["kind"],
        subject=body["subject"],
        number=body["detail"].get("number"),
    )


def _move(lines: Sequence[Line]) -> None:
    """Remember up to where each log was read."""
    ends = {line.area_code: line.position for line in lines}
    statement = upsert(FlagPosition)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="pk_flag_position",
            set_={"position": statement.excluded.position},
        ),
        [{"area_code": code, "position": end} for code, end in ends.items()],
    )
