import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.review.problems import (
    DecisionNotAllowed,
    NoteRequired,
    RevisionOutdated,
    SecondReviewerNeeded,
    ViolationsStand,
)
from fieldapp.review.service import TRANSITIONS, Order, decide, decide_all
from fieldapp.submissions.models import Submission, SubmissionState, Tally
from fieldapp.submissions.problems import OwnEntry
from fieldapp.web import clock
from fieldapp.web.problems import NotFound, Problem
from tests.entries import deliver, entry_xml
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    actor_of,
    make_area,
    make_grant,
    make_person,
)

APPROVE, RETURN = DecisionKind.APPROVE, DecisionKind.RETURN
REJECT, REOPEN = DecisionKind.REJECT, DecisionKind.REOPEN
STATE_AFTER = {
    APPROVE: SubmissionState.APPROVED,
    RETURN: SubmissionState.RETURNED,
    REJECT: SubmissionState.REJECTED,
}


def enter(facilitator: User, **answers: Any) -> Submission:
    outcome = deliver(facilitator, entry_xml("uuid:one", **answers))
    assert outcome.instance_id == "uuid:one", outcome
    return submission()


def submission() -> Submission:
    db.session.expire_all()
    return db.session.get_one(Submission, "uuid:one")


def take(reviewer: User, kind: DecisionKind, **changes: Any) -> Decision:
    arguments = {"revision_id": "uuid:one", "note": "Sesuai nota.", **changes}
    decision = decide(actor_of(reviewer), "uuid:one", kind, **arguments)
    db.session.commit()
    return decision


def tallies() -> dict[SubmissionState, int]:
    statement = select(Tally.state, func.sum(Tally.number)).group_by(Tally.state)
    return {state: int(number) for state, number in db.session.execute(statement)}


def log() -> list[dict[str, Any]]:
    statement = (
        select(LedgerEntry.body)
        .where(LedgerEntry.area_code == SEMEDO)
        .order_by(LedgerEntry.position)
    )
    entries = [json.loads(body) for body in db.session.scalars(statement)]
    return [entry for entry in entries if entry["kind"] == "decision"]


@pytest.mark.parametrize("kind", STATE_AFTER)
def test_a_decision_moves_the_entry_and_its_count(
    facilitator: User, coordinator: User, kind: DecisionKind
) -> None:
    enter(facilitator)

    decision = take(coordinator, kind)

    entry = submission()
    assert entry.state is STATE_AFTER[kind]
    assert entry.updated_at == decision.decided_at
    counts = {state: number for state, number in tallies().items() if number}
    assert counts == {STATE_AFTER[kind]: 1}


def test_a_decision_stands_in_the_log_of_the_village_without_its_words(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator)

    take(coordinator, RETURN, note="Bu Sri salah timbang.")

    (line,) = log()
    assert line["actor"] == str(coordinator.id)
    assert line["subject"] == "uuid:one"
    assert line["detail"] == {
        "decision": "return",
        "override": False,
        "revision": 1,
        "state": "returned",
    }
    assert {len(digest) for digest in line["digests"].values()} == {64}
    assert set(line["digests"]) == {"revision", "note"}
    assert "Sri" not in json.dumps(line)


@pytest.mark.parametrize("kind", STATE_AFTER)
def test_a_decided_entry_takes_nothing_but_reopening(
    facilitator: User, coordinator: User, kind: DecisionKind
) -> None:
    enter(facilitator)
    take(coordinator, kind)

    for next_kind in STATE_AFTER:
        with pytest.raises(DecisionNotAllowed) as refused:
            take(coordinator, next_kind)
        assert refused.value.members == {"state": STATE_AFTER[kind].value}
    take(coordinator, REOPEN)

    assert submission().state is SubmissionState.RECEIVED
    counts = {state: number for state, number in tallies().items() if number}
    assert counts == {SubmissionState.RECEIVED: 1}
    assert [line["detail"]["decision"] for line in log()] == [kind.value, "reopen"]


def test_a_waiting_entry_cannot_be_reopened(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator)

    with pytest.raises(DecisionNotAllowed):
        take(coordinator, REOPEN)


def test_every_state_has_a_way_on() -> None:
    assert set(TRANSITIONS) == set(SubmissionState)
    assert all(TRANSITIONS.values())


@pytest.mark.parametrize("kind", [RETURN, REJECT])
@pytest.mark.parametrize("note", [None, ""])
def test_who_sends_an_entry_back_must_say_why(
    facilitator: User, coordinator: User, kind: DecisionKind, note: str | None
) -> None:
    enter(facilitator)

    with pytest.raises(NoteRequired):
        take(coordinator, kind, note=note)

    assert submission().state is SubmissionState.RECEIVED


def test_reopening_needs_a_reason_and_approving_does_not(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator)
    take(coordinator, APPROVE, note=None)

    with pytest.raises(NoteRequired):
        take(coordinator, REOPEN, note=None)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_nobody_decides_about_their_own_entry(village: str, role: Role) -> None:
    person = make_person(Role.FACILITATOR, village)
    make_grant(person, role, "ID")
    enter(person)

    for kind in STATE_AFTER:
        with pytest.raises(OwnEntry):
            take(person, kind)

    assert db.session.scalars(select(Decision)).all() == []


def test_who_sent_an_earlier_revision_does_not_decide_about_a_later_one(
    village: str, facilitator: User, coordinator: User
) -> None:
    enter(facilitator)
    take(coordinator, RETURN)
    deliver(facilitator, entry_xml("uuid:two", deprecated_id="uuid:one"))
    other = make_person(Role.FACILITATOR, village)
    entry = submission()
    entry.author_id = other.id
    make_grant(facilitator, Role.COORDINATOR, village)

    with pytest.raises(OwnEntry):
        take(facilitator, APPROVE, revision_id="uuid:two")


def test_a_decision_on_an_outdated_revision_is_refused(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator)
    deliver(facilitator, entry_xml("uuid:two", deprecated_id="uuid:one"))

    for stale in ("uuid:one", "uuid:never"):
        with pytest.raises(RevisionOutdated) as refused:
            take(coordinator, APPROVE, revision_id=stale)
        assert refused.value.members == {"revision_id": "uuid:two"}
    take(coordinator, APPROVE, revision_id="uuid:two")

    assert submission().state is SubmissionState.APPROVED


def test_any_revisions_id_names_the_entry(facilitator: User, coordinator: User) -> None:
    enter(facilitator)
    deliver(facilitator, entry_xml("uuid:two", deprecated_id="uuid:one"))

    for name in ("uuid:two", "uuid:one"):
        kind = APPROVE if name == "uuid:two" else REOPEN
        decision = decide(
            actor_of(coordinator), name, kind, revision_id="uuid:two", note="ya"
        )
        assert decision.submission_id == "uuid:one"


def test_an_entry_that_breaks_rules_is_approved_only_as_an_exception_with_a_reason(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator, kg="9000")

    with pytest.raises(ViolationsStand) as refused:
        take(coordinator, APPROVE)
    with pytest.raises(NoteRequired):
        take(coordinator, APPROVE, override=True, note=None)
    decision = take(coordinator, APPROVE, override=True, note="Truk penuh, difoto.")

    assert refused.value.members == {"violation_count": 1}
    assert decision.is_override
    assert submission().state is SubmissionState.APPROVED
    assert log()[0]["detail"]["override"] is True


def test_an_override_of_nothing_is_an_ordinary_approval(
    facilitator: User, coordinator: User
) -> None:
    enter(facilitator)

    assert not take(coordinator, APPROVE, override=True).is_override


@pytest.mark.parametrize(
    ("role", "area"),
    [
        (Role.COORDINATOR, BUMISARI),
        (Role.FACILITATOR, SEMEDO),
        (Role.AUDITOR, SEMEDO),
        (Role.COORDINATOR, "33.02.16.2001"),
    ],
)
def test_who_has_no_say_there_finds_no_such_entry(
    facilitator: User, role: Role, area: str
) -> None:
    enter(facilitator)
    stranger = make_person(role, area)

    with pytest.raises(NotFound) as hidden:
        take(stranger, APPROVE)
    with pytest.raises(NotFound) as missing:
        decide(actor_of(stranger), "uuid:no", APPROVE, revision_id="uuid:no")

    assert hidden.value.as_dict("id") == missing.value.as_dict("id")


def test_a_coordinator_of_a_programme_decides_about_its_forms_only(
    facilitator: User,
) -> None:
    enter(facilitator)
    stranger = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-devisa")

    with pytest.raises(NotFound):
        take(stranger, APPROVE)


def test_the_order_of_decisions_survives_clocks_that_differ(
    facilitator: User, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(facilitator)
    first = take(coordinator, APPROVE)
    behind = first.decided_at - timedelta(seconds=3)
    monkeypatch.setattr(clock, "now", lambda: behind)

    second = take(coordinator, REOPEN)

    assert second.decided_at > first.decided_at


def test_a_list_of_decisions_gives_each_its_own_outcome(
    facilitator: User, coordinator: User
) -> None:
    make_area(JAWA_TENGAH)
    elsewhere = make_person(Role.FACILITATOR, BUMISARI)
    deliver(elsewhere, entry_xml("uuid:theirs", village=BUMISARI))
    for name in ("uuid:one", "uuid:stale", "uuid:flagged"):
        kg = "9000" if name == "uuid:flagged" else "5"
        deliver(facilitator, entry_xml(name, kg=kg))
    orders = [
        Order("uuid:one", "uuid:one", APPROVE),
        Order("uuid:theirs", "uuid:theirs", APPROVE),
        Order("uuid:no\x00", "uuid:no", APPROVE),
        Order("uuid:stale", "uuid:older", APPROVE),
        Order("uuid:flagged", "uuid:flagged", APPROVE),
        Order("uuid:one", "uuid:one", APPROVE),
        Order("uuid:flagged", "uuid:flagged", RETURN, "Timbang lagi."),
    ]

    results = decide_all(actor_of(coordinator), orders)
    db.session.commit()

    assert [
        each.slug if isinstance(each, Problem) else each.kind for each in results
    ] == [
        APPROVE,
        "not-found",
        "not-found",
        "revision-outdated",
        "violations-stand",
        "decision-not-allowed",
        RETURN,
    ]
    assert len(log()) == 2
    states = dict(db.session.execute(select(Submission.id, Submission.state)).all())
    assert states == {
        "uuid:one": SubmissionState.APPROVED,
        "uuid:theirs": SubmissionState.RECEIVED,
        "uuid:stale": SubmissionState.RECEIVED,
        "uuid:flagged": SubmissionState.RETURNED,
    }


def test_a_list_that_finds_nothing_harms_nothing(coordinator: User) -> None:
    (result,) = decide_all(actor_of(coordinator), [Order("uuid:x", "uuid:x", APPROVE)])

    assert isinstance(result, NotFound)


def test_an_error_class_for_each_refusal_has_its_own_slug() -> None:
    kinds = (
        DecisionNotAllowed,
        NoteRequired,
        RevisionOutdated,
        SecondReviewerNeeded,
        ViolationsStand,
    )
    assert len({kind.slug for kind in kinds}) == len(kinds)


def test_the_wider_area_decides_too(facilitator: User) -> None:
    enter(facilitator)

    take(make_person(Role.COORDINATOR, JAWA_TENGAH), APPROVE)
    take(make_person(Role.ADMINISTRATOR, BANYUMAS), REOPEN)

    assert submission().state is SubmissionState.RECEIVED
