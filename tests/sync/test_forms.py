"""The definitions and files of forms, for clients that sign in."""

import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from tests.entries import VERSION, publish_small_form
from tests.factories import SEMEDO, Headers, auth_headers, make_person

ADDRESS = f"/api/v1/forms/setoran/versions/{VERSION}"


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def headers(app: Flask) -> Headers:
    assert app
    publish_small_form()
    return auth_headers(make_person(Role.FACILITATOR, SEMEDO))


def test_the_definition_is_the_bytes_whose_digest_the_changes_tell(
    client: FlaskClient, headers: Headers
) -> None:
    changes = client.get("/api/v1/sync/changes", headers=headers)
    (form,) = changes.get_json()["forms"]

    response = client.get(form["url"], headers=headers)

    assert form["url"] == ADDRESS
    assert md5(response.data) == form["md5"]
    assert response.content_type == "text/xml; charset=utf-8"


def test_a_definition_that_the_client_has_is_answered_304(
    client: FlaskClient, headers: Headers
) -> None:
    etag = client.get(ADDRESS, headers=headers).headers["ETag"]

    response = client.get(ADDRESS, headers={**headers, "If-None-Match": etag})

    assert (response.status_code, response.data) == (304, b"")


def test_the_list_of_villages_is_the_persons_own(
    client: FlaskClient, headers: Headers
) -> None:
    response = client.get(f"{ADDRESS}/files/villages.csv", headers=headers)

    assert response.content_type == "text/csv; charset=utf-8"
    assert response.data.decode().splitlines()[1].startswith(f"{SEMEDO},Semedo,")


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/forms/setoran/versions/1",
        "/api/v1/forms/lain/versions/1",
        "/api/v1/forms/%00/versions/1",
        f"{ADDRESS}/files/lain.csv",
    ],
)
def test_what_is_not_there_is_answered_404(
    client: FlaskClient, headers: Headers, address: str
) -> None:
    assert client.get(address, headers=headers).status_code == 404


def test_a_form_of_another_programme_is_answered_like_one_that_is_not_there(
    client: FlaskClient, headers: Headers
) -> None:
    assert headers
    person = make_person(Role.FACILITATOR, SEMEDO, programme_id="desa-devisa")
    other = auth_headers(person)

    theirs = client.get(ADDRESS, headers=other)
    nobodys = client.get("/api/v1/forms/lain/versions/1", headers=other)

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.data == nobodys.data
