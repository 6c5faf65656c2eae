from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, select
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.identity import throttle
from fieldapp.identity.models import SignInWindow
from fieldapp.web import clock
from tests.answers import problem_slug
from tests.factories import PASSWORD, make_user

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
HOME, ELSEWHERE = "103.10.66.7", "198.51.100.9"

Wait = Callable[[timedelta], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    at = START
    monkeypatch.setattr(clock, "now", lambda: at)

    def pass_by(time: timedelta) -> None:
        nonlocal at
        at += time

    return pass_by


def post_login(
    client: FlaskClient, username: str, password: str, address: str = ELSEWHERE
) -> TestResponse:
    return client.post(
        "/api/v1/auth/login",
        json={"username": username, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )


def fail(client: FlaskClient, username: str, times: int, address: str) -> None:
    for _ in range(times):
        response = post_login(client, username, "salah sekali", address)
        assert problem_slug(response) == "sign-in-failed"


def test_a_name_that_fails_too_often_must_wait_and_is_told_how_long(
    client: FlaskClient, wait: Wait
) -> None:
    make_user("siti")
    fail(client, "siti", throttle.NAME_LIMIT, ELSEWHERE)
    wait(timedelta(seconds=60.5))

    response = post_login(client, "siti", PASSWORD)

    assert response.status_code == 429
    assert problem_slug(response) == "too-many-sign-ins"
    assert response.headers["Retry-After"] == "240"


def test_after_the_wait_the_right_password_works(
    client: FlaskClient, wait: Wait
) -> None:
    make_user("siti")
    fail(client, "siti", throttle.NAME_LIMIT, ELSEWHERE)
    wait(throttle.WINDOW - timedelta(seconds=1))
    assert post_login(client, "siti", PASSWORD).status_code == 429

    wait(timedelta(seconds=1))

    assert post_login(client, "siti", PASSWORD).status_code == 200


def test_strangers_cannot_shut_a_person_out_where_they_signed_in_before(
    client: FlaskClient, wait: Wait
) -> None:
    make_user("siti")
    assert post_login(client, "siti", PASSWORD, HOME).status_code == 200
    fail(client, "siti", throttle.NAME_LIMIT, ELSEWHERE)
    assert post_login(client, "siti", PASSWORD, ELSEWHERE).status_code == 429

    assert post_login(client, "siti", PASSWORD, HOME).status_code == 200
    wait(throttle.KNOWN_FOR)
    fail(client, "siti", throttle.NAME_LIMIT, ELSEWHERE)
    assert post_login(client, "siti", PASSWORD, HOME).status_code == 429


def test_a_known_address_has_its_own_limit(client: FlaskClient, wait: Wait) -> None:
    del wait
    make_user("siti")
    post_login(client, "siti", PASSWORD, HOME)
    fail(client, "siti", throttle.NAME_LIMIT, HOME)

    assert post_login(client, "siti", PASSWORD, HOME).status_code == 429


def test_an_address_that_fails_with_many_names_must_wait(
    client: FlaskClient, wait: Wait
) -> None:
    del wait
    make_user("siti")
    for number in range(throttle.ADDRESS_LIMIT):
        fail(client, f"orang-{number}", 1, ELSEWHERE)

    assert post_login(client, "siti", PASSWORD, ELSEWHERE).status_code == 429
    assert post_login(client, "siti", PASSWORD, HOME).status_code == 200


def test_signing_in_well_is_never_counted(client: FlaskClient, wait: Wait) -> None:
    del wait
    make_user("siti")

    for _ in range(throttle.NAME_LIMIT + 5):
        assert post_login(client, "siti", PASSWORD).status_code == 200


def test_an_unknown_name_is_limited_like_a_known_one(
    client: FlaskClient, wait: Wait
) -> None:
    del wait
    fail(client, "tidak-ada", throttle.NAME_LIMIT, ELSEWHERE)

    assert post_login(client, "tidak-ada", PASSWORD, HOME).status_code == 429


def test_an_ipv6_household_counts_as_one_address(
    client: FlaskClient, wait: Wait
) -> None:
    del wait
    for number in range(throttle.ADDRESS_LIMIT):
        fail(client, f"orang-{number}", 1, f"2001:db8:1:2::{number:x}")

    assert post_login(client, "lain", "x", "2001:db8:1:2:ffff::1").status_code == 429
    assert post_login(client, "lain", "x", "2001:db8:1:3::1").status_code == 401


def test_many_at_once_get_no_more_tries_than_one_after_another(
    committed_app: Flask,
) -> None:
    make_user("siti")
    statuses: list[int] = []
    tries = throttle.NAME_LIMIT + 6
    barrier = Barrier(tries)

    def guess() -> None:
        client = committed_app.test_client()
        barrier.wait()
        response = post_login(client, "siti", "salah sekali")
        statuses.append(response.status_code)

    threads = [Thread(target=guess) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses.count(401) == throttle.NAME_LIMIT
    assert statuses.count(429) == 6


def test_an_address_of_another_kind_is_counted_too(
    client: FlaskClient, wait: Wait
) -> None:
    del wait
    fail(client, "siti", throttle.NAME_LIMIT, "unix:")

    assert post_login(client, "siti", "salah sekali", "unix:").status_code == 429


def test_what_was_typed_as_a_name_is_not_kept(client: FlaskClient, wait: Wait) -> None:
    del wait
    fail(client, "kata-sandi-saya", 1, ELSEWHERE)

    keys = db.session.scalars(select(SignInWindow.key)).all()

    assert len(keys) == 2
    assert not any("sandi" in key or ELSEWHERE in key for key in keys)


def test_old_counts_are_forgotten(client: FlaskClient, wait: Wait) -> None:
    make_user("siti")
    fail(client, "orang-lain", 1, HOME)
    wait(throttle.KEPT_FOR + timedelta(seconds=1))

    post_login(client, "siti", PASSWORD)

    kinds = [key[: key.index(":")] for key in db.session.scalars(_keys()).all()]
    assert kinds == ["address", "known", "name"]


def _keys() -> Select[str]:
    return select(SignInWindow.key).order_by(SignInWindow.key)
