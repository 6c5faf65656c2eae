"""Working through what waits: the queue, assignment, comments, counts, filters."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.review.models import SavedFilter
from tests.answers import error_fields, items, problem_slug
from tests.entries import deliver, entry_xml
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_person,
)

LIST = "/api/v1/submissions"


@pytest.fixture
def reviewer(coordinator: User) -> Headers:
    return auth_headers(coordinator)


def ids(client: FlaskClient, headers: Headers, query: str) -> list[str]:
    return [
        each["id"] for each in items(client.get(f"{LIST}?{query}", headers=headers))
    ]


def log_of(area_code: str) -> str:
    bodies = select(LedgerEntry.body).where(LedgerEntry.area_code == area_code)
    return b"".join(db.session.scalars(bodies)).decode()


def assign(
    client: FlaskClient, headers: Headers, instance_id: str, user: User | None
) -> Any:
    body = {"user_id": user and str(user.id)}
    url = f"{LIST}/{instance_id}/assignment"
    return client.put(url, json=body, headers=headers)


def test_the_queue_starts_with_what_breaks_rules_then_warnings_then_the_oldest(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    for id_, kg in (
        ("uuid:1", "10"),
        ("uuid:2", "500"),
        ("uuid:3", "-1"),
        ("uuid:4", "20"),
        ("uuid:5", "-2"),
    ):
        deliver(facilitator, entry_xml(id_, kg=kg))
    body = {"kind": "return", "revision_id": "uuid:5", "note": "Timbang lagi."}
    client.post(f"{LIST}/uuid:5/decisions", json=body, headers=reviewer)

    first = client.get(f"{LIST}?order=queue&limit=2", headers=reviewer).get_json()
    rest = ids(client, reviewer, f"order=queue&cursor={first['next_cursor']}")

    assert [each["id"] for each in first["items"]] == ["uuid:3", "uuid:2"]
    assert rest == ["uuid:1", "uuid:4"]
    assert ids(client, reviewer, "flagged=true&state=received") == ["uuid:3", "uuid:2"]
    assert ids(client, reviewer, "flagged=false") == ["uuid:4", "uuid:1"]


def test_an_entry_is_assigned_to_a_reviewer_who_finds_it_and_to_nobody_again(
    client: FlaskClient, facilitator: User, coordinator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:1"))
    deliver(facilitator, entry_xml("uuid:2"))

    given = assign(client, reviewer, "uuid:1", coordinator)

    assert given.get_json()["assigned_to"] == str(coordinator.id)
    assert ids(client, reviewer, f"reviewer={coordinator.id}") == ["uuid:1"]
    assert assign(client, reviewer, "uuid:1", None).get_json()["assigned_to"] is None
    assert ids(client, reviewer, f"reviewer={coordinator.id}") == []
    assert log_of(SEMEDO).count('"kind":"assigned"') == 2


def test_only_who_may_decide_about_an_entry_is_asked_to_review_it(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:1"))
    elsewhere = make_person(Role.COORDINATOR, BUMISARI)
    auditor = make_person(Role.AUDITOR, SEMEDO)

    for unfit in (facilitator, elsewhere, auditor):
        response = assign(client, reviewer, "uuid:1", unfit)
        assert problem_slug(response) == "reviewer-unfit"
        assert error_fields(response) == {"user_id"}


def test_a_comment_is_read_by_all_who_see_the_entry_and_stands_in_the_log_as_a_digest(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:1"))
    url = f"{LIST}/uuid:1/comments"
    siti = auth_headers(facilitator)

    asked = client.post(
        url,
        json={"text": "Timbangan mana?", "questions": ["/data/kg"]},
        headers=reviewer,
    )
    client.post(url, json={"text": "Timbangan gudang."}, headers=siti)

    thread = items(client.get(url, headers=siti))
    assert asked.status_code == 201
    assert [each["text"] for each in thread] == ["Timbangan mana?", "Timbangan gudang."]
    assert thread[0]["questions"] == ["/data/kg"]
    assert thread[0]["revision_id"] == "uuid:1"
    assert log_of(SEMEDO).count('"kind":"comment"') == 2
    assert "Timbangan" not in log_of(SEMEDO)


def test_a_comment_needs_words(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    deliver(facilitator, entry_xml("uuid:1"))

    response = client.post(
        f"{LIST}/uuid:1/comments", json={"text": "  "}, headers=reviewer
    )

    assert error_fields(response) == {"text"}


def test_counts_tell_states_forms_and_the_areas_right_below(
    client: FlaskClient, facilitator: User, reviewer: Headers
) -> None:
    other = make_person(Role.FACILITATOR, BUMISARI)
    for number in range(3):
        deliver(facilitator, entry_xml(f"uuid:{number}"))
    deliver(other, entry_xml("uuid:other", village=BUMISARI))
    body = {"kind": "approve", "revision_id": "uuid:0"}
    client.post(f"{LIST}/uuid:0/decisions", json=body, headers=reviewer)
    chief = auth_headers(make_person(Role.AUDITOR, "33"))

    mine = client.get("/api/v1/submission-counts", headers=reviewer).get_json()
    all_ = client.get("/api/v1/submission-counts?area=33", headers=chief).get_json()
    village = client.get(
        f"/api/v1/submission-counts?area={SEMEDO}&form=setoran", headers=chief
    ).get_json()

    expected = {"received": 2, "approved": 1, "returned": 0, "rejected": 0}
    assert mine["total"] == expected
    assert mine["forms"] == [{"form_id": "setoran", **expected}]
    assert [each["area_code"] for each in mine["areas"]] == ["33"]
    assert {each["area_code"]: each["received"] for each in all_["areas"]} == {
        BANYUMAS: 2,
        "33.03": 1,
    }
    assert village["total"] == expected
    assert [each["area_name"] for each in village["areas"]] == ["Semedo"]


def test_a_filter_is_kept_under_a_name_replaced_and_forgotten(
    client: FlaskClient, reviewer: Headers
) -> None:
    url = "/api/v1/my/filters/Perlu dicek"
    query = {"flagged": True, "area": BANYUMAS, "order": "queue"}

    client.put(url, json={"query": {"state": "received"}}, headers=reviewer)
    client.put(url, json={"query": query}, headers=reviewer)

    kept = items(client.get("/api/v1/my/filters", headers=reviewer))
    assert kept == [{"name": "Perlu dicek", "query": query}]
    assert client.delete(url, headers=reviewer).status_code == 204
    assert client.delete(url, headers=reviewer).status_code == 404
    assert db.session.query(SavedFilter).count() == 0


def test_a_filter_that_no_list_understands_is_refused(
    client: FlaskClient, reviewer: Headers
) -> None:
    response = client.put(
        "/api/v1/my/filters/x", json={"query": {"warna": "biru"}}, headers=reviewer
    )

    assert error_fields(response) == {"query.warna"}


def test_filters_are_ones_own(client: FlaskClient, reviewer: Headers) -> None:
    url = "/api/v1/my/filters/x"
    client.put(url, json={"query": {}}, headers=reviewer)
    other = auth_headers(make_person(Role.COORDINATOR, BANYUMAS))

    assert items(client.get("/api/v1/my/filters", headers=other)) == []
    assert client.delete(url, headers=other).status_code == 404
