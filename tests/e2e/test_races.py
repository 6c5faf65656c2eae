"""Coordinators who decide about the same entries at once, through all workers."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest

from fieldapp.identity.permissions import Role
from tests.e2e.conftest import COUNTRY, sign_in
from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation
from tests.e2e.proofs import (
    logs_are_sound,
    report_is_what_the_revisions_say,
    tallies_are_the_counts,
)
from tests.e2e.seeds import SEEDS
from tests.e2e.wire import Reader
from tests.factories import BANYUMAS

ONE_APPROVAL = ("gula_semut_delivery", "valid-semedo.xml", 28)
TWO_APPROVALS = ("gula_semut_handover", "valid-tiles-semedo.xml", 18)
ELSEWHERE = ("farmer_certification", "valid-registration-tajurhalang.xml", 6)
"""Where the coordinators of Banyumas have no say."""
KINDS = ("approve", "approve", "return", "reject")
BULK = 15
TAPS = 2
"""How often each coordinator sends everything, at the same time."""
REFUSED = {"decision-not-allowed", "second-reviewer-needed"}


@dataclass(frozen=True)
class Heard:
    """What a coordinator was told about one entry."""

    who: int
    entry: str
    verdict: str
    """`decided`, or the problem's slug."""


def entries_to_decide(place: Installation) -> dict[str, list[Entry]]:
    """Send the entries in one batch, by form."""
    sender = sign_in(place, Role.FACILITATOR, COUNTRY)
    made = {
        form: [entries_of(form)[name].renamed() for _ in range(count)]
        for form, name, count in (ONE_APPROVAL, TWO_APPROVALS, ELSEWHERE)
    }
    everything = [{"xml": each.xml.decode()} for each in chain(*made.values())]
    answer = sender.post("/sync/submissions", {"items": everything})
    assert {each["status"] for each in answer.json["items"]} == {"created"}
    return made


def order(entry: str, kind: str) -> dict[str, Any]:
    return {"kind": kind, "revision_id": entry, "note": "Alasan."}


def verdict(outcome: dict[str, Any]) -> str:
    problem = outcome["problem"]
    return "decided" if problem is None else problem["type"].rpartition("/")[2]


def decide(
    reader: Reader, who: int, seed: int, entries: Sequence[str], start: Barrier
) -> list[Heard]:
    """Decide about all entries, some alone and some in lists, in an own order."""
    chance = random.Random(seed)  # noqa: S311 - An order, no secret.
    rest = chance.sample(entries, len(entries))
    heard = []
    start.wait()
    while rest:
        size = chance.choice([1, 1, 1, BULK])
        now, rest = rest[:size], rest[size:]
        orders = [order(each, chance.choice(KINDS)) for each in now]
        if size == 1:
            answer = reader.post(f"/submissions/{quote(now[0])}/decisions", orders[0])
            assert answer.status in {201, 404, 409}, answer.body
            told = {"problem": None if answer.status == 201 else answer.json}
            heard.append(Heard(who, now[0], verdict(told)))
            continue
        items = [
            {**each, "instance_id": name}
            for each, name in zip(orders, now, strict=True)
        ]
        answer = reader.post("/decisions", {"items": items})
        assert answer.status == 200, answer.body
        heard += [
            Heard(who, each["instance_id"], verdict(each))
            for each in answer.json["items"]
        ]
    return heard


@pytest.mark.parametrize("seed", SEEDS)
def test_coordinators_who_race_decide_once_and_write_one_line_each(
    place: Installation, coordinator: Reader, seed: int
) -> None:
    made = entries_to_decide(place)
    ids = {form: [entry.id for entry in entries] for form, entries in made.items()}
    everything = list(chain(*ids.values()))
    local = [sign_in(place, Role.COORDINATOR, BANYUMAS) for _ in range(2)]
    readers = [coordinator, sign_in(place, Role.COORDINATOR, COUNTRY), *local]
    work = [(reader, who) for who, reader in enumerate(readers) for _ in range(TAPS)]
    start = Barrier(len(work))

    with ThreadPoolExecutor(len(work)) as pool:
        futures = [
            pool.submit(decide, reader, who, seed * 100 + number, everything, start)
            for number, (reader, who) in enumerate(work)
        ]
        heard = [each for future in futures for each in future.result()]

    decided = Counter(each.entry for each in heard if each.verdict == "decided")
    rows = place.rows(
        "select submission_id, reviewer_id, kind from decision"
        " where submission_id = any(%s) order by decided_at",
        everything,
    )
    assert Counter(str(row[0]) for row in rows) == decided
    lines = logs_are_sound(place, coordinator, everything)["decision"]
    assert {each: lines[each] for each in everything} == dict(decided)
    assert {decided[each] for each in ids[ONE_APPROVAL[0]]} == {1}
    two_are_two_reviewers(ids[TWO_APPROVALS[0]], rows)
    nobody_hears_of_what_is_elsewhere(heard, ids[ELSEWHERE[0]])
    states_follow_from_the_last_decision(place, everything, rows)
    tallies_are_the_counts(place)
    report_is_what_the_revisions_say(place)


Row = tuple[object, ...]


def two_are_two_reviewers(ids: Sequence[str], rows: Sequence[Row]) -> None:
    """Two approvals come from two; one that does not approve ends it.

    Who gave the first approval may still return the entry, from another tab.
    """
    for entry in ids:
        mine = [row for row in rows if row[0] == entry]
        kinds = [row[2] for row in mine]
        approvers = [row[1] for row in mine if row[2] == "approve"]
        assert len(set(approvers)) == len(approvers)
        assert kinds in (
            ["approve", "approve"],
            *[[*first, last] for first in ([], ["approve"]) for last in KINDS[2:]],
        )


def nobody_hears_of_what_is_elsewhere(
    heard: Sequence[Heard], elsewhere: Sequence[str]
) -> None:
    """Coordinators of another area are answered as if nothing were there."""
    locals_heard = {
        each.verdict for each in heard if each.who >= 2 and each.entry in elsewhere
    }
    others = {
        each.verdict for each in heard if each.who < 2 or each.entry not in elsewhere
    }
    assert locals_heard == {"not-found"}
    assert others <= REFUSED | {"decided"}


def states_follow_from_the_last_decision(
    place: Installation, ids: Sequence[str], rows: Sequence[Row]
) -> None:
    states = {"approve": "approved", "return": "returned", "reject": "rejected"}
    last = {row[0]: states[str(row[2])] for row in rows}
    standing = place.rows(
        "select id, state from submission where id = any(%s)", list(ids)
    )
    assert {row[0]: row[1] for row in standing} == last
