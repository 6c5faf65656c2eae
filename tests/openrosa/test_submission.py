"""Posting entries as phones do, whole and in parts, and what is answered."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.files import file_store
from fieldapp.submissions.models import Attachment, HeldEntry, Revision, Submission
from tests.entries import entry_xml, publish_small_form
from tests.factories import BUMISARI, SEMEDO, make_area, make_person
from tests.openrosa.phone import (
    DEVICE,
    ENKETO,
    INCOMPLETE,
    Phone,
    enketo_xml_part,
    file_part,
    make_phone,
    shown,
    xml_part,
)


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    make_area(BUMISARI)
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> Phone:
    return make_phone(client, siti)


def count_of(entity: type) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


def files_of(instance_id: str) -> dict[str, bytes | None]:
    statement = select(Attachment.name, Attachment.digest).where(
        Attachment.revision_id == instance_id
    )
    return dict(db.session.execute(statement).all())


def stored_content(app: Flask, digest: bytes | None) -> bytes:
    assert digest is not None
    with file_store(app.config["FIELDAPP"].files_dir).open(digest) as file:
        return file.read()


def test_head_says_204_and_how_much_to_send_at_once(phone: Phone) -> None:
    response = phone.client.head(f"{phone.address}/submission?{DEVICE}")

    assert response.status_code == 204
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert response.headers["X-OpenRosa-Accept-Content-Length"] == "10485760"
    assert "Location" not in response.headers


def test_collects_entry_with_a_photo_is_stored_byte_for_byte(
    app: Flask, phone: Phone
) -> None:
    xml = entry_xml("uuid:one", photo="1795269839123.jpg")

    response = phone.post(
        xml_part(xml), file_part("1795269839123.jpg", b"\xff\xd8 one")
    )

    assert response.status_code == 201
    assert "Diterima" in shown(response)
    assert response.headers["X-OpenRosa-Accept-Content-Length"] == "10485760"
    assert db.session.get_one(Revision, "uuid:one").xml == xml
    digest = files_of("uuid:one")["1795269839123.jpg"]
    assert stored_content(app, digest) == b"\xff\xd8 one"


def test_the_client_and_its_device_are_noted(phone: Phone) -> None:
    phone.post(xml_part(entry_xml("uuid:one")))

    revision = db.session.get_one(Revision, "uuid:one")
    assert revision.client.startswith("org.odk.collect.android/")
    assert revision.client.endswith("collect:aB3dE6gH9jK2mN5p")
    assert revision.door == "openrosa"
    assert revision.device_id is not None


def test_enketos_entry_with_its_cookies_and_odd_names_is_stored(phone: Phone) -> None:
    name = "phöto one-20_46_22.png"
    xml = entry_xml("uuid:one", photo=name)
    phone.client.set_cookie("__csrf", "abc")

    response = phone.post(
        enketo_xml_part(xml),
        file_part(name),
        ("__csrf", None, None, b"abc"),
        headers=ENKETO,
    )

    assert response.status_code == 201
    assert list(files_of("uuid:one")) == [name]


def test_an_upload_in_three_parts_is_one_entry_with_all_its_files(
    phone: Phone,
) -> None:
    xml = entry_xml("uuid:one", photo="a.jpg")

    statuses = [
        phone.post(xml_part(xml), *more).status_code
        for more in (
            [file_part("a.jpg", b"a"), INCOMPLETE],
            [file_part("b.jpg", b"b"), INCOMPLETE],
            [file_part("audit.csv", b"c")],
        )
    ]

    assert statuses == [201, 201, 201]
    assert count_of(Submission) == 1
    files = files_of("uuid:one")
    assert sorted(files) == ["a.jpg", "audit.csv", "b.jpg"]
    assert None not in files.values()


def test_the_same_post_again_is_answered_201_and_changes_nothing(phone: Phone) -> None:
    parts = xml_part(entry_xml("uuid:one", photo="a.jpg")), file_part("a.jpg")

    first, second = phone.post(*parts), phone.post(*parts)

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Sudah diterima" in shown(second)
    assert count_of(Revision) == count_of(Attachment) == 1


def test_two_files_of_equal_content_are_both_there(phone: Phone) -> None:
    phone.post(xml_part(entry_xml("uuid:one")), file_part("a.jpg"), file_part("b.jpg"))

    files = files_of("uuid:one")
    assert sorted(files) == ["a.jpg", "b.jpg"]
    assert files["a.jpg"] == files["b.jpg"]


def test_broken_rules_are_counted_in_what_the_phone_shows(phone: Phone) -> None:
    response = phone.post(xml_part(entry_xml("uuid:one", kg="-5")))

    assert response.status_code == 201
    assert "1 isian melanggar aturan" in shown(response)
    assert db.session.get_one(Submission, "uuid:one").violation_count == 1


def test_other_content_under_the_same_id_is_held_and_the_phone_is_told(
    phone: Phone,
) -> None:
    phone.post(xml_part(entry_xml("uuid:one", kg="12")))

    response = phone.post(xml_part(entry_xml("uuid:one", kg="13")))

    assert response.status_code == 201
    assert "tidak perlu dikirim lagi" in shown(response)
    assert count_of(HeldEntry) == 1


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (entry_xml(village=BUMISARI), "di luar wilayah tugas"),
        (entry_xml(village="3302162007"), "tanpa titik"),
        (entry_xml(village="33.02.99.2999"), "tidak dikenal"),
        (entry_xml(village=""), "desa tidak diisi"),
        (entry_xml(form_id="lain"), "belum terbit"),
        (entry_xml(version="1"), "belum terbit"),
        (entry_xml(deprecated_id="uuid:zero"), "belum ada di sini"),
    ],
)
def test_what_cannot_be_counted_is_held_with_201_and_a_reason(
    phone: Phone, xml: bytes, words: str
) -> None:
    response = phone.post(xml_part(xml), file_part("a.jpg"))

    assert response.status_code == 201
    assert words in shown(response)
    assert count_of(Submission) == 0
    assert count_of(HeldEntry) == count_of(Attachment) == 1


def test_a_person_without_the_task_is_refused_with_403(
    app: Flask, client: FlaskClient
) -> None:
    assert app
    publish_small_form()
    phone = make_phone(client, make_person(Role.COORDINATOR, SEMEDO))

    response = phone.post(xml_part(entry_xml()))

    assert response.status_code == 403
    assert "Anda tidak bertugas" in shown(response)
    assert count_of(Submission) == count_of(HeldEntry) == 0


def test_each_part_tells_what_is_wrong_since_the_last_answer_is_what_is_shown(
    phone: Phone,
) -> None:
    xml = xml_part(entry_xml("uuid:1", kg="-1", photo="a.jpg"))

    first = phone.post(xml, INCOMPLETE)
    last = phone.post(xml, file_part("a.jpg"))

    assert "Berat (kg)" in shown(first)
    assert shown(last) == shown(first)
