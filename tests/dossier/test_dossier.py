"""What a dossier holds, for whom, and that it proves itself."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from fieldapp.ledger.verify import Seen
from tests.dossier.village import NIK, SECRETS, People, ask, key, proved
from tests.factories import BUMISARI, SEMEDO, auth_headers, make_person


def opened(dossier: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(dossier))
    assert archive.testzip() is None
    return archive


def lines(dossier: bytes, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in opened(dossier).read(name).splitlines()]


def test_a_dossier_proves_itself(client: FlaskClient, busy: People) -> None:
    dossier = ask(client, busy.auditor)

    verdict = proved(dossier)

    assert verdict.faults == []
    assert verdict.area == SEMEDO
    assert verdict.counts["revisions"] == 3
    assert verdict.counts["entries-withheld"] == 1


def test_it_holds_what_an_auditor_needs(client: FlaskClient, busy: People) -> None:
    names = opened(ask(client, busy.auditor)).namelist()

    assert names[:5] == [
        "manifest.json",
        "log.ndjson",
        "contents.ndjson",
        "summary.html",
        "report.json",
    ]
    assert any(name.startswith("forms/") for name in names)
    assert names[-2:] == ["HOWTO.txt", "verify.py"]


def test_an_audit_tells_nothing_of_a_person(client: FlaskClient, busy: People) -> None:
    archive = opened(ask(client, busy.auditor))

    for name in archive.namelist():
        text = archive.read(name).decode()
        assert [each for each in SECRETS if each in text] == [], name
    assert "************0001" in archive.read("summary.html").decode()


def test_a_withheld_answer_cannot_be_guessed(client: FlaskClient, busy: People) -> None:
    """Neither its salt nor one that it could be worked out from is in the dossier."""
    found = lines(ask(client, busy.auditor), "contents.ndjson")
    answers = [each for item in found for each in item.get("answers", ())]

    masked = [each for each in answers if "digest" in each]
    assert {each["path"] for each in masked} == {
        "/data/name",
        "/data/nik",
        "/data/phone",
    }
    assert all("salt" not in each for each in masked)
    assert len({each["digest"] for each in masked}) == len(masked)


def test_a_certificate_opens_the_photos(client: FlaskClient, busy: People) -> None:
    dossier = ask(client, busy.auditor, purpose="certification")

    verdict = proved(dossier)

    assert verdict.faults == []
    assert verdict.counts["files"] == 3
    files = [name for name in opened(dossier).namelist() if name.startswith("files/")]
    assert len(files) == 3


def test_a_coordinator_may_have_it_whole(client: FlaskClient, busy: People) -> None:
    dossier = ask(client, auth_headers(busy.coordinator), purpose="full")

    assert proved(dossier).faults == []
    documents = [
        item["document"]["xml"]
        for item in lines(dossier, "contents.ndjson")
        if "document" in item
    ]
    assert len(documents) == 4
    assert all(NIK in xml for xml in documents)


def test_an_auditor_may_not_have_it_whole(client: FlaskClient, busy: People) -> None:
    response = client.post(
        f"/api/v1/areas/{SEMEDO}/dossier",
        json={"purpose": "full"},
        headers=busy.auditor,
    )

    assert response.status_code == 403
    assert response.get_json()["type"] == "/problems/purpose-refused"


def test_a_village_without_entries_has_a_dossier(
    client: FlaskClient, people: People
) -> None:
    auditor = auth_headers(make_person(Role.AUDITOR, BUMISARI))
    response = client.post(
        f"/api/v1/areas/{BUMISARI}/dossier", headers=auditor, json={}, buffered=True
    )

    verdict = proved(response.data)

    assert people
    assert verdict.faults == []
    # The roles that were given in it stand in the log of an area, and its own export.
    assert verdict.counts == {}
    assert "Nothing happened" in opened(response.data).read("summary.html").decode()


def test_each_export_stands_in_the_log(client: FlaskClient, busy: People) -> None:
    first = lines(ask(client, busy.auditor), "log.ndjson")
    second = lines(ask(client, busy.auditor, purpose="certification"), "log.ndjson")

    assert len(second) == len(first) + 1
    entry = second[-2]["entry"]
    assert entry["kind"] == "export"
    assert entry["detail"]["format"] == "dossier"
    assert entry["detail"]["purpose"] == "certification"


def test_only_the_period_is_told(client: FlaskClient, busy: People) -> None:
    dossier = ask(client, busy.auditor, **{"from": "2020-01-01", "to": "2020-12-31"})

    verdict = proved(dossier)

    assert verdict.faults == []
    assert verdict.counts == {}
    assert verdict.position > 5


def test_the_next_dossier_holds_against_the_last(
    client: FlaskClient, busy: People
) -> None:
    before = proved(ask(client, busy.auditor))
    seen = Seen({before.position: before.digest}, before.area)

    assert proved(ask(client, busy.auditor), seen).faults == []


def test_a_stranger_learns_nothing(client: FlaskClient, busy: People) -> None:
    elsewhere = auth_headers(make_person(Role.AUDITOR, BUMISARI))
    answers = [
        client.post(f"/api/v1/areas/{code}/dossier", json={}, headers=elsewhere)
        for code in (SEMEDO, "33.02.16.2999")
    ]

    assert busy
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].data == answers[1].data


def test_the_program_inside_needs_nothing_but_python(
    client: FlaskClient, busy: People, tmp_path: Path
) -> None:
    dossier = ask(client, busy.auditor)
    (tmp_path / "dossier.zip").write_bytes(dossier)
    (tmp_path / "verify.py").write_bytes(opened(dossier).read("verify.py"))

    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "dossier.zip", "--key", key()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith(f"OK  {SEMEDO}")
