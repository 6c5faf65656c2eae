"""Two hundred entries sent twice, while the server and PostgreSQL are killed."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from queue import Empty, SimpleQueue
from threading import Event, Lock

from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation, start_postgres
from tests.e2e.proofs import files_stand, logs_are_sound, tallies_are_the_counts
from tests.e2e.wire import Phone, Reader

ENTRIES = 200
THREADS = 8
TEMPLATES = (
    ("gula_semut_handover", "valid-tiles-semedo.xml"),
    ("gula_semut_delivery", "valid-semedo.xml"),
    ("gula_semut_delivery", "valid-bumisari-three-containers.xml"),
    ("farmer_certification", "valid-registration-tajurhalang.xml"),
    ("farmer_certification", "valid-inspection-semedo.xml"),
    ("batik_group_output", "valid-sedau.xml"),
    ("batik_group_output", "valid-pasiran-nothing-made.xml"),
)


@dataclass
class Receipts:
    """What phones were told is safe, and who waits for how much of it."""

    names: set[tuple[str, str | None]] = field(default_factory=set)
    number: int = 0
    _lock: Lock = field(default_factory=Lock)
    _marks: dict[int, Event] = field(default_factory=dict)

    def add(self, instance_id: str, name: str | None) -> None:
        """Note one answer 201."""
        with self._lock:
            self.names.add((instance_id, name))
            self.number += 1
            if mark := self._marks.get(self.number):
                mark.set()

    def mark(self, number: int) -> Event:
        """Give what is set when so many answers have come."""
        with self._lock:
            mark = self._marks.setdefault(number, Event())
            if self.number >= number:
                mark.set()
        return mark


def make_entries() -> list[Entry]:
    templates = cycle(entries_of(form)[name] for form, name in TEMPLATES)
    return [template.renamed() for template in islice(templates, ENTRIES)]


@contextmanager
def sending(phone: Phone, entries: list[Entry], receipts: Receipts) -> Iterator[None]:
    """Send each entry twice, from eight threads, in an order of their own."""
    queue: SimpleQueue[Entry] = SimpleQueue()
    for entry in random.Random(1).sample(entries * 2, len(entries) * 2):  # noqa: S311 - An order, no secret.
        queue.put(entry)

    def work() -> None:
        while True:
            try:
                entry = queue.get_nowait()
            except Empty:
                return
            phone.send_until_taken(entry, receipts.add)

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(work) for _ in range(THREADS)]
        yield
        for future in futures:
            future.result()


def crashes(place: Installation) -> list[Callable[[], None]]:
    """List what fails, one after the other; each ends with a server that runs."""

    def power() -> None:
        place.kill_everything()
        place.start()

    def parent() -> None:
        place.kill_parent()
        place.start()

    def postgres() -> None:
        place.kill_postgres()
        start_postgres(place.postgres)

    return [power, postgres, parent, power]


def counted(place: Installation, statement: str, entries: list[Entry]) -> Counter[str]:
    ids = [entry.id for entry in entries]
    return Counter(str(row[0]) for row in place.rows(statement, ids))


def test_what_was_acknowledged_stands_exactly_once_whatever_was_killed(
    place: Installation, phone: Phone, coordinator: Reader
) -> None:
    entries, receipts = make_entries(), Receipts()
    expected = sum(2 * max(1, len(entry.files)) for entry in entries)
    marks = [receipts.mark(expected * part // 10) for part in (1, 3, 5, 7)]

    with sending(phone, entries, receipts):
        for mark, crash in zip(marks, crashes(place), strict=True):
            assert mark.wait(120)
            crash()

    once = Counter({entry.id: 1 for entry in entries})
    by_id = "select id from submission where id = any(%s)"
    assert counted(place, by_id, entries) == once
    by_revision = "select submission_id from revision where id = any(%s)"
    assert counted(place, by_revision, entries) == once
    held = "select instance_id from held_entry where instance_id = any(%s)"
    assert counted(place, held, entries) == Counter()
    assert receipts.names >= {
        (each.id, name) for each in entries for name in each.files
    }
    files_stand(place, coordinator, entries)
    tallies_are_the_counts(place)
    received = logs_are_sound(place, coordinator, once)["revision-received"]
    assert {received[entry.id] for entry in entries} == {1}
