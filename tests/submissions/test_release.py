"""Releasing an entry whose id another one has: who may, and what becomes of both."""

import pytest
from flask import Flask
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.held import release
from fieldapp.submissions.models import HeldEntry, HeldState, Submission
from fieldapp.submissions.problems import StillHeld
from tests.entries import FORM, VERSION, deliver, entry_xml, publish_small_form
from tests.factories import (
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    actor_of,
    make_area,
    make_person,
)
from tests.form_factories import publish_form

OTHER_FORM = (
    FORM.read_text()
    .replace("| setoran |", "| timbang |")
    .replace("{{version}}", VERSION)
    .replace("{{namespaces}}", 'fieldapp="http://fieldapp.id/xforms"')
)


@pytest.fixture
def siti(app: Flask) -> User:
    """A facilitator of Semedo, whose entry is stored."""
    assert app
    publish_small_form()
    make_area(BUMISARI)
    siti = make_person(Role.FACILITATOR, SEMEDO)
    deliver(siti, entry_xml("uuid:one", kg="1"))
    return siti


def only_held() -> HeldEntry:
    return db.session.scalars(select(HeldEntry)).one()


def stored() -> Submission:
    return db.session.get_one(Submission, "uuid:one", populate_existing=True)


def kinds_logged(area_code: str) -> list[str]:
    statement = select(LedgerEntry).where(LedgerEntry.area_code == area_code)
    rows = db.session.scalars(statement.order_by(LedgerEntry.position))
    return [
        bytes(row.body).split(b'"kind":"')[1].split(b'"')[0].decode() for row in rows
    ]


def test_a_coordinator_releases_nothing_over_an_entry_of_another_area(
    siti: User,
) -> None:
    stranger = make_person(Role.FACILITATOR, BUMISARI)
    deliver(stranger, entry_xml("uuid:one", kg="2", village=BUMISARI))
    before = kinds_logged(SEMEDO)

    with pytest.raises(StillHeld):
        release(actor_of(make_person(Role.COORDINATOR, BUMISARI)), only_held().id)
    db.session.rollback()

    assert (stored().author_id, stored().area_code) == (siti.id, SEMEDO)
    assert stored().revision_number == 1
    assert only_held().state is HeldState.HELD
    assert kinds_logged(SEMEDO) == before


def test_who_decides_in_both_villages_moves_an_entry_and_both_logs_say_so(
    siti: User,
) -> None:
    stranger = make_person(Role.FACILITATOR, BUMISARI)
    deliver(stranger, entry_xml("uuid:one", kg="2", village=BUMISARI))
    chief = make_person(Role.COORDINATOR, JAWA_TENGAH)

    outcome = release(actor_of(chief), only_held().id)

    assert siti
    assert outcome.status is OutcomeStatus.REVISED
    assert (stored().area_code, stored().revision_number) == (BUMISARI, 2)
    assert kinds_logged(SEMEDO)[-1] == "entry-moved"
    assert kinds_logged(BUMISARI)[-2:] == ["revision-received", "held-entry-released"]


def test_an_entry_is_never_replaced_by_one_of_another_form(siti: User) -> None:
    publish_form(OTHER_FORM)
    deliver(siti, entry_xml("uuid:one", kg="2", form_id="timbang"))

    with pytest.raises(StillHeld):
        release(actor_of(make_person(Role.COORDINATOR, SEMEDO)), only_held().id)
    db.session.rollback()

    assert (stored().form_id, stored().revision_number) == ("setoran", 1)
