"""Who sees which submissions and held entries."""

import pytest
from flask import Flask

from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Permission, Role
from fieldapp.programmes.models import Programme
from fieldapp.submissions.models import HeldEntry
from fieldapp.submissions.scope import (
    get_visible_held,
    get_visible_submission,
    own_held,
    visible_held,
    visible_submissions,
)
from fieldapp.web.problems import NotFound
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    TAJURHALANG,
    actor_of,
    make_area,
    make_grant,
    make_person,
    make_user,
)

READ, OWN = Permission.READ_SUBMISSIONS, Permission.READ_OWN


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    make_area(TAJURHALANG)
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def budi(siti: User) -> User:
    assert siti
    return make_person(Role.FACILITATOR, BUMISARI)


def seen(user: User, *permissions: Permission) -> set[str]:
    statement = visible_submissions(actor_of(user), *permissions)
    return {row.id for row in db.session.scalars(statement)}


def seen_held(user: User) -> set[str]:
    return {row.instance_id for row in db.session.scalars(visible_held(actor_of(user)))}


def limit_form_to(programme_id: str) -> None:
    db.session.add(Programme(id=programme_id, name=programme_id))
    db.session.flush()
    db.session.get_one(Form, "setoran").programme_id = programme_id
    db.session.commit()


@pytest.mark.parametrize(
    ("role", "area", "ids"),
    [
        (Role.COORDINATOR, SEMEDO, {"uuid:semedo"}),
        (Role.AUDITOR, "33.02.16", {"uuid:semedo"}),
        (Role.ADMINISTRATOR, BANYUMAS, {"uuid:semedo"}),
        (Role.COORDINATOR, BUMISARI, {"uuid:bumisari"}),
        (Role.COORDINATOR, JAWA_TENGAH, {"uuid:semedo", "uuid:bumisari"}),
        (Role.COORDINATOR, "ID", {"uuid:semedo", "uuid:bumisari"}),
        (Role.COORDINATOR, TAJURHALANG, set()),
        (Role.COORDINATOR, "33.02.16.2001", set()),
        (Role.FACILITATOR, JAWA_TENGAH, set()),
    ],
)
def test_a_role_opens_the_entries_of_its_area(
    siti: User, budi: User, role: Role, area: str, ids: set[str]
) -> None:
    deliver(siti, entry_xml("uuid:semedo"))
    deliver(budi, entry_xml("uuid:bumisari", village=BUMISARI))

    assert seen(make_person(role, area), READ) == ids


def test_reading_ones_own_never_opens_what_others_sent(siti: User) -> None:
    colleague = make_person(Role.FACILITATOR, SEMEDO)
    chief = make_person(Role.ADMINISTRATOR, "ID")
    deliver(siti, entry_xml("uuid:siti"))
    deliver(colleague, entry_xml("uuid:colleague"))

    assert seen(siti, OWN) == {"uuid:siti"}
    assert seen(siti, READ) == set()
    assert seen(siti, READ, OWN) == {"uuid:siti"}
    assert seen(chief, OWN) == set()
    for name in ("uuid:colleague", "uuid:never", "uuid:siti\x00"):
        with pytest.raises(NotFound):
            get_visible_submission(actor_of(siti), name, READ, OWN)


def test_who_has_no_role_sees_nothing_not_even_their_own(siti: User) -> None:
    deliver(siti, entry_xml("uuid:siti"))
    nobody = make_user()

    assert seen(nobody, *Permission) == set()
    assert seen_held(nobody) == set()
    assert db.session.scalars(own_held(actor_of(nobody))).all() == []


def test_two_roles_open_both_areas(siti: User, budi: User) -> None:
    deliver(siti, entry_xml("uuid:semedo"))
    deliver(budi, entry_xml("uuid:bumisari", village=BUMISARI))
    reader = make_person(Role.AUDITOR, SEMEDO)
    make_grant(reader, Role.COORDINATOR, BUMISARI)

    assert seen(reader, READ) == {"uuid:semedo", "uuid:bumisari"}
    assert seen(reader, Permission.REVIEW) == {"uuid:bumisari"}


def test_a_role_in_a_programme_opens_the_entries_of_its_forms(siti: User) -> None:
    deliver(siti, entry_xml("uuid:semedo"))
    own = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-wisata")
    assert seen(own, READ) == set()

    limit_form_to("desa-devisa")
    other = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-devisa")

    assert seen(own, READ) == set()
    assert seen(other, READ) == {"uuid:semedo"}


def test_a_held_entry_is_seen_by_the_coordinators_of_the_senders_own_area(
    siti: User,
) -> None:
    deliver(siti, entry_xml("uuid:far", village=TAJURHALANG))

    for role, area in (
        (Role.COORDINATOR, SEMEDO),
        (Role.COORDINATOR, BANYUMAS),
        (Role.ADMINISTRATOR, "ID"),
    ):
        assert seen_held(make_person(role, area)) == {"uuid:far"}
    for role, area in (
        (Role.COORDINATOR, TAJURHALANG),
        (Role.COORDINATOR, BUMISARI),
        (Role.COORDINATOR, "33.02.16.2001"),
        (Role.FACILITATOR, SEMEDO),
        (Role.AUDITOR, SEMEDO),
    ):
        assert seen_held(make_person(role, area)) == set()


def test_a_sender_with_two_areas_is_seen_from_both(siti: User) -> None:
    make_grant(siti, Role.FACILITATOR, BUMISARI)
    deliver(siti, entry_xml("uuid:far", village=TAJURHALANG))

    for area in (SEMEDO, BUMISARI):
        assert seen_held(make_person(Role.COORDINATOR, area)) == {"uuid:far"}


def test_a_role_in_a_programme_opens_held_entries_of_its_forms(siti: User) -> None:
    deliver(siti, entry_xml("uuid:far", village=TAJURHALANG))
    deliver(siti, entry_xml("uuid:unknown", form_id="lain"))
    limit_form_to("desa-devisa")

    inside = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-devisa")
    outside = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-wisata")

    assert seen_held(inside) == {"uuid:far"}
    assert seen_held(outside) == set()


def test_own_held_entries_are_the_senders_alone(siti: User) -> None:
    deliver(siti, entry_xml("uuid:far", village=TAJURHALANG))
    held = db.session.query(HeldEntry).one()
    colleague = make_person(Role.FACILITATOR, SEMEDO)

    assert db.session.scalars(own_held(actor_of(siti))).all() == [held]
    assert db.session.scalars(own_held(actor_of(colleague))).all() == []
    with pytest.raises(NotFound):
        get_visible_held(actor_of(siti), held.id)
