"""That flags follow from the logs alone, whatever happens to the worker."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.quality import examining, following
from fieldapp.quality.following import is_behind
from fieldapp.quality.models import EntryProfile, Flag, FlagDismissal
from fieldapp.quality.working import derive_again, follow_on, follow_once
from fieldapp.web.clock import now
from tests.entries import deliver, entry_xml, make_file, publish_small_form
from tests.factories import BUMISARI, SEMEDO, auth_headers, make_grant, make_person
from tests.quality.members import (
    FLAGS,
    codes_of,
    everything_raised,
    flags_of,
    member_xml,
    publish_members,
    raise_all,
    send_member,
)
from tests.submissions.test_sealed import sealed_xml

FOLLOW = (sys.executable, "-c", "from fieldapp.cli import main; main()", "flags")
NIKS = ("3302164507700001", "3302164507700002", "3302164507800003")
POINTS = tuple(f"{lat} {lon} 200 4" for lat in (-7.36, -7.8) for lon in (109.1, 110.9))


@pytest.fixture
def senders(app: Flask) -> list[User]:
    assert app
    return make_senders()


def seeded(number: int) -> random.Random:
    """Make chance that is the same each time."""
    return random.Random(number)  # noqa: S311 - It decides nothing secret.


def make_senders() -> list[User]:
    publish_members(max_per_day="6")
    senders = []
    for _ in range(2):
        sender = make_person(Role.FACILITATOR, SEMEDO)
        make_grant(sender, Role.FACILITATOR, BUMISARI)
        senders.append(sender)
    return senders


def send_many(senders: list[User], chance: random.Random, number: int = 60) -> None:
    """Send entries that share a lot, and correct some of them, moves included."""
    start = now() - timedelta(days=9)
    sent: list[tuple[str, User]] = []
    for serial in range(number):
        id_ = f"uuid:{serial}"
        deprecated = ""
        sender = chance.choice(senders)
        if sent and chance.random() < 0.3:
            place = chance.randrange(len(sent))
            deprecated, sender = sent.pop(place)
        photo = (
            make_file(content=chance.randrange(5)) if chance.random() < 0.3 else None
        )
        send_member(
            sender,
            id_,
            deprecated_id=deprecated,
            village=chance.choice((SEMEDO, SEMEDO, BUMISARI)),
            made_at=start + timedelta(minutes=chance.randrange(9 * 24 * 60)),
            minutes=chance.choice((0.5, 10, 11, 12, 13, 14)),
            nik=chance.choice(NIKS) if chance.random() < 0.2 else "",
            kg=chance.choice((9, 10, 11, 12, 13, 900)),
            birth_year=chance.choice((1970, 1980)),
            name=chance.choice(("Sri", "Budi", "Wati")) if serial % 5 == 0 else "",
            points=tuple(chance.sample(POINTS, chance.randrange(2))),
            photo=photo.name if photo else "",
            files=(photo,) if photo else (),
        )
        sent.append((id_, sender))


def raise_in_pieces(chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow with batches of many sizes, and die in the middle of some."""
    while is_behind():
        monkeypatch.setattr(following, "BATCH", chance.randrange(1, 9))
        with db.session.begin_nested() as part:
            following.follow_next(current_app.config["FIELDAPP"])
            if chance.random() < 0.3:
                part.rollback()
        db.session.expire_all()


@pytest.mark.parametrize("seed", range(4))
def test_flags_are_the_same_however_they_were_raised(
    senders: list[User], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = seeded(seed)
    send_many(senders, chance)
    raise_in_pieces(chance, monkeypatch)
    found = everything_raised()

    derive_again()
    monkeypatch.undo()
    raise_all()

    assert everything_raised() == found
    assert db.session.scalar(select(func.count()).select_from(Flag)) > 20  # type: ignore[operator]


def test_entries_that_come_between_visits_change_nothing(senders: list[User]) -> None:
    chance = seeded(7)
    send_many(senders, chance, 30)
    raise_all()
    for serial in range(30):
        send_member(
            senders[serial % 2],
            f"uuid:later-{serial}",
            nik=chance.choice(NIKS),
            kg=chance.choice((10, 900)),
            points=(chance.choice(POINTS),),
        )
        if serial % 3 == 0:
            raise_all()
    raise_all()
    found = everything_raised()

    derive_again()
    raise_all()

    assert everything_raised() == found


def test_nothing_is_worked_out_while_an_entry_comes(senders: list[User]) -> None:
    send_member(senders[0], "uuid:1")

    assert db.session.scalar(select(func.count()).select_from(EntryProfile)) == 0
    assert is_behind()


def test_an_entry_that_cannot_be_examined_stops_no_other(
    senders: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = examining.Examination.profile

    def broken(self: examining.Examination, *given: Any) -> examining.Profile:
        if self.origin.submission_id == "uuid:1":
            raise ZeroDivisionError
        return profile(self, *given)

    monkeypatch.setattr(examining.Examination, "profile", broken)
    for number in (1, 2, 3):
        send_member(senders[0], f"uuid:{number}", nik=NIKS[0])
    raise_all()

    assert codes_of("uuid:1") == []
    assert "same-nik" in codes_of("uuid:3")


def test_answers_at_the_ends_of_what_can_be_written_stop_nobody(
    client: FlaskClient, senders: list[User]
) -> None:
    headers = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
    for number in range(21):
        send_member(senders[0], f"uuid:{number}", kg="1e305" if number % 2 else "1e308")
    odd = {"kg": "1e-320", "birth_year": "-1", "nik": "0" * 16, "name": "H."}
    points = ("90 180 1 1", "-90 -180 NaN 1", "Infinity 1 1 1", "7 7 7 7 7")
    xml = member_xml("uuid:odd", points=points, **odd)  # type: ignore[arg-type]
    for year in ("0001", "9999"):
        times = re.sub(rb"<(start|end)>\d{4}", rb"<\1>" + year.encode(), xml)
        id_ = f"uuid:{year}"
        deliver(senders[0], times.replace(b"uuid:odd", id_.encode()))
    send_member(senders[1], "uuid:last", points=("-7.36 109.15 1 1",))
    raise_all()

    assert not is_behind()
    for id_ in ("uuid:0001", "uuid:9999"):
        assert {flag["code"] for flag in flags_of(client, headers, id_)} >= {
            "number-far",
            "point-outside",
        }
    assert codes_of("uuid:last") == []


def test_a_correction_that_is_sealed_on_the_phone_has_no_flags(
    facilitator: User,
) -> None:
    publish_small_form()
    files = (make_file("foto.jpg"),)
    for number in (1, 2):
        xml = entry_xml(f"uuid:{number}", photo="foto.jpg")
        deliver(facilitator, xml, files=files)
    raise_all()
    assert codes_of("uuid:1") == codes_of("uuid:2") == ["same-photo"]

    deliver(facilitator, sealed_xml(deprecated_id="uuid:2"))
    raise_all()

    assert codes_of("uuid:1") == codes_of("uuid:2") == []


def test_a_flag_that_was_looked_into_stays_visible_and_outlasts_a_rebuild(
    client: FlaskClient, senders: list[User]
) -> None:
    reviewer = make_person(Role.COORDINATOR, SEMEDO)
    headers = auth_headers(reviewer)
    for number in (1, 2):
        send_member(senders[0], f"uuid:{number}", nik=NIKS[0])
    raise_all()
    (flag,) = flags_of(client, headers, "uuid:1")
    url = f"{FLAGS}/uuid:1/flags/{flag['id']}/dismissal"
    body = {"note": "Sudah saya telepon Bu Sri."}

    answer = client.post(url, json=body, headers=headers)
    again = client.post(url, json=body, headers=headers)
    derive_again()
    raise_all()

    assert answer.status_code == 201
    assert again.status_code == 409
    (told,) = flags_of(client, headers, "uuid:1")
    assert told["dismissal"]["note"] == body["note"]  # type: ignore[index]
    assert told["dismissal"]["reviewer_name"] == reviewer.name  # type: ignore[index]
    auditor = auth_headers(make_person(Role.AUDITOR, SEMEDO))
    (audited,) = flags_of(client, auditor, "uuid:1")
    assert audited["dismissal"]["note"] is None  # type: ignore[index]
    assert "telepon" not in str(audited)
    listed = client.get(f"{FLAGS}?flag=same-nik", headers=headers).get_json()["items"]
    assert [each["id"] for each in listed] == ["uuid:2"]
    log = client.get(f"/api/v1/areas/{SEMEDO}/log", headers=headers).text
    assert '\\"flag-dismissed\\"' in log or "flag-dismissed" in log
    assert "telepon" not in log


def test_nobody_looks_into_the_flags_of_their_own_entry(
    client: FlaskClient, senders: list[User]
) -> None:
    make_grant(senders[0], Role.COORDINATOR, SEMEDO)
    for number in (1, 2):
        send_member(senders[0], f"uuid:{number}", nik=NIKS[0])
    raise_all()
    flag = db.session.scalars(select(Flag)).first()
    assert flag is not None

    answer = client.post(
        f"{FLAGS}/{flag.submission_id}/flags/{flag.id}/dismissal",
        json={"note": "Benar."},
        headers=auth_headers(senders[0]),
    )

    assert answer.status_code == 409
    assert db.session.scalars(select(FlagDismissal)).all() == []


def test_a_worker_that_is_killed_loses_nothing_and_two_find_the_same(
    committed_app: Flask,
) -> None:
    environ = environ_of(committed_app)
    send_many(make_senders(), seeded(3), 130)
    with subprocess.Popen([*FOLLOW, "follow"], env=environ) as killed:
        while killed.poll() is None and not count_profiles():
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert is_behind()
    db.session.rollback()

    with (
        subprocess.Popen([*FOLLOW, "follow"], env=environ) as one,
        subprocess.Popen([*FOLLOW, "follow"], env=environ) as other,
    ):
        assert one.wait(120) == other.wait(120) == 0
    db.session.rollback()
    raise_all()
    found = everything_raised()
    db.session.rollback()
    derive_again()
    raise_all()

    assert everything_raised() == found
    assert len(found) > 130


def test_the_worker_raises_flags_beside_its_other_work(committed_app: Flask) -> None:
    senders = make_senders()
    with subprocess.Popen(
        [*FOLLOW[:-1], "work"], env=environ_of(committed_app)
    ) as work:
        try:
            for number in (1, 2):
                send_member(senders[0], f"uuid:{number}", nik=NIKS[0])
            deadline = time.monotonic() + 90
            while not codes_of("uuid:1"):
                assert time.monotonic() < deadline
                db.session.rollback()
                time.sleep(0.1)
        finally:
            work.terminate()

    assert codes_of("uuid:1") == codes_of("uuid:2") == ["same-nik"]


def environ_of(app: Flask) -> dict[str, str]:
    config = app.config["FIELDAPP"]
    return {
        **os.environ,
        "DATABASE_URL": config.database_url,
        "FIELDAPP_SECRET_KEY": config.secret_key,
        "FIELDAPP_DATA_DIR": str(config.data_dir),
    }


def count_profiles() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(EntryProfile)) or 0


def test_one_visit_runs_at_a_time(committed_app: Flask) -> None:
    send_many(make_senders(), seeded(5), 40)
    done: list[int] = []

    def work() -> None:
        with committed_app.app_context():
            while is_behind():
                done.append(follow_once())

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    found = everything_raised()
    db.session.rollback()
    derive_again()
    raise_all()
    assert everything_raised() == found
    assert sum(done) >= 40


def test_the_worker_rests_where_nothing_is_new(senders: list[User]) -> None:
    send_member(senders[0], "uuid:1")

    assert [follow_on() for _ in range(3)] == [True, False, False]
