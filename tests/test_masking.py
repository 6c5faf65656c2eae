"""No answer that tells of a person reaches an auditor, whatever they ask.

An entry full of recognisable answers goes through its life; then every operation of the
OpenAPI document is asked by an auditor, and each answer is searched for them.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from fieldapp.submissions.delivery import OutcomeStatus, ReceivedFile
from fieldapp.submissions.files import file_store
from fieldapp.web.clock import now
from tests.entries import deliver
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_area,
    make_grant,
    make_person,
)
from tests.form_factories import publish_form
from tests.isolation_rows import ROWS
from tests.test_isolation import filled

FORM = Path(__file__).parent / "data" / "warga" / "warga.md"
NIK, PHONE, WAGES = "3302164107740001", "081234567890", "1234567"
NAME, OTHER_NAME = "Wagiyem", "Sulastri"
HOME, PLOT = "7.4123456", "7.5551234"
STORY, PICTURE = "XYZZY", "FOTONYA"
RAW = (NIK, PHONE, WAGES, "1.234.567", NAME, OTHER_NAME, HOME, "1974", STORY)
IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}")
"""Identifiers and digests, in which any four digits stand sooner or later."""
OPENED = (PLOT, PICTURE)
"""What an auditor reads for certification."""

ID, SECOND = "uuid:pertama", "uuid:kedua"
ENTRY = "/api/v1/submissions/" + ID


def person_xml(
    instance_id: str, name: str, *, wages: str = WAGES, deprecated_id: str = ""
) -> bytes:
    at = now().isoformat(timespec="milliseconds")
    shape = f"-{PLOT} 109.1 0 0; -7.56 109.2 0 0; -7.57 109.1 0 0; -{PLOT} 109.1 0 0"
    deprecated = f"<deprecatedID>{deprecated_id}</deprecatedID>" * bool(deprecated_id)
    return (
        f'<data id="warga" version="1"><start>{at}</start><end>{at}</end>'
        f"<village>{SEMEDO}</village><no>A-12</no><nama>{name}</nama><nik>{NIK}</nik>"
        f"<hp>{PHONE}</hp><lahir>1974</lahir><rumah>-{HOME} 109.2 9.5 4</rumah>"
        f"<upah>{wages}</upah><cerita>{STORY}</cerita><photo>foto.jpg</photo>"
        f"<lahan><batas>{shape}</batas><kg>12.5</kg></lahan>"
        f"<keduanya>{name} palsu</keduanya><tambahan>{STORY}</tambahan>"
        f"<meta><instanceID>{instance_id}</instanceID>{deprecated}"
        f"<instanceName>A-12 {name}</instanceName></meta></data>"
    ).encode()


@pytest.fixture
def coordinator(entry: Headers) -> Headers:
    assert entry
    return auth_headers(make_person(Role.COORDINATOR, SEMEDO))


@pytest.fixture
def auditor(entry: Headers) -> Headers:
    assert entry
    return auth_headers(make_person(Role.AUDITOR, SEMEDO))


@pytest.fixture
def entry(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Headers:
    """Let an entry come, be talked about, be returned, and come corrected."""
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    make_area(SEMEDO)
    make_area(BUMISARI)
    publish_form(FORM)
    siti = make_person(Role.FACILITATOR, SEMEDO)
    chief = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
    first = deliver(siti, person_xml(ID, NAME), files=(store_picture(),))
    quoted = f"NIK {NIK} milik Bu {NAME}, HP 0812-3456-7890, upah 1.234.567, {STORY}"
    posts = [
        ("comments", {"text": f"Siapa ini? {quoted}", "questions": ["/data/nik"]}),
        ("decisions", {"kind": "return", "revision_id": ID, "note": quoted}),
    ]
    for name, body in posts:
        answer = client.post(f"{ENTRY}/{name}", json=body, headers=chief)
        assert answer.status_code == 201, answer.text
    corrected = person_xml(SECOND, OTHER_NAME, wages="7654321", deprecated_id=ID)
    second = deliver(siti, corrected)
    assert first.status is OutcomeStatus.CREATED
    assert second.status is OutcomeStatus.REVISED
    return auth_headers(siti)


def store_picture() -> ReceivedFile:
    with file_store(current_app.config["FIELDAPP"].files_dir).writer() as writer:
        writer.write(PICTURE.encode())
        stored = writer.finish()
    return ReceivedFile("foto.jpg", stored.digest, stored.size, "image/jpeg")


def bodies(
    client: FlaskClient, headers: Headers, *, purpose: str | None = None
) -> dict[str, str]:
    """Ask every operation, and some twice; give what comes back, by the question."""
    names = {
        "instance_id": ID,
        "code": SEMEDO,
        "form_id": "warga",
        "version": "1",
        "name": "foto.jpg",
        "table": "Submissions",
        "user_id": "00000000-0000-0000-0000-000000000000",
        "edit": "<x/>",
        "draft": "| survey |",
        "register_name": "petani",
        "change_id": "1",
    }
    names |= {
        f"{each}_id": names["user_id"]
        for each in (
            "held",
            "device",
            "grant",
            "webhook",
            "delivery",
            "flag",
            "entity",
            "export",
        )
    }
    found = {}
    for name, row in ROWS.items():
        if row.upload or "/auth/" in name:
            continue
        method, path = name.split(" ")
        plain = {key: row.query[key] for key in ("q", "format") if key in row.query}
        for more in ({}, {"revision": "1"}, {"from": "1", "to": "2"}):
            if more and not path.startswith("/submissions/{instance_id}/"):
                continue
            asked = {"purpose": purpose} if purpose and "{instance_id}" in path else {}
            response = client.open(
                f"/api/v1{filled(path, names)}",
                method=method,
                query_string={**plain, **more, **asked},
                json=filled(row.body, names),
                data=row.data,
                headers=headers,
                buffered=True,
            )
            found[f"{name} {more}"] = response.data.decode(errors="replace")
    return found


def tells(text: str, secret: str) -> bool:
    """Say whether an answer stands in a text; a year is no part of a longer number."""
    if len(secret) > len("1974"):
        return secret in text
    return re.search(rf"(?<![0-9A-Za-z]){secret}(?![0-9A-Za-z])", text) is not None


def shown(answers: dict[str, str], secrets: tuple[str, ...]) -> dict[str, list[str]]:
    telling = {
        question: [each for each in secrets if tells(IDS.sub("", text), each)]
        for question, text in answers.items()
    }
    return {question: each for question, each in telling.items() if each}


def test_nothing_personal_reaches_an_auditor(
    client: FlaskClient, auditor: Headers
) -> None:
    answers = bodies(client, auditor)

    assert shown(answers, (*RAW, *OPENED)) == {}
    assert "A-12" in answers["get /submissions/{instance_id} {}"]
    assert "W. M." not in str(answers)


def test_certification_opens_plots_and_files_and_nothing_else(
    client: FlaskClient, auditor: Headers
) -> None:
    answers = bodies(client, auditor, purpose="certification")

    assert shown(answers, RAW) == {}
    assert {each for found in shown(answers, OPENED).values() for each in found} == {
        *OPENED
    }


def test_coordinator_reads_it_all(client: FlaskClient, coordinator: Headers) -> None:
    answers = bodies(client, coordinator)

    found = shown(answers, (*RAW, *OPENED))
    assert {each for some in found.values() for each in some} == {*RAW, *OPENED}
    detail = json.loads(answers["get /submissions/{instance_id} {}"])
    assert detail["title"] == f"A-12 {OTHER_NAME}"
    assert detail["record"]["nik"] == NIK


def test_facilitator_reads_their_own_entry_in_full(
    client: FlaskClient, entry: Headers
) -> None:
    detail = client.get(ENTRY, headers=entry).get_json()

    assert detail["record"]["nik"] == NIK
    assert NIK in detail["decisions"][0]["note"]
    assert client.get(f"{ENTRY}/xml?revision=1", headers=entry).data.count(b"<nik>")


def test_auditor_sees_what_is_masked_and_what_broke_which_rule(
    client: FlaskClient, auditor: Headers
) -> None:
    detail = client.get(ENTRY, headers=auditor).get_json()

    record = detail["record"]
    assert detail["title"] is None
    assert (record["no"], record["nama"]) == ("A-12", "S.")
    assert (record["nik"], record["hp"]) == ("************0001", "0812****7890")
    assert record["rumah"] == {"latitude": -7.41, "longitude": 109.2}
    assert record["upah"] == "5000000–10000000"
    assert record["keduanya"] == record["lahan"][0]["batas"] == "***"
    assert record["lahan"][0]["kg"] == 12.5
    broken = {each["path"]: each for each in detail["violations"]}
    assert broken["/data/nik"]["message"]["id"] == "NIK … salah"
    assert broken["/data/lahan[1]/kg"]["value"] == "12.5"
    assert detail["decisions"][0]["note"].startswith("NIK ************0001 milik Bu W.")
    (photo,) = detail["attachments"]
    assert len(photo["sha256"]) == 64


def test_auditor_is_told_how_a_file_is_opened(
    client: FlaskClient, auditor: Headers
) -> None:
    refused = client.get(f"{ENTRY}/attachments/foto.jpg", headers=auditor)

    assert refused.status_code == 403
    assert refused.get_json()["type"] == "/problems/purpose-needed"
    assert "purpose=certification" in refused.get_json()["texts"]["id"]


def log_of(client: FlaskClient, headers: Headers) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/areas/{SEMEDO}/log", headers=headers, buffered=True)
    return [json.loads(line) for line in answer.data.splitlines()]


def readings(client: FlaskClient, headers: Headers) -> list[dict[str, Any]]:
    lines = [line.get("entry", line) for line in log_of(client, headers)]
    return [line for line in lines if line.get("kind") == "personal-read"]


def test_log_tells_who_read_for_certification_and_no_other_reading(
    client: FlaskClient, auditor: Headers, coordinator: Headers
) -> None:
    query = {"purpose": "certification"}
    client.get(ENTRY, headers=auditor)
    client.get(ENTRY, headers=coordinator, query_string=query)
    assert readings(client, auditor) == []

    for name in ("", "/xml", "/differences", "/attachments/foto.jpg"):
        address = f"{ENTRY}{name}"
        answer = client.get(address, headers=auditor, query_string=query, buffered=True)
        assert answer.status_code == 200

    found = readings(client, auditor)
    assert len(found) == 4
    assert {each["subject"] for each in found} == {ID}
    assert found[0]["detail"] == {"purpose": "certification", "revision": 2}


@pytest.mark.parametrize(
    ("grants", "nik"),
    [
        ([(Role.AUDITOR, SEMEDO), (Role.COORDINATOR, BUMISARI)], "************0001"),
        ([(Role.AUDITOR, "33"), (Role.COORDINATOR, SEMEDO)], NIK),
        ([(Role.ADMINISTRATOR, "33.02")], NIK),
    ],
)
def test_what_counts_is_the_role_where_the_entry_stands(
    client: FlaskClient, entry: Headers, grants: list[tuple[Role, str]], nik: str
) -> None:
    assert entry
    role, code = grants[0]
    person = make_person(role, code)
    for more, where in grants[1:]:
        make_grant(person, more, where)

    detail = client.get(ENTRY, headers=auth_headers(person)).get_json()

    assert detail["record"]["nik"] == nik


def test_coordinator_of_another_programme_is_no_more_than_an_auditor(
    client: FlaskClient, entry: Headers
) -> None:
    assert entry
    person = make_person(Role.AUDITOR, SEMEDO)
    make_grant(person, Role.COORDINATOR, SEMEDO, programme_id="desa-wisata")

    listed = client.get("/api/v1/submissions", headers=auth_headers(person)).get_json()

    assert [each["title"] for each in listed["items"]] == [None]
