"""Measure how fast the worker raises flags, and what it costs to look for news.

Run as ``python -m bench.flags [ENTRIES]`` (default: 2000), prints JSON.

Deliveries of sugar in 50 villages, whole entries of the form that we ship, are taken
in by the intake; then their logs are followed twice: as they are, and with another
such number of entries behind them.
"""

import json
import sys
import time
from pathlib import Path
from uuid import uuid4

from flask import current_app
from sqlalchemy import insert, select, text

from bench.reports import VILLAGES, prepare, scratch, settle
from fieldapp.extensions import db
from fieldapp.forms.publishing import publish_file
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Actor, Role
from fieldapp.identity.queries import load_actor
from fieldapp.ledger.models import LedgerEntry, LedgerHead
from fieldapp.places.models import COUNTRY
from fieldapp.quality.following import is_behind
from fieldapp.quality.working import follow_once
from fieldapp.submissions.delivery import Delivery
from fieldapp.submissions.intake import accept
from fieldapp.web.clock import now

ROOT = Path(__file__).parents[1]
FORM = ROOT / "forms" / "gula_semut_delivery.md"
ENTRY = ROOT / "fieldapp" / "demo_entries" / "sugar-semedo.xml"
DEMO_VILLAGE = "33.02.16.2007"
ENTRIES = 2000
GROUP = 50


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    with scratch() as app, app.app_context():
        prepare()
        publish_file(FORM.read_bytes(), FORM.name)
        actor = make_sender()
        measured = []
        for _ in range(2):
            taken_in = send(actor, entries)
            settle()
            measured.append({"intake_per_s": taken_in, **follow(entries)})
        print(json.dumps({"flags": measured, "look_ms": look()}, indent=2))


def make_sender() -> Actor:
    user = db.session.scalars(select(User)).one()
    db.session.execute(
        insert(RoleGrant).values(
            user_id=user.id,
            role=Role.FACILITATOR,
            area_code=COUNTRY,
            granted_at=now(),
        )
    )
    db.session.commit()
    actor = load_actor(user.id)
    if actor is None:
        raise RuntimeError
    return actor


def send(actor: Actor, entries: int) -> float:
    sample = ENTRY.read_text()
    old_id = sample.split("<instanceID>")[1].split("</instanceID>")[0]
    started = time.perf_counter()
    for first in range(0, entries, GROUP):
        group = []
        for number in range(first, first + GROUP):
            village = VILLAGES[number % len(VILLAGES)]
            xml = sample.replace(old_id, f"uuid:{uuid4()}")
            xml = xml.replace(DEMO_VILLAGE, village)
            group.append(
                Delivery(
                    actor=actor,
                    xml=xml.encode(),
                    files=(),
                    door="openrosa",
                    client="bench",
                    received_at=now(),
                )
            )
        accept(group)
    return round(entries / (time.perf_counter() - started), 1)


def follow(entries: int) -> dict[str, float]:
    started = time.perf_counter()
    lines = 0
    while number := follow_once():
        lines += number
    took = time.perf_counter() - started
    return {"lines": lines, "followed_per_s": round(entries / took, 1)}


def look() -> float:
    """Look for news in a province of 10,000 villages where there is none."""
    template = db.session.scalars(select(LedgerHead)).first()
    if template is None or current_app is None or is_behind():
        raise RuntimeError
    db.session.execute(
        text(
            "insert into area (code, parent_code, level, kind, name, release_id) "
            "select '99.99.99.' || n, null, 4, 'desa', '', 'bench' "
            "from generate_series(100000, 110000) n"
        )
    )
    for table, columns in (
        (LedgerHead.__tablename__, "position, digest"),
        ("flag_position", "position"),
    ):
        values = "1, '\\x00'" if "digest" in columns else "1"
        db.session.execute(
            text(
                f"insert into {table} (area_code, {columns}) select code, {values} "  # noqa: S608 - Our own names.
                "from area where code like '99.99.99.%'"
            )
        )
    db.session.commit()
    settle()
    began = time.perf_counter()
    for _ in range(10):
        is_behind()
    took = (time.perf_counter() - began) / 10 * 1000
    if db.session.scalars(select(LedgerEntry).limit(1)).first() is None:
        raise RuntimeError
    return round(took, 1)


if __name__ == "__main__":
    main()
