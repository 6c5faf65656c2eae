"""What is new since a cursor: nothing is left out, and nothing of others is told."""

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.review.comments import add_comment
from fieldapp.review.models import Decision, DecisionKind
from fieldapp.submissions.models import (
    HeldEntry,
    HeldState,
    Submission,
    SubmissionState,
)
from fieldapp.sync import own_entries
from fieldapp.web import clock
from tests.entries import VERSION, deliver, entry_xml, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    actor_of,
    auth_headers,
    make_area,
    make_grant,
    make_person,
)

ADDRESS = "/api/v1/sync/changes"
Answer = dict[str, Any]


class Client:
    """A facilitator's client, which remembers its cursor."""

    def __init__(self, client: FlaskClient, user: User) -> None:
        self.user = user
        self.cursor: str | None = None
        self._client = client
        self._headers = auth_headers(user)

    def poll(self) -> Answer:
        """Ask once, and remember the cursor."""
        query = {"cursor": self.cursor} if self.cursor else {}
        response = self._client.get(ADDRESS, query_string=query, headers=self._headers)
        assert response.status_code == 200, response.data
        self.cursor = response.get_json()["cursor"]
        answer: Answer = response.get_json()
        return answer

    def poll_all(self) -> list[Answer]:
        """Ask until there is no more."""
        answers = [self.poll()]
        while answers[-1]["has_more"]:
            answers.append(self.poll())
        return answers


@pytest.fixture
def form() -> None:
    publish_small_form()
    make_area(BUMISARI)


@pytest.fixture
def siti(committed_app: Flask, form: None) -> Client:
    assert form is None
    user = make_person(Role.FACILITATOR, SEMEDO)
    return Client(committed_app.test_client(), user)


@pytest.fixture
def reviewer(siti: Client) -> User:
    assert siti
    return make_person(Role.COORDINATOR, BANYUMAS)


def decide(
    session: Session,
    instance_id: str,
    reviewer: User,
    kind: DecisionKind = DecisionKind.RETURN,
    note: str = "Foto kurang jelas.",
) -> None:
    """Write a decision as the review does, without committing it."""
    at = clock.now()
    submission = session.get_one(Submission, instance_id)
    session.add(
        Decision(
            id=uuid4(),
            submission_id=instance_id,
            revision_id=submission.revision_id,
            kind=kind,
            reviewer_id=reviewer.id,
            note=note,
            questions=["/data/photo"],
            decided_at=at,
        )
    )
    submission.state = SubmissionState.RETURNED
    submission.updated_at = at
    session.flush()


def decided(answers: list[Answer]) -> list[str]:
    return [each["submission_id"] for answer in answers for each in answer["decisions"]]


def test_the_first_time_everything_comes_and_then_only_what_is_new(
    siti: Client,
) -> None:
    first, second = siti.poll(), siti.poll()

    (form,) = first["forms"]
    assert (form["form_id"], form["version"]) == ("setoran", VERSION)
    assert form["area_codes"] == [SEMEDO]
    assert form["url"] == f"/api/v1/forms/setoran/versions/{VERSION}"
    names = {area["code"]: area["name"] for area in first["areas"]}
    assert names[SEMEDO] == "Semedo"
    assert names[BANYUMAS] == "Kabupaten Banyumas"
    assert BUMISARI not in names
    assert (second["forms"], second["areas"]) == (None, None)
    assert not first["has_more"]


def test_a_new_version_and_a_closed_form_are_told(siti: Client) -> None:
    siti.poll()

    publish_small_form("2026112201")
    published = siti.poll()
    db.session.get_one(Form, "setoran").state = FormState.CLOSED
    db.session.commit()
    closed = siti.poll()

    assert [form["version"] for form in published["forms"]] == ["2026112201"]
    assert published["areas"] is None
    assert closed["forms"] == []


def test_a_new_role_brings_its_places_and_where_forms_may_be_sent(
    siti: Client,
) -> None:
    siti.poll()

    make_grant(siti.user, area_code=BUMISARI)
    answer = siti.poll()

    assert {SEMEDO, BUMISARI} <= {area["code"] for area in answer["areas"]}
    assert answer["forms"][0]["area_codes"] == [SEMEDO, BUMISARI]


def test_a_decision_comes_with_its_note_questions_and_revision(
    siti: Client, reviewer: User
) -> None:
    deliver(siti.user, entry_xml("uuid:one"))
    siti.poll()

    decide(db.session(), "uuid:one", reviewer)
    db.session.commit()
    (decision,) = siti.poll()["decisions"]

    assert decision["kind"] == "return"
    assert decision["note"] == "Foto kurang jelas."
    assert decision["questions"] == ["/data/photo"]
    assert (decision["revision_id"], decision["revision"]) == ("uuid:one", 1)
    assert (decision["state"], decision["reviewer"]) == ("returned", reviewer.name)
    assert siti.poll()["decisions"] == []


def test_a_decision_that_commits_late_is_not_left_out(
    siti: Client, reviewer: User
) -> None:
    deliver(siti.user, entry_xml("uuid:early"))
    deliver(siti.user, entry_xml("uuid:late"))

    with Session(db.engine) as slow:
        decide(slow, "uuid:late", reviewer)
        decide(db.session(), "uuid:early", reviewer)
        db.session.commit()
        before = decided([siti.poll()])
        slow.commit()
    after = decided([siti.poll()])

    assert before == ["uuid:early"]
    assert "uuid:late" in after
    assert decided([siti.poll()]) == []


def test_a_decision_written_in_a_savepoint_is_not_left_out(
    siti: Client, reviewer: User
) -> None:
    deliver(siti.user, entry_xml("uuid:early"))
    deliver(siti.user, entry_xml("uuid:late"))

    with Session(db.engine) as slow:
        slow.execute(select(1))
        with slow.begin_nested():
            decide(slow, "uuid:late", reviewer)
        decide(db.session(), "uuid:early", reviewer)
        db.session.commit()
        siti.poll()
        slow.commit()

    assert "uuid:late" in decided([siti.poll()])


def test_a_long_answer_is_given_in_parts_without_gaps(
    siti: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_entries, "LIMIT", 3)
    names = [f"uuid:{number}" for number in range(8)]
    for name in names:
        deliver(siti.user, entry_xml(name))
        decide(db.session(), name, reviewer)
        db.session.commit()
        deliver(siti.user, entry_xml(f"{name}-far", village=BUMISARI))
    held = {f"{name}-far" for name in names}

    answers = siti.poll_all()

    assert decided(answers) == names
    given = [each["instance_id"] for answer in answers for each in answer["held"]]
    assert len(given) == len(held)
    assert set(given) == held
    assert decided(siti.poll_all()) == []


def test_what_is_decided_in_the_middle_of_a_long_answer_comes_after_it(
    siti: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_entries, "LIMIT", 2)
    names = [f"uuid:{number}" for number in range(5)]
    for name in names:
        deliver(siti.user, entry_xml(name))
    for name in names[:4]:
        decide(db.session(), name, reviewer)
    db.session.commit()

    first = siti.poll()
    decide(db.session(), names[4], reviewer)
    db.session.commit()
    rest = siti.poll_all() + siti.poll_all()

    assert first["has_more"]
    assert set(decided([first, *rest])) == set(names)


def test_a_held_entry_is_told_and_then_its_fate(siti: Client) -> None:
    deliver(siti.user, entry_xml("uuid:far", village=BUMISARI))
    (before,) = siti.poll()["held"]
    held = db.session.scalars(select(HeldEntry)).one()
    held.state = HeldState.DISCARDED
    held.note = "Salah desa."
    held.decided_at = clock.now()
    db.session.commit()

    (after,) = siti.poll()["held"]

    assert (before["state"], before["reason"]) == ("held", "area")
    assert "di luar wilayah tugas" in before["texts"]["id"]
    assert (after["state"], after["note"]) == ("discarded", "Salah desa.")
    assert siti.poll()["held"] == []


def test_another_persons_entries_are_never_told(siti: Client, reviewer: User) -> None:
    other = make_person(Role.FACILITATOR, SEMEDO)
    deliver(other, entry_xml("uuid:other"))
    deliver(other, entry_xml("uuid:far", village=BUMISARI))
    decide(db.session(), "uuid:other", reviewer)
    db.session.commit()

    answer = siti.poll()

    assert (answer["decisions"], answer["held"]) == ([], [])


def test_a_cursor_of_another_person_is_begun_anew(siti: Client) -> None:
    other = Client(siti._client, make_person(Role.FACILITATOR, SEMEDO))  # noqa: SLF001 - The same browser.
    siti.poll()

    other.cursor = siti.cursor

    assert other.poll()["forms"]


def test_after_a_restore_of_the_database_nothing_recent_is_left_out(
    siti: Client, reviewer: User
) -> None:
    deliver(siti.user, entry_xml("uuid:one"))
    siti.poll()
    decide(db.session(), "uuid:one", reviewer)
    db.session.commit()
    assert siti.cursor
    values = orjson.loads(base64.urlsafe_b64decode(siti.cursor + "=="))
    values |= {"epoch": "before the restore", "lowest": 2**40}

    siti.cursor = base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")

    assert decided([siti.poll()]) == ["uuid:one"]
    assert decided([siti.poll()]) == []


def forged(**changes: object) -> str:
    values = {
        "user_id": str(uuid4()),
        "epoch": "1",
        "lowest": 1,
        "seen_at": clock.now().isoformat(),
        "forms": "",
        "areas": "",
        "window": None,
    }
    return base64.urlsafe_b64encode(orjson.dumps(values | changes)).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "é",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"\xff").decode(),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
        forged(lowest=-1),
        forged(lowest=2**63 - 1),
        forged(lowest="1"),
        forged(seen_at="0001-01-01T00:00:00Z"),
        forged(seen_at="2026-01-01T00:00:00"),
        forged(user_id="x"),
        forged(extra=1),
        forged(window={"stage": "x", "after": None, "lowest": 1, "seen_at": None}),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_by_name(
    siti: Client, cursor: str
) -> None:
    response = siti._client.get(  # noqa: SLF001 - Not a poll that should succeed.
        ADDRESS, query_string={"cursor": cursor}, headers=auth_headers(siti.user)
    )

    assert response.status_code == 422
    assert [error["field"] for error in response.get_json()["errors"]] == ["cursor"]


def test_old_rows_are_not_searched_again(siti: Client, reviewer: User) -> None:
    deliver(siti.user, entry_xml("uuid:old"))
    decide(db.session(), "uuid:old", reviewer)
    submission = db.session.get_one(Submission, "uuid:old")
    submission.updated_at = clock.now() - timedelta(days=30)
    db.session.commit()

    first, second = siti.poll(), siti.poll()

    assert decided([first]) == ["uuid:old"]
    assert decided([second]) == []


def test_without_a_token_nothing_is_told(committed_app: Flask) -> None:
    assert committed_app.test_client().get(ADDRESS).status_code == 401


def test_what_is_said_about_own_entries_comes_once_and_that_of_others_never(
    siti: Client, reviewer: User
) -> None:
    deliver(siti.user, entry_xml("uuid:1"))
    other = make_person(Role.FACILITATOR, SEMEDO)
    deliver(other, entry_xml("uuid:2"))
    siti.poll()
    for instance_id in ("uuid:1", "uuid:2"):
        add_comment(
            actor_of(reviewer), instance_id, "Timbangan mana?", questions=["/data/kg"]
        )
        db.session.commit()

    (comment,) = siti.poll()["comments"]

    assert comment["submission_id"] == "uuid:1"
    assert (comment["text"], comment["questions"]) == ("Timbangan mana?", ["/data/kg"])
    assert comment["author_id"] == str(reviewer.id)
    assert siti.poll()["comments"] == []


def test_many_comments_come_in_several_answers_and_none_is_lost(
    siti: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_entries, "LIMIT", 3)
    deliver(siti.user, entry_xml("uuid:1"))
    for number in range(8):
        add_comment(actor_of(reviewer), "uuid:1", f"ke-{number}", questions=[])
        db.session.commit()

    answers = siti.poll_all()

    texts = [each["text"] for answer in answers for each in answer["comments"]]
    assert texts == [f"ke-{number}" for number in range(8)]
    assert len(answers) == 3
