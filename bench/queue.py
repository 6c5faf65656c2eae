"""Measure the queue, a filtered list and the counts of reviewers at several sizes.

Run as ``python -m bench.queue [ENTRIES ...]`` (default: 10000 1000000), prints JSON.

Submissions and tallies are made by SQL: one in five waits, one in ten of these breaks
a rule. They are read through the whole application: HTTP, token, scope, JSON.
"""

import json
import statistics
import sys
import time
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from bench.reports import VILLAGES, prepare, scratch, settle
from fieldapp.extensions import db

SIZES = (10_000, 1_000_000)
READS = 40
WARM = 5
QUESTIONS = {
    "queue_country": "/submissions?order=queue",
    "queue_regency": "/submissions?order=queue&area=33.01",
    "queue_village": "/submissions?order=queue&area=33.01.01.2001",
    "newest_regency": "/submissions?area=33.01&state=received",
    "flagged_district": "/submissions?area=33.01.01&flagged=true&state=received",
    "counts_country": "/submission-counts",
    "counts_province": "/submission-counts?area=33",
    "counts_village": "/submission-counts?area=33.01.01.2001",
}
FILL = """
insert into submission (
    id, form_id, area_code, state, revision_number, revision_id, author_id,
    violation_count, warning_count, captured_on, received_at, updated_at, salt, is_demo
)
select 'uuid:' || n, 'bench', (cast(:villages as text[]))[1 + n % :count],
       case when n % 5 = 0 then 'received' else 'approved' end, 1, 'uuid:' || n,
       (select id from "user" limit 1),
       (n % 50 = 0)::int, (n % 20 = 0)::int,
       date '2025-01-01' + (n % 365), timestamptz '2025-01-01' + n * interval '30 s',
       timestamptz '2025-01-01' + n * interval '30 s', '\\x00', false
from generate_series(1, :entries) n
"""
TALLIES = """
insert into tally (form_id, area_code, captured_on, state, number)
select form_id, area_code, captured_on, state, count(*) from submission
group by 1, 2, 3, 4
"""


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    with scratch() as app, app.app_context():
        headers = prepare()
        client = app.test_client()
        measured: dict[int, dict[str, Any]] = {}
        for size in sizes:
            filled = fill(size)
            read = {name: ask(client, headers, url) for name, url in QUESTIONS.items()}
            measured[size] = {"fill_s": filled, **read}
    first, last = measured[sizes[0]], measured[sizes[-1]]
    ratios = {
        name: round(last[name]["p50_ms"] / first[name]["p50_ms"], 2)
        for name in QUESTIONS
    }
    print(json.dumps({"queue": measured, "ratio_p50": ratios}, indent=2))


def fill(entries: int) -> float:
    started = time.perf_counter()
    db.session.execute(text("truncate submission, tally cascade"))
    parameters = {"villages": VILLAGES, "count": len(VILLAGES), "entries": entries}
    db.session.execute(text(FILL), parameters)
    db.session.execute(text(TALLIES))
    db.session.commit()
    settle()
    return round(time.perf_counter() - started, 1)


def ask(client: FlaskClient, headers: dict[str, str], url: str) -> dict[str, Any]:
    times = []
    for _ in range(READS + WARM):
        started = time.perf_counter()
        response = client.get(f"/api/v1{url}", headers=headers)
        times.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200:
            raise RuntimeError(response.text)
    times = sorted(times[WARM:])
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(len(times) * 0.95)], 2),
    }


if __name__ == "__main__":
    main()
