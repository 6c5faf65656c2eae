"""A log that was damaged in the database is told, and never written on or mended."""

import pytest
from flask import Flask
from sqlalchemy import text

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.checking import damaged_ends, damages, logged_areas
from fieldapp.ledger.commands import check
from fieldapp.ledger.problems import LogDamaged
from fieldapp.ledger.service import append_deeds
from fieldapp.web.clock import now
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import BUMISARI, SEMEDO, make_area, make_person


def write(number: int = 1, area_code: str = SEMEDO) -> None:
    deed = Deed(area_code, "comment", "somebody", f"uuid:{number}", {}, {})
    append_deeds([deed], at=now())
    db.session.commit()


@pytest.fixture(autouse=True)
def log(app: Flask) -> None:
    """Two villages with a log of four entries, and of one."""
    assert app
    make_area(SEMEDO)
    make_area(BUMISARI)
    for number in range(4):
        write(number)
    write(1, BUMISARI)


DAMAGE = {
    "the last entry is gone": "delete from ledger_entry where position = 4",
    "the last entry is changed": (
        "update ledger_entry set body = body || 'x'::bytea where position = 4"
    ),
    "an entry stands behind the head": (
        "update ledger_head h set position = 3, digest = e.digest from ledger_entry e "
        "where h.position = 4 and e.area_code = h.area_code and e.position = 3"
    ),
    "the head is gone": "delete from ledger_head where position = 4",
    "all entries are gone": (
        "delete from ledger_entry where area_code in "
        "(select area_code from ledger_head where position = 4)"
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_nothing_is_written_into_a_damaged_log(what: str) -> None:
    db.session.execute(text(DAMAGE[what]))
    db.session.commit()
    before = db.session.execute(text("select * from ledger_entry order by 1, 2")).all()

    with pytest.raises(LogDamaged):
        write()
    db.session.rollback()

    assert [each.area_code for each in damaged_ends()] == [SEMEDO]
    assert [each.area_code for each in damages(SEMEDO)] == [SEMEDO]
    after = db.session.execute(text("select * from ledger_entry order by 1, 2")).all()
    assert after == before
    write(2, BUMISARI)


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("update ledger_entry set body = body || 'x'::bytea where position = 2", 2),
        ("delete from ledger_entry where position = 2", 3),
        ("update ledger_entry set digest = 'x' where position = 2", 2),
    ],
)
def test_damage_in_the_middle_is_found_by_reading_all(
    statement: str, position: int
) -> None:
    db.session.execute(text(statement))
    db.session.commit()

    assert damaged_ends() == []
    assert next(damages(SEMEDO)).position == position


def test_whole_logs_are_whole() -> None:
    assert damaged_ends() == []
    assert logged_areas() == [SEMEDO, BUMISARI]
    assert [*damages(SEMEDO), *damages(BUMISARI)] == []


def test_the_command_line_tells_the_entry(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(check, [SEMEDO]).exit_code == 0

    db.session.execute(text(DAMAGE["the last entry is changed"]))
    db.session.commit()
    ran = runner.invoke(check, [SEMEDO])

    assert ran.exit_code == 1
    assert f"{SEMEDO}, entri/entry 4" in ran.output


def test_a_phone_is_told_to_keep_what_a_damaged_village_cannot_take() -> None:
    publish_small_form()
    sender = make_person(Role.FACILITATOR, "33.02.16")
    db.session.execute(text(DAMAGE["the last entry is changed"]))
    db.session.commit()

    with pytest.raises(LogDamaged) as caught:
        deliver(sender, entry_xml())

    assert caught.value.status == 500
    assert db.session.scalars(text("select count(*) from submission")).one() == 0
