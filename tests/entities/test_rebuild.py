"""Registers that are compared with the approved revisions."""

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, text

from fieldapp.entities.commands import entities_commands
from fieldapp.entities.models import (
    Entity,
    EntityChange,
    EntityVersion,
    Register,
    RegisterCount,
    RegisterProperty,
)
from fieldapp.entities.rebuild import rebuild
from fieldapp.extensions import db
from fieldapp.identity.models import User
from tests.entities.registering import (
    Farmer,
    changes,
    decide_on,
    entity,
    send,
    values_of,
    visit_xml,
)
from tests.openrosa.phone import Phone

CHECK = ["rebuild", "--check"]


@pytest.fixture
def farmer(phone: Phone, coordinator: User) -> Farmer:
    """A farmer with a plot, visited once, all approved; and one that waits."""
    found = Farmer(plots={str(uuid4()): "A"})
    send(phone, found.xml("uuid:a"))
    send(phone, visit_xml("uuid:b", found.id, trunk="1", hp="0899"))
    send(phone, Farmer().xml("uuid:waits"))
    for instance_id in ("uuid:a", "uuid:b"):
        decide_on(coordinator, instance_id)
    return found


def test_registers_are_what_the_approved_revisions_say(farmer: Farmer) -> None:
    assert farmer
    found = rebuild()

    assert found.is_equal
    assert found.entries == 2


def test_lost_registers_come_back_as_they_were(farmer: Farmer) -> None:
    before = values_of(farmer.id)
    for table in (
        *(EntityVersion, EntityChange, Entity, RegisterCount),
        *(RegisterProperty, Register),
    ):
        db.session.execute(delete(table))
    db.session.commit()

    found = rebuild()

    assert (found.missing, found.is_equal) == (2, False)
    assert values_of(farmer.id) == before
    assert rebuild().is_equal


def test_value_that_nobody_sent_is_put_right(farmer: Farmer) -> None:
    before = values_of(farmer.id)
    entity(farmer.id).values = {**before, "hp": "dipalsukan"}
    db.session.commit()

    found = rebuild()

    assert (found.wrong, found.missing) == (1, 0)
    assert values_of(farmer.id) == before
    assert entity(farmer.id).version == 3


def test_changes_of_an_entry_that_is_not_decided_are_taken_back(
    farmer: Farmer,
) -> None:
    statement = "update submission set state = 'received' where id = 'uuid:b'"
    db.session.execute(text(statement))
    db.session.commit()

    found = rebuild()

    assert (found.surplus, found.missing, found.wrong) == (1, 0, 0)
    assert changes("uuid:b") == []
    assert values_of(farmer.id)["hp"] == "0812"


def test_command_says_whether_they_were_equal(app: Flask, farmer: Farmer) -> None:
    assert farmer
    equal = app.test_cli_runner().invoke(entities_commands, CHECK)
    entity(farmer.id).values = {}
    db.session.commit()
    unequal = app.test_cli_runner().invoke(entities_commands, CHECK)

    assert "EQUAL: the registers were exactly" in equal.output
    assert unequal.exit_code == 1
    assert values_of(farmer.id) == {}
