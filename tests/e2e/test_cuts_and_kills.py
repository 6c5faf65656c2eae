"""Both doors and the review, over a network that cuts, at a server that is killed."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import psycopg
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
from tests.e2e.replaying import edited
from tests.e2e.seeds import SEEDS
from tests.e2e.senders import (
    Promises,
    correct_as_enketo,
    decide_alone,
    decide_in_a_list,
    send_as_browser,
)
from tests.e2e.wire import Phone, Reader

PHONES, BROWSERS = 14, 3
BATCH = 4
TEMPLATES = (
    ("gula_semut_delivery", "valid-semedo.xml"),
    ("gula_semut_delivery", "valid-bumisari-three-containers.xml"),
)
"""Of a form that one person approves."""
KINDS = ("approve", "approve", "approve", "return", "reject")
KILLS = 3
GOOD_ANSWERS = 20
SENT_BACK = 4
"""How many of the phone's entries everybody returns."""
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
) -> tuple[list[Entry], list[Entry]]:
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
    return by_phone, [entry for batch in batches for entry in batch]


def sent_back(by_phone: list[Entry]) -> set[str]:
    """Name the entries that are returned in any case."""
    return {entry.id for entry in by_phone[:SENT_BACK]}


def decide(
    pool: ThreadPoolExecutor,
    day: Day,
    coordinators: list[Reader],
    entries: list[Entry],
    returned: set[str],
) -> None:
    """Let all coordinators decide about everything at once, alone and in lists."""
    doing: list[Future[None]] = []
    others = [entry.id for entry in entries if entry.id not in returned]
    for coordinator in coordinators:
        ids = day.chance.sample(others, len(others))
        listed, alone = ids[: len(ids) // 2], ids[len(ids) // 2 :]
        for start in range(0, len(listed), BATCH):
            part, kind = listed[start : start + BATCH], day.chance.choice(KINDS)
            doing.append(
                pool.submit(decide_in_a_list, coordinator, part, kind, day.promises)
            )
        kinds = {id_: day.chance.choice(KINDS) for id_ in alone}
        for id_, kind in (kinds | dict.fromkeys(returned, "return")).items():
            doing.append(
                pool.submit(decide_alone, coordinator, id_, kind, day.promises)
            )
    for each in doing:
        each.result()


@dataclass(frozen=True)
class Corrected(Entry):
    """A correction that was sent without files: those of the entry stay."""

    original: Entry

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Give the files of what it corrects."""
        return self.original.files


def correct(
    pool: ThreadPoolExecutor, day: Day, phone: Phone, returned: list[Entry]
) -> dict[str, Entry]:
    """Correct what was returned, in turn with all files and with none; each twice."""
    whole = {entry.id: edited(entry) for entry in returned[::2]}
    bare = {each.id: Corrected(edited(each).xml, each) for each in returned[1::2]}
    doing = [
        *(
            pool.submit(phone.send_until_taken, each, day.promises.file)
            for each in [*whole.values()] * 2
        ),
        *(
            pool.submit(correct_as_enketo, phone, each, day.promises)
            for each in [*bare.values()] * 2
        ),
    ]
    for each in doing:
        each.result()
    return {**whole, **bare}


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
def killing(place: Installation, seed: int) -> Iterator[list[str]]:
    """Kill something now and then, so many times; tell what it was."""
    chance = random.Random(f"kills {seed}")  # noqa: S311 - Moments, no secret.
    killed: list[str] = []

    def work() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(*KILLS_IN_BETWEEN))
            kill = kills(place, chance)
            kill()
            killed.append(kill.__name__)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        yield killed
        future.result()


def settled(phone: Phone, reader: Reader) -> None:
    """Wait until no worker has a connection any more to what was killed."""
    good = 0
    while good < GOOD_ANSWERS:
        try:
            answers = [phone.get("/formList"), reader.get("/submissions?limit=1")]
        except OSError:
            answers = []
        is_good = [each.status for each in answers] == [200, 200]
        good = good + 1 if is_good else 0


@pytest.mark.parametrize("seed", SEEDS)
def test_each_entry_file_and_decision_stands_once_when_the_dust_settles(
    place: Installation, phone: Phone, coordinator: Reader, seed: int
) -> None:
    day = Day(random.Random(f"day {seed}"))  # noqa: S311 - Cuts and orders, no secrets.
    browser = sign_in(place, Role.FACILITATOR, COUNTRY)
    others = [sign_in(place, Role.COORDINATOR, COUNTRY) for _ in range(2)]

    with (
        CuttingNetwork(place.port, day.chance) as network,
        ThreadPoolExecutor(8) as pool,
        killing(place, seed) as killed,
    ):
        phone = replace(phone, port=network.port)
        browser = replace(browser, port=network.port)
        others = [replace(each, port=network.port) for each in others]
        by_phone, by_browser = send(pool, day, phone, browser)
        entries = by_phone + by_browser
        decide(pool, day, others, entries, sent_back(by_phone))
        returned = by_state(place, by_phone, "returned")
        corrections = correct(pool, day, phone, returned)

    settled(replace(phone, port=place.port), coordinator)
    standing = [corrections.get(entry.id, entry) for entry in entries]
    assert network.cuts > len(entries)
    assert len(killed) == KILLS
    ids = [entry.id for entry in entries]
    assert len(corrections) >= len(sent_back(by_phone))
    stands_once(place, ids, [each.id for each in corrections.values()])
    assert day.promises.files >= {
        (each.id, name) for each in entries for name in each.files
    }
    files_stand(place, coordinator, standing)
    decided_once(place, ids, day.promises)
    lines = logs_are_sound(place, coordinator, ids)
    assert {lines["decision"][each] for each in ids} == {1}
    for entry in entries:
        assert lines["revision-received"][entry.id] == 1 + (entry.id in corrections)
    tallies_are_the_counts(place)
    report_is_what_the_revisions_say(place)


def by_state(place: Installation, entries: list[Entry], state: str) -> list[Entry]:
    """Pick the entries that stand in a state, when the database is there."""
    statement = "select id from submission where state = %s"
    while True:
        try:
            ids = {row[0] for row in place.rows(statement, state)}
        except psycopg.OperationalError:
            continue
        return [entry for entry in entries if entry.id in ids]


def stands_once(place: Installation, ids: list[str], corrections: list[str]) -> None:
    """Count entries and revisions: one for each that was sent, and none is held."""
    rows = place.rows("select id from submission where id = any(%s)", ids)
    assert Counter(row[0] for row in rows) == Counter(ids)
    rows = place.rows("select id from revision where submission_id = any(%s)", ids)
    assert Counter(row[0] for row in rows) == Counter(ids + corrections)
    held = "select instance_id from held_entry where instance_id = any(%s)"
    assert place.rows(held, ids + corrections) == []


def decided_once(place: Installation, ids: list[str], promises: Promises) -> None:
    """Compare decisions with what was promised; an answer may have been lost."""
    rows = place.rows(
        "select submission_id, kind from decision where submission_id = any(%s)", ids
    )
    kinds = {str(row[0]): str(row[1]) for row in rows}
    assert sorted(kinds) == sorted(ids)
    assert len(rows) == len(ids)
    assert kinds.items() >= promises.decisions.items()
