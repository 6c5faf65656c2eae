from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from tests.answers import error_fields, problem_slug
from tests.entries import deliver, entry_xml
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_person,
)
from tests.queries import recorded_queries

APPROVAL = {"kind": "approve", "revision_id": "uuid:one"}
RETURN = {"kind": "return", "revision_id": "uuid:one", "note": "Timbang lagi."}


@pytest.fixture
def reviewer(coordinator: User) -> Headers:
    return auth_headers(coordinator)


def post_decision(
    client: FlaskClient,
    headers: Headers,
    body: dict[str, Any],
    instance_id: str = "uuid:one",
) -> TestResponse:
    address = f"/api/v1/submissions/{instance_id}/decisions"
    return client.post(address, json=body, headers=headers)


def get_entry(
    client: FlaskClient, headers: Headers, instance_id: str = "uuid:one"
) -> TestResponse:
    return client.get(f"/api/v1/submissions/{instance_id}", headers=headers)


def test_a_decision_is_answered_with_what_was_decided(
    client: FlaskClient, facilitator: User, coordinator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))
    question = "/data/kg"

    response = post_decision(client, reviewer, {**RETURN, "questions": [question]})

    assert response.status_code == 201
    taken = response.get_json()
    assert taken["decided_at"].endswith("+00:00")
    del taken["decided_at"], taken["id"]
    assert taken == {
        "submission_id": "uuid:one",
        "revision_id": "uuid:one",
        "kind": "return",
        "reviewer_id": str(coordinator.id),
        "reviewer_name": coordinator.name,
        "note": "Timbang lagi.",
        "questions": [question],
        "is_override": False,
        "state": "returned",
    }


def test_an_entry_is_read_whole(
    client: FlaskClient, facilitator: User, coordinator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one", kg="9000", photo="a b.jpg"))
    post_decision(client, reviewer, RETURN)
    edit = entry_xml("uuid:two", kg="160", photo="a b.jpg", deprecated_id="uuid:one")
    deliver(facilitator, edit)

    whole = get_entry(client, reviewer, "uuid:two").get_json()

    assert whole == get_entry(client, reviewer, "uuid:one").get_json()
    assert whole["id"] == "uuid:one"
    assert whole["revision_id"] == "uuid:two"
    assert whole["state"] == "received"
    assert whole["area_name"] == "Semedo"
    assert whole["author_name"] == facilitator.name
    assert whole["approvals_needed"] == 1
    assert whole["record"]["kg"] == 160
    assert whole["record"]["village"] == SEMEDO
    assert whole["violations"] == []
    (warning,) = whole["warnings"]
    assert warning["path"] == "/data/kg"
    assert warning["label"]["id"] == "Berat (kg)"
    assert warning["label"]["en"] == "Weight (kg)"
    assert [each["number"] for each in whole["revisions"]] == [1, 2]
    assert [each["kind"] for each in whole["decisions"]] == ["return"]
    assert whole["decisions"][0]["reviewer_name"] == coordinator.name
    (attachment,) = whole["attachments"]
    assert attachment["name"] == "a b.jpg"
    assert attachment["url"] is None


def test_violations_name_the_question_in_both_languages(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one", kg="9000"))

    (violation,) = get_entry(client, reviewer).get_json()["violations"]

    assert violation["path"] == "/data/kg"
    assert violation["rule"] == "constraint"
    assert violation["value"] == "9000"
    assert violation["label"] == {"id": "Berat (kg)", "en": "Weight (kg)"}
    assert violation["message"]["id"] == "Berat 0 sampai 2000 kg."
    assert violation["message"]["en"] == "Weight is 0 to 2000 kg."
    assert violation["answer"] == {"id": "9000", "en": "9000"}
    assert violation["reason"]["en"] == "Expected: this answer is at most 2000."
    assert (violation["item"], violation["readings"]) == ({}, [])


def test_each_revision_is_found_byte_for_byte(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    first = entry_xml("uuid:one", kg="5")
    second = entry_xml("uuid:two", kg="6", deprecated_id="uuid:one")
    deliver(facilitator, first)
    deliver(facilitator, second)

    revisions = get_entry(client, reviewer).get_json()["revisions"]

    contents = [client.get(each["xml_url"], headers=reviewer) for each in revisions]
    assert [each.data for each in contents] == [first, second]
    now = client.get("/api/v1/submissions/uuid:one/xml", headers=reviewer)
    assert now.data == second


def test_an_id_with_signs_in_it_is_found(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    name = "x/y z?#%2F"
    deliver(facilitator, entry_xml(name))

    response = get_entry(client, reviewer, "x%2Fy%20z%3F%23%252F")

    assert response.get_json()["id"] == name
    link = response.get_json()["revisions"][0]["xml_url"]
    assert client.get(link, headers=reviewer).status_code == 200


def test_reading_an_entry_asks_a_fixed_number_of_queries(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))
    get_entry(client, reviewer)
    with recorded_queries() as once:
        get_entry(client, reviewer)
    for number in range(3):
        before = "uuid:one" if number == 0 else f"uuid:{number - 1}"
        deliver(facilitator, entry_xml(f"uuid:{number}", deprecated_id=before))

    with recorded_queries() as queries:
        get_entry(client, reviewer)

    assert len(queries) == len(once) <= 12


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [
        ({"revision_id": "uuid:older"}, 409, "revision-outdated"),
        ({"kind": "reopen", "note": "x"}, 409, "decision-not-allowed"),
        ({"kind": "reject", "note": None}, 422, "note-required"),
        ({"kind": "reject"}, 422, "note-required"),
    ],
)
def test_a_decision_that_does_not_hold_says_why(
    client: FlaskClient,
    facilitator: User,
    reviewer: Headers,
    change: dict[str, Any],
    status: int,
    slug: str,
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))

    response = post_decision(client, reviewer, {**APPROVAL, **change})

    assert response.status_code == status
    assert problem_slug(response) == slug


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "praise"}, "kind"),
        ({"revision_id": None}, "revision_id"),
        ({"note": "\x00"}, "note"),
        ({"note": "x" * 5000}, "note"),
        ({"note": "   "}, "note"),
        ({"questions": "kg"}, "questions"),
        ({"questions": ["x\ud800"]}, "questions.0"),
        ({"override": "maybe"}, "override"),
        ({"reviewer_id": "me"}, "reviewer_id"),
    ],
)
def test_a_malformed_decision_names_the_field(
    client: FlaskClient,
    facilitator: User,
    reviewer: Headers,
    change: dict[str, Any],
    field: str,
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))

    response = post_decision(client, reviewer, {**APPROVAL, **change})

    assert problem_slug(response) == "invalid-request"
    assert error_fields(response) == {field}


def test_a_list_of_decisions_has_an_outcome_for_each(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    other = make_person(Role.FACILITATOR, BUMISARI)
    deliver(other, entry_xml("uuid:theirs", village=BUMISARI))
    deliver(facilitator, entry_xml("uuid:one"))
    body = {
        "items": [
            {**APPROVAL, "instance_id": "uuid:theirs"},
            {**APPROVAL, "instance_id": "uuid:never"},
            {**APPROVAL, "instance_id": "uuid:one"},
            {**APPROVAL, "instance_id": "uuid:one"},
        ]
    }

    response = client.post("/api/v1/decisions", json=body, headers=reviewer)

    outcomes = response.get_json()["items"]
    assert response.status_code == 200
    assert [each["status"] for each in outcomes] == [
        "refused",
        "refused",
        "decided",
        "refused",
    ]
    assert outcomes[0]["problem"] == outcomes[1]["problem"]
    assert outcomes[0]["problem"]["status"] == 404
    assert outcomes[2]["decision"]["state"] == "approved"
    assert outcomes[3]["problem"]["type"] == "/problems/decision-not-allowed"


@pytest.mark.parametrize("number", [0, 201])
def test_a_list_has_a_limit(
    client: FlaskClient, reviewer: Headers, number: int
) -> None:
    order = {**APPROVAL, "instance_id": "uuid:one"}

    response = client.post(
        "/api/v1/decisions", json={"items": [order] * number}, headers=reviewer
    )

    assert error_fields(response) == {"items"}


def test_what_is_outside_ones_area_or_role_answers_like_nothing(
    client: FlaskClient, facilitator: User
) -> None:
    deliver(facilitator, entry_xml("uuid:one", photo="f.jpg"))
    strangers = [
        make_person(Role.COORDINATOR, BUMISARI),
        make_person(Role.AUDITOR, BUMISARI),
        make_person(Role.ADMINISTRATOR, BUMISARI),
        make_person(Role.FACILITATOR, SEMEDO),
        make_person(Role.FACILITATOR, BANYUMAS),
        make_person(Role.COORDINATOR, SEMEDO, programme_id="desa-devisa"),
    ]
    parts = ["", "/xml", "/xml?revision=1", "/attachments/f.jpg"]

    for stranger in strangers:
        headers = auth_headers(stranger)
        answers = [
            client.get(f"/api/v1/submissions/{id_}{part}", headers=headers)
            for id_ in ("uuid:one", "uuid:never", "uuid:one%00")
            for part in parts
        ]
        answers += [
            post_decision(client, headers, APPROVAL, id_)
            for id_ in ("uuid:one", "uuid:never")
        ]
        assert {each.status_code for each in answers} == {404}
        assert len({each.data for each in answers}) == 1


def test_an_auditor_reads_and_does_not_decide(
    client: FlaskClient, facilitator: User
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))
    auditor = auth_headers(make_person(Role.AUDITOR, BANYUMAS))

    assert get_entry(client, auditor).status_code == 200
    assert problem_slug(post_decision(client, auditor, APPROVAL)) == "not-found"
    body = {"items": [{**APPROVAL, "instance_id": "uuid:one"}]}
    many = client.post("/api/v1/decisions", json=body, headers=auditor)
    assert problem_slug(many) == "not-permitted"


def test_a_facilitator_reads_their_own_entry_and_what_was_decided(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one"))
    post_decision(client, reviewer, RETURN)

    own = get_entry(client, auth_headers(facilitator))

    assert own.get_json()["state"] == "returned"
    assert own.get_json()["decisions"][0]["note"] == "Timbang lagi."


def test_my_entries_are_mine_with_the_last_decision_and_what_is_held(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    colleague = make_person(Role.FACILITATOR, SEMEDO)
    deliver(colleague, entry_xml("uuid:colleague"))
    deliver(colleague, entry_xml("uuid:held", village=BUMISARI))
    deliver(facilitator, entry_xml("uuid:one"))
    deliver(facilitator, entry_xml("uuid:two"))
    deliver(facilitator, entry_xml("uuid:mine-held", village=BUMISARI))
    post_decision(client, reviewer, RETURN)

    mine = client.get("/api/v1/my/entries", headers=auth_headers(facilitator))

    body = mine.get_json()
    assert [each["id"] for each in body["items"]] == ["uuid:one", "uuid:two"]
    assert body["items"][0]["decision"]["note"] == "Timbang lagi."
    assert body["items"][1]["decision"] is None
    assert [each["instance_id"] for each in body["held"]] == ["uuid:mine-held"]
    assert body["held"][0]["reason"] == "area"
    assert set(body["held"][0]["explanation"]) == {"id", "en"}


def test_my_entries_come_in_pages(client: FlaskClient, facilitator: User) -> None:
    headers = auth_headers(facilitator)
    for number in range(5):
        deliver(facilitator, entry_xml(f"uuid:{number}"))
    deliver(facilitator, entry_xml("uuid:held", village=BUMISARI))

    first = client.get("/api/v1/my/entries?limit=3", headers=headers).get_json()
    address = f"/api/v1/my/entries?limit=3&cursor={first['next_cursor']}"
    second = client.get(address, headers=headers).get_json()

    ids = [each["id"] for each in first["items"] + second["items"]]
    assert ids == [f"uuid:{number}" for number in (4, 3, 2, 1, 0)]
    assert len(first["held"]) == 1
    assert second["held"] == []
    assert second["next_cursor"] is None


def test_who_sends_nothing_has_no_entries_of_their_own(
    client: FlaskClient, reviewer: Headers
) -> None:
    response = client.get("/api/v1/my/entries", headers=reviewer)

    assert problem_slug(response) == "not-permitted"


def test_a_correction_is_shown_by_what_it_changed(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:one", kg="12.5"))
    post_decision(client, reviewer, RETURN)
    deliver(facilitator, entry_xml("uuid:two", kg="13", deprecated_id="uuid:one"))
    deliver(facilitator, entry_xml("uuid:three", kg="13", deprecated_id="uuid:two"))
    url = "/api/v1/submissions/uuid:one/differences"

    first = client.get(f"{url}?from=1&to=2", headers=reviewer).get_json()
    last = client.get(url, headers=reviewer).get_json()

    (change,) = first["items"]
    assert change["label"] == {"id": "Berat (kg)", "en": "Weight (kg)"}
    assert (change["before"]["id"], change["after"]["id"]) == ("12,5", "13")
    assert last == {"from": 2, "to": 3, "items": []}
    assert client.get(f"{url}?from=4", headers=reviewer).status_code == 404
