"""Decide about entries, by rules that make a review honest (design.md, section 6).

Nobody decides about an entry that they sent any revision of. A decision names the
revision that was read, and holds for no other. What is decided stands in the log of
the village, and counts from the same moment.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import select

from fieldapp.entities.service import (
    record_entities,
    refuse_entities,
    withdraw_entities,
)
from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.indicators.service import record_facts, retract_facts
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.review.problems import (
    DecisionNotAllowed,
    EntrySealed,
    NoteRequired,
    RevisionOutdated,
    SecondReviewerNeeded,
    ViolationsStand,
)
from fieldapp.review.queries import decisions_of
from fieldapp.submissions import messages
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Revision, Submission, SubmissionState
from fieldapp.submissions.problems import OwnEntry
from fieldapp.submissions.proofs import revision_digest, words_digest
from fieldapp.submissions.queries import get_revision
from fieldapp.submissions.scope import get_visible_submission
from fieldapp.submissions.tallies import move_tallies
from fieldapp.web import clock
from fieldapp.web.problems import NotFound, Problem

RECEIVED, APPROVED = SubmissionState.RECEIVED, SubmissionState.APPROVED
REJECTED = SubmissionState.REJECTED

TRANSITIONS: dict[SubmissionState, dict[DecisionKind, SubmissionState]] = {
    RECEIVED: {
        DecisionKind.APPROVE: APPROVED,
        DecisionKind.RETURN: SubmissionState.RETURNED,
        DecisionKind.REJECT: SubmissionState.REJECTED,
    },
    APPROVED: {DecisionKind.REOPEN: RECEIVED},
    SubmissionState.REJECTED: {DecisionKind.REOPEN: RECEIVED},
    SubmissionState.RETURNED: {DecisionKind.REOPEN: RECEIVED},
}
"""Where each decision leads; a returned entry also comes back as its next revision."""

NEED_NOTE = frozenset({DecisionKind.RETURN, DecisionKind.REJECT, DecisionKind.REOPEN})
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Order:
    """What a reviewer wants to be decided."""

    instance_id: str
    """Of any revision of the entry."""
    revision_id: str
    """The revision that the reviewer has read."""
    kind: DecisionKind
    note: str | None = None
    questions: Sequence[str] = ()
    override: bool = False


def decide(
    actor: Actor,
    submission_id: str,
    kind: DecisionKind,
    *,
    revision_id: str,
    note: str | None = None,
    questions: Sequence[str] = (),
    override: bool = False,
) -> Decision:
    """Decide about one entry; the caller commits.

    :raises NotFound: if the actor sees no such entry to review.
    :raises RevisionOutdated: if the revision is not the current one.
    :raises OwnEntry: if the actor sent any revision of it.
    :raises DecisionNotAllowed: if the entry's state does not take the decision.
    :raises NoteRequired: if the decision needs a reason.
    :raises EntrySealed: if it is encrypted, and is to be approved unread.
    :raises ViolationsStand: if it breaks rules that the actor does not override.
    :raises SecondReviewerNeeded: if the actor gave the first of two approvals.
    """
    order = Order(submission_id, revision_id, kind, note, questions, override)
    submission = _to_review(actor, order)
    areas = {submission.area_code}
    lock_heads(areas)
    return _decide(actor, order, areas)


def decide_all(actor: Actor, orders: Sequence[Order]) -> list[Decision | Problem]:
    """Decide about many entries, each by itself; the caller commits.

    All logs are locked first, in their order, so that two such lists never wait for
    each other.
    """
    areas: set[str] = set()
    for order in orders:
        try:
            areas.add(_to_review(actor, order).area_code)
        except NotFound:
            continue
    lock_heads(areas)
    return [_attempt(actor, order, areas) for order in orders]


def approvals_given(decisions: Sequence[Decision]) -> list[Decision]:
    """List the approvals that count, given all decisions of a revision by time."""
    return list(
        takewhile(lambda each: each.kind is DecisionKind.APPROVE, reversed(decisions))
    )


def _attempt(actor: Actor, order: Order, areas: Collection[str]) -> Decision | Problem:
    try:
        with db.session.begin_nested():
            return _decide(actor, order, areas)
    except Problem as problem:
        return problem


def _to_review(actor: Actor, order: Order) -> Submission:
    return get_visible_submission(actor, order.instance_id, Permission.REVIEW)


def _decide(actor: Actor, order: Order, areas: Collection[str]) -> Decision:
    """Decide with the logs of some areas locked, so that what is read here stands."""
    submission = _to_review(actor, order)
    moved = submission.area_code not in areas
    if moved or submission.revision_id != order.revision_id:
        raise RevisionOutdated(submission.revision_id)
    revision = get_revision(submission)
    version = get_version(revision.form_version_id)
    decisions = db.session.scalars(decisions_of(submission)).all()
    _refuse_author(actor, submission)
    _check(order, submission)
    state = _next_state(actor, order, submission, decisions, version)
    decision = _record(actor, order, submission, decisions)
    _enter(decision, submission, revision, state)
    before = _move(submission, state)
    if state is not before:
        _count(decision, submission, before, revision, version)
    submission.updated_at = decision.decided_at
    db.session.flush()
    return decision


def _refuse_author(actor: Actor, submission: Submission) -> None:
    authors = select(Revision.author_id).where(Revision.submission_id == submission.id)
    if actor.user_id in db.session.scalars(authors).all():
        raise OwnEntry(messages.OWN_ENTRY)


def _check(order: Order, submission: Submission) -> None:
    if order.kind not in TRANSITIONS[submission.state]:
        raise DecisionNotAllowed(submission.state)
    if order.kind is DecisionKind.APPROVE and submission.is_sealed:
        raise EntrySealed
    breaks_rules = order.kind is DecisionKind.APPROVE and submission.violation_count
    if breaks_rules and not order.override:
        raise ViolationsStand(submission.violation_count)
    if not order.note and (order.kind in NEED_NOTE or breaks_rules):
        raise NoteRequired


def _next_state(
    actor: Actor,
    order: Order,
    submission: Submission,
    decisions: Sequence[Decision],
    version: PublishedVersion,
) -> SubmissionState:
    """Say where the entry goes; the first of two approvals leaves it where it is."""
    state = TRANSITIONS[submission.state][order.kind]
    if state is not APPROVED:
        return state
    on_this = [each for each in decisions if each.revision_id == order.revision_id]
    reviewers = {each.reviewer_id for each in approvals_given(on_this)}
    if actor.user_id in reviewers:
        raise SecondReviewerNeeded
    is_enough = len(reviewers) + 1 >= version.approvals
    return APPROVED if is_enough else submission.state


def _record(
    actor: Actor, order: Order, submission: Submission, decisions: Sequence[Decision]
) -> Decision:
    decided_at = clock.now()
    if decisions:
        # Clocks of several machines differ; the order of decisions must not.
        decided_at = max(decided_at, decisions[-1].decided_at + TICK)
    is_approval = order.kind is DecisionKind.APPROVE
    decision = Decision(
        submission_id=submission.id,
        revision_id=order.revision_id,
        kind=order.kind,
        reviewer_id=actor.user_id,
        note=order.note,
        questions=list(order.questions),
        is_override=is_approval and submission.violation_count > 0,
        decided_at=decided_at,
    )
    db.session.add(decision)
    db.session.flush()
    return decision


def _enter(
    decision: Decision,
    submission: Submission,
    revision: Revision,
    state: SubmissionState,
) -> None:
    """Write the decision into the village's log: its note only as a digest."""
    salt = submission.salt
    digests = {"revision": revision_digest(salt, revision.id, revision.digest)}
    if decision.note is not None:
        digests["note"] = words_digest(salt, decision.id, decision.note)
    detail: dict[str, Any] = {
        "decision": decision.kind.value,
        "override": decision.is_override,
        "revision": revision.number,
        "state": state.value,
    }
    deed = Deed(
        area_code=submission.area_code,
        kind="decision",
        actor=str(decision.reviewer_id),
        subject=submission.id,
        digests=digests,
        detail=detail,
    )
    append_deeds([deed], at=decision.decided_at)


def _move(submission: Submission, state: SubmissionState) -> SubmissionState:
    """Put the entry into its state, with its tally; give the state before."""
    before = submission.state
    if state is not before:
        key = submission.form_id, submission.area_code, submission.captured_on
        move_tallies(Counter({(*key, before): -1, (*key, state): 1}))
        submission.state = state
    return before


def _count(
    decision: Decision,
    submission: Submission,
    before: SubmissionState,
    revision: Revision,
    version: PublishedVersion,
) -> None:
    """Add to indicators and registers what an approval adds, or take it back."""
    at, reviewer_id = decision.decided_at, decision.reviewer_id
    if submission.state is APPROVED:
        judgement = judge_again(
            version.definition, revision.xml, received_at=revision.received_at
        )
        record_facts(submission, revision.id, judgement, version)
        record_entities(submission, revision, version, at=at, reviewer_id=reviewer_id)
    elif submission.state is REJECTED:
        refuse_entities(submission, revision, version, at=at, reviewer_id=reviewer_id)
    if before is APPROVED:
        retract_facts(submission)
    if before in (APPROVED, REJECTED):
        withdraw_entities(submission, at=at, reviewer_id=reviewer_id)
