"""What a digest tells: numbers of villages and forms, and nothing about anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select

from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.scope import area_condition
from fieldapp.notices.models import DigestFrequency
from fieldapp.places.queries import names_of
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.submissions.models import (
    HeldEntry,
    HeldState,
    Submission,
    SubmissionState,
    Tally,
)
from fieldapp.submissions.scope import visible_held, visible_submissions

MAX_VILLAGES = 25

WAITING = literal(SubmissionState.RECEIVED, Tally.state.type, literal_execute=True)
NOTHING = literal(0, literal_execute=True)
"""Written out, so that the index of what waits serves."""


@dataclass
class VillageNumbers:
    """The entries of one village."""

    name: str
    waiting: int = 0
    came: int = 0
    returned: int = 0
    approved: int = 0


@dataclass(frozen=True)
class ReturnedEntries:
    """Entries of one form that wait for the person to correct them."""

    form_title: Mapping[str, Any]
    entries: int
    reasons: int
    """How often they were returned: each time with a reason."""


@dataclass(frozen=True)
class Digest:
    """What a person is told of a time."""

    frequency: DigestFrequency
    since: datetime
    until: datetime
    villages: Sequence[VillageNumbers] = ()
    """Those with the most waiting entries first, of which some may be left out."""
    village_count: int = 0
    total: VillageNumbers = field(default_factory=lambda: VillageNumbers(""))
    held: int = 0
    returned: Sequence[ReturnedEntries] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to tell."""
        return not (self.village_count or self.held or self.returned)


def gather(
    actor: Actor, frequency: DigestFrequency, *, since: datetime, until: datetime
) -> Digest:
    """Gather what a person is told, inside what they may see."""
    villages = _villages(actor, since, until)
    ordered = sorted(
        villages.values(), key=lambda each: (-each.waiting, -each.came, each.name)
    )
    total = VillageNumbers("")
    for each in ordered:
        total.waiting += each.waiting
        total.came += each.came
        total.returned += each.returned
        total.approved += each.approved
    return Digest(
        frequency=frequency,
        since=since,
        until=until,
        villages=ordered[:MAX_VILLAGES],
        village_count=len(ordered),
        total=total,
        held=_held(actor),
        returned=_returned_to(actor),
    )


def _villages(
    actor: Actor, since: datetime, until: datetime
) -> dict[str, VillageNumbers]:
    """Count by village; where nothing waits and nothing happened, there is no row."""
    came = _in_scope(actor).where(
        Submission.received_at >= since, Submission.received_at < until
    )
    numbers = {
        "waiting": _waiting(actor),
        "came": came,
        "returned": _decided(actor, DecisionKind.RETURN, since, until),
        "approved": _decided(actor, DecisionKind.APPROVE, since, until),
    }
    found: dict[str, dict[str, int]] = {}
    for name, statement in numbers.items():
        for code, number in db.session.execute(statement):
            found.setdefault(code, {})[name] = number
    names = names_of(found)
    return {
        code: VillageNumbers(f"{names.get(code, code)} ({code})", **counts)
        for code, counts in found.items()
    }


def _waiting(actor: Actor) -> Select[str, int]:
    """Count what waits by its tallies, which cost the same however much there is."""
    is_visible = area_condition(
        actor, Permission.READ_SUBMISSIONS, Tally.area_code, _is_of_programme
    )
    return (
        select(Tally.area_code, func.sum(Tally.number))
        .where(is_visible, Tally.state == WAITING, Tally.number > NOTHING)
        .group_by(Tally.area_code)
    )


def _is_of_programme(programme_id: str) -> ColumnElement[bool]:
    forms = select(Form.id).where(Form.programme_id == programme_id)
    return Tally.form_id.in_(forms)


def _in_scope(actor: Actor) -> Select[str, int]:
    visible = visible_submissions(actor, Permission.READ_SUBMISSIONS)
    return visible.with_only_columns(
        Submission.area_code, func.count(Submission.id.distinct())
    ).group_by(Submission.area_code)


DECIDED = {
    DecisionKind.RETURN: SubmissionState.RETURNED,
    DecisionKind.APPROVE: SubmissionState.APPROVED,
}


def _decided(
    actor: Actor, kind: DecisionKind, since: datetime, until: datetime
) -> Select[str, int]:
    """Count what was decided then and still stands."""
    return (
        _in_scope(actor)
        .join(Decision, Decision.submission_id == Submission.id)
        .where(Decision.kind == kind, Submission.state == DECIDED[kind])
        .where(Decision.decided_at >= since, Decision.decided_at < until)
    )


def _held(actor: Actor) -> int:
    statement = visible_held(actor).where(HeldEntry.state == HeldState.HELD)
    number = statement.with_only_columns(func.count())
    return db.session.scalar(number) or 0


def _returned_to(actor: Actor) -> list[ReturnedEntries]:
    """Count what the person sent themselves and has to correct, by form."""
    statement = (
        visible_submissions(actor, Permission.READ_OWN)
        .join(Decision, Decision.submission_id == Submission.id)
        .join(Form, Form.id == Submission.form_id)
        .where(Submission.state == SubmissionState.RETURNED)
        .where(Decision.kind == DecisionKind.RETURN)
        .with_only_columns(
            Form.title,
            func.count(Submission.id.distinct()),
            func.count(Decision.id),
        )
        .group_by(Form.id)
        .order_by(Form.id)
    )
    return [ReturnedEntries(*row) for row in db.session.execute(statement)]
