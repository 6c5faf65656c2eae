import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.access import access_of, public, requires, signed_in
from fieldapp.identity.models import RoleGrant
from fieldapp.identity.permissions import Actor, Grant, Permission, Role
from fieldapp.identity.scope import area_condition
from fieldapp.places.models import COUNTRY, Area
from tests.answers import problem_slug
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    actor_of,
    auth_headers,
    make_area,
    make_grant,
    make_person,
    make_user,
)


def test_every_view_says_who_may_call_it() -> None:
    @requires(Permission.REVIEW, Permission.READ_OWN)
    def guarded() -> str:
        return "ok"

    @signed_in("Because.")
    def known() -> str:
        return "ok"

    @public("Because.")
    def open_to_all() -> str:
        return "ok"

    def forgotten() -> str:
        return "ok"

    guarded_access = access_of(guarded)
    assert guarded_access is not None
    assert guarded_access.permissions == {Permission.REVIEW, Permission.READ_OWN}
    for view in (known, open_to_all):
        access = access_of(view)
        assert access is not None
        assert access.reason == "Because."
    assert access_of(forgotten) is None
    assert open_to_all() == "ok"


def test_an_address_that_names_a_thing_denies_it_to_who_has_no_role(
    client: FlaskClient,
) -> None:
    headers = auth_headers(make_user())

    lists = client.get("/api/v1/users", headers=headers)
    thing = client.delete(
        "/api/v1/users/4b6f0b0e-8d5b-4d3f-9a2e-111111111111"
        "/grants/4b6f0b0e-8d5b-4d3f-9a2e-222222222222",
        headers=headers,
    )

    assert problem_slug(lists) == "not-permitted"
    assert problem_slug(thing) == "not-found"


@pytest.mark.usefixtures("app")
def test_a_scope_shows_what_lies_in_the_grants_that_carry_the_permission() -> None:
    for code in (SEMEDO, BUMISARI, "33.02.1", "33.020", "3302"):
        make_area(code)
    reader = make_person(Role.COORDINATOR, BANYUMAS)
    make_grant(reader, Role.FACILITATOR, BUMISARI)

    actor = actor_of(reader)

    reviewed = {BANYUMAS, "33.02.1", "33.02.16", SEMEDO}
    assert codes_seen(actor, Permission.REVIEW) == reviewed
    assert codes_seen(actor, Permission.SUBMIT) == {BUMISARI}
    assert codes_seen(actor, Permission.READ_REPORT) == {*reviewed, BUMISARI}
    assert codes_seen(actor, Permission.MANAGE_FORMS) == set()


@pytest.mark.usefixtures("app")
def test_a_grant_on_the_country_opens_every_area() -> None:
    make_area(SEMEDO)
    make_area(BUMISARI)
    reader = make_person(Role.COORDINATOR, COUNTRY)

    seen = codes_seen(actor_of(reader), Permission.REVIEW)

    assert seen == set(db.session.scalars(select(Area.code)))


@pytest.mark.usefixtures("app")
def test_a_grant_in_a_programme_opens_nothing_where_programmes_are_unknown() -> None:
    make_person(Role.AUDITOR, SEMEDO)
    reader = make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-devisa")

    condition = area_condition(actor_of(reader), Permission.REVIEW, RoleGrant.area_code)
    wide = db.session.scalars(select(RoleGrant.user_id).where(condition)).all()
    narrow = area_condition(
        actor_of(reader),
        Permission.REVIEW,
        RoleGrant.area_code,
        RoleGrant.programme_id.is_not_distinct_from,
    )
    own = db.session.scalars(select(RoleGrant.user_id).where(narrow)).all()

    assert wide == []
    assert own == [reader.id]


@pytest.mark.usefixtures("app")
def test_a_permission_in_a_programme_says_nothing_of_other_programmes() -> None:
    reader = make_person(Role.COORDINATOR, BANYUMAS, programme_id="desa-devisa")
    actor = actor_of(reader)

    assert actor.may(Permission.REVIEW, SEMEDO, "desa-devisa")
    assert not actor.may(Permission.REVIEW, SEMEDO, "desa-wisata")
    assert not actor.may(Permission.REVIEW, SEMEDO)
    assert actor.grants == (Grant(Role.COORDINATOR, BANYUMAS, "desa-devisa"),)


def codes_seen(actor: Actor, permission: Permission) -> set[str]:
    condition = area_condition(actor, permission, Area.code)
    return set(db.session.scalars(select(Area.code).where(condition)))
