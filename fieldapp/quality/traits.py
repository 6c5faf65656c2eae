"""What should be one entry's alone: who else has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_

from fieldapp.extensions import db
from fieldapp.quality.examining import Trait
from fieldapp.quality.models import EntryTrait, FlagCode

Key = tuple[FlagCode, bytes]
"""Of what kind, and its digest."""


def replace_traits(traits: Mapping[str, Sequence[Trait]]) -> set[str]:
    """Put the traits of entries' current revisions in the place of their old ones.

    A trait is odd where more holders have it than may. Where that turns, the flags of
    all who have it turn: they are named. Else only those change whose traits are new.
    """
    if not traits:
        return set()
    own = EntryTrait.submission_id.in_(list(traits))
    old = db.session.execute(
        select(EntryTrait.kind, EntryTrait.digest, EntryTrait.most).where(own)
    )
    most: dict[Key, int] = {(row.kind, row.digest): row.most for row in old}
    new = [(id_, each) for id_, found in traits.items() for each in found]
    most |= {(each.kind, each.digest): each.most for _, each in new}
    before = _holders(most)
    db.session.execute(delete(EntryTrait).where(own))
    if new:
        db.session.execute(insert(EntryTrait), [_row(*each) for each in new])
    after = _holders(most)
    turned = [
        key
        for key, limit in most.items()
        if (before.get(key, 0) > limit) != (after.get(key, 0) > limit)
    ]
    if not turned:
        return set()
    statement = select(EntryTrait.submission_id).where(_is_one_of(turned))
    return set(db.session.scalars(statement.distinct()))


@dataclass(frozen=True)
class Shared:
    """Something that an entry shares with more others than may be."""

    kind: FlagCode
    digest: bytes
    path: str
    most: int


def shared_traits(submission_ids: Iterable[str]) -> dict[str, list[Shared]]:
    """Read what of some entries is odd, by entry."""
    ids = list(submission_ids)
    statement = select(
        EntryTrait.submission_id,
        EntryTrait.kind,
        EntryTrait.digest,
        EntryTrait.path,
        EntryTrait.most,
    ).where(EntryTrait.submission_id.in_(ids))
    rows = db.session.execute(statement.order_by(EntryTrait.id)).all()
    holders = _holders({(row.kind, row.digest) for row in rows})
    found: dict[str, list[Shared]] = {each: [] for each in ids}
    for row in rows:
        if holders[row.kind, row.digest] > row.most:
            shared = Shared(row.kind, row.digest, row.path, row.most)
            found[row.submission_id].append(shared)
    return found


def _row(submission_id: str, trait: Trait) -> dict[str, object]:
    return {
        "submission_id": submission_id,
        "kind": trait.kind,
        "digest": trait.digest,
        "holder": trait.holder,
        "path": trait.path,
        "most": trait.most,
    }


def _holders(keys: Iterable[Key]) -> dict[Key, int]:
    """Count the holders of some traits."""
    wanted = list(keys)
    if not wanted:
        return {}
    statement = (
        select(
            EntryTrait.kind,
            EntryTrait.digest,
            func.count(EntryTrait.holder.distinct()),
        )
        .where(_is_one_of(wanted))
        .group_by(EntryTrait.kind, EntryTrait.digest)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def _is_one_of(keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(EntryTrait.kind, EntryTrait.digest).in_(keys)
