"""Hold the logs in the database against themselves: nothing is ever mended here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import text

from fieldapp.extensions import db
from fieldapp.ledger.chain import Entry, Head
from fieldapp.ledger.queries import current_head, entries_up_to


@dataclass(frozen=True)
class Damage:
    """Where a log in the database is not whole, and how."""

    area_code: str
    position: int
    reason: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.area_code}, entri/entry {self.position}: {self.reason}"


def damaged_ends() -> list[Damage]:
    """Find the logs that do not end as their heads say: one look at each end."""
    rows = db.session.execute(text(_ENDS)).all()
    db.session.rollback()
    return [
        Damage(code, min(head or 0, last or 0) + (head == last), END)
        for code, head, last in rows
    ]


def damages(area_code: str) -> Iterator[Damage]:
    """Read a whole log, and say each place where it breaks."""
    previous = Head()
    last = _last_position(area_code)
    for entry in entries_up_to(area_code, last):
        yield from (
            Damage(area_code, entry.position, reason)
            for reason in _faults(area_code, previous, entry)
        )
        previous = entry.head
    if current_head(area_code) != previous:
        yield Damage(area_code, previous.position, END)
    db.session.rollback()


def logged_areas() -> list[str]:
    """List the areas that have a log."""
    codes = list(db.session.scalars(text(_AREAS)))
    db.session.rollback()
    return codes


END = (
    "catatan tidak berakhir seperti kepalanya: entri terakhir hilang, diubah atau "
    "ditambah / the log does not end as its head says: the last entry is missing, "
    "changed or added"
)
CHANGED = "entri diubah / the entry was changed"
MISPLACED = "entri hilang atau dipindah / an entry is missing or moved"
UNLINKED = (
    "entri tidak menyambung ke yang sebelumnya / the entry does not follow the one "
    "before it"
)


def _faults(area_code: str, previous: Head, entry: Entry) -> Iterator[str]:
    if hashlib.sha256(entry.body).digest() != entry.digest:
        yield CHANGED
        return
    body = orjson.loads(entry.body)
    if entry.position != previous.position + 1 or body["position"] != entry.position:
        yield MISPLACED
    elif body["previous"] != previous.digest.hex() or body["area"] != area_code:
        yield UNLINKED


def _last_position(area_code: str) -> int:
    statement = text("select max(position) from ledger_entry where area_code = :code")
    return db.session.scalar(statement, {"code": area_code}) or 0


_AREAS = """
    select area_code from ledger_head
    union select distinct area_code from ledger_entry order by 1
"""
# A log without a head, or with entries behind it, is found too.
_ENDS = """
    select code, h.position, l.position
    from (
        select area_code as code from ledger_head
        union select distinct area_code from ledger_entry
    ) as logs
    left join ledger_head h on h.area_code = code
    left join lateral (
        select position, sha256(body) as digest from ledger_entry
        where area_code = code order by position desc limit 1
    ) as l on true
    where (coalesce(h.position, 0), coalesce(h.digest, '\\x')) is distinct from
        (coalesce(l.position, 0), coalesce(l.digest, h.digest, '\\x'))
    order by code
"""
