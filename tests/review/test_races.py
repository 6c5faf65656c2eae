"""Two reviewers, or a reviewer and a phone, at the same moment."""

import json
from collections.abc import Callable, Sequence
from threading import Barrier, Thread

from flask import Flask
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.review.service import Order, decide, decide_all
from fieldapp.submissions.models import Submission, SubmissionState, Tally
from fieldapp.web.problems import Problem
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import (
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    actor_of,
    make_area,
    make_person,
)

KINDS = [DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.RETURN]


def at_once(app: Flask, actions: Sequence[Callable[[], object]]) -> None:
    """Run some actions, each with a session of its own, all at the same moment."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        with app.app_context():
            barrier.wait()
            action()

    threads = [Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()


def decisions_in_log(area_code: str) -> int:
    bodies = db.session.scalars(
        select(LedgerEntry.body).where(LedgerEntry.area_code == area_code)
    )
    return sum(json.loads(body)["kind"] == "decision" for body in bodies)


def test_coordinators_who_race_make_one_decision_and_one_line(
    committed_app: Flask,
) -> None:
    publish_small_form()
    sender = make_person(Role.FACILITATOR, SEMEDO)
    actors = [actor_of(make_person(Role.COORDINATOR, SEMEDO)) for _ in range(3)]
    deliver(sender, entry_xml("uuid:one"))
    results: list[str] = []

    def racer(actor: Actor, kind: DecisionKind) -> Callable[[], None]:
        def run() -> None:
            try:
                decide(actor, "uuid:one", kind, revision_id="uuid:one", note="ya")
                db.session.commit()
                results.append("decided")
            except Problem as problem:
                results.append(problem.slug)

        return run

    at_once(
        committed_app,
        [racer(actor, kind) for actor, kind in zip(actors, KINDS, strict=True)],
    )

    assert sorted(results) == ["decided", *["decision-not-allowed"] * 2]
    assert len(db.session.scalars(select(Decision)).all()) == 1
    assert decisions_in_log(SEMEDO) == 1
    counted = db.session.scalar(select(func.sum(Tally.number)))
    assert counted == 1


def test_a_correction_and_a_decision_at_once_never_both_hold(
    committed_app: Flask,
) -> None:
    publish_small_form()
    sender = make_person(Role.FACILITATOR, SEMEDO)
    actor = actor_of(make_person(Role.COORDINATOR, SEMEDO))
    deliver(sender, entry_xml("uuid:one"))
    edit = entry_xml("uuid:two", deprecated_id="uuid:one")
    slugs: list[str] = []

    def approve() -> None:
        try:
            kind = DecisionKind.APPROVE
            decide(actor, "uuid:one", kind, revision_id="uuid:one")
            db.session.commit()
        except Problem as problem:
            slugs.append(problem.slug)

    at_once(committed_app, [approve, lambda: deliver(sender, edit)])

    entry = db.session.get_one(Submission, "uuid:one")
    if entry.state is SubmissionState.APPROVED:
        assert entry.revision_id == "uuid:one"
        assert slugs == []
    else:
        assert entry.revision_id == "uuid:two"
        assert slugs == ["revision-outdated"]


def test_lists_that_cross_each_other_do_not_wait_for_ever(
    committed_app: Flask,
) -> None:
    publish_small_form()
    make_area(BUMISARI)
    actor = actor_of(make_person(Role.COORDINATOR, JAWA_TENGAH))
    orders = []
    for code in (SEMEDO, BUMISARI):
        sender = make_person(Role.FACILITATOR, code)
        for number in range(4):
            name = f"uuid:{code}-{number}"
            deliver(sender, entry_xml(name, village=code))
            orders.append(Order(name, name, DecisionKind.APPROVE))
    done: list[int] = []

    def work(mine: list[Order]) -> Callable[[], None]:
        def run() -> None:
            results = decide_all(actor, mine)
            db.session.commit()
            done.append(sum(isinstance(each, Decision) for each in results))

        return run

    at_once(committed_app, [work(orders), work(orders[::-1])])

    assert sum(done) == 8
    assert decisions_in_log(SEMEDO) == decisions_in_log(BUMISARI) == 4
