"""What should be one entry's alone: who else has it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_

from fieldapp.extensions import db
from fieldapp.quality.examining import Trait
from fieldapp.quality.models import EntryTrait, FlagCode

Key = tuple[FlagCode, bytes]
"""Of what kind, and its digest."""


@dataclass
class Traits:
    """Change the traits of some entries, and tell whose flags change with them.

    A trait is odd where more holders have it than may. Only when that turns do the
    flags of all who have it turn; else only those of the entries that are new.
    """

    before: dict[Key, int] = field(default_factory=dict)
    """How many holders there were before the first change."""
    most: dict[Key, int] = field(default_factory=dict)

    def replace(self, submission_id: str, traits: Sequence[Trait]) -> None:
        """Put the traits of an entry's current revision in the place of its old."""
        old = db.session.execute(
            select(EntryTrait.kind, EntryTrait.digest, EntryTrait.most).where(
                EntryTrait.submission_id == submission_id
            )
        )
        changed = {(row.kind, row.digest): row.most for row in old}
        changed |= {(each.kind, each.digest): each.most for each in traits}
        unseen = [key for key in changed if key not in self.before]
        self.before |= dict.fromkeys(unseen, 0) | _holders(unseen)
        self.most |= changed
        db.session.execute(
            delete(EntryTrait).where(EntryTrait.submission_id == submission_id)
        )
        rows = [
            {
                "submission_id": submission_id,
                "kind": each.kind,
                "digest": each.digest,
                "holder": each.holder,
                "path": each.path,
                "most": each.most,
            }
            for each in traits
        ]
        if rows:
            db.session.execute(insert(EntryTrait), rows)

    def settle(self) -> set[str]:
        """Name the entries that turned odd, or turned back, with the last changes."""
        after = _holders(self.before)
        turned = [
            key
            for key, number in self.before.items()
            if (number > self.most[key]) != (after.get(key, 0) > self.most[key])
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
    statement = select(EntryTrait).where(EntryTrait.submission_id.in_(ids))
    rows = db.session.scalars(statement.order_by(EntryTrait.id)).all()
    holders = _holders({(row.kind, row.digest) for row in rows})
    found: dict[str, list[Shared]] = {each: [] for each in ids}
    for row in rows:
        if holders[row.kind, row.digest] > row.most:
            shared = Shared(row.kind, row.digest, row.path, row.most)
            found[row.submission_id].append(shared)
    return found


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
