import base64
import json
import re
import zlib
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import Device
from fieldapp.identity.permissions import Role
from fieldapp.identity.queries import find_device_actor
from fieldapp.phone.settings import png_data_url, server_url_in
from tests.answers import items, problem_slug
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    actor_of,
    auth_headers,
    make_device,
    make_grant,
    make_person,
    make_user,
)
from tests.queries import recorded_queries


def test_a_phone_gets_a_token_that_is_shown_once(client: FlaskClient) -> None:
    user = make_person(Role.FACILITATOR)
    headers = auth_headers(user)

    made = client.post("/api/v1/devices", json={"label": "HP Siti"}, headers=headers)
    listed = items(client.get("/api/v1/devices", headers=headers))

    device = made.get_json()
    assert made.status_code == 201
    assert re.fullmatch(r"[a-z2-7]{32}", device["token"])
    assert device["server_url"] == f"http://localhost/v1/key/{device['token']}"
    assert [each["id"] for each in listed] == [device["id"]]
    assert device["token"] not in str(listed)


def test_a_phone_is_set_up_by_a_code_that_is_shown_once(client: FlaskClient) -> None:
    user = make_person(Role.FACILITATOR)
    headers = auth_headers(user)

    device = client.post(
        "/api/v1/devices", json={"label": "HP Siti"}, headers=headers
    ).get_json()
    listed = client.get("/api/v1/devices", headers=headers)

    assert server_url_in(device["settings_qr"]) == device["server_url"]
    assert device["settings_qr_png"] == png_data_url(device["settings_qr"])
    assert device["settings_qr"] not in listed.text
    written = zlib.decompress(base64.b64decode(device["settings_qr"]))
    assert json.loads(written)["project"] == {"name": user.name}


def test_only_the_digest_of_a_token_is_kept(client: FlaskClient) -> None:
    del client
    _, token = make_device(make_user())

    kept = db.session.scalars(select(Device.token_digest)).one()

    assert len(kept) == 32
    assert token.encode() not in kept


def test_a_token_speaks_for_its_owner_in_any_case_without_a_transaction(
    client: FlaskClient,
) -> None:
    del client
    user = make_person(Role.FACILITATOR)
    make_grant(user, Role.COORDINATOR, BUMISARI)
    device, token = make_device(user)

    with recorded_queries() as queries:
        actor = find_device_actor(token.upper())

    assert actor is not None
    assert actor.user_id == user.id
    assert actor.device_id == device.id
    assert set(actor.grants) == set(actor_of(user).grants)
    assert len(actor.grants) == 2
    assert queries == []


def test_what_cannot_be_a_token_costs_no_query(client: FlaskClient) -> None:
    del client
    with recorded_queries() as queries:
        for token in ("", "x" * 32, "a" * 31, "a" * 31 + "\x00", "ａ" * 32):
            assert find_device_actor(token) is None or token == "x" * 32

    assert queries == []


def test_a_revoked_device_is_refused_at_once(client: FlaskClient) -> None:
    user = make_user()
    device, token = make_device(user)
    assert find_device_actor(token) is not None
    address = f"/api/v1/devices/{device.id}"

    response = client.delete(address, headers=auth_headers(user))

    assert response.status_code == 204
    assert find_device_actor(token) is None
    again = client.delete(address, headers=auth_headers(user))
    assert again.status_code == 204


def test_a_device_of_a_deactivated_person_is_refused(client: FlaskClient) -> None:
    del client
    user = make_user()
    _, token = make_device(user)

    user.is_active = False
    db.session.commit()

    assert find_device_actor(token) is None


def test_an_administrator_sets_up_phones_for_the_people_of_their_area(
    client: FlaskClient,
) -> None:
    facilitator = make_person(Role.FACILITATOR, SEMEDO)
    headers = auth_headers(make_person(Role.ADMINISTRATOR, BANYUMAS))
    body = {"label": "HP kantor", "user_id": str(facilitator.id)}

    made = client.post("/api/v1/devices", json=body, headers=headers)
    address = f"/api/v1/devices?user_id={facilitator.id}"
    listed = items(client.get(address, headers=headers))
    gone = client.delete(f"/api/v1/devices/{made.get_json()['id']}", headers=headers)

    assert made.status_code == 201
    assert len(listed) == 1
    assert gone.status_code == 204


def test_devices_of_others_do_not_exist_for_who_has_no_say(
    client: FlaskClient,
) -> None:
    owner = make_person(Role.FACILITATOR, SEMEDO)
    device, token = make_device(owner)
    strangers = [
        make_person(Role.FACILITATOR, SEMEDO),
        make_person(Role.COORDINATOR, SEMEDO),
        make_person(Role.ADMINISTRATOR, BUMISARI),
        make_person(Role.ADMINISTRATOR, SEMEDO, programme_id="desa-devisa"),
    ]

    for stranger in strangers:
        headers = auth_headers(stranger)
        for user_id in (owner.id, uuid4()):
            body = {"label": "x", "user_id": str(user_id)}
            made = client.post("/api/v1/devices", json=body, headers=headers)
            listed = client.get(f"/api/v1/devices?user_id={user_id}", headers=headers)
            assert problem_slug(made) == "not-found"
            assert listed.data == made.data
        gone = client.delete(f"/api/v1/devices/{device.id}", headers=headers)
        never = client.delete(f"/api/v1/devices/{uuid4()}", headers=headers)
        assert gone.status_code == 404
        assert gone.data == never.data
    assert find_device_actor(token) is not None


def test_nobody_gets_a_token_of_a_person_with_roles_beyond_their_own(
    client: FlaskClient,
) -> None:
    person = make_person(Role.FACILITATOR, SEMEDO)
    make_grant(person, Role.ADMINISTRATOR, BUMISARI)
    headers = auth_headers(make_person(Role.ADMINISTRATOR, SEMEDO))
    body = {"label": "x", "user_id": str(person.id)}

    made = client.post("/api/v1/devices", json=body, headers=headers)

    assert problem_slug(made) == "not-found"
