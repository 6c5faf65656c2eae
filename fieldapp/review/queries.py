"""Read entries with all that was decided about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from fieldapp.extensions import db
from fieldapp.forms.queries import get_version
from fieldapp.review.models import Decision
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Attachment, Revision, Submission
from fieldapp.submissions.queries import (
    SubmissionRow,
    attachments_of,
    get_revision,
    people_names,
    revisions_of,
    submission_rows,
)
from fieldapp.xform.difference import Difference, differences
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.record import to_record
from fieldapp.xform.schema import record_schema


@dataclass(frozen=True)
class DecisionRow:
    """A decision with the name of the reviewer."""

    decision: Decision
    reviewer_name: str


@dataclass(frozen=True)
class RevisionRow:
    """A revision with the name of its author and its form's version."""

    revision: Revision
    author_name: str
    form_version: str


@dataclass(frozen=True)
class SubmissionDetail:
    """An entry, whole: what it says, what is wrong with it, what became of it."""

    row: SubmissionRow
    revision: Revision
    record: dict[str, Any]
    approvals_needed: int
    revisions: Sequence[RevisionRow]
    decisions: Sequence[DecisionRow]
    attachments: Sequence[Attachment]


@dataclass(frozen=True)
class ComparedRevisions:
    """Two revisions by number, and what the newer one answers otherwise."""

    older: int
    newer: int
    differences: Sequence[Difference]


def decisions_of(submission: Submission) -> Select[Decision]:
    """Select all decisions about a submission, the first one first."""
    return (
        select(Decision)
        .where(Decision.submission_id == submission.id)
        .order_by(Decision.decided_at, Decision.id)
    )


def last_decisions(submission_ids: Sequence[str]) -> dict[str, Decision]:
    """Read the last decision about each of some submissions."""
    statement = (
        select(Decision)
        .ext(distinct_on(Decision.submission_id))
        .where(Decision.submission_id.in_(submission_ids))
        .order_by(Decision.submission_id, Decision.decided_at.desc())
    )
    return {row.submission_id: row for row in db.session.scalars(statement)}


def read_detail(submission: Submission) -> SubmissionDetail:
    """Read all there is of a submission that the caller may see."""
    revision = get_revision(submission)
    version = get_version(revision.form_version_id)
    judgement = judge_again(
        version.definition, revision.xml, received_at=revision.received_at
    )
    record = record_schema(version.definition)().dump(to_record(judgement))
    decisions = db.session.scalars(decisions_of(submission)).all()
    revisions = db.session.scalars(revisions_of(submission)).all()
    names = people_names(
        [row.author_id for row in revisions] + [row.reviewer_id for row in decisions]
    )
    (row,) = submission_rows([submission])
    return SubmissionDetail(
        row=row,
        revision=revision,
        record=dict(record),
        approvals_needed=version.approvals,
        revisions=_revision_rows(revisions, names),
        decisions=[DecisionRow(each, names[each.reviewer_id]) for each in decisions],
        attachments=db.session.scalars(attachments_of(revision)).all(),
    )


def compare_revisions(
    submission: Submission, *, older: int | None, newer: int | None
) -> ComparedRevisions:
    """Compare two revisions of a submission; the current one with the one before.

    :raises NotFound: if there is none with one of the numbers.
    """
    after = get_revision(submission, newer)
    before = get_revision(submission, older or max(after.number - 1, 1))
    found = differences(_judged(before), _judged(after))
    return ComparedRevisions(before.number, after.number, found)


def _judged(revision: Revision) -> Judgement:
    definition = get_version(revision.form_version_id).definition
    return judge_again(definition, revision.xml, received_at=revision.received_at)


def _revision_rows(
    revisions: Sequence[Revision], names: dict[UUID, str]
) -> list[RevisionRow]:
    ids = {revision.form_version_id for revision in revisions}
    versions = {id_: get_version(id_).version for id_ in ids}
    return [
        RevisionRow(each, names[each.author_id], versions[each.form_version_id])
        for each in revisions
    ]
