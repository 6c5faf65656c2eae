"""Adding files to one's own entries, one at a time, as often as the network needs."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.files import file_store
from fieldapp.submissions.models import Attachment
from tests.answers import problem_slug
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import SEMEDO, Headers, auth_headers, make_person

PHOTO = b"\xff\xd8 a photo " * 1000
DIGEST = hashlib.sha256(PHOTO).digest()


@pytest.fixture
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of this test alone."""
    config: Config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return config.files_dir


@pytest.fixture
def siti(app: Flask, files: Path) -> User:
    assert app
    assert files
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)
    deliver(siti, entry_xml("uuid:one", photo="phöto 1.jpg"))
    return siti


@pytest.fixture
def headers(siti: User) -> Headers:
    return auth_headers(siti)


def put(
    client: FlaskClient,
    headers: Headers,
    name: str = "phöto 1.jpg",
    body: bytes = PHOTO,
    instance_id: str = "uuid:one",
    more: Headers | None = None,
) -> TestResponse:
    return client.put(
        f"/api/v1/sync/submissions/{instance_id}/attachments/{name}",
        data=body,
        headers={**headers, "Content-Type": "image/jpeg", **(more or {})},
    )


def digest_header(digest: bytes) -> dict[str, str]:
    return {"Content-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:"}


def kept_files(files: Path) -> list[Path]:
    return [path for path in files.rglob("*") if path.is_file()]


def test_a_file_is_stored_by_its_content_and_no_longer_missing(
    client: FlaskClient, headers: Headers, files: Path
) -> None:
    response = put(client, headers, more=digest_header(DIGEST))

    assert response.status_code == 201
    assert response.get_json()["missing_files"] == []
    row = db.session.scalars(select(Attachment)).one()
    assert (row.name, row.digest, row.size) == ("phöto 1.jpg", DIGEST, len(PHOTO))
    assert row.media_type == "image/jpeg"
    assert file_store(files).path(DIGEST).read_bytes() == PHOTO


def test_the_same_file_again_is_answered_200_and_stands_once(
    client: FlaskClient, headers: Headers, files: Path
) -> None:
    put(client, headers)

    response = put(client, headers)

    assert (response.status_code, response.get_json()["status"]) == (200, "duplicate")
    assert len(kept_files(files)) == 1


def test_other_content_under_a_name_that_is_taken_is_a_conflict(
    client: FlaskClient, headers: Headers
) -> None:
    put(client, headers)

    response = put(client, headers, body=b"another photo")

    assert response.status_code == 409
    assert problem_slug(response) == "file-name-taken"
    assert db.session.scalars(select(Attachment.digest)).one() == DIGEST


def test_a_file_damaged_on_its_way_is_refused_and_not_kept(
    client: FlaskClient, headers: Headers, files: Path
) -> None:
    response = put(client, headers, body=PHOTO[:-1], more=digest_header(DIGEST))

    assert response.status_code == 400
    assert response.get_json()["type"] == "/problems/digest-mismatch"
    assert kept_files(files) == []


@pytest.mark.parametrize("header", ["md5=:AAAA:", "sha-256=AAAA", "sha-256=:A:", "x"])
def test_a_digest_that_cannot_be_read_is_refused(
    client: FlaskClient, headers: Headers, files: Path, header: str
) -> None:
    response = put(client, headers, more={"Content-Digest": header})

    assert response.status_code == 400
    assert kept_files(files) == []


def test_an_upload_cut_off_in_the_network_is_refused_and_not_kept(
    client: FlaskClient, headers: Headers, files: Path
) -> None:
    response = client.put(
        "/api/v1/sync/submissions/uuid:one/attachments/a.jpg",
        data=PHOTO,
        headers=headers,
        environ_overrides={"CONTENT_LENGTH": str(len(PHOTO) + 10)},
    )

    assert response.status_code == 400
    assert kept_files(files) == []


def test_fifty_megabytes_are_refused_with_413(
    client: FlaskClient, headers: Headers, files: Path
) -> None:
    response = put(client, headers, body=bytes(50 * 1024 * 1024))

    assert response.status_code == 413
    assert kept_files(files) == []


@pytest.mark.parametrize("name", ["..", "a%00b", "a%0Ab", "a%5Cb", "é" * 128])
def test_path_tricks_in_a_name_are_refused(
    client: FlaskClient, headers: Headers, files: Path, name: str
) -> None:
    response = put(client, headers, name)

    assert response.status_code in {400, 404}
    assert kept_files(files) == []


@pytest.mark.parametrize("instance_id", ["uuid:none", "uuid:one%00", "x" * 5000])
def test_an_entry_that_is_not_there_is_answered_404(
    client: FlaskClient, headers: Headers, instance_id: str
) -> None:
    assert put(client, headers, instance_id=instance_id).status_code == 404


def test_another_persons_entry_is_answered_like_one_that_is_not_there(
    client: FlaskClient, headers: Headers
) -> None:
    assert headers
    other = auth_headers(make_person(Role.FACILITATOR, SEMEDO))

    theirs = put(client, other)
    nobodys = put(client, other, instance_id="uuid:none")

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.data == nobodys.data
    assert db.session.scalars(select(Attachment.digest)).one() is None


def test_without_a_token_nothing_is_kept(client: FlaskClient, files: Path) -> None:
    assert put(client, {}).status_code == 401
    assert kept_files(files) == []
