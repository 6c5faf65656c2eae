import re
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds
from fieldapp.notices import following
from fieldapp.notices.following import follow
from fieldapp.notices.models import EventKind, Webhook
from fieldapp.notices.webhooks import change_webhook
from fieldapp.programmes.models import Programme
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.web import clock
from tests.entries import VERSION, deliver, entry_xml, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    actor_of,
    make_area,
    make_grant,
    make_person,
)
from tests.notices.webhooks import log_of, make_webhook

URL = "https://93.184.215.14/kait"


def review(reviewer: User, instance_id: str, kind: DecisionKind) -> None:
    decide(
        actor_of(reviewer),
        instance_id,
        kind,
        revision_id=instance_id,
        note="Timbang ulang, Bu Sri.",
    )
    db.session.commit()


def told(webhook: Webhook) -> list[str]:
    """Note what is new, and list what the webhook is to tell."""
    while follow(webhook):
        pass
    db.session.commit()
    return [delivery.event.value for delivery in log_of(webhook)]


def only(webhook: Webhook) -> dict[str, Any]:
    (delivery,) = log_of(webhook)
    return delivery.content


def put_into_programme(programme_id: str) -> None:
    db.session.add(Programme(id=programme_id, name=programme_id))
    db.session.flush()
    db.session.execute(update(Form).values(programme_id=programme_id))
    db.session.commit()


def test_each_step_of_an_entry_is_told(facilitator: User, coordinator: User) -> None:
    webhook = make_webhook(URL)

    deliver(facilitator, entry_xml("uuid:a"))
    review(coordinator, "uuid:a", DecisionKind.RETURN)
    deliver(facilitator, entry_xml("uuid:b", kg="13", deprecated_id="uuid:a"))
    review(coordinator, "uuid:b", DecisionKind.APPROVE)
    review(coordinator, "uuid:b", DecisionKind.REOPEN)
    review(coordinator, "uuid:b", DecisionKind.REJECT)

    assert told(webhook) == [
        "entry.received",
        "entry.returned",
        "entry.corrected",
        "entry.approved",
        "entry.reopened",
        "entry.rejected",
    ]
    assert [each.content["state"] for each in log_of(webhook)] == [
        "received",
        "returned",
        "received",
        "approved",
        "received",
        "rejected",
    ]
    assert [each.content["revision"] for each in log_of(webhook)] == [1, 1, 2, 2, 2, 2]
    assert {each.content["entry_id"] for each in log_of(webhook)} == {"uuid:a"}


def test_no_answer_and_no_person_is_told(facilitator: User, coordinator: User) -> None:
    webhook = make_webhook(URL, events=[EventKind.ENTRY_RETURNED])
    deliver(facilitator, entry_xml("uuid:a"))
    review(coordinator, "uuid:a", DecisionKind.RETURN)

    assert told(webhook) == ["entry.returned"]
    content = only(webhook)
    assert content == {
        "entry_id": "uuid:a",
        "revision": 1,
        "state": "returned",
        "form_id": "setoran",
        "area_code": SEMEDO,
        "log_position": content["log_position"],
    }
    assert not re.search(r"Sri|12\.5|Timbang", str(content))


def test_what_was_before_the_webhook_is_not_told(facilitator: User) -> None:
    deliver(facilitator, entry_xml())
    webhook = make_webhook(URL)
    assert told(webhook) == []

    deliver(facilitator, entry_xml())
    assert told(webhook) == ["entry.received"]


def test_what_happens_elsewhere_is_never_told(facilitator: User) -> None:
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    hooks = {
        code: make_webhook(URL, area_code=code) for code in (SEMEDO, BANYUMAS, "ID")
    }

    deliver(facilitator, entry_xml(village=BUMISARI))
    assert [told(hooks[code]) for code in hooks] == [[], [], ["entry.received"]]

    deliver(facilitator, entry_xml(village=SEMEDO))
    assert [len(told(hooks[code])) for code in hooks] == [1, 1, 2]


def test_only_the_kinds_that_were_asked_for_are_told(
    facilitator: User, coordinator: User
) -> None:
    webhook = make_webhook(URL, events=[EventKind.ENTRY_APPROVED])
    deliver(facilitator, entry_xml("uuid:a"))
    review(coordinator, "uuid:a", DecisionKind.APPROVE)

    assert told(webhook) == ["entry.approved"]


def test_only_the_programme_that_was_asked_for_is_told(facilitator: User) -> None:
    put_into_programme("desa-devisa")
    ours = make_webhook(URL, programme_id="desa-devisa")
    theirs = make_webhook(URL, programme_id="desa-wisata")
    everybodys = make_webhook(URL)

    deliver(facilitator, entry_xml())
    publish_small_form("2026112102")

    db.session.execute(update(Form).values(programme_id="desa-devisa"))
    assert told(ours) == ["entry.received", "form.published"]
    assert told(theirs) == []
    assert told(everybodys) == ["entry.received", "form.published"]


def test_a_published_form_is_told_everywhere(village: str) -> None:
    webhook = make_webhook(URL, area_code=village)
    publish_small_form("2026112102")

    assert told(webhook) == ["form.published"]
    content = only(webhook)
    assert content["form_id"] == "setoran"
    assert content["version"] == "2026112102"
    assert content["area_code"] == "ID"


def test_the_first_of_two_approvals_is_no_event(
    facilitator: User, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = make_person(Role.COORDINATOR, BANYUMAS)
    webhook = make_webhook(URL, events=[EventKind.ENTRY_APPROVED])
    deliver(facilitator, entry_xml("uuid:a"))
    with monkeypatch.context() as patch:
        patch.setattr("fieldapp.forms.queries.PublishedVersion.approvals", 2)
        review(coordinator, "uuid:a", DecisionKind.APPROVE)
        assert told(webhook) == []
        review(second, "uuid:a", DecisionKind.APPROVE)

    assert told(webhook) == ["entry.approved"]


def test_kinds_of_entries_in_the_log_that_others_add_are_passed_over(
    village: str,
) -> None:
    webhook = make_webhook(URL)
    deed = Deed(village, "comment", "somebody", "uuid:a", {}, {"anything": 1})
    append_deeds([deed], at=clock.now())

    assert told(webhook) == []


def test_nothing_is_told_of_what_is_rolled_back(facilitator: User) -> None:
    webhook = make_webhook(URL)
    with db.session.begin_nested() as attempt:
        deed = Deed(SEMEDO, "form-published", "x", "setoran/2026112101", {}, {})
        append_deeds([deed], at=clock.now())
        attempt.rollback()
    deliver(facilitator, entry_xml())

    assert told(webhook) == ["entry.received"]


def test_what_commits_late_is_told_and_what_is_given_up_is_not(
    committed_app: Flask,
) -> None:
    """A deed is noted under way, while a later one of elsewhere is told already."""
    publish_small_form()
    for code in (SEMEDO, BUMISARI):
        make_area(code)
    webhook = make_webhook(URL, area_code="33", events=[EventKind.FORM_PUBLISHED])
    deed = Deed(SEMEDO, "form-published", "x", f"setoran/{VERSION}", {}, {})
    written, may_end = Barrier(2), Barrier(2)

    def write(*, keeps: bool) -> None:
        with committed_app.app_context():
            append_deeds([deed], at=clock.now())
            written.wait(30)
            may_end.wait(30)
            db.session.commit() if keeps else db.session.rollback()

    for keeps in (False, True):
        writer = Thread(target=write, kwargs={"keeps": keeps})
        writer.start()
        written.wait(30)
        append_deeds([replace(deed, area_code=BUMISARI)], at=clock.now())
        db.session.commit()
        told(webhook)
        may_end.wait(30)
        writer.join(30)
        told(webhook)

    at = [each.area_code for each in log_of(webhook)]
    assert sorted(at) == [SEMEDO, BUMISARI, BUMISARI]


def test_a_long_log_is_read_in_parts_without_gaps_or_doubles(
    facilitator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_grant(facilitator, Role.FACILITATOR, BUMISARI)
    monkeypatch.setattr(following, "BATCH", 3)
    webhook = make_webhook(URL, area_code="33")

    for number in range(7):
        deliver(facilitator, entry_xml(f"uuid:{number}", village=SEMEDO))
        deliver(facilitator, entry_xml(f"uuid:{number}b", village=BUMISARI))

    assert told(webhook) == ["entry.received"] * 14
    assert len({each.content["entry_id"] for each in log_of(webhook)}) == 14


def test_a_webhook_that_is_enabled_again_goes_on_from_there(facilitator: User) -> None:
    owner = make_person(Role.ADMINISTRATOR, SEMEDO)
    webhook = make_webhook(URL, owner=owner)
    change_webhook(actor_of(owner), webhook.id, {"is_enabled": False})
    db.session.commit()
    deliver(facilitator, entry_xml())
    change_webhook(actor_of(owner), webhook.id, {"is_enabled": True})
    db.session.commit()
    assert told(webhook) == []

    deliver(facilitator, entry_xml())
    assert told(webhook) == ["entry.received"]
