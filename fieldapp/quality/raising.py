"""Write the flags of entries, by what was found and by what they share with others."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from fieldapp.extensions import db
from fieldapp.ledger.service import lock_heads
from fieldapp.quality import limits
from fieldapp.quality.marks import flag_id
from fieldapp.quality.measures import distance_km
from fieldapp.quality.models import EntryProfile, Flag, FlagCode, FlagDismissal
from fieldapp.quality.traits import Shared, shared_traits
from fieldapp.submissions.models import Submission
from fieldapp.web import clock

SHORTEST_WAY = timedelta(minutes=1)


@dataclass(frozen=True)
class Raised:
    """A flag as it should stand."""

    id: UUID
    code: FlagCode
    path: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    digest: bytes | None = None


def raise_flags(submission_ids: Collection[str], secret_key: str) -> None:
    """Bring the flags of some entries up to date; the caller commits.

    Only where they change are the logs of the entries' areas locked, and an entry of
    which another revision came meanwhile is left: the log tells of that one too.
    """
    if not submission_ids:
        return
    rows = db.session.execute(_current(submission_ids)).all()
    shared = shared_traits(row.submission_id for row in rows)
    before = _before(submission_ids)
    wanted = {
        row.submission_id: _flags_of(
            row, before.get(row.submission_id), shared[row.submission_id], secret_key
        )
        for row in rows
    }
    # What cannot be read, or not yet, has no flags.
    wanted = {id_: wanted.get(id_, []) for id_ in submission_ids}
    revisions = {row.submission_id: row.revision_id for row in rows}
    stored = _stored(submission_ids)
    changed = [
        id_
        for id_, flags in wanted.items()
        if _written(flags, revisions.get(id_)) != stored.get(id_, {})
    ]
    if changed:
        _write(changed, wanted, revisions)


def open_codes(submission_ids: Iterable[str]) -> dict[str, list[str]]:
    """List the codes of entries' flags that nobody has looked into."""
    found: dict[str, list[str]] = {id_: [] for id_ in submission_ids}
    statement = (
        select(Flag.submission_id, Flag.code)
        .outerjoin(FlagDismissal, FlagDismissal.flag_id == Flag.id)
        .where(Flag.submission_id.in_(list(found)), FlagDismissal.flag_id.is_(None))
        .distinct()
    )
    for submission_id, code in db.session.execute(statement):
        found[submission_id].append(code.value)
    return {id_: sorted(codes) for id_, codes in found.items()}


def _current(submission_ids: Iterable[str]) -> Any:
    """Select the profiles of the current revisions of some entries."""
    return (
        select(EntryProfile)
        .join(Submission, Submission.revision_id == EntryProfile.revision_id)
        .where(EntryProfile.submission_id.in_(list(submission_ids)))
        .with_only_columns(*EntryProfile.__table__.columns)
    )


def _flags_of(
    row: Row[Any], before: Row[Any] | None, shared: Iterable[Shared], secret: str
) -> list[Raised]:
    def named(code: FlagCode, path: str, mark: str) -> UUID:
        return flag_id(secret, row.submission_id, code, path, mark)

    flags = [
        Raised(
            named(FlagCode(each["code"]), each["path"], each["mark"]),
            FlagCode(each["code"]),
            each["path"],
            each["detail"],
        )
        for each in row.findings
    ]
    flags += [
        Raised(
            named(each.kind, each.path, each.digest.hex()),
            each.kind,
            each.path,
            {"most": each.most},
            each.digest,
        )
        for each in shared
    ]
    travel = before and _travel(row, before)
    if travel and before:
        mark = f"{before.revision_id} {row.revision_id}"
        flags.append(
            Raised(named(FlagCode.TRAVEL, "", mark), FlagCode.TRAVEL, "", travel)
        )
    return flags


def _travel(row: Row[Any], before: Row[Any]) -> dict[str, Any] | None:
    """Say how far it is from where the author was before, if nobody goes that fast.

    The longest time that it can have taken counts: from when the entry before was
    opened until this one was done.
    """
    way = distance_km(
        (before.latitude, before.longitude), (row.latitude, row.longitude)
    )
    took = row.ended_at - (before.began_at or before.ended_at)
    hours = max(took, SHORTEST_WAY).total_seconds() / 3600
    if way < limits.LEAST_WAY_KM or way / hours <= limits.FASTEST_KMH:
        return None
    return {"km": way, "minutes": round(hours * 60), "before": before.submission_id}


def _before(submission_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """Read which entry their author made right before each of some."""
    here, there = aliased(EntryProfile), aliased(EntryProfile)
    this, that = aliased(Submission), aliased(Submission)
    earlier = (
        select(
            there.submission_id,
            there.revision_id,
            there.latitude,
            there.longitude,
            there.began_at,
            there.ended_at,
        )
        .join(that, that.revision_id == there.revision_id)
        .where(there.author_id == here.author_id)
        .where(there.latitude.is_not(None))
        .where(
            tuple_(there.ended_at, there.submission_id)
            < tuple_(here.ended_at, here.submission_id)
        )
        .where(there.submission_id != here.submission_id)
        .order_by(there.ended_at.desc(), there.submission_id.desc())
        .limit(1)
        .lateral("earlier")
    )
    statement = (
        select(here.submission_id.label("of"), earlier)
        .select_from(here)
        .join(this, this.revision_id == here.revision_id)
        .join(earlier, true())
        .where(here.submission_id.in_(list(submission_ids)))
        .where(here.latitude.is_not(None))
    )
    return {row.of: row for row in db.session.execute(statement)}


def _stored(submission_ids: Iterable[str]) -> dict[str, dict[UUID, Any]]:
    statement = select(Flag).where(Flag.submission_id.in_(list(submission_ids)))
    found: dict[str, dict[UUID, Any]] = {}
    for flag in db.session.scalars(statement.execution_options(populate_existing=True)):
        of_entry = found.setdefault(flag.submission_id, {})
        of_entry[flag.id] = (flag.revision_id, flag.detail)
    return found


def _written(flags: Iterable[Raised], revision_id: str | None) -> dict[UUID, Any]:
    return {flag.id: (revision_id, dict(flag.detail)) for flag in flags}


def _write(
    changed: Collection[str],
    wanted: Mapping[str, list[Raised]],
    revisions: Mapping[str, str],
) -> None:
    found = select(Submission.id, Submission.area_code, Submission.revision_id)
    statement = found.where(Submission.id.in_(changed))
    heads = lock_heads(row.area_code for row in db.session.execute(statement))
    current = {
        row.id: row.revision_id
        for row in db.session.execute(statement)
        if row.area_code in heads.by_area
        and row.revision_id == revisions.get(row.id, row.revision_id)
    }
    _replace(current, wanted)
    codes = open_codes(current)
    if current:
        db.session.connection().execute(
            update(Submission.__table__)  # type: ignore[arg-type]
            .where(Submission.id == bindparam("key"))
            .values(flags=bindparam("codes")),
            [{"key": id_, "codes": codes[id_]} for id_ in sorted(current)],
        )
    db.session.expire_all()


def _replace(current: Mapping[str, str], wanted: Mapping[str, list[Raised]]) -> None:
    """Put flags in the place of those that stand; when they were raised stays."""
    now = clock.now()
    rows = [
        {
            "id": flag.id,
            "submission_id": submission_id,
            "revision_id": revision_id,
            "code": flag.code,
            "path": flag.path,
            "detail": dict(flag.detail),
            "digest": flag.digest,
            "raised_at": now,
        }
        for submission_id, revision_id in current.items()
        for flag in wanted[submission_id]
    ]
    db.session.execute(
        delete(Flag)
        .where(Flag.submission_id.in_(list(current)))
        .where(Flag.id.not_in([row["id"] for row in rows]))
    )
    if not rows:
        return
    statement = upsert(Flag)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="pk_flag",
            set_={name: statement.excluded[name] for name in ("revision_id", "detail")},
        ),
        rows,
    )
