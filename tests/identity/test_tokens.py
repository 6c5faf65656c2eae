from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import jwt as pyjwt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token, decode_token
from flask_jwt_extended.exceptions import (
    CSRFError,
    FreshTokenRequired,
    JWTDecodeError,
    RevokedTokenError,
    UserClaimsVerificationError,
    UserLookupError,
    WrongTokenError,
)
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.identity.models import RefreshFamily, User
from fieldapp.identity.permissions import Role
from fieldapp.identity.tokens import TokenPair, start_family
from fieldapp.web import clock
from tests.answers import problem_slug
from tests.factories import auth_headers, make_grant, make_user


def sign_in(user: User) -> TokenPair:
    pair = start_family(user.id)
    db.session.commit()
    return pair


def get_me(client: FlaskClient, token: str) -> TestResponse:
    return client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})


def post_refresh(client: FlaskClient, token: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return client.post("/api/v1/auth/refresh", headers=headers)


def test_a_refresh_token_gives_a_new_pair(client: FlaskClient) -> None:
    pair = sign_in(make_user())

    renewed = post_refresh(client, pair.refresh_token).get_json()

    assert renewed["refresh_token"] != pair.refresh_token
    assert get_me(client, renewed["access_token"]).status_code == 200
    again = post_refresh(client, renewed["refresh_token"])
    assert again.status_code == 200


def test_a_refresh_token_used_twice_ends_its_whole_session(
    client: FlaskClient,
) -> None:
    user = make_user()
    pair, other = sign_in(user), sign_in(user)
    renewed = post_refresh(client, pair.refresh_token).get_json()

    reused = post_refresh(client, pair.refresh_token)

    assert reused.status_code == 401
    assert problem_slug(reused) == "refresh-token-reused"
    for token in (pair.access_token, renewed["access_token"]):
        assert problem_slug(get_me(client, token)) == "token-revoked"
    newest = post_refresh(client, renewed["refresh_token"])
    assert problem_slug(newest) == "token-revoked"
    assert get_me(client, other.access_token).status_code == 200


def test_two_who_hold_one_refresh_token_never_both_get_a_pair(
    committed_app: Flask,
) -> None:
    pair = sign_in(make_user())
    statuses: list[int] = []
    barrier = Barrier(4)

    def refresh() -> None:
        client = committed_app.test_client()
        barrier.wait()
        statuses.append(post_refresh(client, pair.refresh_token).status_code)

    threads = [Thread(target=refresh) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 401, 401, 401]
    db.session.rollback()
    assert db.session.query(RefreshFamily).one().revoked_at is not None


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_signing_out_ends_the_session_at_once(client: FlaskClient, kind: str) -> None:
    pair = sign_in(make_user())
    headers = {"Authorization": f"Bearer {getattr(pair, kind)}"}

    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204

    assert problem_slug(get_me(client, pair.access_token)) == "token-revoked"
    refreshed = post_refresh(client, pair.refresh_token)
    assert problem_slug(refreshed) == "token-revoked"


def test_an_expired_token_says_so(client: FlaskClient) -> None:
    pair = sign_in(make_user())
    claims = decode_token(pair.access_token)
    expired = create_access_token(
        claims["sub"],
        expires_delta=timedelta(seconds=-1),
        additional_claims={"family": claims["family"]},
    )

    response = get_me(client, expired)

    assert response.status_code == 401
    assert problem_slug(response) == "token-expired"


def test_a_token_of_a_deactivated_person_says_so(client: FlaskClient) -> None:
    user = make_user()
    pair = sign_in(user)
    user.is_active = False
    db.session.commit()

    assert problem_slug(get_me(client, pair.access_token)) == "account-closed"
    assert problem_slug(post_refresh(client, pair.refresh_token)) == "account-closed"


def test_a_forged_token_lets_nobody_in(client: FlaskClient) -> None:
    claims = decode_token(sign_in(make_user()).access_token)
    forged = pyjwt.encode(claims, "x" * 40, algorithm="HS256")
    unsigned = pyjwt.encode(claims, "", algorithm="none")

    for token in (forged, unsigned):
        response = get_me(client, token)
        assert response.status_code == 401
        assert problem_slug(response) == "token-invalid"


def test_a_session_lets_in_only_its_own_person(client: FlaskClient) -> None:
    family = decode_token(sign_in(make_user()).access_token)["family"]
    other = make_user()
    mixed = create_access_token(str(other.id), additional_claims={"family": family})

    assert problem_slug(get_me(client, mixed)) == "token-invalid"


@pytest.mark.parametrize("claims", [{}, {"family": "x"}, {"family": str(uuid4())}])
def test_a_token_without_its_session_lets_nobody_in(
    client: FlaskClient, claims: dict[str, str]
) -> None:
    token = create_access_token(str(make_user().id), additional_claims=claims)

    assert problem_slug(get_me(client, token)) == "token-invalid"


def test_each_kind_of_token_is_good_for_its_own_use_only(client: FlaskClient) -> None:
    pair = sign_in(make_user())

    assert problem_slug(get_me(client, pair.refresh_token)) == "token-invalid"
    assert problem_slug(post_refresh(client, pair.access_token)) == "token-invalid"


@pytest.mark.parametrize(
    ("header", "slug"),
    [
        (None, "sign-in-required"),
        ("", "sign-in-required"),
        ("Basic c2l0aTpyYWhhc2lh", "sign-in-required"),
        ("Bearer", "token-invalid"),
        ("Bearer a b", "token-invalid"),
        ("Bearer x", "token-invalid"),
        ("Bearer a.b.c", "token-invalid"),
        ("Bearer é.é.é", "token-invalid"),
        ("Bearer " + "A" * 5000, "token-invalid"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.W10.x", "token-invalid"),
    ],
)
def test_every_malformed_header_is_answered_with_a_problem(
    client: FlaskClient, header: str | None, slug: str
) -> None:
    headers = {} if header is None else {"Authorization": header}

    response = client.get("/api/v1/me", headers=headers)

    assert response.status_code == 401
    assert problem_slug(response) == slug
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("failure", "slug"),
    [
        (RevokedTokenError({}, {}), "token-revoked"),
        (FreshTokenRequired("", {}, {}), "token-invalid"),
        (UserLookupError("", {}, {}), "token-invalid"),
        (UserClaimsVerificationError("", {}, {}), "token-invalid"),
        (WrongTokenError(""), "token-invalid"),
        (CSRFError(""), "sign-in-required"),
        (JWTDecodeError(""), "token-invalid"),
    ],
)
def test_every_failure_that_the_token_library_knows_is_told_as_a_problem(
    app: Flask, failure: Exception, slug: str
) -> None:
    with app.test_request_context():
        response = app.make_response(app.handle_user_exception(failure))

    assert response.status_code == 401
    assert response.get_json()["type"] == f"/problems/{slug}"


def test_a_role_taken_away_is_gone_with_the_next_request(client: FlaskClient) -> None:
    user = make_user()
    grant = make_grant(user, Role.ADMINISTRATOR)
    headers = auth_headers(user)
    assert client.get("/api/v1/users", headers=headers).status_code == 200

    grant.revoked_at = clock.now()
    db.session.commit()

    response = client.get("/api/v1/users", headers=headers)
    assert response.status_code == 403
    assert problem_slug(response) == "not-permitted"
