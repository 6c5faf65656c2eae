"""Sending entries as JSON: an outcome for each, and one bad item harms no other."""

import gzip
from typing import Any
from uuid import uuid4

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import HeldEntry, Revision, Submission, SubmissionState
from tests.entries import VERSION, entry_xml, publish_small_form
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_area,
    make_person,
)

ADDRESS = "/api/v1/sync/submissions"
Item = dict[str, Any]


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    make_area(BUMISARI)
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def headers(siti: User) -> Headers:
    return auth_headers(siti)


def record(kg: object = 12.5, **others: object) -> Item:
    return {"village": SEMEDO, "farmer": "Bu Sri", "kg": kg, **others}


def item(kg: object = 12.5, **others: object) -> Item:
    return {"form_id": "setoran", "version": VERSION, "record": record(kg)} | others


def xml_item(*arguments: Any, **options: Any) -> Item:
    return {"xml": entry_xml(*arguments, **options).decode()}


def send(client: FlaskClient, headers: Headers, *items: object) -> list[Item]:
    response = client.post(ADDRESS, json={"items": items}, headers=headers)
    assert response.status_code == 200, response.data
    outcomes: list[Item] = response.get_json()["items"]
    assert len(outcomes) == len(items)
    return outcomes


def test_a_batch_of_more_values_than_answers_is_refused_at_once(
    client: FlaskClient, headers: Headers
) -> None:
    crowded: Item = {"items": [{"record": {"r": [{}] * 1_000_000}}]}

    response = client.post(ADDRESS, json=crowded, headers=headers)

    assert response.status_code == 422
    assert "300000" in response.get_json()["detail"]


def test_no_more_faults_are_told_than_anybody_reads(
    client: FlaskClient, headers: Headers
) -> None:
    unknown = item() | {"record": record() | {f"a{at}": 1 for at in range(5000)}}

    (outcome,) = send(client, headers, unknown)

    assert len(outcome["problem"]["errors"]) == 100


def send_bytes(
    client: FlaskClient, headers: Headers, body: bytes, **more: str
) -> TestResponse:
    json = {"Content-Type": "application/json"}
    return client.post(ADDRESS, data=body, headers=json | headers | more)


def slug(response: TestResponse) -> str:
    return str(response.get_json()["type"]).removeprefix("/problems/")


def count_of(entity: type) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


def test_an_instance_as_xml_is_stored_byte_for_byte(
    client: FlaskClient, headers: Headers
) -> None:
    xml = entry_xml("uuid:one")

    (outcome,) = send(client, headers, {"xml": xml.decode()})

    assert outcome["status"] == "created"
    assert outcome["instance_id"] == "uuid:one"
    assert outcome["texts"] == {"id": "Diterima.", "en": "Received."}
    revision = db.session.get_one(Revision, "uuid:one")
    assert (revision.xml, revision.door) == (xml, "sync")


def test_a_record_becomes_the_entry_that_a_phone_would_have_sent(
    client: FlaskClient, headers: Headers
) -> None:
    (outcome,) = send(client, headers, item(12.5, instance_id="uuid:one"))

    assert (outcome["status"], outcome["instance_id"]) == ("created", "uuid:one")
    xml = db.session.get_one(Revision, "uuid:one").xml
    assert b"<kg>12.5</kg>" in xml
    assert b"<farmer>Bu Sri</farmer>" in xml


def test_a_record_without_an_id_sent_twice_is_one_entry(
    client: FlaskClient, headers: Headers
) -> None:
    (first,) = send(client, headers, item())
    (second,) = send(client, headers, item())

    assert (first["status"], second["status"]) == ("created", "duplicate")
    assert first["instance_id"] == second["instance_id"]
    assert count_of(Submission) == 1


def test_a_batch_gives_each_item_its_own_outcome_in_order(
    client: FlaskClient, headers: Headers
) -> None:
    good = xml_item("uuid:good")
    outcomes = send(
        client,
        headers,
        good,
        xml_item("uuid:broken", kg="-5"),
        {"xml": "<data"},
        xml_item("uuid:far", village=BUMISARI),
        good,
        item("heavy"),
        item(1, instance_id="uuid:record"),
        "nonsense",
        None,
        {},
        {"form_id": "lain", "version": "1", "record": {}},
        xml_item("uuid:form", form_id="lain"),
    )

    assert [outcome["status"] for outcome in outcomes] == [
        "created",
        "created",
        "refused",
        "held",
        "duplicate",
        "refused",
        "created",
        "refused",
        "refused",
        "refused",
        "refused",
        "held",
    ]
    assert count_of(Submission) == 3
    assert count_of(HeldEntry) == 2


def test_violations_are_told_by_path_and_rule(
    client: FlaskClient, headers: Headers
) -> None:
    (outcome,) = send(client, headers, item(-5))

    (violation,) = outcome["violations"]
    assert (violation["path"], violation["rule"]) == ("/data/kg", "constraint")
    assert "1 isian" in outcome["texts"]["id"]


def test_a_value_of_the_wrong_type_is_refused_by_the_name_of_its_field(
    client: FlaskClient, headers: Headers
) -> None:
    (outcome,) = send(client, headers, item("heavy", instance_id="uuid:one"))

    assert (outcome["status"], outcome["instance_id"]) == ("refused", "uuid:one")
    assert outcome["problem"]["status"] == 422
    (error,) = outcome["problem"]["errors"]
    assert error["field"] == "record.kg"
    assert error["texts"]["id"] == "Harus berupa angka."


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"weight": 1}, "record.weight"),
        ({"farmer": "a\0b"}, "record"),
        ({"farmer": ["Bu Sri"]}, "record.farmer"),
        ({"meta": "x"}, None),
        ({"meta": {"instanceID": 5}}, "record.meta.instanceID"),
    ],
)
def test_records_that_do_not_fit_the_form_are_refused_or_flagged_by_field(
    client: FlaskClient, headers: Headers, record: Item, field: str | None
) -> None:
    (outcome,) = send(client, headers, item() | {"record": record})

    if field is None:
        assert outcome["status"] == "held"
        return
    assert outcome["status"] == "refused"
    assert [error["field"] for error in outcome["problem"]["errors"]] == [field]


def test_other_content_under_the_same_id_is_held_with_both_digests(
    client: FlaskClient, headers: Headers
) -> None:
    send(client, headers, xml_item("uuid:one", kg="12"))

    (outcome,) = send(client, headers, xml_item("uuid:one", kg="13"))

    assert (outcome["status"], outcome["held_reason"]) == ("held", "conflict")
    assert len(set(outcome["digests"].values())) == 2


def test_a_correction_as_a_record_becomes_the_next_revision(
    client: FlaskClient, headers: Headers
) -> None:
    send(client, headers, item(12, instance_id="uuid:one"))
    db.session.get_one(Submission, "uuid:one").state = SubmissionState.RETURNED
    db.session.commit()

    (outcome,) = send(
        client,
        headers,
        item(13, instance_id="uuid:two", deprecated_id="uuid:one"),
    )

    assert outcome["status"] == "revised"
    assert db.session.get_one(Submission, "uuid:one").revision_id == "uuid:two"


def test_files_that_are_still_to_come_are_named(
    client: FlaskClient, headers: Headers
) -> None:
    (outcome,) = send(client, headers, xml_item("uuid:one", photo="a.jpg"))

    assert outcome["missing_files"] == ["a.jpg"]


def test_two_hundred_records_come_in_one_gzipped_batch_and_201_do_not(
    client: FlaskClient, headers: Headers
) -> None:
    items = [item(n + 1, instance_id=f"uuid:{uuid4()}") for n in range(200)]
    packed = gzip.compress(orjson.dumps({"items": items}))

    response = send_bytes(client, headers, packed, **{"Content-Encoding": "gzip"})
    too_many = client.post(ADDRESS, json={"items": [{}] * 201}, headers=headers)

    assert {each["status"] for each in response.get_json()["items"]} == {"created"}
    assert count_of(Submission) == 200
    assert too_many.status_code == 422


def test_a_gzip_bomb_is_refused_with_413(client: FlaskClient, headers: Headers) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))

    response = send_bytes(client, headers, bomb, **{"Content-Encoding": "gzip"})

    assert (response.status_code, slug(response)) == (413, "too-large")


def test_a_body_above_the_limit_is_refused_with_413(
    client: FlaskClient, headers: Headers
) -> None:
    response = send_bytes(client, headers, b" " * (17 * 1024 * 1024))

    assert (response.status_code, slug(response)) == (413, "too-large")


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"items": [{"xml": "\\ud800"}]}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"[]", {}, 422),
        (b"null", {}, 422),
        (b"{}", {}, 422),
        (b'{"items": []}', {}, 422),
        (b'{"items": {}}', {}, 422),
        (b'{"items": [{}], "x": 1}', {}, 422),
        (b'{"items": [{}]}', {"Content-Type": "text/plain"}, 415),
        (b'{"items": [{}]}', {"Content-Encoding": "br"}, 415),
        (b'{"items": [{}]}', {"Content-Encoding": "gzip"}, 400),
        (
            gzip.compress(b'{"items": [{}]}', mtime=0)[:-9],
            {"Content-Encoding": "gzip"},
            400,
        ),
        (gzip.compress(b"{}", mtime=0) + b"x", {"Content-Encoding": "gzip"}, 400),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_as_a_problem(
    client: FlaskClient, headers: Headers, body: bytes, more: Headers, status: int
) -> None:
    response = send_bytes(client, headers, body, **more)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert set(response.get_json()["texts"]) == {"id", "en"}


@pytest.mark.parametrize(
    "record", [{"village": {"a": [{}] * 5}}, {"kg": 1e400}, {"kg": 10**400}]
)
def test_odd_values_in_a_record_never_break_the_batch(
    client: FlaskClient, headers: Headers, record: Item
) -> None:
    body = orjson.dumps({"items": [xml_item("uuid:one")]})
    odd = str(record).replace("'", '"').replace("inf", "1e400")
    body = body.replace(
        b'"items":[',
        f'"items":[{{"form_id":"setoran","version":"{VERSION}","record":{odd}}},'.encode(),
    )

    response = send_bytes(client, headers, body)

    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert response.get_json()["items"][1]["status"] == "created"


def test_a_deeply_nested_record_is_refused_and_its_neighbour_taken(
    client: FlaskClient, headers: Headers
) -> None:
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}

    first, second = send(
        client, headers, item() | {"record": deep}, xml_item("uuid:one")
    )

    assert (first["status"], second["status"]) == ("refused", "created")


def test_without_a_token_nothing_is_read(client: FlaskClient) -> None:
    response = client.post(ADDRESS, json={"items": [xml_item()]})

    assert response.status_code == 401
    assert count_of(Submission) == 0


def test_who_may_not_send_entries_is_refused(client: FlaskClient, siti: User) -> None:
    assert siti
    headers = auth_headers(make_person(Role.COORDINATOR, SEMEDO))

    response = client.post(ADDRESS, json={"items": [xml_item()]}, headers=headers)

    assert response.status_code == 403
    assert count_of(Submission) == 0
