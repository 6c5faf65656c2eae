"""The main job in one sitting: a phone, a coordinator, a report, and an auditor."""

from typing import Any
from urllib.parse import quote

import orjson
import pytest

from fieldapp.identity.permissions import Role
from fieldapp.places.codes import lineage
from tests.e2e.conftest import COUNTRY, sign_in
from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation
from tests.e2e.wire import Phone, Reader
from tests.factories import BANYUMAS, SEMEDO

PERIOD = "from=2026-11-01&to=2026-11-30"
FORM = "gula_semut_handover"


@pytest.fixture
def reviewer(place: Installation) -> Reader:
    return sign_in(place, Role.COORDINATOR, BANYUMAS)


@pytest.fixture
def auditor(place: Installation) -> Reader:
    return sign_in(place, Role.AUDITOR, COUNTRY)


def tiles(reader: Reader, code: str) -> tuple[float, int]:
    """Read the square metres of tiles given in an area, and how many entries wait."""
    report = reader.get(f"/areas/{code}/report?{PERIOD}").json
    assert report["area"]["code"] == code
    forms: dict[str, Any] = {each["form_id"]: each for each in report["forms"]}
    readings = {each["name"]: each for each in forms[FORM]["indicators"]}
    return float(readings["HND-1-TILES"]["value"] or 0), forms[FORM]["waiting"]


def everywhere(reader: Reader) -> dict[str, tuple[float, int]]:
    return {code: tiles(reader, code) for code in lineage(SEMEDO)}


def approve(reader: Reader, entry: Entry, *, state: str) -> None:
    body = {"kind": "approve", "revision_id": entry.id}
    answer = reader.post(f"/submissions/{quote(entry.id)}/decisions", body)
    assert (answer.status, answer.json.get("state")) == (201, state), answer.body


def changed_at(log: bytes, position: int) -> bytes:
    """Change one byte of an entry, as somebody with an editor does."""
    lines = log.splitlines(keepends=True)
    line = lines[position]
    assert orjson.loads(line)["entry"]["position"] == position
    at = line.index(b'"subject":"') + len(b'"subject":"')
    lines[position] = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
    return b"".join(lines)


def test_what_a_phone_sends_is_approved_reported_and_proved(
    place: Installation,
    phone: Phone,
    reviewer: Reader,
    coordinator: Reader,
    auditor: Reader,
) -> None:
    entry = entries_of(FORM)["valid-tiles-semedo.xml"].renamed()
    assert lineage(SEMEDO)[-1] == COUNTRY
    before = everywhere(auditor)

    phone.send(entry)

    listed = reviewer.pages(f"/submissions?area={SEMEDO}&state=received&limit=100")
    assert entry.id in {each["id"] for each in listed}
    assert everywhere(auditor) == {
        code: (area, waiting + 1) for code, (area, waiting) in before.items()
    }

    # A hand-over needs two who approve; after the first it waits as before.
    approve(reviewer, entry, state="received")
    approve(coordinator, entry, state="approved")

    assert everywhere(auditor) == {
        code: (area + 600, waiting) for code, (area, waiting) in before.items()
    }
    assert tiles(reviewer, BANYUMAS) == tiles(auditor, BANYUMAS)
    assert reviewer.get(f"/areas/33/report?{PERIOD}").status == 404
    prove_the_log(place, auditor, entry)


def prove_the_log(place: Installation, auditor: Reader, entry: Entry) -> None:
    head = place.folder / "head.json"
    head.write_bytes(auditor.get(f"/areas/{SEMEDO}/log/head").body)
    key = orjson.loads(head.read_bytes())["public_key"]
    log = auditor.get(f"/areas/{SEMEDO}/log").body
    about = [
        orjson.loads(line)["entry"]
        for line in log.splitlines()
        if entry.id.encode() in line
    ]
    kinds = [each["kind"] for each in about]
    assert kinds[0] == "revision-received"
    assert kinds[-1] == "decision"
    file = place.folder / "log.ndjson"
    arguments = ("ledger", "verify", str(file), "--key", key, "--head", str(head))
    file.write_bytes(log)

    sound = place.run(*arguments)
    assert (sound.returncode, sound.stdout[:2]) == (0, "OK"), sound.stdout

    position = about[-1]["position"]
    file.write_bytes(changed_at(log, position))
    broken = place.run(*arguments)
    assert broken.returncode == 1
    faults = [line for line in broken.stdout.splitlines() if "FAULT" in line]
    assert len(faults) >= 1
    assert all(f"entry {position}:" in line for line in faults), faults
