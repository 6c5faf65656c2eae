"""A reader who is slow, or stops: nothing stays open, and the log tells of it."""

import gc
import json
from pathlib import Path

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from fieldapp.dossier import packing
from fieldapp.dossier.problems import DossierTooLarge
from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.ledger.models import LedgerEntry
from fieldapp.submissions.files import file_store
from fieldapp.submissions.models import Attachment
from tests.dossier.tampering import unpacked
from tests.dossier.village import People, ask, proved
from tests.factories import BUMISARI, SEMEDO, auth_headers, make_person


def exports() -> int:
    rows = db.session.query(LedgerEntry.body).filter_by(area_code=SEMEDO)
    return sum(json.loads(row.body)["kind"] == "export" for row in rows)


def open_files() -> set[str]:
    """List the files that this process has open, temporary ones too."""
    gc.collect()
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(descriptor.readlink()))
        except OSError:
            continue
    return {each for each in found if "(deleted)" in each or "/files/" in each}


def test_a_reader_who_stops_half_way_leaves_nothing_open(
    client: FlaskClient, busy: People
) -> None:
    before = open_files()
    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier",
        json={"purpose": "certification"},
        headers=busy.auditor,
    )
    chunks = iter(response.iter_encoded())
    next(chunks)
    next(chunks)
    while_reading = open_files()

    response.close()

    assert while_reading > before
    assert open_files() == before
    assert exports() == 1


def test_a_reader_who_never_begins_leaves_nothing_open(
    client: FlaskClient, busy: People
) -> None:
    before = open_files()

    client.post(
        f"/api/v1/areas/{SEMEDO}/dossier", json={}, headers=busy.auditor
    ).close()

    assert open_files() == before
    assert exports() == 1


def test_nothing_is_asked_of_the_database_while_it_is_sent(
    client: FlaskClient, busy: People
) -> None:
    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier", json={}, headers=busy.auditor
    )
    asked: list[str] = []

    def record(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", record)
    try:
        content = b"".join(response.iter_encoded())
    finally:
        event.remove(Engine, "before_cursor_execute", record)
    response.close()

    assert asked == []
    assert proved(content).is_sound


def test_what_is_refused_is_not_in_the_log_and_leaves_nothing_open(
    client: FlaskClient, busy: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_BYTES", 1000)
    before = open_files()

    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier", json={}, headers=busy.auditor
    )

    assert response.status_code == DossierTooLarge.status
    assert open_files() == before
    assert exports() == 0


def test_days_in_the_wrong_order_are_refused(client: FlaskClient, busy: People) -> None:
    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier",
        json={"from": "2026-11-22", "to": "2026-11-01"},
        headers=busy.auditor,
    )

    assert response.status_code == 422
    assert exports() == 0


def test_a_photo_that_was_exchanged_on_the_disk_is_told(
    client: FlaskClient, busy: People
) -> None:
    store = file_store(current_app.config["FIELDAPP"].files_dir)
    attachment = db.session.query(Attachment).filter_by(name="1.jpg").first()
    assert attachment is not None
    assert attachment.digest is not None
    store.path(attachment.digest).write_bytes(b"\xff\xd8 other photo")

    verdict = proved(ask(client, busy.auditor, purpose="certification"))

    assert [fault.code for fault in verdict.faults] == ["attachment"]
    assert "1.jpg" in str(verdict.faults[0])


DATABASE = {
    "an answer": (
        (
            "update revision set xml = convert_to(replace(convert_from(xml, 'UTF8'), "
            "'12.5', '99.5'), 'UTF8') where id = 'uuid:a'"
        ),
        "answers",
    ),
    "an answer that is masked": (
        (
            "update revision set xml = convert_to(replace(convert_from(xml, 'UTF8'), "
            "'7740001', '7740002'), 'UTF8') where id = 'uuid:a'"
        ),
        "answers",
    ),
    "the XML, to nothing that can be read": (
        "update revision set xml = 'x' where id = 'uuid:a'",
        "answers",
    ),
    "a note": ("update decision set note = 'Bagus.' where note = 'Dobel.'", "words"),
    "a comment": ("update comment set text = 'Bagus.'", "words"),
    "a comment that is gone": ("delete from comment", "words"),
    "a file's digest": (
        "update attachment set digest = sha256('x') where name = '1.jpg'",
        "attachment",
    ),
    "files under each other's name": (
        (
            "update attachment set name = case name when '1.jpg' then '3.jpg' else "
            "'1.jpg' end where name in ('1.jpg', '3.jpg')"
        ),
        "attachment",
    ),
    "an entry of the log": (
        (
            "update ledger_entry set body = convert_to(replace("
            "convert_from(body, 'UTF8'), '\"number\":1', '\"number\":7'), 'UTF8') "
            "where position = 2"
        ),
        "entry-changed",
    ),
    "an entry of the log, to garbage": (
        "update ledger_entry set body = 'x' where position = 2",
        "entry-shape",
    ),
    "an entry of the log that is gone": (
        "delete from ledger_entry where position = 2",
        "entry-position",
    ),
}


@pytest.mark.parametrize("what", DATABASE)
def test_what_is_rewritten_straight_in_the_database_is_found(
    client: FlaskClient, busy: People, what: str
) -> None:
    statement, code = DATABASE[what]
    db.session.connection().exec_driver_sql(statement)
    db.session.commit()

    verdict = proved(ask(client, busy.auditor))

    assert code in {fault.code for fault in verdict.faults}, verdict.faults


def test_a_damaged_end_of_the_log_is_no_dossier_but_still_a_log(
    client: FlaskClient, busy: People
) -> None:
    db.session.connection().exec_driver_sql(
        "delete from ledger_entry where (area_code, position) in "
        "(select area_code, position from ledger_head)"
    )
    db.session.commit()

    refused = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier", json={}, headers=busy.auditor
    )
    log = client.get(f"/api/v1/areas/{SEMEDO}/log", headers=busy.auditor, buffered=True)

    assert refused.get_json()["type"] == "/problems/log-damaged"
    assert log.status_code == 200


def test_hostile_names_are_written_as_text(client: FlaskClient, busy: People) -> None:
    coordinator = auth_headers(busy.coordinator)

    page = unpacked(ask(client, coordinator, purpose="full"))["summary.html"].decode()

    assert "<script" not in page
    assert "<b>Sulastri" not in page
    assert "&lt;b&gt;Sulastri" in page
    assert "http://" not in page
    assert "https://" not in page


def test_viewers_of_other_areas_learn_nothing_from_any_export(
    client: FlaskClient, busy: People
) -> None:
    """Every way out of a village, asked by everybody who is of another one."""
    addresses = [
        ("POST", f"/api/v1/areas/{SEMEDO}/dossier"),
        ("GET", f"/api/v1/areas/{SEMEDO}/log"),
        ("GET", f"/api/v1/areas/{SEMEDO}/log/head"),
        ("GET", f"/api/v1/areas/{SEMEDO}/report"),
    ]
    assert busy
    for role in Role:
        headers = auth_headers(make_person(role, BUMISARI))
        for method, address in addresses:
            nowhere = address.replace(SEMEDO, "33.02.16.2999")
            answers = [
                client.open(path, method=method, json={}, headers=headers)
                for path in (address, nowhere)
            ]
            assert {each.status_code for each in answers} == {404}, address
            assert answers[0].data == answers[1].data
    assert exports() == 0
