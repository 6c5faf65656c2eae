"""Read on in the logs, and raise the flags of the entries that they tell of.

Nothing is worked out when an entry comes. Every revision, every file that comes later
and every move stands in the log of its village, and ``FlagPosition`` remembers up to
where each log was read; that moves in the transaction that writes what was found
(docs/decisions/0005-flags-follow-the-logs.md).

One visit runs at a time, by a lock of the database that ends with its transaction:
two entries that share something can thus not pass each other unseen.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.forms.queries import get_version
from fieldapp.ledger.models import LedgerEntry, LedgerHead
from fieldapp.quality.audit_files import find_audit
from fieldapp.quality.examining import Examination, Finding, Origin, Profile, compare
from fieldapp.quality.limits import form_limits
from fieldapp.quality.models import EntryProfile, EntryTrait, FlagPosition
from fieldapp.quality.raising import raise_flags
from fieldapp.quality.traits import Traits
from fieldapp.quality.village import Village
from fieldapp.submissions.attaching import stored_files
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Revision, Submission

log = logging.getLogger(__name__)

BATCH = 100
LOCK = 7_306_084_771_045_993_300
"""A number that no other advisory lock has."""

RECEIVED, MOVED, FILES = "revision-received", "entry-moved", "files-received"


@dataclass(frozen=True)
class Line:
    """An entry of a log, as far as it matters here."""

    area_code: str
    position: int
    kind: str
    subject: str
    number: int | None


@dataclass
class _Visit:
    """What one visit gathers before it writes flags."""

    config: Config
    traits: Traits = field(default_factory=Traits)
    villages: dict[tuple[str, str], Village] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    """The submissions whose flags may have changed."""


def follow_next(config: Config) -> int:
    """Work through the next lines of the logs; the caller commits.

    :return: how many; 0 where nothing is new, or another one is at it.
    """
    if not db.session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    lines = _next_lines()
    visit = _Visit(config)
    for line in lines:
        _take(visit, line)
    visit.touched |= visit.traits.settle()
    raise_flags(visit.touched, config.secret_key)
    _move(lines)
    return len(lines)


def begin_again() -> None:
    """Forget what was derived, save the flags, which are derived again one by one.

    Waits for a visit that is under way; the caller commits.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    for table in (FlagPosition, EntryProfile, EntryTrait):
        db.session.execute(delete(table))


def is_behind() -> bool:
    """Say whether a log tells what was not read yet."""
    return bool(_next_lines(1))


def _next_lines(most: int = BATCH) -> list[Line]:
    reached = func.coalesce(FlagPosition.position, 0)
    new = (
        select(LedgerEntry.position, LedgerEntry.body)
        .where(LedgerEntry.area_code == LedgerHead.area_code)
        .where(LedgerEntry.position > reached)
        .order_by(LedgerEntry.position)
        .limit(most)
        .lateral("new")
    )
    statement = (
        select(LedgerHead.area_code, new.c.position, new.c.body)
        .select_from(LedgerHead)
        .outerjoin(FlagPosition, FlagPosition.area_code == LedgerHead.area_code)
        .join(new, true())
        .where(LedgerHead.position > reached)
        .order_by(LedgerHead.area_code, new.c.position)
        .limit(most)
    )
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


def _take(visit: _Visit, line: Line) -> None:
    if line.kind == RECEIVED:
        _close(visit, line)
        _examine(visit, line, line.position)
    elif line.kind == MOVED:
        _close(visit, line)
    elif line.kind == FILES:
        statement = (
            select(EntryProfile.position)
            .join(Submission, Submission.revision_id == EntryProfile.revision_id)
            .where(Submission.id == line.subject)
        )
        position = db.session.scalar(statement)
        # Else its revision is told of further on, and its files with it.
        if position is not None:
            _examine(visit, line, position)


def _close(visit: _Visit, line: Line) -> None:
    """Note that what an entry said in this village is no longer what it says."""
    closed = db.session.execute(
        update(EntryProfile)
        .where(EntryProfile.submission_id == line.subject)
        .where(EntryProfile.area_code == line.area_code)
        .where(EntryProfile.closed_at.is_(None))
        .values(closed_at=line.position)
        .returning(EntryProfile.form_id)
    )
    for form_id in closed.scalars():
        visit.villages.pop((line.area_code, form_id), None)


def _examine(visit: _Visit, line: Line, position: int) -> None:
    """Examine the revision that a line tells of, or the current one."""
    found = _revision(line)
    if found is None:
        return
    revision, submission = found
    is_current = submission.revision_id == revision.id
    visit.touched |= _next_on_the_way(submission.id) | {submission.id}
    examined = _profile(visit, line, revision, submission, position)
    if is_current:
        visit.traits.replace(submission.id, examined[0].traits if examined else ())
    if examined is None:
        return
    _store(line, revision, submission, position, *examined)
    visit.touched |= _next_on_the_way(submission.id)


def _revision(line: Line) -> tuple[Revision, Submission] | None:
    statement = (
        select(Revision, Submission)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Submission.id == line.subject)
        .execution_options(populate_existing=True)
    )
    if line.number is None:
        statement = statement.where(Revision.id == Submission.revision_id)
    else:
        statement = statement.where(Revision.number == line.number)
    row = db.session.execute(statement).one_or_none()
    return None if row is None else (row[0], row[1])


def _profile(
    visit: _Visit,
    line: Line,
    revision: Revision,
    submission: Submission,
    position: int,
) -> tuple[Profile, list[Finding]] | None:
    """Examine a revision; None where it cannot be, which stops nobody else."""
    version = get_version(revision.form_version_id)
    form = form_limits(version.settings)
    origin = _origin(line, revision, submission)
    files = stored_files(revision.id)
    try:
        judgement = judge_again(
            version.definition, revision.xml, received_at=revision.received_at
        )
        if judgement.instance.is_encrypted:
            return None
        audit = find_audit(judgement, files, visit.config.files_dir)
        examination = Examination(
            judgement, origin, form, secret_key=visit.config.secret_key
        )
        profile = examination.profile(files, audit)
        judgement.dissolve()
    except Exception:
        log.exception("flags: revision %s cannot be examined", revision.id)
        return None
    key = (line.area_code, submission.form_id)
    village = visit.villages.get(key)
    if village is None or line.kind != RECEIVED:
        village = Village.at(*key, position)
    others = village.others(submission.id)
    findings = [*profile.findings, *compare(profile, others, form)]
    if line.kind == RECEIVED:
        village.add(submission.id, profile)
        visit.villages[key] = village
    return profile, findings


def _origin(line: Line, revision: Revision, submission: Submission) -> Origin:
    return Origin(
        submission_id=submission.id,
        form_id=submission.form_id,
        area_code=line.area_code,
        author_id=str(revision.author_id),
        captured_on=submission.captured_on.isoformat(),
        received_at=revision.received_at,
        captured_at=revision.captured_at,
    )


def _store(
    line: Line,
    revision: Revision,
    submission: Submission,
    position: int,
    profile: Profile,
    findings: Sequence[Finding],
) -> None:
    row = {
        "revision_id": revision.id,
        "submission_id": submission.id,
        "form_id": submission.form_id,
        "area_code": line.area_code,
        "position": position,
        "author_id": revision.author_id,
        "began_at": profile.began_at,
        "ended_at": _trusted(profile.ended_at, revision.received_at),
        "latitude": profile.spot[0] if profile.spot else None,
        "longitude": profile.spot[1] if profile.spot else None,
        "numbers": dict(profile.numbers),
        "points": dict(profile.points),
        "findings": [
            {
                "code": each.code,
                "path": each.path,
                "mark": each.mark,
                "detail": dict(each.detail),
            }
            for each in findings
        ],
    }
    statement = upsert(EntryProfile).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="pk_entry_profile",
            set_={name: statement.excluded[name] for name in row},
        )
    )


def _trusted(ended_at: datetime | None, received_at: datetime) -> datetime:
    """Take the time of receipt where a phone's clock tells nothing or the future."""
    return received_at if ended_at is None else min(ended_at, received_at)


def _next_on_the_way(submission_id: str) -> set[str]:
    """Name the entries that their authors made right after one, or its revisions."""
    own = (
        select(
            EntryProfile.author_id, EntryProfile.ended_at, EntryProfile.submission_id
        )
        .where(EntryProfile.submission_id == submission_id)
        .subquery()
    )
    later = (
        select(EntryProfile.submission_id)
        .join(Submission, Submission.revision_id == EntryProfile.revision_id)
        .where(EntryProfile.author_id == own.c.author_id)
        .where(EntryProfile.latitude.is_not(None))
        .where(
            tuple_(EntryProfile.ended_at, EntryProfile.submission_id)
            > tuple_(own.c.ended_at, own.c.submission_id)
        )
        .where(EntryProfile.submission_id != submission_id)
        .order_by(EntryProfile.ended_at, EntryProfile.submission_id)
        .limit(1)
        .lateral("later")
    )
    statement = select(later.c.submission_id).select_from(own).join(later, true())
    return set(db.session.scalars(statement))


def _move(lines: Sequence[Line]) -> None:
    """Remember up to where each log was read."""
    ends = {line.area_code: line.position for line in lines}
    if not ends:
        return
    statement = upsert(FlagPosition)
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="pk_flag_position",
            set_={"position": statement.excluded.position},
        ),
        [{"area_code": code, "position": end} for code, end in ends.items()],
    )
