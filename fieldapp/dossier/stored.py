"""Read what some entries of a log speak of, a batch of them at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, tuple_

from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.ledger.chain import Entry
from fieldapp.review.models import Comment, Decision
from fieldapp.submissions.models import Attachment, Revision, Submission
from fieldapp.submissions.scope import visible_submissions

REVISION, FILES, DECISION, COMMENT = (
    "revision-received",
    "files-received",
    "decision",
    "comment",
)


@dataclass(frozen=True)
class Line:
    """An entry of the log, read."""

    position: int
    recorded_at: datetime
    kind: str
    actor: str
    subject: str
    detail: dict[str, Any]
    digests: dict[str, str]


@dataclass
class Stored:
    """The rows that the lines of a batch speak of, inside the reader's scope."""

    submissions: dict[str, Submission] = field(default_factory=dict)
    revisions: dict[tuple[str, int], Revision] = field(default_factory=dict)
    attachments: dict[str, list[Attachment]] = field(default_factory=dict)
    """By submission."""
    words: dict[tuple[str, datetime], Decision | Comment] = field(default_factory=dict)
    quoted: dict[str, list[Revision]] = field(default_factory=dict)
    """By submission, all revisions that a note or a comment may quote."""
    versions: dict[int, PublishedVersion] = field(default_factory=dict)

    def version_of(self, revision: Revision) -> PublishedVersion:
        """Give the form version of a revision; each is read once for a batch."""
        id_ = revision.form_version_id
        if id_ not in self.versions:
            self.versions[id_] = get_version(id_)
        return self.versions[id_]


def find_line(entry: Entry) -> Line | None:
    """Read the body of an entry; None where somebody spoilt it in the database."""
    try:
        body = orjson.loads(entry.body)
        return Line(
            position=entry.position,
            recorded_at=entry.recorded_at,
            kind=body["kind"],
            actor=body["actor"],
            subject=body["subject"],
            detail=body["detail"],
            digests=body["digests"],
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def read_stored(actor: Actor, lines: Sequence[Line]) -> Stored:
    """Read what some lines speak of; what moved out of the scope is left out."""
    ids = {line.subject for line in lines if line.kind in _OF_ENTRIES}
    stored = Stored()
    if not ids:
        return stored
    seen = visible_submissions(actor, Permission.READ_SUBMISSIONS)
    rows = db.session.scalars(seen.where(Submission.id.in_(ids)))
    stored.submissions = {row.id: row for row in rows}
    numbers = [
        (line.subject, line.detail["number"])
        for line in lines
        if line.kind == REVISION and line.subject in stored.submissions
    ]
    key = tuple_(Revision.submission_id, Revision.number)
    for revision in db.session.scalars(select(Revision).where(key.in_(numbers))):
        stored.revisions[revision.submission_id, revision.number] = revision
    with_files = _subjects(lines, {REVISION, FILES}, stored)
    for submission_id, attachment in db.session.execute(
        select(Revision.submission_id, Attachment)
        .join(Revision, Revision.id == Attachment.revision_id)
        .where(Revision.submission_id.in_(with_files), Attachment.digest.is_not(None))
        .order_by(Attachment.id)
    ):
        stored.attachments.setdefault(submission_id, []).append(attachment)
    _read_words(stored, lines)
    return stored


_OF_ENTRIES = frozenset({REVISION, FILES, DECISION, COMMENT})


def _read_words(stored: Stored, lines: Sequence[Line]) -> None:
    """Read decisions and comments: the log has the very moment of each."""
    decided = _subjects(lines, {DECISION}, stored)
    commented = _subjects(lines, {COMMENT}, stored)
    for decision in db.session.scalars(
        select(Decision).where(Decision.submission_id.in_(decided))
    ):
        stored.words[decision.submission_id, decision.decided_at] = decision
    for comment in db.session.scalars(
        select(Comment).where(Comment.submission_id.in_(commented))
    ):
        stored.words[comment.submission_id, comment.written_at] = comment
    for revision in db.session.scalars(
        select(Revision).where(Revision.submission_id.in_(decided | commented))
    ):
        stored.quoted.setdefault(revision.submission_id, []).append(revision)


def _subjects(lines: Iterable[Line], kinds: set[str], stored: Stored) -> set[str]:
    return {
        line.subject
        for line in lines
        if line.kind in kinds and line.subject in stored.submissions
    }
