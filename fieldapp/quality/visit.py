"""One batch of log lines: examine the revisions that they tell of.

Statements are few, whatever the number of lines: what is needed is read at once, and
what is found is written at once.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.quality.audit_files import find_audit
from fieldapp.quality.examining import (
    Examination,
    Finding,
    Origin,
    Profile,
    Trait,
    compare,
)
from fieldapp.quality.limits import form_limits
from fieldapp.quality.models import EntryProfile
from fieldapp.quality.traits import replace_traits
from fieldapp.quality.village import Village
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Attachment, Revision, Submission
from fieldapp.submissions.prepare import EARLIEST

log = logging.getLogger(__name__)

RECEIVED, MOVED, FILES = "revision-received", "entry-moved", "files-received"
TOLD = frozenset({RECEIVED, MOVED, FILES})


@dataclass(frozen=True)
class Line:
    """An entry of a log, as far as it matters here."""

    area_code: str
    position: int
    kind: str
    subject: str
    number: int | None


@dataclass(frozen=True)
class _Told:
    """A revision that a line tells of."""

    revision: Revision
    submission: Submission

    @property
    def is_current(self) -> bool:
        """Say whether no newer one has come, as far as can be seen."""
        return self.submission.revision_id == self.revision.id


class Visit:
    """Take lines in their order, then settle."""

    def __init__(self, config: Config, lines: Sequence[Line]) -> None:
        self.config = config
        self.told = _revisions(lines)
        ids = {told.revision.id for told in self.told.values()}
        self.files = _files(ids)
        self.versions: dict[int, PublishedVersion] = {}
        self.villages: dict[tuple[str, str], Village] = {}
        self.profiles: dict[str, dict[str, Any]] = {}
        """Rows that are not written yet, by revision."""
        self.traits: dict[str, Sequence[Trait]] = {}

    def take(self, line: Line) -> None:
        """Examine what a line tells of."""
        told = self.told.get((line.subject, line.number))
        if line.kind == MOVED or (line.kind == RECEIVED and line.number != 1):
            self._close(line)
        if told is None or line.kind not in {RECEIVED, FILES}:
            return
        position = line.position
        if line.kind == FILES:
            self._flush()
            found = db.session.get(
                EntryProfile, told.revision.id, populate_existing=True
            )
            if found is None:
                # Its revision is told of further on, and its files with it.
                return
            position = found.position
        self._examine(line, told, position)

    def settle(self) -> set[str]:
        """Write what was found; name the entries whose flags it may change."""
        self._flush()
        taken = {subject for subject, _ in self.told}
        return taken | replace_traits(self.traits) | _next_on_the_way(taken)

    def _close(self, line: Line) -> None:
        """Note that what an entry said in this village is no longer what it says."""
        self._flush()
        closed = db.session.execute(
            update(EntryProfile)
            .where(EntryProfile.submission_id == line.subject)
            .where(EntryProfile.area_code == line.area_code)
            .where(EntryProfile.closed_at.is_(None))
            .values(closed_at=line.position)
            .returning(EntryProfile.form_id)
            .execution_options(synchronize_session=False)
        )
        for form_id in closed.scalars():
            self.villages.pop((line.area_code, form_id), None)

    def _examine(self, line: Line, told: _Told, position: int) -> None:
        revision, submission = told.revision, told.submission
        version = self._version(revision.form_version_id)
        form = form_limits(version.settings)
        profile = self._profile(line, told, version)
        if told.is_current:
            self.traits[submission.id] = profile.traits if profile else ()
        if profile is None:
            return
        key = (line.area_code, submission.form_id)
        village = self.villages.get(key)
        if village is None or line.kind != RECEIVED:
            self._flush()
            village = Village.at(*key, position)
        findings = compare(profile, village.others(submission.id), form)
        if line.kind == RECEIVED:
            village.add(submission.id, profile)
            self.villages[key] = village
        self.profiles[revision.id] = _row(
            line, told, position, profile, [*profile.findings, *findings]
        )

    def _profile(
        self, line: Line, told: _Told, version: PublishedVersion
    ) -> Profile | None:
        """Examine a revision; None where it cannot be, which stops nobody else."""
        revision = told.revision
        files = self.files.get(revision.id, {})
        try:
            judgement = judge_again(
                version.definition, revision.xml, received_at=revision.received_at
            )
            if judgement.instance.is_encrypted:
                return None
            examination = Examination(
                judgement,
                _origin(line, told),
                form_limits(version.settings),
                secret_key=self.config.secret_key,
            )
            audit = find_audit(judgement, files, self.config.files_dir)
            profile = examination.profile(files, audit)
            judgement.dissolve()
        except Exception:
            log.exception("flags: revision %s cannot be examined", revision.id)
            return None
        return profile

    def _version(self, form_version_id: int) -> PublishedVersion:
        if form_version_id not in self.versions:
            self.versions[form_version_id] = get_version(form_version_id)
        return self.versions[form_version_id]

    def _flush(self) -> None:
        if not self.profiles:
            return
        statement = upsert(EntryProfile)
        rows = list(self.profiles.values())
        db.session.execute(
            statement.on_conflict_do_update(
                constraint="pk_entry_profile",
                set_={name: statement.excluded[name] for name in rows[0]},
            ),
            rows,
        )
        self.profiles.clear()


def _revisions(lines: Iterable[Line]) -> dict[tuple[str, int | None], _Told]:
    """Read the revisions that lines tell of: by number, or the current one."""
    wanted = [line for line in lines if line.kind in {RECEIVED, FILES}]
    by_number = [
        (line.subject, line.number) for line in wanted if line.number is not None
    ]
    current = [line.subject for line in wanted if line.number is None]
    statement = (
        select(Revision, Submission)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(
            or_(
                tuple_(Revision.submission_id, Revision.number).in_(by_number),
                and_(Submission.id.in_(current), Revision.id == Submission.revision_id),
            )
        )
        .execution_options(populate_existing=True)
    )
    found: dict[tuple[str, int | None], _Told] = {}
    for revision, submission in db.session.execute(statement):
        told = _Told(revision, submission)
        found[submission.id, revision.number] = told
        if told.is_current:
            found[submission.id, None] = told
    return found


def _files(revision_ids: Iterable[str]) -> dict[str, dict[str, bytes | None]]:
    """Read the digests of files by name, by revision."""
    statement = select(Attachment.revision_id, Attachment.name, Attachment.digest)
    statement = statement.where(Attachment.revision_id.in_(list(revision_ids)))
    found: dict[str, dict[str, bytes | None]] = {}
    for revision_id, name, digest in db.session.execute(statement):
        found.setdefault(str(revision_id), {})[name] = digest
    return found


def _origin(line: Line, told: _Told) -> Origin:
    revision, submission = told.revision, told.submission
    return Origin(
        submission_id=submission.id,
        form_id=submission.form_id,
        area_code=line.area_code,
        author_id=str(revision.author_id),
        captured_on=submission.captured_on.isoformat(),
        received_at=revision.received_at,
        captured_at=revision.captured_at,
    )


def _row(
    line: Line,
    told: _Told,
    position: int,
    profile: Profile,
    findings: Sequence[Finding],
) -> dict[str, Any]:
    revision, submission = told.revision, told.submission
    received_at = revision.received_at
    return {
        "revision_id": revision.id,
        "submission_id": submission.id,
        "form_id": submission.form_id,
        "area_code": line.area_code,
        "position": position,
        "author_id": revision.author_id,
        "began_at": _trusted(profile.began_at, received_at),
        "ended_at": _trusted(profile.ended_at, received_at) or received_at,
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


def _trusted(moment: datetime | None, received_at: datetime) -> datetime | None:
    """Take what a phone's clock says, as far as it can be."""
    if moment is None or not EARLIEST <= moment <= received_at:
        return None
    return moment


def _next_on_the_way(submission_ids: Iterable[str]) -> set[str]:
    """Name the entries that authors made right after some, or after their revisions."""
    own = (
        select(
            EntryProfile.author_id, EntryProfile.ended_at, EntryProfile.submission_id
        )
        .where(EntryProfile.submission_id.in_(list(submission_ids)))
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
        .where(EntryProfile.submission_id != own.c.submission_id)
        .order_by(EntryProfile.ended_at, EntryProfile.submission_id)
        .limit(1)
        .lateral("later")
    )
    statement = select(later.c.submission_id).select_from(own).join(later, true())
    return set(db.session.scalars(statement))
