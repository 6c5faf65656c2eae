"""Two approvals, and what an approval adds to the village's figures."""

import pytest
from flask import Flask
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.indicators.models import Fact
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.review.problems import SecondReviewerNeeded, ViolationsStand
from fieldapp.review.service import decide
from fieldapp.submissions.models import Submission, SubmissionState
from tests.entries import FORM, deliver, entry_xml
from tests.factories import BANYUMAS, SEMEDO, actor_of, make_person
from tests.form_factories import publish_form

SETTINGS = """
| settings |
| | form_id | form_title | version | approvals | default_language | namespaces |
| | setoran | Setoran | {version} | {approvals} | Indonesia (id) | {namespaces} |
"""
NAMESPACES = 'fieldapp="http://fieldapp.id/xforms"'
INDICATORS = """
| indicators |
| | name | label::Indonesia (id) | label::English (en) | unit | aggregate | value |
| | KG | Berat | Weight | kg | sum | ${kg} |
"""
RECEIVED, APPROVED = SubmissionState.RECEIVED, SubmissionState.APPROVED


def publish(version: str = "2", approvals: str = "2") -> None:
    settings = SETTINGS.format(
        version=version, approvals=approvals, namespaces=NAMESPACES
    )
    survey = FORM.read_text().partition("| settings |")[0]
    publish_form(survey + settings + INDICATORS)


@pytest.fixture
def facilitator(app: Flask) -> User:
    assert app
    publish()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def reviewers(facilitator: User) -> tuple[User, User]:
    assert facilitator
    first = make_person(Role.COORDINATOR, SEMEDO)
    return first, make_person(Role.COORDINATOR, BANYUMAS)


def take(
    reviewer: User,
    kind: DecisionKind = DecisionKind.APPROVE,
    revision_id: str = "uuid:one",
    *,
    override: bool = False,
) -> Decision:
    decision = decide(
        actor_of(reviewer),
        "uuid:one",
        kind,
        revision_id=revision_id,
        note="Sudah dicek di lapangan.",
        override=override,
    )
    db.session.commit()
    return decision


def state() -> SubmissionState:
    db.session.expire_all()
    return db.session.get_one(Submission, "uuid:one").state


def facts() -> list[tuple[str, str, str]]:
    rows = db.session.scalars(select(Fact))
    return [(row.indicator, row.revision_id, str(row.value)) for row in rows]


def test_the_first_of_two_approvals_is_recorded_and_counts_nothing(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2"))

    take(reviewers[0])

    assert state() is RECEIVED
    assert facts() == []
    assert len(db.session.scalars(select(Decision)).all()) == 1


def test_two_different_reviewers_approve(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2", kg="40.25"))

    take(reviewers[0])
    with pytest.raises(SecondReviewerNeeded):
        take(reviewers[0])
    take(reviewers[1])

    assert state() is APPROVED
    assert facts() == [("KG", "uuid:one", "40.25")]


def test_a_reopened_entry_needs_two_approvals_again(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2"))
    take(reviewers[0])
    take(reviewers[1])

    take(reviewers[0], DecisionKind.REOPEN)
    assert facts() == []
    take(reviewers[0])

    assert state() is RECEIVED
    take(reviewers[1])
    assert state() is APPROVED
    assert len(facts()) == 1


def test_an_approval_of_an_older_revision_does_not_count_for_a_newer_one(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2"))
    take(reviewers[0])
    edit = entry_xml("uuid:two", version="2", kg="7", deprecated_id="uuid:one")
    deliver(facilitator, edit)

    take(reviewers[1], revision_id="uuid:two")
    assert state() is RECEIVED
    take(reviewers[0], revision_id="uuid:two")

    assert state() is APPROVED
    assert facts() == [("KG", "uuid:two", "7")]


def test_an_approval_before_a_rejection_does_not_count_after_it(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2"))
    take(reviewers[0])
    take(reviewers[1], DecisionKind.REJECT)
    take(reviewers[1], DecisionKind.REOPEN)

    take(reviewers[1])

    assert state() is RECEIVED


def test_each_of_two_reviewers_must_override_for_themselves(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    deliver(facilitator, entry_xml("uuid:one", version="2", kg="9000"))
    take(reviewers[0], override=True)

    with pytest.raises(ViolationsStand):
        take(reviewers[1])
    take(reviewers[1], override=True)

    assert state() is APPROVED


def test_the_version_that_an_entry_was_filled_in_with_says_how_many_approve(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    publish(version="3", approvals="1")
    deliver(facilitator, entry_xml("uuid:one", version="3"))

    take(reviewers[0])

    assert state() is APPROVED


def test_reopening_takes_back_what_an_approval_added(
    facilitator: User, reviewers: tuple[User, User]
) -> None:
    publish(version="3", approvals="1")
    deliver(facilitator, entry_xml("uuid:one", version="3"))
    take(reviewers[0])
    assert len(facts()) == 1

    take(reviewers[1], DecisionKind.REOPEN)

    assert facts() == []
