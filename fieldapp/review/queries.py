"""Read entries with all that was decided about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from fieldapp.extensions import db
from fieldapp.forms.queries import get_version
from fieldapp.masking.findings import Finding
from fieldapp.review.models import Decision
from fieldapp.submissions.disclosing import Disclosed
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


@dataclass(frozen=True)
class DecisionRow:
    """A decision with the name of the reviewer, and the note as its reader sees it."""

    decision: Decision
    reviewer_name: str
    note: str | None


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
    record: dict[str, Any]
    violations: Sequence[Finding]
    warnings: Sequence[Finding]
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


def read_detail(entry: Disclosed) -> SubmissionDetail:
    """Read all there is of an entry that the caller may see."""
    submission = entry.submission
    revision = get_revision(submission)
    version = get_version(revision.form_version_id)
    judgement = judge_again(
        version.definition, revision.xml, received_at=revision.received_at
    )
    decisions = db.session.scalars(decisions_of(submission)).all()
    revisions = db.session.scalars(revisions_of(submission)).all()
    names = people_names(
        [row.author_id for row in revisions] + [row.reviewer_id for row in decisions]
    )
    notes = entry.notes([each.note for each in decisions])
    (row,) = submission_rows([entry])
    return SubmissionDetail(
        row=row,
        record=entry.record(judgement),
        violations=entry.violations(revision),
        warnings=entry.warnings(revision),
        approvals_needed=version.approvals,
        revisions=_revision_rows(revisions, names),
        decisions=[
            DecisionRow(each, names[each.reviewer_id], note)
            for each, note in zip(decisions, notes, strict=True)
        ],
        attachments=db.session.scalars(attachments_of(revision)).all(),
    )


def compare_revisions(
    entry: Disclosed, *, older: int | None, newer: int | None
) -> ComparedRevisions:
    """Compare two revisions of an entry; the current one with the one before.

    :raises NotFound: if there is none with one of the numbers.
    """
    after = get_revision(entry.submission, newer)
    before = get_revision(entry.submission, older or max(after.number - 1, 1))
    found = differences(_judged(before), _judged(after), words=entry.words)
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
