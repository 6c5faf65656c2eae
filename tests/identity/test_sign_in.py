import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.identity.passwords import hash_password, is_outdated, is_right
from fieldapp.identity.permissions import Role
from tests.answers import error_fields, problem_slug
from tests.factories import PASSWORD, SEMEDO, make_grant, make_user
from tests.queries import recorded_queries


def post_login(
    client: FlaskClient, username: str, password: str = PASSWORD
) -> TestResponse:
    body = {"username": username, "password": password}
    return client.post("/api/v1/auth/login", json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_who_signs_in_learns_who_they_are_and_what_they_may_do(
    client: FlaskClient,
) -> None:
    user = make_user("siti.rahma")
    make_grant(user, Role.FACILITATOR, SEMEDO)

    tokens = post_login(client, "Siti.Rahma ").get_json()
    me = client.get("/api/v1/me", headers=bearer(tokens["access_token"]))

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 900
    assert me.get_json() == {
        "id": str(user.id),
        "username": "siti.rahma",
        "name": "Siti",
        "language": "id",
        "permissions": ["read-own", "read-report", "submit"],
        "grants": [
            {
                "role": "facilitator",
                "area_code": SEMEDO,
                "area_name": "Semedo",
                "programme_id": None,
            }
        ],
    }


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(
    client: FlaskClient,
) -> None:
    make_user("siti")

    wrong = post_login(client, "siti", "bukan kata sandinya")
    unknown = post_login(client, "budi", "bukan kata sandinya")

    assert problem_slug(wrong) == "sign-in-failed"
    assert wrong.status_code == 401
    assert wrong.data == unknown.data


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    password_hash = hash_password(PASSWORD)
    is_right("salah", None)

    known = shortest(lambda: is_right("salah", password_hash))
    unknown = shortest(lambda: is_right("salah", None))

    assert 0.5 < unknown / known < 2


def shortest(action: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
    return min(times)


def test_nobodys_password_lets_nobody_in() -> None:
    assert not is_right("nobody has this password", None)


def test_a_broken_hash_lets_nobody_in() -> None:
    assert not is_right(PASSWORD, "not a hash")


def test_a_closed_account_is_told_only_to_who_knows_the_password(
    client: FlaskClient,
) -> None:
    make_user("siti", is_active=False)

    assert problem_slug(post_login(client, "siti", "salah sekali")) == "sign-in-failed"
    assert problem_slug(post_login(client, "siti")) == "account-closed"


def test_an_old_hash_is_renewed_at_sign_in(client: FlaskClient) -> None:
    user = make_user("siti")
    user.password_hash = PasswordHasher(1, 8, 1).hash(PASSWORD)
    db.session.commit()

    post_login(client, "siti")

    db.session.refresh(user)
    assert not is_outdated(user.password_hash)
    assert is_right(PASSWORD, user.password_hash)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "siti"}, "password"),
        ({"username": "si\x00ti", "password": "x"}, "username"),
        ({"username": "si\ud800ti", "password": "x"}, "username"),
        ({"username": "siti", "password": "\udc00"}, "password"),
        ({"username": "siti", "password": "x" * 5000}, "password"),
        ({"username": ["siti"], "password": "x"}, "username"),
        ({"username": "siti", "password": "x", "role": "admin"}, "role"),
    ],
)
def test_a_malformed_sign_in_names_the_field(
    client: FlaskClient, body: dict[str, object], field: str
) -> None:
    response = client.post("/api/v1/auth/login", json=body)

    assert problem_slug(response) == "invalid-request"
    assert field in error_fields(response)


def test_who_is_asking_is_read_in_one_query(client: FlaskClient) -> None:
    user = make_user("siti")
    make_grant(user)
    headers = bearer(post_login(client, "siti").get_json()["access_token"])

    with recorded_queries() as queries:
        client.get("/api/v1/devices", headers=headers)

    assert len(queries) == 2
    assert "role_grant" in queries[0]
    assert "FROM device" in queries[1]
