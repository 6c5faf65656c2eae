"""Who is asked to review an entry."""

from uuid import UUID

from sqlalchemy import exists, select

from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.queries import load_actor
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.review.problems import ReviewerUnfit
from fieldapp.submissions.models import Revision, Submission
from fieldapp.submissions.scope import get_visible_submission
from fieldapp.web import clock


def assign(actor: Actor, instance_id: str, reviewer_id: UUID | None) -> Submission:
    """Ask somebody to review an entry, or nobody in particular; the caller commits.

    :raises NotFound: if the actor sees no such entry to review.
    :raises ReviewerUnfit: if that person may not decide about it.
    """
    lock_heads([_to_review(actor, instance_id).area_code])
    submission = _to_review(actor, instance_id)
    if reviewer_id is not None and not _may_decide(reviewer_id, submission):
        raise ReviewerUnfit
    if submission.assigned_to == reviewer_id:
        return submission
    submission.assigned_to = reviewer_id
    deed = Deed(
        area_code=submission.area_code,
        kind="assigned",
        actor=str(actor.user_id),
        subject=submission.id,
        digests={},
        detail={"to": reviewer_id and str(reviewer_id)},
    )
    append_deeds([deed], at=clock.now())
    db.session.flush()
    return submission


def _to_review(actor: Actor, instance_id: str) -> Submission:
    return get_visible_submission(actor, instance_id, Permission.REVIEW)


def _may_decide(reviewer_id: UUID, submission: Submission) -> bool:
    """Say whether a person has the right, and sent no revision of the entry."""
    reviewer = load_actor(reviewer_id)
    programme_id = db.session.scalar(
        select(Form.programme_id).where(Form.id == submission.form_id)
    )
    if reviewer is None or not reviewer.may(
        Permission.REVIEW, submission.area_code, programme_id
    ):
        return False
    sent = exists().where(
        Revision.submission_id == submission.id, Revision.author_id == reviewer_id
    )
    return not db.session.scalar(select(sent))
