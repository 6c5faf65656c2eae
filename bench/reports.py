"""Measure the report of a village, a regency and a province at two sizes.

Run as ``python -m bench.reports [ENTRIES ...]`` (default: 10000 1000000), prints JSON.

The facts are drawn at random for a form of five indicators (sum, ratio, distinct,
last, median) and copied in; the counters are made by the SQL of the rebuild. The
report is read through the whole application: HTTP, token, scope, JSON.
"""

import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, text

from fieldapp import create_app, embedded
from fieldapp.config import Config
from fieldapp.extensions import Base, db
from fieldapp.forms.publishing import publish_file
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.identity.tokens import start_family
from fieldapp.indicators.digits import digit_path
from fieldapp.indicators.facts import keyed_hash
from fieldapp.indicators.models import Fact
from fieldapp.indicators.rebuild import rebuild_counters
from fieldapp.indicators.slices import slices_of
from fieldapp.places.codes import lineage
from fieldapp.places.models import COUNTRY, Area, AreaRelease
from fieldapp.submissions.models import Tally
from fieldapp.web.clock import now

SIZES = (10_000, 1_000_000)
READS = 60
FIRST, DAYS = date(2025, 1, 1), 365
QUERY = {"from": "2025-01-10", "to": "2025-12-20"}
AREAS = {"village": "33.01.01.2001", "regency": "33.01", "province": "33"}
VILLAGES = [
    f"33.{regency:02}.{district:02}.{village}"
    for regency in range(1, 6)
    for district in range(1, 6)
    for village in range(2001, 2003)
]
MEMBERS_PER_VILLAGE = 500
SECRET = b"bench"
COLUMNS = (
    *("submission_id", "revision_id", "form_id", "indicator", "area_code"),
    *("occurred_on", "moment", "position", "slices", "value", "weight"),
    *("key", "digits"),
)
FORM = """| survey |
| | type | name | label::Indonesia (id) | label::English (en) |
| | text | member | Anggota | Member |
| | select_one sex | sex | Jenis kelamin | Sex |
| | select_one grade | grade | Mutu | Grade |
| | decimal | kg | Berat | Weight |

| choices |
| | list_name | name | label::Indonesia (id) | label::English (en) |
| | sex | P | Perempuan | Female |
| | sex | L | Laki-laki | Male |
| | grade | a | Mutu A | Grade A |
| | grade | b | Mutu B | Grade B |
| | grade | c | Mutu C | Grade C |

| settings |
| | form_id | form_title | version | default_language |
| | bench | Bench | 1 | Indonesia (id) |

| indicators |
| | name | label::Indonesia (id) | label::English (en) | unit | aggregate | value | weight | by |
| | SUM | Berat | Weight | kg | sum | ${kg} | | sex grade |
| | RATIO | Bagian | Share | % | ratio | ${kg} | ${kg} | grade |
| | DISTINCT | Anggota | Members | orang | distinct | ${member} | | sex |
| | LAST | Stok | Stock | kg | last | ${kg} | | |
| | MEDIAN | Median | Median | kg | median | ${kg} | | |
"""  # noqa: E501 - A table row is one line.


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    with scratch() as app, app.app_context():
        headers = prepare()
        measured = {size: measure(app, headers, size) for size in sizes}
    smallest, largest = measured[sizes[0]], measured[sizes[-1]]
    ratios = {
        f"{area}_{name}": round(largest[area][name] / smallest[area][name], 2)
        for area in AREAS
        for name in ("p50_ms", "p95_ms")
    }
    print(json.dumps({"reports": measured, "ratio": ratios}, indent=2))


@contextmanager
def scratch() -> Iterator[Flask]:
    folder = Path(tempfile.mkdtemp(prefix="fieldapp-bench-"))
    folder.chmod(0o755)
    try:
        server = embedded.start(folder / "postgres", is_durable=False)
        server.ensure_database("bench")
        config = Config(
            database_url=server.url("bench"),
            secret_key="b" * 48,
            data_dir=folder,
            log_level="WARNING",
        )
        app = create_app(config)
        with app.app_context():
            Base.metadata.create_all(db.engine)
        yield app
        with app.app_context():
            db.engine.dispose()
    finally:
        embedded.stop(folder / "postgres")
        shutil.rmtree(folder)


def prepare() -> dict[str, str]:
    db.session.add(AreaRelease(id="bench", decree="bench", effective_on=None))
    db.session.flush()
    codes = {code for village in VILLAGES for code in lineage(village)}
    areas = [
        {
            "code": code,
            "parent_code": None if code == COUNTRY else lineage(code)[1],
            "level": 0 if code == COUNTRY else code.count(".") + 1,
            "kind": "desa",
            "name": code,
            "release_id": "bench",
        }
        for code in sorted(codes, key=lambda code: (code != COUNTRY, len(code)))
    ]
    db.session.execute(insert(Area), areas)
    publish_file(FORM.encode(), "bench.md")
    user = User(username="bench", name="Bench", password_hash="", created_at=now())
    db.session.add(user)
    db.session.flush()
    db.session.add(
        RoleGrant(
            user_id=user.id,
            role=Role.AUDITOR,
            area_code=COUNTRY,
            granted_at=now(),
        )
    )
    token = start_family(user.id).access_token
    db.session.commit()
    return {"Authorization": f"Bearer {token}"}


def measure(app: Flask, headers: dict[str, str], entries: int) -> dict[str, Any]:
    started = time.perf_counter()
    fill(entries)
    filled = time.perf_counter()
    rebuild_counters()
    db.session.commit()
    rebuilt = time.perf_counter()
    settle()
    client = app.test_client()
    return {
        "entries": entries,
        "copy_s": round(filled - started, 1),
        "rebuild_s": round(rebuilt - filled, 1),
        **{area: read(client, headers, code) for area, code in AREAS.items()},
    }


def fill(entries: int) -> None:
    db.session.execute(delete(Tally))
    db.session.execute(delete(Fact))
    db.session.commit()
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    # The facts of this bench have no submissions behind them.
    cursor.execute("set session_replication_role = replica")
    with cursor.copy(f"copy fact ({', '.join(COLUMNS)}) from stdin") as copy:
        copy.set_types(
            [
                *("text", "text", "text", "text", "text", "date", "timestamptz"),
                *("int4", "text[]", "numeric", "numeric", "bytea", "text[]"),
            ]
        )
        for row in facts(entries):
            copy.write_row(row)
    cursor.execute("set session_replication_role = origin")
    connection.commit()
    connection.close()
    db.session.execute(
        text(
            "insert into tally (form_id, area_code, captured_on, state, number) "
            "select form_id, area_code, occurred_on, state, n from (select "
            "form_id, area_code, occurred_on, count(*) as number from fact where "
            "indicator = 'SUM' group by 1, 2, 3) approved "
            "cross join lateral (values ('approved', number), "
            "('received', (extract(day from occurred_on) = 1)::int)) as s(state, n)"
        )
    )
    db.session.commit()


def settle() -> None:
    """Let the planner know the tables, as autovacuum would."""
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("vacuum analyze"))


def facts(entries: int) -> Iterator[tuple[object, ...]]:
    draw = random.Random(1)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(entries):
        village = draw.choice(VILLAGES)
        member = draw.randrange(MEMBERS_PER_VILLAGE)
        sex, grade = "PL"[member % 2], draw.choice("abc")
        kg = Decimal(draw.randrange(1, 20000)) / 100
        day = FIRST + timedelta(days=draw.randrange(DAYS))
        person = keyed_hash(SECRET, village, str(member))
        store = keyed_hash(SECRET, village)
        both, by_grade, by_sex = (
            slices_of(answers, free=frozenset(), is_located=True)
            for answers in (
                {"sex": sex, "grade": grade},
                {"grade": grade},
                {"sex": sex},
            )
        )
        whole = slices_of({}, free=frozenset(), is_located=True)
        name = f"uuid:{number}"
        for indicator, slices, value, weight, key, digits in (
            ("SUM", both, kg, None, None, None),
            ("RATIO", by_grade, kg, kg, None, None),
            ("DISTINCT", by_sex, None, None, person, None),
            ("LAST", whole, kg, None, store, None),
            ("MEDIAN", whole, kg, None, None, digit_path(kg)),
        ):
            yield (
                *(name, name, "bench", indicator, village, day, moment, 0),
                *(slices, value, weight, key, digits),
            )


def read(client: FlaskClient, headers: dict[str, str], code: str) -> dict[str, float]:
    times = []
    for _ in range(READS + 5):
        started = time.perf_counter()
        response = client.get(
            f"/api/v1/areas/{code}/report", query_string=QUERY, headers=headers
        )
        times.append((time.perf_counter() - started) * 1000)
        if response.status_code != 200:
            raise RuntimeError(response.text)
    times = sorted(times[5:])
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(len(times) * 0.95)], 2),
    }


if __name__ == "__main__":
    main()
