"""Registers over HTTP, and what coordinators decide about."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from tests.entities.registering import (
    Farmer,
    changes,
    decide_on,
    entity,
    send,
    values_of,
    visit_xml,
)
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    auth_headers,
    make_grant,
    make_person,
)
from tests.openrosa.phone import Phone

NOTE = {"note": "Sudah ditanyakan ke Bu Siti."}


@pytest.fixture
def farmer(phone: Phone, coordinator: User) -> Farmer:
    found = Farmer()
    send(phone, found.xml("uuid:reg"))
    decide_on(coordinator, "uuid:reg")
    return found


@pytest.fixture
def clash(phone: Phone, coordinator: User, farmer: Farmer) -> int:
    """Two visits that clash: the second waits for a person."""
    send(phone, visit_xml("uuid:a", farmer.id, trunk="1", hp="0899"))
    send(phone, visit_xml("uuid:b", farmer.id, trunk="1", hp="0777"))
    decide_on(coordinator, "uuid:a")
    decide_on(coordinator, "uuid:b")
    return int(open_change(phone.client, coordinator)["id"])


def get(client: FlaskClient, user: User, path: str, **query: object) -> Any:
    response = client.get(
        f"/api/v1{path}", query_string=query, headers=auth_headers(user)
    )
    assert response.status_code == 200, response.data
    return response.get_json()


def post(client: FlaskClient, user: User, path: str) -> tuple[int, Any]:
    response = client.post(f"/api/v1{path}", json=NOTE, headers=auth_headers(user))
    return response.status_code, response.get_json()


def open_change(client: FlaskClient, user: User) -> Any:
    (item,) = get(client, user, "/entity-changes")["items"]
    return item


def last_deeds(kind: str) -> list[Any]:
    rows = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.position))
    return [row for row in rows if kind.encode() in row.body]


def test_register_tells_where_its_properties_come_from(
    phone: Phone, coordinator: User
) -> None:
    (lahan, petani) = get(phone.client, coordinator, "/registers")["items"]

    assert (lahan["name"], petani["name"]) == ("lahan", "petani")
    found = {each["name"]: each for each in petani["properties"]}
    assert found["hp"]["sources"] == ["daftar_petani:/data/hp", "kunjungan:/data/hp"]
    assert found["nama"]["roles"] == ["personal"]
    assert petani["label"]["roles"] == ["personal"]
    assert get(phone.client, coordinator, "/registers/petani") == petani


def test_entities_are_found_by_label_and_area_page_by_page(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    for number, label in enumerate(("Budi 100%", "Aminah", "Cici")):
        send(phone, Farmer(label=label).xml(f"uuid:{number}"))
        decide_on(coordinator, f"uuid:{number}")
    path = "/registers/petani/entities"

    first = get(phone.client, coordinator, path, limit=3)
    rest = get(phone.client, coordinator, path, limit=3, cursor=first["next_cursor"])

    labels = [item["label"] for item in [*first["items"], *rest["items"]]]
    assert labels == ["Aminah", "Budi 100%", "Cici", farmer.label]
    for query, number in (
        ({"q": "AMINAH"}, 2),
        ({"q": "0%"}, 1),
        ({"q": "%"}, 1),
        ({"area": BANYUMAS}, 4),
        ({"area": BUMISARI}, 0),
    ):
        found = get(phone.client, coordinator, path, **query)["items"]
        assert len(found) == number, query


def test_history_names_the_revision_of_each_version(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))
    decide_on(coordinator, "uuid:v")

    found = get(phone.client, coordinator, f"/registers/petani/entities/{farmer.id}")

    assert (found["version"], found["values"]["hp"]) == (2, "0899")
    assert [
        (each["number"], each["kind"], each["revision_id"], each["revision_number"])
        for each in found["versions"]
    ] == [(2, "updated", "uuid:v", 1), (1, "created", "uuid:reg", 1)]
    assert found["versions"][0]["changed"] == {"hp": "0899"}
    assert found["versions"][0]["made_by"] == "Siti"


def test_facilitator_reads_entities_and_no_entry_of_others(
    phone: Phone, farmer: Farmer
) -> None:
    other = make_person(Role.FACILITATOR)

    found = get(phone.client, other, f"/registers/petani/entities/{farmer.id}")

    assert found["label"] == farmer.label
    assert found["versions"] == []


def test_auditor_is_shown_no_person_and_finds_none_by_name(
    phone: Phone, farmer: Farmer
) -> None:
    auditor = make_person(Role.AUDITOR)
    path = "/registers/petani/entities"

    listed = get(phone.client, auditor, path, limit=1)
    whole = get(phone.client, auditor, f"{path}/{farmer.id}")
    found = get(phone.client, auditor, path, q="Siti")

    assert found["items"] == []
    (item,) = listed["items"]
    assert (item["label"], item["values"]["nama"]) == ("***", "***")
    assert (item["values"]["hp"], item["values"]["desa"]) == ("0812", SEMEDO)
    assert farmer.label not in str(whole)
    make_grant(auditor, Role.COORDINATOR, SEMEDO)
    assert get(phone.client, auditor, path, q="Siti")["items"][0]["label"] == (
        farmer.label
    )


def test_clash_is_listed_with_what_clashes(
    phone: Phone, coordinator: User, clash: int
) -> None:
    found = open_change(phone.client, coordinator)

    assert found["id"] == clash
    assert (found["state"], found["reason"]) == ("conflict", "changed-meanwhile")
    assert (found["clashes"], found["values"]) == (["hp"], {"hp": "0777"})
    of_entry = get(phone.client, coordinator, "/entity-changes", submission="uuid:a")
    assert [each["state"] for each in of_entry["items"]] == ["applied"]


def test_change_is_applied_on_a_coordinators_word_and_logged(
    phone: Phone, coordinator: User, farmer: Farmer, clash: int
) -> None:
    status, found = post(phone.client, coordinator, f"/entity-changes/{clash}/apply")

    assert (status, found["state"], found["note"]) == (200, "applied", NOTE["note"])
    assert values_of(farmer.id)["hp"] == "0777"
    (deed,) = last_deeds("entity-change-applied")
    assert NOTE["note"].encode() not in deed.body
    assert farmer.label.encode() not in deed.body
    again = post(phone.client, coordinator, f"/entity-changes/{clash}/apply")
    assert again[0] == 409
    assert again[1]["type"] == "/problems/entity-change-decided"


def test_dismissed_change_leaves_the_entity(
    phone: Phone, coordinator: User, farmer: Farmer, clash: int
) -> None:
    status, found = post(phone.client, coordinator, f"/entity-changes/{clash}/dismiss")

    assert (status, found["state"]) == (200, "dismissed")
    assert values_of(farmer.id)["hp"] == "0899"
    assert entity(farmer.id).version == 3
    assert get(phone.client, coordinator, "/entity-changes")["items"] == []


def test_chain_goes_on_after_its_missing_link_was_decided(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    branch = str(uuid4())
    send(phone, visit_xml("uuid:2", farmer.id, base="2", branch=branch, hp="2"))
    send(phone, visit_xml("uuid:3", farmer.id, base="3", branch=branch, hp="3"))
    decide_on(coordinator, "uuid:2")
    decide_on(coordinator, "uuid:3")
    (newest, oldest) = get(phone.client, coordinator, "/entity-changes")["items"]

    status, _ = post(phone.client, coordinator, f"/entity-changes/{oldest['id']}/apply")

    assert newest["reason"] == oldest["reason"] == "base-missing"
    assert status == 200
    assert changes("uuid:3") == [("applied", None)]
    assert values_of(farmer.id)["hp"] == "3"


def test_nobody_decides_about_a_change_of_their_own_entry(
    phone: Phone, siti: User, clash: int
) -> None:
    make_grant(siti, Role.COORDINATOR, SEMEDO)

    for deed in ("apply", "dismiss"):
        status, problem = post(phone.client, siti, f"/entity-changes/{clash}/{deed}")
        assert (status, problem["type"]) == (409, "/problems/own-entry")


def test_change_of_an_entity_elsewhere_is_applied_by_who_sees_both(
    phone: Phone, siti: User, coordinator: User, farmer: Farmer
) -> None:
    make_grant(siti, Role.FACILITATOR, BUMISARI)
    neighbour = make_person(Role.COORDINATOR, BUMISARI)
    xml = visit_xml("uuid:v", farmer.id, trunk="1", village=BUMISARI, hp="0899")
    send(phone, xml)
    decide_on(neighbour, "uuid:v")
    path = f"/entity-changes/{open_change(phone.client, neighbour)['id']}/apply"

    blind = post(phone.client, neighbour, path)
    unseen = post(phone.client, coordinator, path)
    make_grant(coordinator, Role.COORDINATOR, BUMISARI)
    done = post(phone.client, coordinator, path)

    assert (blind[0], blind[1]["type"]) == (
        409,
        "/problems/entity-change-not-applicable",
    )
    assert unseen[0] == 404
    assert done[0] == 200
    assert values_of(farmer.id)["hp"] == "0899"
    areas = {deed.area_code for deed in last_deeds("entity-change-applied")}
    assert areas == {SEMEDO, BUMISARI}


def test_what_can_be_no_entity_can_only_be_dismissed(
    phone: Phone, coordinator: User
) -> None:
    send(phone, Farmer(id="bukan-uuid").xml("uuid:bad"))
    decide_on(coordinator, "uuid:bad")
    path = f"/entity-changes/{open_change(phone.client, coordinator)['id']}"

    assert post(phone.client, coordinator, f"{path}/apply")[0] == 409
    assert post(phone.client, coordinator, f"{path}/dismiss")[0] == 200


def test_update_of_what_was_never_registered_makes_it_where_it_has_a_label(
    phone: Phone, coordinator: User
) -> None:
    never = str(uuid4())
    xml = visit_xml("uuid:v", never, base="1", branch=str(uuid4()), hp="0899")
    labelled = xml.replace(b'"/><inst', b'"><label>Budi</label></entity><inst')
    send(phone, labelled)
    decide_on(coordinator, "uuid:v")
    path = f"/entity-changes/{open_change(phone.client, coordinator)['id']}/apply"

    status, _ = post(phone.client, coordinator, path)

    assert status == 200
    assert (entity(never).label, values_of(never)["hp"]) == ("Budi", "0899")


def test_deleting_needs_a_reason_and_is_logged_without_a_name(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    path = f"/registers/petani/entities/{farmer.id}"
    empty = phone.client.post(
        f"/api/v1{path}/delete", json={}, headers=auth_headers(coordinator)
    )

    status, found = post(phone.client, coordinator, f"{path}/delete")

    assert empty.status_code == 422
    assert (status, found["state"], found["version"]) == (200, "deleted", 2)
    assert get(phone.client, coordinator, "/registers/petani/entities")["items"] == []
    assert get(phone.client, coordinator, path)["versions"][0]["kind"] == "deleted"
    (deed,) = last_deeds("entity-deleted")
    assert farmer.label.encode() not in deed.body
    again = post(phone.client, coordinator, f"{path}/delete")
    assert (again[0], again[1]["type"]) == (409, "/problems/entity-deleted")


def test_visit_to_a_deleted_farmer_waits_for_a_person(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    post(phone.client, coordinator, f"/registers/petani/entities/{farmer.id}/delete")
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))
    decide_on(coordinator, "uuid:v")

    assert changes("uuid:v") == [("conflict", "deleted")]
    change = open_change(phone.client, coordinator)
    post(phone.client, coordinator, f"/entity-changes/{change['id']}/apply")
    assert entity(farmer.id).state.value == "listed"
    assert values_of(farmer.id)["hp"] == "0899"
