from typing import Any

import pytest
from flask.testing import FlaskClient

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.queries import entries_up_to
from fieldapp.notices import webhooks
from fieldapp.notices.models import Webhook
from tests.entries import deliver, entry_xml
from tests.factories import (
    BANYUMAS,
    SEMEDO,
    Headers,
    auth_headers,
    make_area,
    make_person,
)
from tests.notices.receiver import Receiver
from tests.notices.webhooks import work

URL = "https://93.184.215.14/kait"


@pytest.fixture
def admin(client: FlaskClient) -> Headers:
    assert client
    return auth_headers(make_person(Role.ADMINISTRATOR, SEMEDO))


def create(client: FlaskClient, headers: Headers, **changes: Any) -> Any:
    body = {"url": URL, "area_code": SEMEDO, "events": ["entry.received"], **changes}
    return client.post("/api/v1/webhooks", json=body, headers=headers)


def test_secret_is_shown_once(client: FlaskClient, admin: Headers) -> None:
    made = create(client, admin)

    assert made.status_code == 201, made.text
    assert made.get_json()["secret"].startswith("whsec_")
    address = f"/api/v1/webhooks/{made.get_json()['id']}"
    for answer in (
        client.get(address, headers=admin),
        client.get("/api/v1/webhooks", headers=admin),
        client.patch(address, json={"description": "ERP"}, headers=admin),
    ):
        assert answer.status_code == 200
        assert "secret" not in answer.text
        assert "whsec_" not in answer.text


def test_secrets_differ_and_are_long(client: FlaskClient, admin: Headers) -> None:
    secrets = {create(client, admin).get_json()["secret"] for _ in range(3)}

    assert len(secrets) == 3
    assert {len(secret) for secret in secrets} == {len("whsec_") + 44}


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://8.8.8.8/", "not-https"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://localhost/", "private"),
        ("https://tidak-ada.invalid/", "unknown-host"),
        ("javascript:alert(1)", "malformed"),
    ],
)
def test_refused_targets_are_explained_in_both_languages(
    client: FlaskClient, admin: Headers, url: str, refusal: str
) -> None:
    webhook_id = create(client, admin).get_json()["id"]
    for answer in (
        create(client, admin, url=url),
        client.patch(
            f"/api/v1/webhooks/{webhook_id}", json={"url": url}, headers=admin
        ),
    ):
        problem = answer.get_json()
        assert answer.status_code == 422
        assert problem["type"] == "/problems/webhook-target-refused"
        assert problem["refusal"] == refusal
        assert problem["texts"]["id"] != problem["texts"]["en"]
        assert problem["errors"][0]["field"] == "url"


@pytest.mark.parametrize(
    "changes",
    [
        {"events": []},
        {"events": ["entry.deleted"]},
        {"url": 7},
        {"area_code": "33.02.16.2999"},
        {"area_code": BANYUMAS},
        {"area_code": "ID"},
        {"programme_id": "tidak-ada"},
        {"secret": "mine"},
        {"description": "ERP\x00"},
    ],
)
def test_what_cannot_be_set_up_is_refused(
    client: FlaskClient, admin: Headers, changes: dict[str, Any]
) -> None:
    make_area(BANYUMAS)

    assert create(client, admin, **changes).status_code == 422
    assert db.session.query(Webhook).count() == 0


def test_webhook_is_changed_disabled_enabled_and_removed(
    client: FlaskClient, admin: Headers
) -> None:
    address = f"/api/v1/webhooks/{create(client, admin).get_json()['id']}"

    changes = {"url": f"{URL}/2", "events": ["form.published", "entry.approved"]}
    changed = client.patch(address, json=changes, headers=admin).get_json()
    assert changed["url"] == f"{URL}/2"
    assert changed["events"] == ["entry.approved", "form.published"]

    off = client.patch(address, json={"is_enabled": False}, headers=admin).get_json()
    assert (off["is_enabled"], off["disabled_reason"]) == (False, "by-person")
    on = client.patch(address, json={"is_enabled": True}, headers=admin).get_json()
    assert (on["is_enabled"], on["disabled_reason"]) == (True, None)

    assert client.delete(address, headers=admin).status_code == 204
    assert client.get(address, headers=admin).status_code == 404


def test_who_changes_a_webhook_answers_for_it(
    client: FlaskClient, admin: Headers
) -> None:
    address = f"/api/v1/webhooks/{create(client, admin).get_json()['id']}"
    other = make_person(Role.ADMINISTRATOR, BANYUMAS)
    client.patch(address, json={"description": "ERP"}, headers=auth_headers(other))

    owner_id = client.get(address, headers=admin).get_json()["owner_id"]
    assert owner_id == str(other.id)


def test_log_of_the_area_says_what_leaves_it_and_to_which_host(
    client: FlaskClient, admin: Headers
) -> None:
    made = create(client, admin, url=f"{URL}?token=rahasia").get_json()
    client.delete(f"/api/v1/webhooks/{made['id']}", headers=admin)

    log = b"\n".join(entry.body for entry in entries_up_to(SEMEDO, 100))
    assert log.count(made["id"].encode()) == 2
    assert b'"webhook-created"' in log
    assert b'"webhook-deleted"' in log
    assert b"93.184.215.14" in log
    assert b"rahasia" not in log


def test_an_area_has_only_so_many(
    client: FlaskClient, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 2)
    statuses = [create(client, admin).status_code for _ in range(3)]

    assert statuses == [201, 201, 409]


def test_deliveries_are_listed_page_by_page_and_sent_again(
    client: FlaskClient, admin: Headers, here: Receiver, facilitator: User
) -> None:
    made = create(client, admin, url=here.url).get_json()
    here.answers = [204, 204, 500]
    for _ in range(3):
        deliver(facilitator, entry_xml())
    work()
    address = f"/api/v1/webhooks/{made['id']}/deliveries"

    first = client.get(f"{address}?limit=2", headers=admin).get_json()
    cursor = first["next_cursor"]
    second = client.get(f"{address}?limit=2&cursor={cursor}", headers=admin).get_json()
    items = first["items"] + second["items"]
    assert len({item["id"] for item in items}) == 3
    assert second["next_cursor"] is None
    waiting = client.get(f"{address}?state=waiting", headers=admin).get_json()["items"]
    (item,) = waiting
    assert (item["tries"], item["last_status"]) == (1, 500)
    assert (item["last_error"], item["event"]) == ("status", "entry.received")
    assert item["next_try_at"] > item["tried_at"]

    again = client.post(f"{address}/{items[-1]['id']}/redeliver", headers=admin)
    assert again.status_code == 200
    work()
    ids = [each.headers["webhook-id"] for each in here.received]
    assert ids.count(items[-1]["message_id"]) == 2


def test_a_disabled_webhook_sends_nothing_again(
    client: FlaskClient, admin: Headers, here: Receiver, facilitator: User
) -> None:
    made = create(client, admin, url=here.url).get_json()
    deliver(facilitator, entry_xml())
    work()
    address = f"/api/v1/webhooks/{made['id']}"
    client.patch(address, json={"is_enabled": False}, headers=admin)
    (item,) = client.get(f"{address}/deliveries", headers=admin).get_json()["items"]

    answer = client.post(f"{address}/deliveries/{item['id']}/redeliver", headers=admin)
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/webhook-disabled"
