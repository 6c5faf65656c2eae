"""Two hundred entries in one JSON body, with bad ones among them."""

import gzip
import json
from typing import Any

import pytest

from fieldapp.identity.permissions import Role
from tests.e2e.conftest import sign_in
from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation
from tests.e2e.wire import Reader
from tests.factories import SEMEDO, make_area

BATCH = 200
OTHER_VILLAGE = "33.02.16.2001"
Item = dict[str, Any]


@pytest.fixture
def facilitator(place: Installation) -> Reader:
    return sign_in(place, Role.FACILITATOR, SEMEDO)


def template() -> Entry:
    return entries_of("gula_semut_delivery")["valid-semedo.xml"].renamed()


def changed(old: str, new: str) -> Item:
    return {"xml": template().xml.decode().replace(old, new)}


def as_record(reader: Reader, entry: Entry) -> Item:
    """Read an entry back as a record, and send that as another entry."""
    answer = reader.entry(entry.id)
    record = answer["record"]
    record["meta"].pop("instanceID")
    version = answer["revisions"][0]["form_version"]
    return {"form_id": answer["form_id"], "version": version, "record": record}


def bad_items() -> list[tuple[object, str, object]]:
    """List what comes with what is to be answered: status, and slug or reason."""
    twice = template()
    other = twice.xml.replace(b"</meta>", b"<!-- other --></meta>").decode()
    return [
        (None, "refused", "invalid-request"),
        ("text", "refused", "invalid-request"),
        ({}, "refused", "invalid-request"),
        ({"xml": ""}, "refused", "invalid-request"),
        ({"xml": template().xml.decode()[:-9]}, "refused", "unreadable-entry"),
        (changed("</data>", "</data>\0"), "refused", "unreadable-entry"),
        (changed("<data ", "<!DOCTYPE d><data "), "refused", "unreadable-entry"),
        (changed("instanceID>", "id>"), "refused", "unreadable-entry"),
        (changed('id="gula_semut_delivery"', ""), "refused", "unreadable-entry"),
        (
            {"form_id": "gula_semut_delivery", "version": "1", "record": {}},
            "refused",
            "unknown-form-version",
        ),
        (changed('id="gula_semut_delivery"', 'id="lain"'), "held", "form"),
        (changed(SEMEDO, OTHER_VILLAGE), "held", "area"),
        (changed(SEMEDO, "3302162007"), "held", "area"),
        (changed(SEMEDO, "99.99.99.9999"), "held", "area"),
        ({"xml": twice.xml.decode()}, "created", None),
        ({"xml": twice.xml.decode()}, "duplicate", None),
        ({"xml": other}, "held", "conflict"),
    ]


def verdict(outcome: Item) -> tuple[str, object]:
    problem = outcome["problem"]
    slug = problem["type"].removeprefix("/problems/") if problem else None
    return outcome["status"], slug or outcome["held_reason"]


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
def test_bad_entries_of_a_batch_harm_no_other(
    place: Installation,
    facilitator: Reader,
    is_packed: bool,  # noqa: FBT001 - A parameter of the test.
) -> None:
    with place.app.app_context():
        make_area(OTHER_VILLAGE)
    good = [template() for _ in range(BATCH - len(bad_items()))]
    bad = bad_items()
    # A bad one after each few good ones.
    step = len(good) // len(bad)
    items: list[object] = [{"xml": entry.xml.decode()} for entry in good]
    for number, (item, _, _) in enumerate(bad):
        items.insert(number * (step + 1), item)
    body = json.dumps({"items": items}).encode()

    answer = facilitator.post(
        "/sync/submissions",
        gzip.compress(body) if is_packed else body,
        **({"Content-Encoding": "gzip"} if is_packed else {}),
    )

    assert answer.status == 200, answer.body
    outcomes = answer.json["items"]
    assert len(outcomes) == BATCH
    told = [outcomes.pop(number * step) for number in range(len(bad))]
    assert [verdict(each) for each in told] == [each[1:] for each in bad]
    assert {verdict(each) for each in outcomes} == {("created", None)}
    assert [each["instance_id"] for each in outcomes] == [each.id for each in good]
    ids = [entry.id for entry in good]
    standing = place.rows("select id from submission where id = any(%s)", ids)
    assert {row[0] for row in standing} == set(ids)
    again = facilitator.post("/sync/submissions", {"items": items}).json["items"]
    assert {each["status"] for each in again} == {"duplicate", "refused", "held"}


def test_what_came_as_xml_is_read_as_a_record_and_sent_as_one(
    facilitator: Reader, coordinator: Reader
) -> None:
    entry = template()
    facilitator.post("/sync/submissions", {"items": [{"xml": entry.xml.decode()}]})
    record = as_record(coordinator, entry)

    sent = facilitator.post("/sync/submissions", {"items": [record]})

    (outcome,) = sent.json["items"]
    assert verdict(outcome) == ("created", None)
    assert outcome["violations"] == []
    copy = coordinator.entry(outcome["instance_id"])
    copy["record"]["meta"].pop("instanceID")
    assert copy["record"] == record["record"]
