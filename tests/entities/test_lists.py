"""The lists that phones get, and what they are told to forget."""

import csv
import io
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from lxml import etree

from fieldapp.authoring.drafts import upload
from fieldapp.entities.decisions import delete_entity, dismiss_change
from fieldapp.entities.integrity import MAX_IDS
from fieldapp.entities.models import EntityChange
from fieldapp.extensions import db
from fieldapp.forms.problems import FormRefused
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.places.models import COUNTRY
from fieldapp.review.models import DecisionKind
from fieldapp.submissions.held import discard
from fieldapp.submissions.models import HeldEntry
from tests.entities.registering import (
    FOLLOW_UP,
    READING,
    REGISTRATION,
    Farmer,
    decide_on,
    entity,
    send,
    visit_xml,
)
from tests.factories import (
    BUMISARI,
    TAJURHALANG,
    actor_of,
    auth_headers,
    make_area,
    make_grant,
    make_person,
)
from tests.form_factories import publish_form
from tests.openrosa.phone import COLLECT, Phone, make_phone

MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
HEADER = ["name", "label", "__version", "desa", "hp", "luas", "nama"]


def manifest_of(phone: Phone, form_id: str) -> dict[str, dict[str, str]]:
    """Read a manifest as Collect does: all of an entry, by file name."""
    response = phone.get(f"/forms/{form_id}/v/1/manifest?deviceID=collect%3Ax")
    assert response.status_code == 200
    root = etree.fromstring(response.data)
    entries = (
        {
            "type": file.get("type", ""),
            **{child.tag.removeprefix(MANIFEST): child.text or "" for child in file},
        }
        for file in root.iterchildren(f"{MANIFEST}mediaFile")
    )
    return {entry["filename"]: entry for entry in entries}


def token_of(phone: Phone, form_id: str = "panen") -> str:
    return manifest_of(phone, form_id)["petani.csv"]["hash"]


def rows_of(phone: Phone, form_id: str = "panen") -> list[list[str]]:
    url = manifest_of(phone, form_id)["petani.csv"]["downloadUrl"]
    response = phone.client.get(url, headers=COLLECT)
    assert response.status_code == 200
    assert response.content_type == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.data.decode())))


def asked(phone: Phone, ids: str, register: str = "petani") -> dict[str, str]:
    """Ask what Collect asks while it holds entities of its own."""
    response = phone.get(
        f"/registers/{register}/integrity",
        query_string={"id": ids, "deviceID": "collect:x"},
    )
    assert response.status_code == 200
    assert response.content_type == "text/xml; charset=utf-8"
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    root = etree.fromstring(response.data)
    assert root.tag == "data"
    return {
        str(each.get("id")): str(each.findtext("deleted"))
        for each in root.iterfind("entities/entity")
    }


def registered(phone: Phone, coordinator: User, farmer: Farmer) -> Farmer:
    instance_id = f"uuid:{uuid4()}"
    send(phone, farmer.xml(instance_id))
    decide_on(coordinator, instance_id)
    return farmer


def test_each_form_that_reads_a_list_gets_it_and_no_other(
    phone: Phone, siti: User
) -> None:
    assert siti
    assert manifest_of(phone, "daftar_petani") == {}
    for form_id in ("kunjungan", "panen"):
        (file,) = manifest_of(phone, form_id).values()
        assert file["filename"] == "petani.csv"
        assert file["type"] == "entityList"
        assert file["integrityUrl"] == (
            f"http://localhost{phone.address}/registers/petani/integrity"
        )
    listed = phone.get("/formList").data.decode()
    assert listed.count("<manifestUrl>") == 2


def test_list_has_the_columns_that_collect_reads(
    phone: Phone, coordinator: User
) -> None:
    farmer = registered(phone, coordinator, Farmer(label='Ani "Ibu", RT 1'))
    registered(phone, coordinator, Farmer(label="Budi", phone=""))

    header, *rows = rows_of(phone)

    assert header == HEADER
    assert rows[0] == [
        *(farmer.id, 'Ani "Ibu", RT 1', "1", farmer.village, "0812", ""),
        'Ani "Ibu", RT 1',
    ]
    assert [row[1] for row in rows] == ['Ani "Ibu", RT 1', "Budi"]


def test_empty_list_has_its_columns(phone: Phone, siti: User) -> None:
    assert siti
    assert rows_of(phone) == [HEADER]


def test_list_is_cut_to_where_the_owner_collects(
    phone: Phone, coordinator: User, client: FlaskClient
) -> None:
    registered(phone, coordinator, Farmer())
    elsewhere = make_phone(client, make_person(Role.FACILITATOR, BUMISARI))
    province = make_phone(client, make_person(Role.FACILITATOR, "33"))
    other_programme = make_phone(
        client, make_person(Role.FACILITATOR, programme_id="lain")
    )

    assert len(rows_of(province)) == 2
    assert rows_of(elsewhere) == [HEADER]
    assert other_programme.get("/forms/panen/v/1/manifest").status_code == 404


def test_token_changes_with_each_change_in_the_area_and_with_no_other(
    phone: Phone, coordinator: User, siti: User, client: FlaskClient
) -> None:
    elsewhere = make_phone(client, make_person(Role.FACILITATOR, BUMISARI))
    tokens, others = [token_of(phone)], [token_of(elsewhere)]

    def note() -> None:
        assert token_of(phone) == token_of(phone, "kunjungan")
        tokens.append(token_of(phone))
        others.append(token_of(elsewhere))

    farmer = registered(phone, coordinator, Farmer())
    note()
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))
    same = token_of(phone)
    decide_on(coordinator, "uuid:v")
    note()
    decide_on(coordinator, "uuid:v", DecisionKind.REOPEN)
    note()
    delete_entity(
        actor_of(coordinator), "petani", entity(farmer.id).id, reason="Pindah."
    )
    note()
    make_grant(siti, Role.FACILITATOR, TAJURHALANG)
    note()
    publish_form(
        FOLLOW_UP.replace("| Luas | luas |", "| Luas | ukuran |")
        .replace("| Kunjungan | 1 |", "| Kunjungan | 2 |")
        .replace("kunjungan |", "kunjungan2 |")
    )

    assert same == tokens[1]
    assert len(set(tokens)) == len(tokens) == 6
    assert len(set(others)) == 1
    assert token_of(phone) != tokens[-1]


def test_list_that_the_phone_has_is_not_sent_again(
    phone: Phone, coordinator: User
) -> None:
    registered(phone, coordinator, Farmer())
    url = manifest_of(phone, "panen")["petani.csv"]["downloadUrl"]
    first = phone.client.get(url, headers=COLLECT)

    again = phone.client.get(
        url, headers={**COLLECT, "If-None-Match": first.headers["ETag"]}
    )
    registered(phone, coordinator, Farmer())
    later = phone.client.get(
        url, headers={**COLLECT, "If-None-Match": first.headers["ETag"]}
    )

    assert first.content_length is None
    assert (again.status_code, again.data) == (304, b"")
    assert later.status_code == 200
    assert later.data.count(b"\n") == 3


def test_phone_keeps_what_waits_and_forgets_what_was_rejected_or_deleted(
    phone: Phone, coordinator: User
) -> None:
    waiting, rejected, deleted, approved = (Farmer() for _ in range(4))
    for farmer in (waiting, rejected):
        send(phone, farmer.xml(f"uuid:{farmer.id}"))
    decide_on(coordinator, f"uuid:{rejected.id}", DecisionKind.REJECT)
    for farmer in (deleted, approved):
        registered(phone, coordinator, farmer)
    delete_entity(
        actor_of(coordinator), "petani", entity(deleted.id).id, reason="Dobel."
    )
    unknown = str(uuid4())

    ids = ",".join([each.id for each in (waiting, rejected, deleted, approved)])
    found = asked(phone, f"{ids},{unknown}")

    assert found == {
        waiting.id: "false",
        rejected.id: "true",
        deleted.id: "true",
        approved.id: "false",
        unknown: "false",
    }
    decide_on(coordinator, f"uuid:{rejected.id}", DecisionKind.REOPEN)
    assert asked(phone, rejected.id) == {rejected.id: "false"}


def test_phone_forgets_what_was_dismissed_or_discarded(
    phone: Phone, coordinator: User
) -> None:
    known = registered(phone, coordinator, Farmer())
    held = Farmer(village="99.99.99.9999")
    send(phone, held.xml("uuid:held"))
    nameless = Farmer(label="")
    send(phone, nameless.xml("uuid:nameless"))
    decide_on(coordinator, "uuid:nameless")
    before = asked(phone, f"{held.id},{nameless.id}")

    (entry,) = db.session.scalars(db.select(HeldEntry)).all()
    discard(actor_of(coordinator), entry.id, note="Desa salah.")
    (change,) = db.session.scalars(
        db.select(EntityChange).where(EntityChange.entity_id == nameless.id)
    )
    dismiss_change(actor_of(coordinator), change.id, note="Tanpa nama.")

    assert set(before.values()) == {"false"}
    assert asked(phone, f"{held.id},{nameless.id},{known.id}") == {
        held.id: "true",
        nameless.id: "true",
        known.id: "false",
    }


def test_nothing_is_told_of_entities_elsewhere(
    phone: Phone, coordinator: User, client: FlaskClient
) -> None:
    deleted, rejected = registered(phone, coordinator, Farmer()), Farmer()
    delete_entity(
        actor_of(coordinator), "petani", entity(deleted.id).id, reason="Pindah."
    )
    send(phone, rejected.xml("uuid:r"))
    decide_on(coordinator, "uuid:r", DecisionKind.REJECT)
    elsewhere = make_phone(client, make_person(Role.FACILITATOR, BUMISARI))

    found = asked(elsewhere, f"{deleted.id},{rejected.id}")

    assert set(found.values()) == {"false"}


@pytest.mark.parametrize(
    "ids",
    ["", ",,,", "'; drop table entity; --", "<x>&\x00", "UUID:1", "é" * 500, "*"],
)
def test_ids_that_no_phone_makes_are_not_answered(phone: Phone, ids: str) -> None:
    assert asked(phone, ids) == {}
    assert asked(phone, ids, register="tidak-ada") == {}


def test_number_of_ids_is_bounded(phone: Phone) -> None:
    ids = [str(uuid4()) for _ in range(MAX_IDS + 5)]

    found = asked(phone, ",".join([*ids, ids[0]]))

    assert list(found) == ids[:MAX_IDS]


def test_draft_gets_a_list_that_is_made_up(
    client: FlaskClient, phone: Phone, coordinator: User
) -> None:
    registered(phone, coordinator, Farmer())
    chief = actor_of(make_person(Role.ADMINISTRATOR, COUNTRY))
    both = READING.replace("| panen |", "| coba |").replace(
        "| settings |",
        "| | text | baru | Baru | |\n| settings |",
    )
    make_area(TAJURHALANG)
    uploaded = upload(chief, both.encode(), "coba.md", area_code=TAJURHALANG)
    db.session.commit()
    base = f"/v1/draft/{uploaded.token}"

    response = client.get(f"{base}/forms/coba/v/1/manifest", headers=COLLECT)
    (file,) = etree.fromstring(response.data)
    url = file.findtext(f"{MANIFEST}downloadUrl")
    rows = list(csv.reader(io.StringIO(client.get(url, headers=COLLECT).data.decode())))

    assert file.get("type") == "entityList"
    assert rows[0] == HEADER
    assert [row[1] for row in rows[1:]] == ["Contoh 1", "Contoh 2", "Contoh 3"]
    integrity = client.get(f"{base}/registers/petani/integrity?id=x", headers=COLLECT)
    assert integrity.data.endswith(b"<data><entities></entities></data>")


def test_our_own_client_gets_the_same_list(
    phone: Phone, coordinator: User, siti: User, client: FlaskClient
) -> None:
    registered(phone, coordinator, Farmer())
    url = manifest_of(phone, "panen")["petani.csv"]["downloadUrl"]

    response = client.get(
        "/api/v1/forms/panen/versions/1/files/petani.csv", headers=auth_headers(siti)
    )

    assert response.data == phone.client.get(url, headers=COLLECT).data
    assert f'"{token_of(phone).removeprefix("md5:")}"' == response.headers["ETag"]


def test_register_needs_a_village_and_a_name_of_its_own(phone: Phone) -> None:
    assert phone
    homeless = REGISTRATION.replace("| village |", "| |").replace("daftar_", "tanpa_")
    villages = (
        FOLLOW_UP.replace("petani.csv", "villages.csv")
        .replace("| petani | ${petani} |", "| villages | ${petani} |")
        .replace("| kunjungan |", "| salah |")
    )
    other = REGISTRATION.replace("| version |", "| version | programme |").replace(
        "| 1 | fieldapp", "| 1 | lain | fieldapp"
    )
    for source, text in (
        (homeless, "role village"),
        (villages, "list of villages"),
        (other.replace("daftar_petani", "milik_lain"), "another programme"),
    ):
        with pytest.raises(FormRefused) as refused:
            publish_form(source)
        assert text in refused.value.detail.en
        db.session.rollback()


def test_form_that_reads_a_list_that_nobody_makes_is_refused(phone: Phone) -> None:
    assert phone
    with pytest.raises(FormRefused) as refused:
        publish_form(
            READING.replace("petani.csv", "gudang.csv").replace("panen", "gudang")
        )

    assert "gudang.csv" in refused.value.detail.en
