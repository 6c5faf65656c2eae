"""What is stored already under the ids that some deliveries name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import LiteralString
from uuid import UUID

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.pipeline import fetch_all
from fieldapp.submissions.models import (
    Revision,
    Submission,
    SubmissionState,
)


@dataclass
class Entry:
    """A submission as the transaction sees it, its own writes included."""

    id: str
    form_id: str
    area_code: str
    state: SubmissionState
    number: int
    revision_id: str
    captured_on: date
    salt: bytes
    authors: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class StoredRevision:
    """A revision that is stored already."""

    id: str
    entry: Entry
    digest: bytes
    author_id: UUID


def areas_of(instance_ids: Iterable[str]) -> set[str]:
    """Read in which areas the submissions of some revisions stand."""
    ids = list(instance_ids)
    if not ids:
        return set()
    statement = (
        select(Submission.area_code)
        .join(Revision, Revision.submission_id == Submission.id)
        .where(Revision.id.in_(ids))
    )
    return set(db.session.scalars(statement))


def stored_revisions(instance_ids: Iterable[str]) -> dict[str, StoredRevision]:
    """Read the revisions with these ids, each with its submission."""
    known = [row[0] for row in fetch_all(_KNOWN, {"ids": list(instance_ids)})]
    if not known:
        return {}
    statement = (
        select(Revision.id, Revision.digest, Revision.author_id, Submission)
        .join(Submission, Submission.id == Revision.submission_id)
        .where(Revision.id.in_(known))
    )
    rows = db.session.execute(statement).all()
    entries = {row[3].id: _entry(row[3]) for row in rows}
    authors = select(Revision.submission_id, Revision.author_id).where(
        Revision.submission_id.in_(list(entries))
    )
    for submission_id, author_id in db.session.execute(authors):
        entries[submission_id].authors.add(author_id)
    return {
        row[0]: StoredRevision(row[0], entries[row[3].id], row[1], row[2])
        for row in rows
    }


# Nearly all entries are new, and this is all that is asked about them.
_KNOWN: LiteralString = "select id from revision where id = any(%(ids)s)"


def _entry(row: Submission) -> Entry:
    return Entry(
        id=row.id,
        form_id=row.form_id,
        area_code=row.area_code,
        state=row.state,
        number=row.revision_number,
        revision_id=row.revision_id,
        captured_on=row.captured_on,
        salt=row.salt,
    )
