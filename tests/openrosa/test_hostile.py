"""Deliveries made to hurt: each gets an answer, at once, and leaves nothing behind."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import Attachment, HeldEntry, Revision, Submission
from fieldapp.web.clock import now
from tests.entries import entry_xml, publish_small_form
from tests.factories import SEMEDO, auth_headers, make_grant, make_person
from tests.openrosa.phone import Phone, file_part, make_phone, shown, xml_part

TABLES = (Submission, Revision, HeldEntry, Attachment)
PROMPT_SECONDS = 10
"""Far more than any of them needs, on a machine that does much else."""


@pytest.fixture(autouse=True)
def careless(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The application as in production, with the files of this test alone."""
    config: Config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(app, "testing", False)
    return config.files_dir


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> Phone:
    return make_phone(client, siti)


def kept(files: Path) -> tuple[list[int | None], int]:
    """Count rows, and files in the store, half-written ones too."""
    rows = [
        db.session.scalar(select(func.count()).select_from(each)) for each in TABLES
    ]
    return rows, sum(path.is_file() for path in files.rglob("*"))


def with_answer(content: str, encoding: str = "utf-8") -> bytes:
    return entry_xml().decode().replace("Bu Sri", content).encode(encoding)


def declared(xml: bytes, encoding: str) -> bytes:
    return xml.replace(b"?>", f' encoding="{encoding}"?>'.encode(), 1)


def with_id(instance_id: str) -> bytes:
    return entry_xml("uuid:one").replace(b"uuid:one", instance_id.encode())


UNREADABLE: dict[str, Callable[[], bytes]] = {
    "utf-16": lambda: with_answer("Bu Sri", "utf-16"),
    "declared utf-16": lambda: declared(entry_xml(), "UTF-16"),
    "declared utf-7": lambda: declared(with_answer("+ADw-"), "UTF-7"),
    "declared latin": lambda: declared(with_answer("é", "latin-1"), "ISO-8859-1"),
    "an unknown encoding": lambda: declared(entry_xml(), "x-none"),
    "a letter of no alphabet": lambda: with_answer("&#0;"),
    "half a letter": lambda: with_answer("&#xD800;"),
    "an entity of nobody": lambda: with_answer("&rahasia;"),
    "a control character": lambda: with_answer("\x01"),
    "text behind the end": lambda: entry_xml() + b"<data/>",
    "a hundred thousand levels": lambda: with_answer("<a>" * 100_000),
    "half a million elements": lambda: with_answer("<a/>" * 500_000),
    "an attribute twice": lambda: entry_xml().replace(b"<data ", b'<data id="x" '),
    "a parameter entity": lambda: entry_xml().replace(
        b"<data ",
        b'<!DOCTYPE d [<!ENTITY % a SYSTEM "http://127.0.0.1/">%a;]><data ',
        1,
    ),
    "an external document type": lambda: entry_xml().replace(
        b"<data ", b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><data ', 1
    ),
    "an id of nothing": lambda: with_id("  "),
    "a very long id": lambda: with_id("x" * 5000),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_made_to_hurt_is_refused_at_once_and_leaves_nothing(
    phone: Phone, careless: Path, name: str
) -> None:
    xml = UNREADABLE[name]()
    started = time.monotonic()

    response = phone.post(xml_part(xml), file_part("a.jpg"))

    assert response.status_code in {400, 413}, shown(response)
    assert " / " in shown(response)
    assert time.monotonic() - started < PROMPT_SECONDS
    assert kept(careless) == ([0, 0, 0, 0], 0)


def test_an_entry_with_thousands_of_attributes_is_answered_at_once(
    phone: Phone,
) -> None:
    attributes = b" ".join(b'a%d=""' % number for number in range(100_000))
    started = time.monotonic()

    response = phone.post(
        xml_part(entry_xml().replace(b"<data ", b"<data " + attributes + b" "))
    )

    assert response.status_code in {201, 400}
    assert time.monotonic() - started < PROMPT_SECONDS


def test_nothing_is_fetched_or_read_for_an_entry(phone: Phone) -> None:
    include = (
        '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'
    )
    xml = with_answer(f"Bu Sri {include}").replace(
        b"<data ", b'<?xml-stylesheet href="file:///etc/passwd"?><data ', 1
    )

    response = phone.post(xml_part(xml))

    assert response.status_code in {201, 400}
    assert "root:" not in shown(response)


@pytest.mark.parametrize("count", [1001, 5000])
def test_more_parts_than_anybody_has_photos_are_refused_and_none_is_kept(
    phone: Phone, careless: Path, count: int
) -> None:
    photos = [file_part(f"{number}.jpg", b"x") for number in range(count)]

    response = phone.post(xml_part(entry_xml()), *photos)

    assert response.status_code == 400
    assert kept(careless) == ([0, 0, 0, 0], 0)


@pytest.mark.parametrize("days", [-365, 365])
def test_a_clock_a_year_off_is_no_reason_to_refuse(phone: Phone, days: int) -> None:
    made_at = now() + timedelta(days=days)

    response = phone.post(xml_part(entry_xml("uuid:one", made_at=made_at)))

    assert response.status_code == 201
    stored = db.session.get_one(Submission, "uuid:one")
    assert stored.captured_on <= (now() + timedelta(days=1)).date()
    assert db.session.get_one(Revision, "uuid:one").warnings[0]["rule"] == "clock"


def test_a_phone_of_somebody_else_adds_nothing_to_an_entry(
    client: FlaskClient, phone: Phone
) -> None:
    xml = entry_xml("uuid:one", photo="a.jpg")
    phone.post(xml_part(xml))
    colleague = make_phone(client, make_person(Role.FACILITATOR, SEMEDO))

    response = colleague.post(xml_part(xml), file_part("a.jpg", b"another photo"))

    assert response.status_code == 201
    assert "uuid:one" not in shown(response)
    row = db.session.scalars(
        select(Attachment).where(Attachment.revision_id == "uuid:one")
    ).one()
    assert row.digest is None


def test_a_session_is_no_phone_and_a_phone_is_no_session(
    client: FlaskClient, phone: Phone, siti: User, careless: Path
) -> None:
    token = auth_headers(siti)["Authorization"].removeprefix("Bearer ")
    imposter = replace(phone, token=token)
    headers = {"Authorization": f"Bearer {phone.token}"}

    assert imposter.post(xml_part(entry_xml())).status_code in {403, 404}
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    assert kept(careless) == ([0, 0, 0, 0], 0)


def test_a_phone_revoked_between_two_parts_keeps_what_it_was_promised(
    phone: Phone, siti: User, careless: Path
) -> None:
    make_grant(siti, Role.AUDITOR, SEMEDO)
    xml = entry_xml("uuid:one", photo="a.jpg")
    assert phone.post(xml_part(xml)).status_code == 201
    siti.is_active = False
    db.session.commit()

    response = phone.post(xml_part(xml), file_part("a.jpg"))

    assert response.status_code == 403
    assert kept(careless) == ([1, 1, 0, 1], 0)
