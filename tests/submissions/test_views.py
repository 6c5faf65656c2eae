"""Lists, files and held entries, as a browser reads them."""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.files import file_store
from fieldapp.submissions.models import HeldEntry, Submission, SubmissionState
from fieldapp.web.clock import now
from tests.answers import error_fields, items, problem_slug
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    Headers,
    auth_headers,
    make_area,
    make_person,
)
from tests.queries import recorded_queries

LIST = "/api/v1/submissions"


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    make_area(BUMISARI)
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def reader(siti: User) -> Headers:
    assert siti
    return auth_headers(make_person(Role.COORDINATOR, JAWA_TENGAH))


def store(app: Flask, name: str, content: bytes, media_type: str) -> ReceivedFile:
    with file_store(app.config["FIELDAPP"].files_dir).writer() as writer:
        writer.write(content)
        stored = writer.finish()
    return ReceivedFile(name, stored.digest, stored.size, media_type)


def ids(client: FlaskClient, headers: Headers, query: str = "") -> list[str]:
    response = client.get(f"{LIST}{query}", headers=headers)
    return [each["id"] for each in items(response)]


def test_a_list_tells_what_a_reviewer_needs(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    deliver(siti, entry_xml("uuid:one", kg="9000"))

    (row,) = items(client.get(LIST, headers=reader))

    submission = db.session.get_one(Submission, "uuid:one")
    assert row == {
        "id": "uuid:one",
        "form_id": "setoran",
        "title": "Setoran 9000",
        "area_code": SEMEDO,
        "area_name": "Semedo",
        "state": "received",
        "revision_id": "uuid:one",
        "revision_number": 1,
        "author_id": str(siti.id),
        "author_name": "Siti",
        "violation_count": 1,
        "warning_count": 1,
        "captured_at": submission.captured_at.isoformat()
        if submission.captured_at
        else None,
        "captured_on": submission.captured_on.isoformat(),
        "received_at": submission.received_at.isoformat(),
        "updated_at": submission.updated_at.isoformat(),
        "is_demo": False,
        "is_sealed": False,
        "assigned_to": None,
        "flag_codes": [],
    }


def test_a_list_is_narrowed_by_area_form_state_time_and_facilitator(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    budi = make_person(Role.FACILITATOR, BUMISARI)
    noon = now().replace(microsecond=0) - timedelta(days=1)
    early = entry_xml("uuid:early", made_at=noon)
    deliver(siti, early, received_at=noon)
    deliver(siti, entry_xml("uuid:late"), received_at=noon + timedelta(hours=2))
    deliver(
        budi,
        entry_xml("uuid:budi", village=BUMISARI),
        received_at=noon + timedelta(hours=1),
    )
    db.session.get_one(Submission, "uuid:late").state = SubmissionState.RETURNED
    db.session.commit()
    one, two = (quote((noon + timedelta(hours=hours)).isoformat()) for hours in (1, 2))

    assert ids(client, reader) == ["uuid:late", "uuid:budi", "uuid:early"]
    assert ids(client, reader, "?order=oldest")[0] == "uuid:early"
    for query, expected in {
        f"?area={SEMEDO}": ["uuid:late", "uuid:early"],
        f"?area={BANYUMAS}": ["uuid:late", "uuid:early"],
        "?area=33.03": ["uuid:budi"],
        "?area=ID": ["uuid:late", "uuid:budi", "uuid:early"],
        "?area=33.0": [],
        "?area=x' or 1=1": [],
        "?form=setoran&state=received": ["uuid:budi", "uuid:early"],
        "?form=lain": [],
        "?state=returned": ["uuid:late"],
        f"?from={one}": ["uuid:late", "uuid:budi"],
        f"?to={one}": ["uuid:early"],
        f"?from={one}&to={two}": ["uuid:budi"],
        f"?facilitator={siti.id}": ["uuid:late", "uuid:early"],
        f"?facilitator={siti.id}&area={BUMISARI}": [],
    }.items():
        assert ids(client, reader, query) == expected, query


def test_a_filter_never_widens_the_scope(client: FlaskClient, siti: User) -> None:
    deliver(siti, entry_xml("uuid:one"))
    stranger = auth_headers(make_person(Role.COORDINATOR, BUMISARI))

    for query in ("", f"?area={SEMEDO}", "?area=ID", f"?facilitator={siti.id}"):
        assert ids(client, stranger, query) == []


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_give_each_entry_once(
    client: FlaskClient, siti: User, reader: Headers, order: str
) -> None:
    at = now()
    names = [f"uuid:{number}" for number in range(7)]
    for name in names:
        deliver(siti, entry_xml(name), received_at=at)

    seen: list[str] = []
    address: str | None = f"{LIST}?limit=3&order={order}"
    while address:
        page = client.get(address, headers=reader).get_json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        address = f"{LIST}?limit=3&order={order}&cursor={cursor}" if cursor else None

    assert seen == (names if order == "oldest" else names[::-1])


def test_a_list_asks_as_few_queries_for_many_entries_as_for_one(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    deliver(siti, entry_xml())
    with recorded_queries() as for_one:
        client.get(LIST, headers=reader)
    for _ in range(5):
        deliver(siti, entry_xml())

    with recorded_queries() as for_many:
        assert len(items(client.get(LIST, headers=reader))) == 6

    assert len(for_one) == len(for_many) == 4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?cursor=x", "cursor"),
        ("?cursor=WzFd", "cursor"),
        ("?cursor=WzEsMl0", "cursor"),
        ("?cursor=WyIyMDI2LTExLTIxVDAwOjAwOjAwKzAwOjAwIiwiXHUwMDAwIl0", "cursor"),
        ("?limit=0", "limit"),
        ("?limit=501", "limit"),
        ("?state=lost", "state"),
        ("?from=kemarin", "from"),
        ("?to=2026-11-21", "to"),
        ("?facilitator=siti", "facilitator"),
        ("?area=%00", "area"),
        ("?form=%00", "form"),
        ("?order=random", "order"),
        ("?colour=red", "colour"),
    ],
)
def test_a_malformed_filter_names_the_field(
    client: FlaskClient, reader: Headers, query: str, field: str
) -> None:
    response = client.get(f"{LIST}{query}", headers=reader)

    assert problem_slug(response) == "invalid-request"
    assert error_fields(response) == {field}


@pytest.mark.parametrize("role", [Role.FACILITATOR])
def test_lists_are_for_those_who_read_an_area(
    client: FlaskClient, siti: User, role: Role
) -> None:
    assert siti
    headers = auth_headers(make_person(role, SEMEDO))

    for address in (LIST, "/api/v1/held"):
        response = client.get(address, headers=headers)
        assert problem_slug(response) == "not-permitted"


@pytest.mark.parametrize(
    ("name", "media_type", "served_as"),
    [
        ("foto 1.jpg", "image/jpeg", "image/jpeg"),
        ("jahat.html", "text/html", "text/html; charset=utf-8"),
        ("aneh.bin", "x\r\nSet-Cookie: a=b", "application/octet-stream"),
        ("foto-ñ-照片.jpg", "image/jpeg", "image/jpeg"),
    ],
)
def test_a_file_is_given_so_that_no_browser_runs_it(
    client: FlaskClient,
    app: Flask,
    siti: User,
    reader: Headers,
    name: str,
    media_type: str,
    served_as: str,
) -> None:
    content = b"<script>alert(1)</script>" * 4000
    file = store(app, name, content, media_type)
    deliver(siti, entry_xml("uuid:one", photo=name), files=(file,))
    entry = client.get(f"{LIST}/uuid:one", headers=reader).get_json()

    (attachment,) = entry["attachments"]
    response = client.get(attachment["url"], headers=reader, buffered=True)

    assert attachment["sha256"] == hashlib.sha256(content).hexdigest()
    assert attachment["size"] == response.content_length == len(content)
    assert response.data == content
    assert response.headers["Content-Type"] == served_as
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "Set-Cookie" not in response.headers
    known = {**reader, "If-None-Match": response.headers["ETag"]}
    again = client.get(attachment["url"], headers=known, buffered=True)
    assert again.status_code == 304


def test_a_file_that_has_not_come_is_not_there(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    deliver(siti, entry_xml("uuid:one", photo="nanti.jpg"))

    for name in ("nanti.jpg", "lain.jpg", "..%2F..%2Fetc%2Fpasswd", "%00"):
        address = f"{LIST}/uuid:one/attachments/{name}"
        assert client.get(address, headers=reader).status_code == 404


def test_the_xml_comes_byte_for_byte_and_is_not_shown(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    xml = entry_xml("uuid:one")
    deliver(siti, xml)

    response = client.get(f"{LIST}/uuid:one/xml", headers=reader)

    assert response.data == xml
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")
    missing = client.get(f"{LIST}/uuid:one/xml?revision=2", headers=reader)
    assert problem_slug(missing) == "not-found"


def hold(siti: User, **answers: Any) -> HeldEntry:
    deliver(siti, entry_xml("uuid:held", village=BUMISARI, **answers))
    return db.session.scalars(select(HeldEntry)).one()


def test_a_held_entry_is_listed_and_read_with_its_reason(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    held = hold(siti, photo="f.jpg")

    (row,) = items(client.get("/api/v1/held", headers=reader))
    whole = client.get(f"/api/v1/held/{held.id}", headers=reader).get_json()

    assert row["instance_id"] == "uuid:held"
    assert row["reason"] == "area"
    assert row["sender_name"] == "Siti"
    assert set(row["explanation"]) == {"id", "en"}
    assert whole["detail"] == {"area": BUMISARI}
    assert client.get(whole["xml_url"], headers=reader).data == held.xml
    assert items(client.get("/api/v1/held?reason=form", headers=reader)) == []
    assert items(client.get("/api/v1/held?state=released", headers=reader)) == []


def test_the_files_of_a_held_entry_can_be_read(
    client: FlaskClient, app: Flask, siti: User, reader: Headers
) -> None:
    file = store(app, "f.jpg", b"foto", "image/jpeg")
    xml = entry_xml("uuid:held", village=BUMISARI, photo="f.jpg")
    deliver(siti, xml, files=(file,))
    held = db.session.scalars(select(HeldEntry)).one()

    whole = client.get(f"/api/v1/held/{held.id}", headers=reader).get_json()

    (attachment,) = whole["attachments"]
    response = client.get(attachment["url"], headers=reader, buffered=True)
    assert response.data == b"foto"


def test_a_held_entry_is_released_where_the_coordinator_says(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    held = hold(siti)

    released = client.post(
        f"/api/v1/held/{held.id}/release", json={"area_code": SEMEDO}, headers=reader
    )

    assert released.get_json()["status"] == "created"
    assert ids(client, reader) == ["uuid:held"]
    assert items(client.get("/api/v1/held", headers=reader)) == []
    (row,) = items(client.get("/api/v1/held?state=released", headers=reader))
    assert row["instance_id"] == "uuid:held"
    again = client.post(f"/api/v1/held/{held.id}/release", json={}, headers=reader)
    assert problem_slug(again) == "already-decided"


def test_a_held_entry_is_discarded_with_a_reason_only(
    client: FlaskClient, siti: User, reader: Headers
) -> None:
    address = f"/api/v1/held/{hold(siti).id}/discard"

    silent = client.post(address, json={}, headers=reader)
    discarded = client.post(address, json={"note": "Salah desa."}, headers=reader)

    assert error_fields(silent) == {"note"}
    assert discarded.get_json()["state"] == "discarded"
    assert discarded.get_json()["note"] == "Salah desa."
    assert ids(client, reader) == []


def test_held_entries_of_others_answer_like_nothing(
    client: FlaskClient, siti: User
) -> None:
    held = hold(siti)
    headers = auth_headers(make_person(Role.COORDINATOR, BUMISARI))
    other = "00000000-0000-4000-8000-000000000000"

    answers = [
        response
        for id_ in (held.id, other)
        for response in (
            client.get(f"/api/v1/held/{id_}", headers=headers),
            client.get(f"/api/v1/held/{id_}/xml", headers=headers),
            client.get(f"/api/v1/held/{id_}/attachments/f.jpg", headers=headers),
            client.post(f"/api/v1/held/{id_}/release", json={}, headers=headers),
            client.post(
                f"/api/v1/held/{id_}/discard", json={"note": "x"}, headers=headers
            ),
        )
    ]

    assert {each.status_code for each in answers} == {404}
    assert len({each.data for each in answers}) == 1
    assert items(client.get("/api/v1/held", headers=headers)) == []
