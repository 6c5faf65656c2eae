"""Write the flags of entries, by what was found and by what they share with others."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

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
    wanted = {
        row.submission_id: _flags_of(row, shared[row.submission_id], secret_key)
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


def open_codes(submission_id: str) -> list[str]:
    """List the codes of an entry's flags that nobody has looked into."""
    statement = (
        select(Flag.code)
        .outerjoin(FlagDismissal, FlagDismissal.flag_id == Flag.id)
        .where(Flag.submission_id == submission_id, FlagDismissal.flag_id.is_(None))
        .distinct()
    )
    return sorted(db.session.scalars(statement))


def _current(submission_ids: Iterable[str]) -> Any:
    """Select the profiles of the current revisions of some entries."""
    return (
        select(EntryProfile)
        .join(Submission, Submission.revision_id == EntryProfile.revision_id)
        .where(EntryProfile.submission_id.in_(list(submission_ids)))
        .with_only_columns(*EntryProfile.__table__.columns)
    )


def _flags_of(row: Row[Any], shared: Iterable[Shared], secret: str) -> list[Raised]:
    flags = [
        Raised(
            flag_id(
                secret, row.submission_id, each["code"], each["path"], each["mark"]
            ),
            FlagCode(each["code"]),
            each["path"],
            each["detail"],
        )
        for each in row.findings
    ]
    flags += [
        Raised(
            flag_id(secret, row.submission_id, each.kind, each.path, each.digest.hex()),
            each.kind,
            each.path,
            {"most": each.most},
            each.digest,
        )
        for each in shared
    ]
    travel = _travel(row, secret)
    return [*flags, travel] if travel else flags


def _travel(row: Row[Any], secret: str) -> Raised | None:
    """Say whether the author can have come here from where they were before.

    The longest time that it can have taken counts: from when the entry before was
    opened until this one was done.
    """
    if row.latitude is None:
        return None
    statement = (
        select(EntryProfile)
        .join(Submission, Submission.revision_id == EntryProfile.revision_id)
        .where(EntryProfile.author_id == row.author_id)
        .where(EntryProfile.latitude.is_not(None))
        .where(
            tuple_(EntryProfile.ended_at, EntryProfile.submission_id)
            < tuple_(row.ended_at, row.submission_id)
        )
        .where(EntryProfile.submission_id != row.submission_id)
        .order_by(EntryProfile.ended_at.desc(), EntryProfile.submission_id.desc())
        .limit(1)
        .with_only_columns(*EntryProfile.__table__.columns)
    )
    before = db.session.execute(statement).one_or_none()
    if before is None:
        return None
    way = distance_km(
        (before.latitude, before.longitude), (row.latitude, row.longitude)
    )
    took = row.ended_at - (before.began_at or before.ended_at)
    hours = max(took, SHORTEST_WAY).total_seconds() / 3600
    if way < limits.LEAST_WAY_KM or way / hours <= limits.FASTEST_KMH:
        return None
    detail = {"km": way, "minutes": round(hours * 60), "before": before.submission_id}
    mark = f"{before.revision_id} {row.revision_id}"
    id_ = flag_id(secret, row.submission_id, FlagCode.TRAVEL, "", mark)
    return Raised(id_, FlagCode.TRAVEL, "", detail)


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
    for row in db.session.execute(statement).all():
        profiled = revisions.get(row.id, row.revision_id)
        is_as_seen = row.revision_id == profiled
        if is_as_seen and row.area_code in heads.by_area:
            _write_entry(row.id, row.revision_id, wanted[row.id])


def _write_entry(submission_id: str, revision_id: str, flags: Iterable[Raised]) -> None:
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
        for flag in flags
    ]
    db.session.execute(
        delete(Flag)
        .where(Flag.submission_id == submission_id)
        .where(Flag.id.not_in([row["id"] for row in rows]))
    )
    if rows:
        statement = upsert(Flag)
        db.session.execute(
            statement.on_conflict_do_update(
                constraint="pk_flag",
                set_={
                    name: statement.excluded[name] for name in ("revision_id", "detail")
                },
            ),
            rows,
        )
    db.session.execute(
        update(Submission)
        .where(Submission.id == submission_id)
        .values(flags=open_codes(submission_id))
        .execution_options(synchronize_session=False)
    )
