"""Both doors and the review, over a network that cuts, at a server that is killed."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from fieldapp.identity.permissions import Role
from tests.e2e.conftest import COUNTRY, sign_in
from tests.e2e.cutting import CuttingNetwork
from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation, start_postgres
from tests.e2e.proofs import (
    files_stand,
    logs_are_sound,
    report_is_what_the_revisions_say,
    tallies_are_the_counts,
)
from tests.e2e.seeds import SEEDS
from tests.e2e.senders import (
    Promises,
    decide_alone,
    decide_in_a_list,
    send_as_browser,
)
from tests.e2e.wire import Phone, Reader

PHONES, BROWSERS = 24, 4
BATCH = 4
TEMPLATES = (
    ("gula_semut_delivery", "valid-semedo.xml"),
    ("gula_semut_delivery", "valid-bumisari-three-containers.xml"),
)
"""Of a form that one person approves."""
KINDS = ("approve", "approve", "approve", "return", "reject")
KILLS_IN_BETWEEN = (0.2, 1.0)
"""Seconds."""


@dataclass
class Day:
    """What is sent and decided in one test."""

    chance: random.Random
    promises: Promises = field(default_factory=Promises)

    def entries(self, count: int) -> list[Entry]:
        """Make some entries."""
        picked = [self.chance.choice(TEMPLATES) for _ in range(count)]
        return [entries_of(form)[name].renamed() for form, name in picked]


def send(
    pool: ThreadPoolExecutor, day: Day, phone: Phone, browser: Reader
) -> list[Entry]:
    """Send through both doors, some of it twice at once, to the end."""
    by_phone = day.entries(PHONES)
    batches = [day.entries(BATCH) for _ in range(BROWSERS)]
    twice = day.chance.sample(by_phone, PHONES // 4)
    doing = [
        *(
            pool.submit(phone.send_until_taken, entry, day.promises.file)
            for entry in by_phone + twice
        ),
        *(
            pool.submit(send_as_browser, browser, batch, day.promises)
            for batch in batches + batches[:1]
        ),
    ]
    for each in doing:
        each.result()
    return [*by_phone, *(entry for batch in batches for entry in batch)]


def decide(
    pool: ThreadPoolExecutor, day: Day, coordinators: list[Reader], entries: list[Entry]
) -> None:
    """Let all coordinators decide about everything at once, alone and in lists."""
    doing: list[Future[None]] = []
    for coordinator in coordinators:
        ids = [entry.id for entry in day.chance.sample(entries, len(entries))]
        listed, alone = ids[: len(ids) // 2], ids[len(ids) // 2 :]
        for start in range(0, len(listed), BATCH):
            part, kind = listed[start : start + BATCH], day.chance.choice(KINDS)
            doing.append(
                pool.submit(decide_in_a_list, coordinator, part, kind, day.promises)
            )
        for id_ in alone:
            kind = day.chance.choice(KINDS)
            doing.append(
                pool.submit(decide_alone, coordinator, id_, kind, day.promises)
            )
    for each in doing:
        each.result()


def a_worker(place: Installation) -> int | None:
    """Find one process that answers requests."""
    assert place.server is not None
    parent = place.server.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(children[0]) if children else None


def kills(place: Installation, chance: random.Random) -> Callable[[], None]:
    """Choose what dies; it ends with a server that runs."""

    def worker() -> None:
        if (number := a_worker(place)) is not None:
            os.kill(number, signal.SIGKILL)

    def postgres() -> None:
        place.kill_postgres()
        start_postgres(place.postgres)

    def power() -> None:
        place.kill_everything()
        place.start()

    def power_and_postgres() -> None:
        place.kill_everything()
        postgres()
        place.start()

    return chance.choice([worker, worker, postgres, power, power_and_postgres])


@contextmanager
def killing(place: Installation, seed: int, most: int) -> Iterator[list[str]]:
    """Kill something now and then, so many times at most."""
    chance = random.Random(f"kills {seed}")  # noqa: S311 - Moments, no secret.
    ended = Event()
    done: list[str] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while len(done) < most and not ended.wait(
                chance.uniform(*KILLS_IN_BETWEEN)
            ):
                kill = kills(place, chance)
                kill()
                done.append(kill.__name__)
        except BaseException as error:
            failed.append(error)
            raise

    thread = Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        ended.set()
        thread.join()
    assert failed == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("most_kills", [0, 3], ids=["cuts", "cuts-and-kills"])
def test_each_entry_file_and_decision_stands_once_when_the_dust_settles(
    place: Installation, phone: Phone, coordinator: Reader, most_kills: int, seed: int
) -> None:
    day = Day(random.Random(f"day {seed}"))  # noqa: S311 - Cuts and orders, no secrets.
    browser = sign_in(place, Role.FACILITATOR, COUNTRY)
    others = [sign_in(place, Role.COORDINATOR, COUNTRY) for _ in range(2)]

    with (
        CuttingNetwork(place.port, day.chance) as network,
        ThreadPoolExecutor(8) as pool,
        killing(place, seed, most_kills) as killed,
    ):
        phone = replace(phone, port=network.port)
        browser = replace(browser, port=network.port)
        others = [replace(each, port=network.port) for each in others]
        entries = send(pool, day, phone, browser)
        decide(pool, day, others, entries)

    assert network.cuts > len(entries)
    assert len(killed) == most_kills
    ids = [entry.id for entry in entries]
    stands_once(place, ids)
    assert day.promises.files >= {
        (each.id, name) for each in entries for name in each.files
    }
    files_stand(place, coordinator, entries)
    decided_once(place, ids, day.promises)
    lines = logs_are_sound(place, coordinator, ids)
    for kind in ("revision-received", "decision"):
        assert {lines[kind][each] for each in ids} == {1}
    tallies_are_the_counts(place)
    report_is_what_the_revisions_say(place)


def stands_once(place: Installation, ids: list[str]) -> None:
    for statement in (
        "select id from submission where id = any(%s)",
        "select submission_id from revision where id = any(%s)",
    ):
        rows = place.rows(statement, ids)
        assert Counter(row[0] for row in rows) == Counter(ids)
    held = "select instance_id from held_entry where instance_id = any(%s)"
    assert place.rows(held, ids) == []


def decided_once(place: Installation, ids: list[str], promises: Promises) -> None:
    """Compare decisions with what was promised; an answer may have been lost."""
    rows = place.rows(
        "select submission_id, kind from decision where submission_id = any(%s)", ids
    )
    kinds = {str(row[0]): str(row[1]) for row in rows}
    assert sorted(kinds) == sorted(ids)
    assert len(rows) == len(ids)
    assert kinds.items() >= promises.decisions.items()
