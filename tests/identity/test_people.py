import json
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from tests.answers import error_fields, items, problem_slug
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    auth_headers,
    make_area,
    make_grant,
    make_person,
    make_user,
)

NEW = {
    "username": "budi.santoso",
    "name": "Budi Santoso",
    "password": "gula kelapa 2026",
    "grants": [{"role": "facilitator", "area_code": SEMEDO}],
}


def log_of(area_code: str) -> list[dict[str, Any]]:
    statement = (
        select(LedgerEntry.body)
        .where(LedgerEntry.area_code == area_code)
        .order_by(LedgerEntry.position)
    )
    return [json.loads(body) for body in db.session.scalars(statement)]


def test_an_administrator_opens_an_account_with_its_first_role(
    client: FlaskClient,
) -> None:
    administrator = make_person(Role.ADMINISTRATOR, BANYUMAS)
    make_area(SEMEDO)

    made = client.post(
        "/api/v1/users", json=NEW, headers=auth_headers(administrator)
    ).get_json()
    signed_in = client.post(
        "/api/v1/auth/login",
        json={"username": "budi.santoso", "password": "gula kelapa 2026"},
    )

    assert made["username"] == "budi.santoso"
    assert [(g["role"], g["area_code"]) for g in made["grants"]] == [
        ("facilitator", SEMEDO)
    ]
    assert "password" not in str(made)
    assert signed_in.status_code == 200


def test_a_role_given_or_taken_stands_in_the_log_of_its_area(
    client: FlaskClient,
) -> None:
    administrator = make_person(Role.ADMINISTRATOR, JAWA_TENGAH)
    person = make_person(Role.FACILITATOR, SEMEDO)
    headers = auth_headers(administrator)
    address = f"/api/v1/users/{person.id}/grants"

    body = {"role": "coordinator", "area_code": BANYUMAS}
    grant = client.post(address, json=body, headers=headers).get_json()
    gone = client.delete(f"{address}/{grant['id']}", headers=headers)

    assert gone.status_code == 204
    log = log_of(BANYUMAS)
    assert [entry["kind"] for entry in log] == ["role-granted", "role-taken"]
    for entry in log:
        assert entry["actor"] == str(administrator.id)
        assert entry["subject"] == str(person.id)
        assert entry["detail"] == {"role": "coordinator", "programme": None}


def test_the_same_role_given_twice_stands_once(client: FlaskClient) -> None:
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    person = make_person(Role.FACILITATOR, SEMEDO)
    address = f"/api/v1/users/{person.id}/grants"
    body = {"role": "facilitator", "area_code": BANYUMAS}

    first = client.post(address, json=body, headers=headers)
    second = client.post(address, json=body, headers=headers)

    assert first.get_json() == second.get_json()
    assert len(log_of(BANYUMAS)) == 1


@pytest.mark.parametrize(
    ("area_code", "programme_id"),
    [
        (JAWA_TENGAH, None),
        ("ID", None),
        (BUMISARI, None),
        ("33.02.1", None),
        ("99.99", None),
        ("33.02.99", None),
        (SEMEDO, "tidak-ada"),
    ],
)
def test_nobody_gives_what_is_beyond_their_own_role(
    client: FlaskClient, area_code: str, programme_id: str | None
) -> None:
    make_area(BUMISARI)
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    person = make_person(Role.FACILITATOR, SEMEDO)
    role = {"role": "auditor", "area_code": area_code, "programme_id": programme_id}

    given = client.post(f"/api/v1/users/{person.id}/grants", json=role, headers=headers)
    opened = client.post(
        "/api/v1/users", json={**NEW, "grants": [role]}, headers=headers
    )

    assert given.status_code == 422
    assert given.data == opened.data
    assert error_fields(given) == {"area_code"}
    roles = db.session.scalars(select(RoleGrant.role)).all()
    assert sorted(roles) == [Role.ADMINISTRATOR, Role.FACILITATOR]
    names = db.session.scalars(select(User.username)).all()
    assert "budi.santoso" not in names


def test_who_manages_one_programme_gives_roles_in_that_programme_only(
    client: FlaskClient,
) -> None:
    headers = auth_headers(
        make_person(Role.ADMINISTRATOR, BANYUMAS, programme_id="desa-devisa")
    )
    person = make_person(Role.FACILITATOR, SEMEDO, programme_id="desa-devisa")
    address = f"/api/v1/users/{person.id}/grants"
    role = {"role": "auditor", "area_code": SEMEDO}

    wide = client.post(address, json=role, headers=headers)
    own = client.post(
        address, json={**role, "programme_id": "desa-devisa"}, headers=headers
    )

    assert wide.status_code == 422
    assert own.status_code == 201


def test_people_and_roles_of_other_areas_are_not_seen(client: FlaskClient) -> None:
    administrator = make_person(Role.ADMINISTRATOR, BANYUMAS)
    inside = make_person(Role.FACILITATOR, SEMEDO)
    make_grant(inside, Role.AUDITOR, BUMISARI)
    make_person(Role.FACILITATOR, BUMISARI)
    make_user()

    listed = items(client.get("/api/v1/users", headers=auth_headers(administrator)))

    assert {each["id"] for each in listed} == {str(administrator.id), str(inside.id)}
    row = next(each for each in listed if each["id"] == str(inside.id))
    assert [grant["area_code"] for grant in row["grants"]] == [SEMEDO]


def test_people_come_in_pages(client: FlaskClient) -> None:
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    for _ in range(4):
        make_person(Role.FACILITATOR, SEMEDO)

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = client.get(f"/api/v1/users{query}", headers=headers).get_json()
        seen += [each["username"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert seen == sorted(seen)
    assert len(set(seen)) == 5


def test_a_person_outside_the_area_answers_like_nobody(client: FlaskClient) -> None:
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    other = make_person(Role.FACILITATOR, BUMISARI)
    grant = make_grant(other, Role.AUDITOR, BUMISARI)
    role = {"role": "facilitator", "area_code": SEMEDO}

    given = [
        client.post(f"/api/v1/users/{user_id}/grants", json=role, headers=headers)
        for user_id in (other.id, uuid4())
    ]
    taken = [
        client.delete(f"/api/v1/users/{user_id}/grants/{grant_id}", headers=headers)
        for user_id, grant_id in ((other.id, grant.id), (uuid4(), uuid4()))
    ]

    assert {response.status_code for response in given + taken} == {404}
    assert len({response.data for response in given + taken}) == 1


def test_a_person_who_lost_every_role_can_be_given_one_again(
    client: FlaskClient,
) -> None:
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    person = make_user()
    grant = make_grant(person, Role.FACILITATOR, SEMEDO)
    address = f"/api/v1/users/{person.id}/grants"

    client.delete(f"{address}/{grant.id}", headers=headers)
    role = {"role": "facilitator", "area_code": SEMEDO}
    again = client.post(address, json=role, headers=headers)

    assert again.status_code == 201
    assert again.get_json()["id"] != str(grant.id)


def test_a_taken_name_is_refused_and_nothing_is_kept(client: FlaskClient) -> None:
    make_user("budi.santoso")
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    make_area(SEMEDO)

    response = client.post("/api/v1/users", json=NEW, headers=headers)

    assert response.status_code == 409
    assert problem_slug(response) == "username-taken"
    assert log_of(SEMEDO) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "Budi"}, "username"),
        ({"username": "bu"}, "username"),
        ({"username": "b" * 65}, "username"),
        ({"username": "budí"}, "username"),
        ({"username": "budi santoso"}, "username"),
        ({"password": "pendek"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"name": "  "}, "name"),
        ({"name": "Budi\x00"}, "name"),
        ({"language": "fr"}, "language"),
        ({"grants": []}, "grants"),
        ({"grants": [{"role": "raja", "area_code": SEMEDO}]}, "grants.0.role"),
        ({"is_demo": True}, "is_demo"),
    ],
)
def test_an_account_that_is_not_valid_names_the_field(
    client: FlaskClient, change: dict[str, Any], field: str
) -> None:
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))

    response = client.post("/api/v1/users", json={**NEW, **change}, headers=headers)

    assert problem_slug(response) == "invalid-request"
    assert field in error_fields(response)


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR, Role.AUDITOR])
def test_only_administrators_manage_people(client: FlaskClient, role: Role) -> None:
    person = make_person(role, SEMEDO)
    headers = auth_headers(person)
    address = f"/api/v1/users/{person.id}/grants"
    grant = {"role": "administrator", "area_code": SEMEDO}

    assert client.get("/api/v1/users", headers=headers).status_code == 403
    opened = client.post("/api/v1/users", json=NEW, headers=headers)
    assert problem_slug(opened) == "not-permitted"
    given = client.post(address, json=grant, headers=headers)
    assert problem_slug(given) == "not-found"
