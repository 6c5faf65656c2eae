"""The files of a correction, which come whole, in parts, or not at all."""

import pytest
from flask import Flask

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.attaching import stored_files
from fieldapp.submissions.delivery import Outcome, OutcomeStatus
from fieldapp.submissions.intake import add_file
from fieldapp.submissions.models import HeldReason
from tests.entries import deliver, entry_xml, make_file, publish_small_form
from tests.factories import SEMEDO, actor_of, make_person

AUDIT = "audit.csv"
"""Collect gives it the same name in each revision."""
FIRST = entry_xml("uuid:one", photo="a.jpg")
SECOND = entry_xml("uuid:two", photo="a.jpg", kg="13", deprecated_id="uuid:one")


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)
    deliver(siti, FIRST, files=(make_file("a.jpg", 1), make_file(AUDIT, 2)))
    return siti


def correct(siti: User, *files: tuple[str, int]) -> Outcome:
    return deliver(siti, SECOND, files=tuple(make_file(*file) for file in files))


def contents(revision_id: str) -> dict[str, int | None]:
    files = stored_files(revision_id)
    return {name: digest[0] if digest else None for name, digest in files.items()}


def test_a_file_of_a_later_part_takes_the_place_of_what_was_carried_over(
    siti: User,
) -> None:
    parts = [correct(siti, (AUDIT, 4)), correct(siti, ("a.jpg", 3))]

    assert [part.status for part in parts] == [
        OutcomeStatus.REVISED,
        OutcomeStatus.DUPLICATE,
    ]
    assert contents("uuid:two") == {"a.jpg": 3, AUDIT: 4}
    assert contents("uuid:one") == {"a.jpg": 1, AUDIT: 2}


def test_all_parts_sent_again_change_nothing_and_nothing_is_held(siti: User) -> None:
    for _ in range(2):
        for file in ((AUDIT, 4), ("a.jpg", 3)):
            assert correct(siti, file).held_reason is None

    assert contents("uuid:two") == {"a.jpg": 3, AUDIT: 4}


def test_a_file_put_by_itself_takes_that_place_too(siti: User) -> None:
    correct(siti)

    outcome = add_file(actor_of(siti), "uuid:two", make_file("a.jpg", 3))

    assert outcome.status is OutcomeStatus.CREATED
    assert contents("uuid:two")["a.jpg"] == 3


def test_a_file_that_came_with_the_correction_itself_is_never_replaced(
    siti: User,
) -> None:
    correct(siti, ("a.jpg", 3))

    for content in (1, 5):
        assert correct(siti, ("a.jpg", content)).held_reason is HeldReason.CONFLICT

    assert contents("uuid:two")["a.jpg"] == 3


def test_what_somebody_decided_about_is_not_replaced_behind_their_back(
    siti: User,
) -> None:
    correct(siti)
    budi = actor_of(make_person(Role.COORDINATOR, SEMEDO))
    decide(budi, "uuid:two", DecisionKind.APPROVE, revision_id="uuid:two")
    db.session.commit()

    outcome = correct(siti, ("a.jpg", 3))

    assert outcome.held_reason is HeldReason.CONFLICT
    assert contents("uuid:two")["a.jpg"] == 1
