"""Say of a flag that somebody has looked into it."""

from uuid import UUID

from sqlalchemy import exists, select

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.quality.models import Flag, FlagDismissal
from fieldapp.quality.problems import FlagDismissed
from fieldapp.quality.raising import open_codes
from fieldapp.submissions import messages
from fieldapp.submissions.models import Revision, Submission
from fieldapp.submissions.problems import OwnEntry
from fieldapp.submissions.proofs import words_digest
from fieldapp.submissions.scope import get_visible_submission
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here
from fieldapp.web.text import Text

DISMISSED_BEFORE = Text(
    "Seseorang sudah memeriksa tanda ini. Muat ulang untuk membaca catatannya.",
    "Somebody has looked into this flag. Load it again to read their note.",
)


def dismiss(actor: Actor, instance_id: str, flag_id: UUID, note: str) -> Submission:
    """Note what came of looking into a flag, which stays visible; the caller commits.

    :raises NotFound: if the actor sees no such entry to review, or it has no such flag.
    :raises OwnEntry: if the actor sent any revision of the entry.
    :raises FlagDismissed: if somebody did before.
    """
    lock_heads([_to_review(actor, instance_id).area_code])
    submission = _to_review(actor, instance_id)
    flag = db.session.get(Flag, flag_id, populate_existing=True)
    if flag is None or flag.submission_id != submission.id:
        raise nothing_here()
    _refuse_author(actor, submission)
    if db.session.get(FlagDismissal, flag_id, populate_existing=True) is not None:
        raise FlagDismissed(DISMISSED_BEFORE)
    dismissal = FlagDismissal(
        flag_id=flag_id,
        submission_id=submission.id,
        reviewer_id=actor.user_id,
        note=note,
        dismissed_at=clock.now(),
    )
    db.session.add(dismissal)
    db.session.flush()
    submission.flags = open_codes([submission.id])[submission.id]
    deed = Deed(
        area_code=submission.area_code,
        kind="flag-dismissed",
        actor=str(actor.user_id),
        subject=submission.id,
        digests={"note": words_digest(submission.salt, flag_id, note)},
        detail={"flag": flag.code.value, "revision": submission.revision_number},
    )
    append_deeds([deed], at=dismissal.dismissed_at)
    db.session.flush()
    return submission


def _to_review(actor: Actor, instance_id: str) -> Submission:
    return get_visible_submission(actor, instance_id, Permission.REVIEW)


def _refuse_author(actor: Actor, submission: Submission) -> None:
    sent = exists().where(
        Revision.submission_id == submission.id, Revision.author_id == actor.user_id
    )
    if db.session.scalar(select(sent)):
        raise OwnEntry(messages.OWN_ENTRY)
