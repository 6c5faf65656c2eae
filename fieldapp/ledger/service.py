"""Write deeds into the logs, inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import LiteralString

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.ledger.chain import GENESIS, Deed, Head, chained
from fieldapp.ledger.models import LedgerEntry, LedgerHead
from fieldapp.ledger.problems import LogDamaged
from fieldapp.pipeline import RowWriter, fetch_each


@dataclass(frozen=True)
class Heads:
    """The heads of some logs, locked until the transaction ends."""

    by_area: Mapping[str, Head]

    def of(self, area_code: str) -> Head:
        """Give the locked head of one log."""
        return self.by_area[area_code]


def lock_heads(area_codes: Iterable[str]) -> Heads:
    """Lock the logs of some areas, so that nobody else writes about them.

    Whoever writes submissions, decisions, tallies or facts of an area holds its
    head first. The locks are taken in the order of the codes, so that two writers
    never wait for each other.

    :raises LogDamaged: if the end of a log is not what its head says: nothing is
        written behind it, and nobody mends it unseen.
    """
    codes = sorted(set(area_codes))
    locked = _locked(codes)
    missing = [code for code in codes if code not in locked]
    if missing:
        # A log's first deed: make its head, then lock all again in order.
        _BEGIN.write(
            [{"area_code": code, "position": 0, "digest": GENESIS} for code in missing]
        )
        locked = _locked(codes)
    return Heads(locked)


def _locked(codes: Sequence[str]) -> dict[str, Head]:
    heads, ends = fetch_each((_LOCK, _ENDS), {"codes": list(codes)})
    last = {code: Head(position, digest) for code, position, digest in ends}
    for code, position, digest in heads:
        if last.get(code, Head()) != Head(position, digest):
            raise LogDamaged(code)
    return {code: Head(position, digest) for code, position, digest in heads}


def append_deeds(
    deeds: Sequence[Deed], *, at: datetime, heads: Heads | None = None
) -> dict[str, Head]:
    """Write deeds into the logs of their areas, in the given order; give the new heads.

    ``heads`` are the locks that the caller holds already. Each head may be used
    for one call: what it says is outdated afterwards.
    """
    if not deeds:
        return {}
    in_order = sorted(deeds, key=lambda deed: deed.area_code)
    heads = heads or lock_heads(deed.area_code for deed in deeds)
    entries = []
    ends: dict[str, Head] = {}
    for area_code, group in groupby(in_order, key=lambda deed: deed.area_code):
        chain = chained(group, heads.of(area_code), at=at)
        entries += [
            {
                "area_code": area_code,
                "position": entry.position,
                "recorded_at": entry.recorded_at,
                "body": entry.body,
                "digest": entry.digest,
            }
            for entry in chain
        ]
        ends[area_code] = chain[-1].head
    _ADD.write(entries)
    _MOVE_HEADS.write(
        [
            {"code": code, "to": end.position, "end": end.digest}
            for code, end in ends.items()
        ]
    )
    return ends


_LOCK: LiteralString = """
    select area_code, position, digest from ledger_head
    where area_code = any(%(codes)s) order by area_code for update
"""
# Where a log really ends: the digest is made of the entry anew.
_ENDS: LiteralString = """
    select code, position, sha256(body) from unnest(%(codes)s::text[]) as code
    cross join lateral (
        select position, body from ledger_entry
        where area_code = code order by position desc limit 1
    ) as last
"""
_BEGIN = RowWriter(upsert(LedgerHead).on_conflict_do_nothing())
_ADD = RowWriter(insert(LedgerEntry))
_MOVE_HEADS = RowWriter(
    update(LedgerHead)
    .where(LedgerHead.area_code == bindparam("code"))
    .values(position=bindparam("to"), digest=bindparam("end"))
)
