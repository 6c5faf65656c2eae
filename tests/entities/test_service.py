"""What approvals make of registers, through the doors that phones use."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from fieldapp.entities.models import Entity, EntityState, EntityVersion
from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.review.models import DecisionKind
from tests.entities.registering import (
    Farmer,
    changes,
    decide_on,
    entity,
    send,
    values_of,
    visit_xml,
)
from tests.factories import BUMISARI, make_grant, make_person
from tests.openrosa.phone import Phone, make_phone

REOPEN, REJECT = DecisionKind.REOPEN, DecisionKind.REJECT
BRANCH = str(uuid4())


@pytest.fixture
def farmer(phone: Phone, coordinator: User) -> Farmer:
    """A farmer whose registration is approved."""
    found = Farmer(plots={str(uuid4()): "A", str(uuid4()): "B"})
    send(phone, found.xml("uuid:reg"))
    decide_on(coordinator, "uuid:reg")
    return found


def test_entity_comes_to_be_at_the_approval_and_not_before(
    phone: Phone, coordinator: User
) -> None:
    farmer = Farmer()
    send(phone, farmer.xml("uuid:reg"))
    before = db.session.scalars(select(Entity)).all()

    decide_on(coordinator, "uuid:reg")

    assert before == []
    found = entity(farmer.id)
    assert (found.version, found.label, found.area_code) == (
        *(1, farmer.label),
        farmer.village,
    )
    assert found.values == {
        "label": "Siti Aminah",
        "nama": "Siti Aminah",
        "hp": "0812",
        "desa": farmer.village,
    }


def test_each_item_of_a_repeat_makes_an_entity_of_its_own(farmer: Farmer) -> None:
    blocks = {id_: values_of(id_)["blok"] for id_ in farmer.plots}

    assert blocks == farmer.plots
    assert {entity(id_).register_name for id_ in farmer.plots} == {"lahan"}


def test_visit_changes_what_it_asks_and_leaves_the_rest(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899", luas="2"))

    decide_on(coordinator, "uuid:v")

    assert changes("uuid:v") == [("applied", None)]
    assert entity(farmer.id).version == 2
    assert values_of(farmer.id) == {
        "label": "Siti Aminah",
        "nama": "Siti Aminah",
        "hp": "0899",
        "luas": "2",
        "desa": farmer.village,
    }


def test_reopening_takes_the_values_back_and_counts_on(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    before = values_of(farmer.id)
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))
    decide_on(coordinator, "uuid:v")

    decide_on(coordinator, "uuid:v", REOPEN)

    assert values_of(farmer.id) == before
    assert entity(farmer.id).version == 3
    assert changes("uuid:v") == []


def test_reopening_the_registration_withdraws_and_approving_it_again_restores(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))
    decide_on(coordinator, "uuid:v")

    decide_on(coordinator, "uuid:reg", REOPEN)

    assert entity(farmer.id).state is EntityState.WITHDRAWN
    assert changes("uuid:v") == [("waiting", "not-here")]
    decide_on(coordinator, "uuid:reg")
    assert entity(farmer.id).state is EntityState.LISTED
    assert changes("uuid:v") == [("applied", None)]
    assert values_of(farmer.id)["hp"] == "0899"


def test_offline_chain_is_applied_in_its_order_whatever_is_approved_first(
    phone: Phone, coordinator: User
) -> None:
    farmer = Farmer()
    send(phone, farmer.xml("uuid:reg"))
    send(phone, visit_xml("uuid:1", farmer.id, base="1", branch=BRANCH, hp="1"))
    send(phone, visit_xml("uuid:2", farmer.id, base="2", branch=BRANCH, hp="2"))
    send(phone, visit_xml("uuid:3", farmer.id, base="3", branch=BRANCH, hp="3"))

    decide_on(coordinator, "uuid:3")
    decide_on(coordinator, "uuid:2")
    held = changes("uuid:3") + changes("uuid:2")
    decide_on(coordinator, "uuid:reg")
    after_creation = values_of(farmer.id)["hp"], changes("uuid:3")
    decide_on(coordinator, "uuid:1")

    assert held == [("waiting", "not-here")] * 2
    assert after_creation == ("0812", [("waiting", "base-missing")])
    assert values_of(farmer.id)["hp"] == "3"
    numbers = db.session.scalars(
        select(EntityVersion.submission_id)
        .where(EntityVersion.entity_id == entity(farmer.id).id)
        .order_by(EntityVersion.number)
    ).all()
    assert numbers == ["uuid:reg", "uuid:1", "uuid:2", "uuid:3"]


def test_two_visits_on_the_same_version_merge_where_they_do_not_clash(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, visit_xml("uuid:a", farmer.id, trunk="1", hp="0899", luas=""))
    send(phone, visit_xml("uuid:b", farmer.id, trunk="1", hp="0812", luas="3"))

    decide_on(coordinator, "uuid:a")
    decide_on(coordinator, "uuid:b")

    assert changes("uuid:b") == [("applied", None)]
    found = values_of(farmer.id)
    assert (found["hp"], found["luas"]) == ("0899", "3")


def test_visits_that_clash_wait_for_a_person_and_change_nothing(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, visit_xml("uuid:a", farmer.id, trunk="1", hp="0899"))
    send(phone, visit_xml("uuid:b", farmer.id, trunk="1", hp="0777"))

    decide_on(coordinator, "uuid:a")
    decide_on(coordinator, "uuid:b")

    assert changes("uuid:b") == [("conflict", "changed-meanwhile")]
    assert values_of(farmer.id)["hp"] == "0899"


@pytest.mark.parametrize(
    ("entity_id", "label", "reason"),
    [
        ("bukan-uuid", "Siti", "bad-id"),
        ("", "Siti", "bad-id"),
        ("00000000-0000-1000-8000-000000000000", "Siti", "bad-id"),
        ("x" * 9000, "Siti", "bad-id"),
        ("5b1cbf0c-2f6e-4c51-9a3a-0f9f6a1f7d01", "", "no-label"),
    ],
)
def test_what_can_be_no_entity_is_flagged_and_the_entry_approved(
    phone: Phone, coordinator: User, entity_id: str, label: str, reason: str
) -> None:
    send(phone, Farmer(id=entity_id, label=label).xml("uuid:bad"))

    decide_on(coordinator, "uuid:bad")

    assert changes("uuid:bad") == [("conflict", reason)]
    assert db.session.scalars(select(Entity)).all() == []


def test_id_that_is_in_use_makes_no_second_entity(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    send(phone, Farmer(id=farmer.id, label="Lain").xml("uuid:again"))

    decide_on(coordinator, "uuid:again")

    assert changes("uuid:again") == [("conflict", "id-in-use")]
    assert entity(farmer.id).label == "Siti Aminah"


def test_version_that_never_was_is_flagged(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    for number, base in enumerate(("9", "", "satu", "99999999999")):
        send(phone, visit_xml(f"uuid:{number}", farmer.id, base=base, hp="1"))
        decide_on(coordinator, f"uuid:{number}")

        assert changes(f"uuid:{number}") == [("conflict", "base-unknown")]
    assert entity(farmer.id).version == 1


def test_visit_from_another_village_is_not_applied(
    phone: Phone, siti: User, coordinator: User, farmer: Farmer
) -> None:
    make_grant(siti, Role.FACILITATOR, BUMISARI)
    make_grant(coordinator, Role.COORDINATOR, BUMISARI)
    xml = visit_xml("uuid:v", farmer.id, trunk="1", village=BUMISARI, hp="0899")
    send(phone, xml)

    decide_on(coordinator, "uuid:v")

    assert changes("uuid:v") == [("waiting", "not-here")]
    assert values_of(farmer.id)["hp"] == "0812"


def test_registration_that_moves_to_another_village_takes_its_entity_along(
    phone: Phone, siti: User, coordinator: User, farmer: Farmer
) -> None:
    make_grant(siti, Role.FACILITATOR, BUMISARI)
    make_grant(coordinator, Role.COORDINATOR, BUMISARI)
    decide_on(coordinator, "uuid:reg", REOPEN)
    farmer.village = BUMISARI
    moved = farmer.xml("uuid:reg2").replace(
        b"<instanceID>", b"<deprecatedID>uuid:reg</deprecatedID><instanceID>"
    )
    send(phone, moved)

    decide_on(coordinator, "uuid:reg")

    found = entity(farmer.id)
    assert (found.area_code, found.state) == (BUMISARI, EntityState.LISTED)
    assert found.version == 3


def test_rejected_registration_makes_nothing(phone: Phone, coordinator: User) -> None:
    send(phone, Farmer().xml("uuid:reg"))

    decide_on(coordinator, "uuid:reg", REJECT)

    assert changes("uuid:reg") == [("refused", None)]
    assert db.session.scalars(select(Entity)).all() == []
    decide_on(coordinator, "uuid:reg", REOPEN)
    assert changes("uuid:reg") == []


def test_rejected_visit_leaves_the_values_with_a_number_that_phones_follow(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    before = values_of(farmer.id)
    send(phone, visit_xml("uuid:v", farmer.id, trunk="1", hp="0899"))

    decide_on(coordinator, "uuid:v", REJECT)

    assert values_of(farmer.id) == before
    assert entity(farmer.id).version == 2


def test_another_facilitator_goes_on_with_the_same_farmer(
    phone: Phone, coordinator: User, farmer: Farmer
) -> None:
    other = make_phone(phone.client, make_person(Role.FACILITATOR))
    send(other, visit_xml("uuid:v", farmer.id, trunk="1", luas="4"))

    decide_on(coordinator, "uuid:v")

    assert values_of(farmer.id)["luas"] == "4"
