"""What people say to each other about an entry."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.review.models import Comment
from fieldapp.submissions.models import Submission
from fieldapp.submissions.proofs import words_digest
from fieldapp.submissions.scope import get_visible_submission
from fieldapp.web import clock

READERS = (Permission.READ_SUBMISSIONS, Permission.READ_OWN)


def add_comment(
    actor: Actor, instance_id: str, text: str, *, questions: Sequence[str]
) -> Comment:
    """Say something about an entry; everybody who sees it may. The caller commits.

    The log of the village tells that it was said, and its digest.

    :raises NotFound: if the actor sees no such entry.
    """
    lock_heads([get_visible_submission(actor, instance_id, *READERS).area_code])
    submission = get_visible_submission(actor, instance_id, *READERS)
    comment = Comment(
        submission_id=submission.id,
        revision_id=submission.revision_id,
        author_id=actor.user_id,
        text=text,
        questions=list(questions),
        written_at=clock.now(),
    )
    submission.updated_at = comment.written_at
    db.session.add(comment)
    db.session.flush()
    append_deeds([_deed(comment, submission)], at=comment.written_at)
    return comment


def comments_of(submission: Submission) -> Select[Comment]:
    """Select what was said about an entry, the first comment first."""
    return (
        select(Comment)
        .where(Comment.submission_id == submission.id)
        .order_by(Comment.written_at, Comment.id)
    )


def _deed(comment: Comment, submission: Submission) -> Deed:
    digest = words_digest(submission.salt, comment.id, comment.text)
    return Deed(
        area_code=submission.area_code,
        kind="comment",
        actor=str(comment.author_id),
        subject=submission.id,
        digests={"text": digest},
        detail={"revision": submission.revision_number},
    )
