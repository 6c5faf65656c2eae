"""What a phone is told when its delivery can't be taken; nothing of it is kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.devices import revoke_device
from fieldapp.identity.models import Device, User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import Attachment, HeldEntry, Revision, Submission
from tests.entries import entry_xml, publish_small_form
from tests.factories import SEMEDO, actor_of, make_person
from tests.openrosa.phone import (
    COLLECT,
    Part,
    Phone,
    body_of,
    file_part,
    make_phone,
    shown,
    xml_part,
)

BILLION_LAUGHS = (
    b'<!DOCTYPE data [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<data id="setoran" version="1"><meta><instanceID>&b;</instanceID></meta></data>'
)
EXTERNAL_ENTITY = BILLION_LAUGHS.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"')
DEEP = (
    b'<data id="setoran" version="2026112101">'
    + b"<a>" * 5000
    + b"</a>" * 5000
    + b"<meta><instanceID>uuid:one</instanceID></meta></data>"
)


@pytest.fixture
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of this test alone."""
    config: Config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return config.files_dir


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def phone(client: FlaskClient, siti: User, files: Path) -> Phone:
    assert files
    return make_phone(client, siti)


def nothing_is_kept(files: Path) -> bool:
    tables = (Submission, Revision, HeldEntry, Attachment)
    rows = [
        db.session.scalar(select(func.count()).select_from(each)) for each in tables
    ]
    return rows == [0] * len(tables) and not any(
        path.is_file() for path in files.rglob("*")
    )


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (b"", "kosong"),
        (b" \n", "kosong"),
        (entry_xml().replace(b"Bu Sri", b"Bu\0Sri"), "NUL"),
        (entry_xml().replace(b"Bu Sri", b"Bu \xff Sri"), "UTF-8"),
        (entry_xml().replace(b"<kg>", b"<kg2>"), "tidak tersusun"),
        (BILLION_LAUGHS, "DOCTYPE"),
        (EXTERNAL_ENTITY, "DOCTYPE"),
        (DEEP, "bertingkat terlalu dalam"),
        (entry_xml().replace(b"instanceID", b"instanceId"), "instanceID"),
        (entry_xml().replace(b'id="setoran"', b""), "id formulir"),
        (b"not xml at all", "tidak tersusun"),
        (b"\xff\xd8\xff\xe0 a photo", "UTF-8"),
    ],
)
def test_xml_that_cannot_be_read_is_refused_with_400_and_its_reason(
    phone: Phone, files: Path, xml: bytes, words: str
) -> None:
    response = phone.post(xml_part(xml))

    assert response.status_code == 400
    assert words in shown(response)
    assert " / " in shown(response)
    assert nothing_is_kept(files)


def test_xml_cut_off_at_any_byte_is_never_taken(phone: Phone, files: Path) -> None:
    xml = entry_xml("uuid:one")

    statuses = {phone.post(xml_part(xml[:end])).status_code for end in range(len(xml))}

    assert statuses == {400}
    assert nothing_is_kept(files)


def test_a_body_cut_off_in_the_network_is_refused_and_nothing_is_half_stored(
    phone: Phone, files: Path
) -> None:
    parts = [xml_part(entry_xml("uuid:one", photo="a.jpg")), file_part("a.jpg")]
    body = body_of(parts, "b1")

    responses = [phone.post_body(body[:end]) for end in range(0, len(body) - 6, 17)]

    assert {response.status_code for response in responses} == {400}
    assert "terpotong" in shown(responses[-1])
    assert nothing_is_kept(files)


def test_a_connection_that_ends_before_its_length_is_refused(
    phone: Phone, files: Path
) -> None:
    body = body_of([xml_part(entry_xml("uuid:one")), file_part("a.jpg")], "b1")

    response = phone.client.post(
        f"{phone.address}/submission",
        data=body[:-40],
        content_type="multipart/form-data; boundary=b1",
        headers=COLLECT,
        environ_overrides={"CONTENT_LENGTH": str(len(body))},
    )

    assert response.status_code == 400
    assert "terpotong" in shown(response)
    assert nothing_is_kept(files)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/xml",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b1",
    ],
)
def test_another_content_type_or_no_boundary_is_refused_with_400(
    phone: Phone, files: Path, content_type: str | None
) -> None:
    response = phone.client.post(
        f"{phone.address}/submission",
        data=body_of([xml_part(entry_xml())], "b1"),
        content_type=content_type,
    )

    assert response.status_code == 400
    assert shown(response)
    assert nothing_is_kept(files)


def test_a_bare_post_is_refused_with_400(phone: Phone, files: Path) -> None:
    response = phone.client.post(f"{phone.address}/submission")

    assert response.status_code == 400
    assert nothing_is_kept(files)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([file_part("a.jpg")], "xml_submission_file"),
        ([("xml", "a.xml", "text/xml", entry_xml())], "xml_submission_file"),
        ([xml_part(entry_xml()), xml_part(entry_xml())], "bernama sama"),
        ([xml_part(entry_xml()), file_part("a.jpg"), file_part("a.jpg")], "sama"),
        ([xml_part(entry_xml()), ("x", "a", None, b""), ("x", "b", None, b"")], "sama"),
        ([xml_part(entry_xml()), file_part("../../etc/passwd")], "garis miring"),
        ([xml_part(entry_xml()), file_part("/etc/passwd")], "garis miring"),
        ([xml_part(entry_xml()), file_part("..\\\\secret")], "garis miring"),
        ([xml_part(entry_xml()), file_part("..")], "folder"),
        ([xml_part(entry_xml()), file_part("a\0.jpg")], "kendali"),
        ([xml_part(entry_xml()), file_part("a\x1b.jpg")], "kendali"),
        ([xml_part(entry_xml()), file_part("")], "tidak punya nama"),
        ([xml_part(entry_xml()), file_part("é" * 128)], "terlalu panjang"),
    ],
)
def test_parts_that_are_missing_doubled_or_tricks_are_refused_with_400(
    phone: Phone, files: Path, parts: list[Part], words: str
) -> None:
    response = phone.post(*parts)

    assert response.status_code == 400
    assert words in shown(response)
    assert nothing_is_kept(files)


def test_fifty_megabytes_are_refused_with_413_before_they_are_read(
    phone: Phone, files: Path
) -> None:
    photo = file_part("a.jpg", bytes(50 * 1024 * 1024))

    response = phone.post(xml_part(entry_xml("uuid:one")), photo)

    assert response.status_code == 413
    assert "lebih besar" in shown(response)
    assert nothing_is_kept(files)


def test_an_xml_part_above_its_own_limit_is_refused_with_413(
    phone: Phone, files: Path
) -> None:
    xml = entry_xml().replace(b"Bu Sri", b"x" * (4 * 1024 * 1024 + 1))

    response = phone.post(xml_part(xml))

    assert response.status_code == 413
    assert nothing_is_kept(files)


@pytest.mark.parametrize(
    "token", ["a" * 32, "x", "%00", "..%2F..", "A" * 5000, "' or 1=1 --"]
)
@pytest.mark.parametrize(
    "path", ["formList", "submission", "forms/a/v/1.xml", "forms/a/v/1/manifest"]
)
def test_a_wrong_token_is_answered_403_everywhere(
    client: FlaskClient, token: str, path: str
) -> None:
    method = "POST" if path == "submission" else "GET"

    response = client.open(f"/v1/key/{token}/{path}", method=method)

    assert response.status_code in {403, 404}
    assert "WWW-Authenticate" not in response.headers
    if "/" not in token and "%" not in token:
        assert response.status_code == 403
        assert "kode QR baru" in shown(response)


def test_a_revoked_phone_is_answered_403_at_once(
    phone: Phone, siti: User, files: Path
) -> None:
    device = db.session.scalars(select(Device)).one()
    revoke_device(actor_of(siti), device.id)
    db.session.commit()

    assert phone.get("/formList").status_code == 403
    assert phone.client.head(f"{phone.address}/submission").status_code == 403
    response = phone.post(xml_part(entry_xml()))
    assert response.status_code == 403
    assert "kode QR baru" in shown(response)
    assert nothing_is_kept(files)


@pytest.mark.parametrize(
    "query", ["deviceID=%00", "deviceID=a%0Ab", "&&&", "deviceID=" + "x" * 5000]
)
def test_whatever_a_phone_calls_itself_is_no_reason_to_fail(
    phone: Phone, query: str
) -> None:
    response = phone.client.post(
        f"{phone.address}/submission?{query}",
        data=body_of([xml_part(entry_xml("uuid:one"))], "b1"),
        content_type="multipart/form-data; boundary=b1",
        headers={"User-Agent": "x" * 3000, "Date": "garbage"},
    )

    assert response.status_code == 201
    assert db.session.get_one(Revision, "uuid:one").client.isprintable()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET"])
def test_other_methods_on_the_submission_address_are_answered_in_xml(
    phone: Phone, method: str
) -> None:
    response = phone.client.open(f"{phone.address}/submission", method=method)

    assert response.status_code == 404
    assert shown(response)
