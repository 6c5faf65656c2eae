"""Any sequence of decisions leaves the sums that the approved entries have."""

import threading
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from fieldapp.extensions import db
from fieldapp.forms.models import FormVersion
from fieldapp.identity.permissions import Actor, Role
from fieldapp.indicators.models import DigitCount, Fact, Rollup, Succession
from fieldapp.indicators.rebuild import rebuild
from fieldapp.indicators.report import read_report
from fieldapp.places.codes import contains
from fieldapp.submissions.models import Submission, SubmissionState
from tests.factories import BANYUMAS, BUMISARI, SEMEDO, actor_of, make_person
from tests.indicators.entries import (
    approve,
    correct,
    make_entry,
    publish_weighing,
    reopen,
)

NEIGHBOUR = "33.02.16.2008"
PLACES = (SEMEDO, NEIGHBOUR, BUMISARI, BANYUMAS)
AREAS = (SEMEDO, "33.02.16", BANYUMAS, "33", "ID")
DAYS = ("2025-12-31", "2026-01-05", "2026-01-31", "2026-02-01", "2026-02-17")
WEIGHTS = ("0", "-3.5", "-3.25", "12", "12.25", "0.1", "1000", "1000.5")
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = "KG", "SACKS-A", "MEMBERS", "MEAN-KG", "STOCK", "LEAST", "MOST", "MEDIAN"


@dataclass(frozen=True)
class Entry:
    place: str
    day: str
    member: str
    sex: str
    store: str
    stock: str
    sacks: tuple[tuple[str, str, str], ...]
    hour: int

    def answers(self) -> dict[str, str]:
        names = ("member", "sex", "store", "stock")
        return {"visited_on": self.day, **{name: getattr(self, name) for name in names}}


sacks = st.tuples(st.sampled_from("ab"), st.sampled_from(WEIGHTS), st.just("2"))
entries = st.builds(
    Entry,
    place=st.sampled_from(PLACES),
    day=st.sampled_from(DAYS),
    member=st.sampled_from(("M1", "m1", "M2")),
    sex=st.sampled_from("PL"),
    store=st.sampled_from(("S1", "S2")),
    stock=st.sampled_from(("", "10", "20.5", "0")),
    sacks=st.lists(sacks, max_size=3).map(tuple),
    hour=st.integers(0, 2),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(("approve", "reopen", "correct")), st.integers(0, 9), entries
    ),
    min_size=1,
    max_size=12,
)
days = st.dates(date(2025, 12, 20), date(2026, 3, 10))
stretches = st.tuples(days, days).map(sorted)


@pytest.mark.usefixtures("app")
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps, stretches=st.lists(stretches, min_size=2, max_size=2))
def test_any_sequence_of_decisions_leaves_what_the_entries_say(
    steps: list[tuple[str, int, Entry]],
    stretches: list[list[date]],
) -> None:
    version_id = _version()
    _forget()
    approved = _decide(version_id, steps)

    auditor = actor_of(make_person(Role.AUDITOR, "ID"))
    for first, last in stretches:
        for area in AREAS:
            found = _read(area, first, last, auditor)
            assert found == _expected(approved, area, first, last), (area, first, last)
    assert rebuild().is_equal


@pytest.mark.usefixtures("app")
def test_rebuild_finds_what_was_changed_behind_its_back() -> None:
    approve(make_entry(publish_weighing(), sacks=[("a", "5", "2")], stock="3"))
    db.session.execute(update(Rollup).values(value_sum=Rollup.value_sum + 1))
    db.session.execute(delete(Succession).where(Succession.grain == "month"))
    db.session.execute(delete(Fact).where(Fact.indicator == "KG"))

    found = rebuild()

    wrong = {item.table for item in found.comparisons if not item.is_equal}
    assert wrong == {"fact", "rollup", "succession"}
    assert rebuild().is_equal
    assert (found.submissions, found.facts) == (1, 10)


@pytest.mark.usefixtures("app")
def test_taking_everything_back_leaves_no_rows() -> None:
    version_id = publish_weighing()
    made = [make_entry(version_id, sacks=[("a", "5", "2")]) for _ in range(3)]
    for entry in made:
        approve(entry)

    for entry in made:
        reopen(entry)

    for table in (Fact, Rollup, Succession, DigitCount):
        assert db.session.scalars(select(table)).all() == []


@pytest.mark.usefixtures("app")
def test_approving_twice_counts_once() -> None:
    entry = make_entry(publish_weighing(), sacks=[("a", "5", "2")])

    approve(entry)
    approve(entry)

    assert _read(SEMEDO, date(2026, 1, 1), date(2026, 12, 31))["KG"] == 5
    assert rebuild().is_equal


def test_approvals_at_the_same_time_lose_nothing(committed_app: Flask) -> None:
    version_id = publish_weighing()
    places = (SEMEDO, BUMISARI)
    made: list[list[str]] = [[], []]
    author = make_person(Role.FACILITATOR, SEMEDO)
    for number in range(12):
        for mine, place in zip(made, places, strict=True):
            sack = [("a", str(number), "2")]
            entry = make_entry(version_id, author, area_code=place, sacks=sack)
            mine.append(entry.id)
    db.session.remove()
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def work(mine: list[str]) -> None:
        with committed_app.app_context():
            start.wait()
            try:
                _approve_and_commit(mine)
            except BaseException as error:  # noqa: BLE001 - The other thread asserts.
                failures.append(error)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failures == []
    found = _read("33", date(2026, 1, 1), date(2026, 12, 31))
    assert found["KG"] == 2 * sum(range(12)) - 2 * 5
    assert found["MEMBERS"] == 1
    assert found["MOST"] == 11
    assert rebuild().is_equal
    db.session.rollback()


def _approve_and_commit(ids: list[str]) -> None:
    """Approve each in its own transaction; take the sixth back."""
    for number, entry_id in enumerate(ids):
        entry = db.session.get_one(Submission, entry_id)
        approve(entry)
        db.session.commit()
        if number == 5:
            reopen(entry)
            db.session.commit()


def _version() -> int:
    """Publish the form once, however many examples there are."""
    found = db.session.scalars(select(FormVersion.id)).one_or_none()
    return publish_weighing() if found is None else found


def _forget() -> None:
    for table in (Fact, Rollup, Succession, DigitCount):
        db.session.execute(delete(table))
    db.session.execute(update(Submission).values(state=SubmissionState.RECEIVED))


def _decide(
    version_id: int, steps: list[tuple[str, int, Entry]]
) -> list[tuple[str, Entry]]:
    """Carry the steps out; give the approved entries as they stand in the end."""
    made: list[tuple[Submission, Entry]] = []
    for step, number, entry in steps:
        if step == "approve" or not made:
            at = MOMENT + timedelta(hours=entry.hour)
            place = entry.place
            submission = make_entry(
                version_id,
                None,
                area_code=place,
                captured_at=at,
                sacks=entry.sacks,
                **entry.answers(),
            )
            made.append((submission, entry))
            approve(submission)
            continue
        submission, before = made[number % len(made)]
        reopen(submission)
        if step == "correct":
            changed = replace(entry, place=before.place, hour=before.hour)
            correct(submission, sacks=changed.sacks, **changed.answers())
            made[number % len(made)] = (submission, changed)
            approve(submission)
    return [
        (submission.id, entry)
        for submission, entry in made
        if submission.state is SubmissionState.APPROVED
    ]


def _read(
    area: str, first: date, last: date, actor: Actor | None = None
) -> dict[str, Decimal | None]:
    actor = actor or actor_of(make_person(Role.AUDITOR, "ID"))
    report = read_report(actor, area, first, last)
    found = {item.name: item.value for item in report.forms[0].indicators}
    return {name: found[name] for name in NAMES}


def _expected(
    approved: list[tuple[str, Entry]], area: str, first: date, last: date
) -> dict[str, Decimal | None]:
    inside = [
        (key, entry)
        for key, entry in approved
        if contains(area, entry.place)
        and first <= date.fromisoformat(entry.day) <= last
    ]
    weights = [Decimal(sack[1]) for _, entry in inside for sack in entry.sacks]
    mean = None
    if weights:
        mean = Decimal(format(sum(weights) / len(weights), ".12g"))
    stocks: dict[tuple[str, str], Decimal] = {}
    for _, entry in sorted(
        inside, key=lambda item: (item[1].day, item[1].hour, item[0])
    ):
        if entry.stock:
            stocks[entry.place, entry.store] = Decimal(entry.stock)
    grades = [sack[0] for _, entry in inside for sack in entry.sacks]
    return {
        "KG": sum(weights, Decimal(0)) if weights else None,
        "SACKS-A": Decimal(grades.count("a")),
        "MEMBERS": Decimal(len({entry.member.lower() for _, entry in inside})),
        "MEAN-KG": mean,
        "STOCK": sum(stocks.values(), Decimal(0)) if stocks else None,
        "LEAST": min(weights, default=None),
        "MOST": max(weights, default=None),
        "MEDIAN": median(weights) if weights else None,
    }
