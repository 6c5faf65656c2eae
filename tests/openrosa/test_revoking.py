"""A phone that is revoked while it sends, and one set up for another server."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.phone.settings import server_url_in
from fieldapp.submissions.models import Attachment, HeldEntry, Revision, Submission
from tests.entries import entry_xml, publish_small_form
from tests.factories import SEMEDO, auth_headers, make_person
from tests.openrosa.phone import (
    COLLECT,
    INCOMPLETE,
    Phone,
    body_of,
    file_part,
    shown,
    xml_part,
)

CENTRALS_TOKEN = "X9$kT!cQ" * 8
PARTS = (
    [file_part("a.jpg", b"a"), INCOMPLETE],
    [file_part("b.jpg", b"b"), INCOMPLETE],
    [file_part("audit.csv", b"c")],
)


@pytest.fixture(autouse=True)
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return tmp_path


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


def set_up(client: FlaskClient, owner: User) -> tuple[Phone, str]:
    """Set up a phone by its code; give it and where it is revoked."""
    device = client.post(
        "/api/v1/devices", json={"label": "HP"}, headers=auth_headers(owner)
    ).get_json()
    token = server_url_in(device["settings_qr"]).rpartition("/")[2]
    return Phone(client, token), f"/api/v1/devices/{device['id']}"


def counts() -> list[int]:
    return [
        db.session.scalar(select(func.count()).select_from(entity)) or 0
        for entity in (Submission, Revision, HeldEntry)
    ]


def arrived() -> set[str]:
    statement = select(Attachment.name).where(Attachment.digest.is_not(None))
    return set(db.session.scalars(statement))


def test_a_phone_revoked_between_parts_keeps_what_came_and_adds_nothing(
    client: FlaskClient, siti: User, files: Path
) -> None:
    phone, device = set_up(client, siti)
    xml = xml_part(entry_xml("uuid:one", photo="a.jpg"))
    assert phone.post(xml, *PARTS[0]).status_code == 201
    stored = sum(path.is_file() for path in files.rglob("*"))

    client.delete(device, headers=auth_headers(siti))
    refused = [phone.post(xml, *part) for part in (*PARTS[1:], PARTS[0])]

    assert [response.status_code for response in refused] == [403, 403, 403]
    assert all("kode QR baru" in shown(response) for response in refused)
    assert counts() == [1, 1, 0]
    assert arrived() == {"a.jpg"}
    assert sum(path.is_file() for path in files.rglob("*")) == stored


def test_with_a_new_code_the_same_upload_is_completed_and_not_doubled(
    client: FlaskClient, siti: User
) -> None:
    old, device = set_up(client, siti)
    xml = xml_part(entry_xml("uuid:one", photo="a.jpg"))
    old.post(xml, *PARTS[0])
    client.delete(device, headers=auth_headers(siti))

    new, _ = set_up(client, siti)
    statuses = [new.post(xml, *part).status_code for part in PARTS]

    assert statuses == [201, 201, 201]
    assert counts() == [1, 1, 0]
    assert arrived() == {"a.jpg", "b.jpg", "audit.csv"}


@pytest.mark.parametrize(
    "base", [f"/v1/key/{'b' * 32}", f"/v1/key/{CENTRALS_TOKEN}/projects/7"]
)
def test_a_code_of_another_server_is_refused_with_what_to_do(
    client: FlaskClient, siti: User, base: str
) -> None:
    assert siti
    body = body_of([xml_part(entry_xml("uuid:one"))], "b1")

    answers = [
        client.get(f"{base}/formList", headers=COLLECT),
        client.post(
            f"{base}/submission",
            data=body,
            content_type="multipart/form-data; boundary=b1",
            headers=COLLECT,
        ),
    ]
    head = client.head(f"{base}/submission", headers=COLLECT)

    assert [each.status_code for each in (*answers, head)] == [403, 403, 403]
    for answer in answers:
        assert "Alamat server di HP ini salah atau sudah dicabut" in shown(answer)
        assert "new QR code" in shown(answer)
    assert counts() == [0, 0, 0]
