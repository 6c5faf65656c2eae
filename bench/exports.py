"""Measure exports: time, rows a second, memory; one reader, and two at once.

Run as ``python -m bench.exports [ENTRIES ...]`` (default: 10000 50000 1000000), prints
JSON. The form is that of the OpenRosa bench: twenty questions, and a repeat of which
each entry has three items. Entries are made by SQL and read over HTTP from a real
server of one process, which tells its largest memory; the reader keeps nothing.
"""

import json
import os
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from bench.installation import (
    GENERATOR,
    Installation,
    installation,
    publish_file,
    serving,
)
from bench.installation import VILLAGE as HOME
from bench.openrosa import FORM
from fieldapp.extensions import db
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.identity.tokens import start_family
from fieldapp.places.models import COUNTRY
from fieldapp.web.clock import now

SIZES = (10_000, 50_000, 1_000_000)
CENTRAL_S = 27.6
"""ODK Central's median for the zipped CSV of 50,000 entries, on a like machine."""

CENTRAL_ENTRIES = 50_000
SEVERAL_FORMATS = 100_000
WHOLE_AT_ONCE = 20_000
TEMPLATE = GENERATOR / "data" / "gula_semut_storage_delivery.submission.xml"
FORM_ID = "gula_semut_storage_delivery"
CHUNK = 1 << 20

SUBMISSIONS = """
insert into submission (
    id, form_id, area_code, state, revision_number, revision_id, author_id,
    violation_count, warning_count, captured_on, received_at, updated_at, salt, is_demo
)
select 'uuid:' || md5(n::text), :form, :village,
       case when n % 5 = 0 then 'received' else 'approved' end, 1,
       'uuid:' || md5(n::text), (select id from "user" limit 1), 0, 0,
       date '2025-01-01' + (n % 365), timestamptz '2025-01-01' + n * interval '30 s',
       timestamptz '2025-01-01' + n * interval '30 s', '\\x00', false
from generate_series(1, :entries) n
"""
REVISIONS = """
insert into revision (
    id, submission_id, number, form_version_id, xml, digest, author_id, client, door,
    received_at, violations, warnings
)
select s.id, s.id, 1, (select max(id) from form_version),
       convert_to(replace(:template, '{{instanceID}}', s.id), 'utf8'), '\\x00',
       s.author_id, 'bench', 'openrosa', s.received_at, '[]', '[]'
from submission s
"""


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    if not FORM.exists():
        sys.exit(f"The form of the bench is not there: {FORM}")
    with installation() as place:
        publish_file(place, FORM)
        _add_reader(place)
        measured = {size: _measure(place, size) for size in sizes}
    result: dict[str, Any] = {"exports": measured}
    if CENTRAL_ENTRIES in measured:
        seconds = measured[CENTRAL_ENTRIES]["csv"]["seconds"]
        result["times_faster_than_central"] = round(CENTRAL_S / seconds, 1)
    print(json.dumps(result, indent=2))


def _measure(place: Installation, size: int) -> dict[str, Any]:
    measured: dict[str, Any] = {"fill_s": _fill(place, size)}
    readings: dict[str, tuple[str, ...]] = {"csv": ("csv",)}
    if size <= SEVERAL_FORMATS:
        readings |= {"ndjson": ("ndjson",), "geojson": ("geojson",)}
    if size <= WHOLE_AT_ONCE:
        readings |= {"parquet": ("parquet",), "xlsx": ("xlsx",)}
    readings["two_csv_at_once"] = ("csv", "csv")
    for name, formats in readings.items():
        with serving(place, workers=1) as (address, pid):
            headers = _sign_in(place)
            measured[name] = _read(address, pid, headers, formats, size)
            print(name, size, measured[name], file=sys.stderr, flush=True)
    return measured


def _fill(place: Installation, size: int) -> float:
    started = time.perf_counter()
    with place.app.app_context():
        db.session.execute(text("truncate submission, revision, tally cascade"))
        values = {"form": FORM_ID, "village": HOME, "entries": size}
        db.session.execute(text(SUBMISSIONS), values)
        template = TEMPLATE.read_text()
        db.session.execute(text(REVISIONS), {"template": template})
        db.session.commit()
        with db.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("vacuum analyze"))
    return round(time.perf_counter() - started, 1)


def _read(
    address: str,
    pid: int,
    headers: dict[str, str],
    formats: tuple[str, ...],
    size: int,
) -> dict[str, Any]:
    """Read some exports at the same time, and watch the server meanwhile."""
    url = f"{address}/api/v1/forms/{FORM_ID}/export?area={COUNTRY}&format="
    sizes: list[int] = []
    readers = [
        threading.Thread(
            target=lambda name=name: sizes.append(_drain(url + name, headers))
        )
        for name in formats
    ]
    server = _serving_process(pid)
    before = _status_mib(server, "VmRSS")
    cpu = _cpu_seconds(server)
    started = time.perf_counter()
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    seconds = time.perf_counter() - started
    if len(sizes) < len(formats):
        raise RuntimeError("An export was not read to its end.")
    peak = _status_mib(server, "VmHWM")
    return {
        "seconds": round(seconds, 2),
        "entries_per_s": round(len(formats) * size / seconds),
        "server_cpu_s": round(_cpu_seconds(server) - cpu, 2),
        "mib": round(sum(sizes) / 1024**2, 1),
        "peak_rss_mib": peak,
        "grown_mib": round(peak - before, 1),
    }


def _drain(url: str, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - Our own.
    size = 0
    with urllib.request.urlopen(request) as response:  # noqa: S310 - The same.
        while chunk := response.read(CHUNK):
            size += len(chunk)
    return size


def _serving_process(pid: int) -> int:
    """Find the process that answers: the largest one below the server's own."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max(map(int, below), key=lambda each: _status_mib(each, "VmRSS"))


def _status_mib(pid: int, name: str) -> float:
    """Read a size from what Linux tells of a process: VmRSS, or its peak VmHWM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    line = next((each for each in lines if each.startswith(f"{name}:")), f"{name}: 0")
    return round(int(line.split()[1]) / 1024, 1)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks: int = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks


def _add_reader(place: Installation) -> None:
    with place.app.app_context():
        user = User(username="bench", name="Bench", password_hash="", created_at=now())
        db.session.add(user)
        db.session.flush()
        grant = RoleGrant(
            user_id=user.id,
            role=Role.COORDINATOR,
            area_code=COUNTRY,
            granted_at=now(),
        )
        db.session.add(grant)
        db.session.commit()


def _sign_in(place: Installation) -> dict[str, str]:
    """Sign in anew: a token ends sooner than a million entries are made."""
    with place.app.app_context():
        user_id = db.session.scalars(select(User.id)).one()
        token = start_family(user_id).access_token
        db.session.commit()
        return {"Authorization": f"Bearer {token}"}


if __name__ == "__main__":
    main()
