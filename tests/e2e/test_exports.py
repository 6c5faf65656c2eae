"""Exports and feeds from a real server, for readers that behave well and badly."""

import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from odata.service import ODataService
from sqlalchemy import text

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from tests.e2e.installation import Installation
from tests.exporting.plots import FORM_ID, plot_xml, publish_plots
from tests.factories import SEMEDO, Headers, auth_headers, make_person

ENTRIES = 12_000
PATIENCE = 30
SUBMISSIONS = """
insert into submission (
    id, form_id, area_code, state, revision_number, revision_id, author_id,
    violation_count, warning_count, captured_on, received_at, updated_at, salt, is_demo
)
select 'uuid:' || n, :form, :village, 'received', 1, 'uuid:' || n,
       (select id from "user" limit 1), 0, 0, date '2026-01-01',
       timestamptz '2026-01-01' + n * interval '1 s',
       timestamptz '2026-01-01' + n * interval '1 s', '\\x00', false
from generate_series(1, :entries) n
"""
REVISIONS = """
insert into revision (
    id, submission_id, number, form_version_id, xml, digest, author_id, client, door,
    received_at, violations, warnings
)
select s.id, s.id, 1, (select max(id) from form_version where form_id = :form),
       convert_to(replace(:xml, 'uuid:n', s.id), 'utf8'), '\\x00', s.author_id,
       'test', 'openrosa', s.received_at, '[]', '[]'
from submission s where s.form_id = :form
"""


@pytest.fixture(scope="module")
def reader(place: Installation) -> Iterator[Headers]:
    """Who reads thousands of entries, which are gone at the end."""
    with place.app.app_context():
        publish_plots()
        headers = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
        names = {"form": FORM_ID, "village": SEMEDO, "entries": ENTRIES}
        db.session.execute(text(SUBMISSIONS), names)
        xml = plot_xml("uuid:n").decode()
        db.session.execute(text(REVISIONS), {"form": FORM_ID, "xml": xml})
        db.session.commit()
        yield headers
        for table in ("revision", "submission"):
            column = "submission_id" if table == "revision" else "id"
            db.session.execute(
                text(
                    f"delete from {table} where {column} in "  # noqa: S608 - Names of ours.
                    "(select id from submission where form_id = :form)"
                ),
                {"form": FORM_ID},
            )
            db.session.commit()


def export_url(name: str) -> str:
    return f"/api/v1/forms/{FORM_ID}/export?format={name}"


def ended_exports(place: Installation) -> list[dict[str, Any]]:
    rows = place.rows(
        "select convert_from(body, 'utf8') from ledger_entry where area_code = %s "
        "order by position",
        SEMEDO,
    )
    bodies = [json.loads(str(row[0])) for row in rows]
    return [each["detail"] for each in bodies if each["kind"] == "export-ended"]


def wait_for(is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def open_transactions(place: Installation) -> int:
    (row,) = place.rows(
        "select count(*) from pg_stat_activity "
        "where state like 'idle in transaction%%' and datname = current_database()"
    )
    return int(str(row[0]))


def test_all_entries_come_through_a_real_server(
    place: Installation, reader: Headers
) -> None:
    request = urllib.request.Request(  # noqa: S310 - Our own.
        place.address + export_url("ndjson"), headers=reader
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310 - The same.
        keys = [json.loads(line)["KEY"] for line in response]

    assert keys == [f"uuid:{number}" for number in range(1, ENTRIES + 1)]
    wait_for(lambda: ended_exports(place)[-1]["is_whole"])
    assert ended_exports(place)[-1]["entries"] == ENTRIES


def test_a_reader_that_stops_half_way_frees_the_connection_and_is_noted(
    place: Installation, reader: Headers
) -> None:
    before = len(ended_exports(place))
    address = urlsplit(place.address)
    for _ in range(6):  # More than there are places for.
        with socket.create_connection((address.hostname, address.port)) as connection:
            ask = (
                f"GET {export_url('ndjson')} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Authorization: {reader['Authorization']}\r\n\r\n"
            )
            connection.sendall(ask.encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")

    wait_for(lambda: len(ended_exports(place)) == before + 6)
    broken = ended_exports(place)[before:]
    assert [each["is_whole"] for each in broken] == [False] * 6
    assert all(0 < each["entries"] < ENTRIES for each in broken)
    wait_for(lambda: open_transactions(place) == 0)


def test_a_client_of_odata_reads_types_pages_and_filters(
    place: Installation, reader: Headers
) -> None:
    session = requests.Session()
    session.headers.update(reader)
    service = ODataService(
        f"{place.address}/api/v1/forms/{FORM_ID}/odata/",
        session=session,
        reflect_entities=True,
        quiet_progress=True,
    )
    entity = service.entities["Submissions"]

    rows = list(service.query(entity).filter("__system/submissionDate ge 2026-01-01"))
    raw = service.query(entity).raw({"$filter": "__system/reviewState eq 'approved'"})

    assert [row.__odata__["__id"] for row in rows][::1000] == [
        f"uuid:{number}" for number in range(1, ENTRIES, 1000)
    ]
    assert rows[0].age == 41
    assert str(rows[0].visited_on)[:10] == "2026-08-20"
    assert raw == []
