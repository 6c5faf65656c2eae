import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask

from fieldapp.extensions import db
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.ledger.queries import current_head
from fieldapp.notices import sending, visiting
from fieldapp.notices.models import (
    DeliveryState,
    DisabledReason,
    EventKind,
    TryError,
    Webhook,
)
from fieldapp.notices.sending import TryResult, send
from fieldapp.notices.visiting import forget_old, visit_next, wait_after
from fieldapp.notices.webhooks import redeliver
from fieldapp.web import clock
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import SEMEDO, actor_of, make_person
from tests.notices.conftest import Clock
from tests.notices.receiver import Receiver
from tests.notices.webhooks import log_of, make_webhook, work

DAY = timedelta(days=1)


def stored(webhook: Webhook) -> Webhook:
    return db.session.get_one(Webhook, webhook.id, populate_existing=True)


def try_on(clock: Clock, *, days: float) -> None:
    """Let time pass in steps of an hour, working at each."""
    end = clock.ahead + timedelta(days=days)
    while clock.ahead < end:
        clock.ahead += timedelta(hours=1)
        work()


def test_an_entry_is_told_within_one_visit(facilitator: User, here: Receiver) -> None:
    webhook = make_webhook(here.url)
    deliver(facilitator, entry_xml("uuid:a"))

    assert work() == 1

    (received,) = here.received
    (delivery,) = log_of(webhook)
    assert received.headers["webhook-id"] == f"msg_{delivery.id.hex}"
    assert received.told == {
        "type": "entry.received",
        "timestamp": received.told["timestamp"],
        "data": delivery.content,
    }
    assert delivery.state is DeliveryState.DELIVERED
    assert (delivery.tries, delivery.last_status) == (1, 204)


def test_nothing_is_told_twice_without_need(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    make_webhook(here.url)
    deliver(facilitator, entry_xml())
    for _ in range(5):
        work()
        time_machine.ahead += timedelta(minutes=1)

    assert len(here.received) == 1


@pytest.mark.parametrize("answer", [500, 503, 404, 302])
def test_what_fails_is_told_again_with_the_same_id(
    facilitator: User, here: Receiver, time_machine: Clock, answer: int
) -> None:
    webhook = make_webhook(here.url)
    here.answers = [answer, answer]
    deliver(facilitator, entry_xml())
    work()
    (delivery,) = log_of(webhook)
    assert (delivery.state, delivery.last_error) == ("waiting", TryError.STATUS)
    assert delivery.last_status == answer
    assert stored(webhook).failures == 1

    for minutes in (1, 10, 60):
        time_machine.ahead += timedelta(minutes=minutes)
        work()

    (delivery,) = log_of(webhook)
    assert (delivery.state, delivery.tries) == ("delivered", 3)
    assert stored(webhook).failing_since is None
    ids = {each.headers["webhook-id"] for each in here.received}
    times = {each.headers["webhook-timestamp"] for each in here.received}
    bodies = {each.body for each in here.received}
    assert (len(ids), len(times), len(bodies)) == (1, 3, 1)


def test_who_does_not_answer_in_time_is_told_again(
    facilitator: User,
    here: Receiver,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook = make_webhook(here.url)
    deliver(facilitator, entry_xml())
    with monkeypatch.context() as patch:
        patch.setattr(sending, "SECONDS", 0.2)
        here.seconds = 0.5
        work()
    assert log_of(webhook)[0].last_error is TryError.TIMEOUT

    here.seconds = 0
    time_machine.ahead += timedelta(minutes=1)
    work()
    assert log_of(webhook)[0].state is DeliveryState.DELIVERED


def test_waits_grow_to_six_hours() -> None:
    tried_for = timedelta()
    waits = []
    while tried_for < DAY:
        waits.append(wait_after(tried_for))
        tried_for += waits[-1]

    assert timedelta(seconds=8) <= waits[0] <= timedelta(seconds=12)
    assert max(waits) <= timedelta(hours=7.2)
    assert 8 <= len(waits) <= 14


def test_after_a_day_it_is_given_up_and_shown_as_failed(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    webhook = make_webhook(here.url)
    here.answers = [500] * 1000
    deliver(facilitator, entry_xml())

    try_on(time_machine, days=1.5)

    (delivery,) = log_of(webhook)
    assert delivery.state is DeliveryState.FAILED
    assert 5 <= delivery.tries <= 14
    assert len(here.received) == delivery.tries
    assert stored(webhook).is_enabled


def test_a_webhook_that_fails_for_days_is_disabled_with_a_reason(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    webhook = make_webhook(here.url)
    here.answers = [500] * 1000
    for _ in range(4):
        deliver(facilitator, entry_xml())
        try_on(time_machine, days=1)

    after = stored(webhook)
    assert not after.is_enabled
    assert after.disabled_reason is DisabledReason.FAILING
    assert {each.state for each in log_of(webhook)} == {DeliveryState.FAILED}
    tries = len(here.received)
    deliver(facilitator, entry_xml())
    try_on(time_machine, days=1)
    assert len(here.received) == tries


def test_a_webhook_that_fails_now_and_then_is_not_disabled(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    webhook = make_webhook(here.url)
    here.answers = [500] * 6 + [204] + [500] * 6 + [204] + [500] * 6
    for _ in range(4):
        deliver(facilitator, entry_xml())
        try_on(time_machine, days=1)

    assert stored(webhook).is_enabled


def test_a_receiver_that_is_gone_for_good_says_so(
    facilitator: User, here: Receiver
) -> None:
    webhook = make_webhook(here.url)
    here.answers = [410]
    position = current_head(SEMEDO).position
    deliver(facilitator, entry_xml())
    work()

    after = stored(webhook)
    assert after.disabled_reason is DisabledReason.GONE
    assert log_of(webhook)[0].state is DeliveryState.FAILED
    # The entry, and that the webhook was disabled.
    assert current_head(SEMEDO).position == position + 2


def test_a_receiver_that_is_down_is_not_asked_for_each_event(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    make_webhook(here.url)
    here.answers = [503] * 1000
    for _ in range(20):
        deliver(facilitator, entry_xml())

    for _ in range(60):
        work()
        time_machine.ahead += timedelta(seconds=1)
    assert len(here.received) <= 7

    here.answers.clear()
    time_machine.ahead += timedelta(hours=8)
    work()
    assert len({each.headers["webhook-id"] for each in here.received}) == 20


def test_a_slow_receiver_does_not_keep_others_waiting(
    facilitator: User, here: Receiver
) -> None:
    down = make_webhook("http://127.0.0.1:9/")
    make_webhook(here.url)
    for _ in range(3):
        deliver(facilitator, entry_xml())
    work()

    assert len(here.received) == 3
    assert stored(down).failures == 1


def test_who_lost_the_right_is_told_nothing_more(
    facilitator: User, here: Receiver
) -> None:
    owner = make_person(Role.ADMINISTRATOR, SEMEDO)
    webhook = make_webhook(here.url, owner=owner)
    deliver(facilitator, entry_xml())
    db.session.query(RoleGrant).filter_by(user_id=owner.id).update(
        {"revoked_at": clock.now()}
    )
    db.session.commit()
    work()

    assert here.received == []
    assert stored(webhook).disabled_reason is DisabledReason.OWNER_WITHOUT_RIGHT


def test_a_target_that_became_private_is_not_sent_to(
    facilitator: User, here: Receiver, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    webhook = make_webhook(here.url)
    deliver(facilitator, entry_xml())
    config = app.config["FIELDAPP"]
    monkeypatch.setitem(
        app.config,
        "FIELDAPP",
        type(config)(
            database_url=config.database_url,
            secret_key=config.secret_key,
            data_dir=config.data_dir,
        ),
    )
    work()

    assert here.received == []
    assert log_of(webhook)[0].last_error is TryError.TARGET_REFUSED


def test_a_failed_message_can_be_asked_for_again(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    owner = make_person(Role.ADMINISTRATOR, SEMEDO)
    webhook = make_webhook(here.url, owner=owner)
    here.answers = [500] * 100
    deliver(facilitator, entry_xml())
    try_on(time_machine, days=1.5)
    here.answers.clear()
    redeliver(actor_of(owner), webhook.id, log_of(webhook)[0].id)
    db.session.commit()
    work()

    assert log_of(webhook)[0].state is DeliveryState.DELIVERED
    assert len({each.headers["webhook-id"] for each in here.received}) == 1


def test_a_worker_killed_between_sending_and_noting_tells_again(
    facilitator: User,
    here: Receiver,
    time_machine: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook = make_webhook(here.url)
    deliver(facilitator, entry_xml())

    def send_and_die(*args: Any, **kwargs: Any) -> TryResult:
        send(*args, **kwargs)
        raise SystemExit(signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(visiting, "send", send_and_die)
        with pytest.raises(SystemExit):
            visit_next()
    db.session.rollback()
    assert work() == 0

    time_machine.ahead += visiting.LEASE
    assert work() == 1
    ids = Counter(each.headers["webhook-id"] for each in here.received)
    assert list(ids.values()) == [2]
    assert log_of(webhook)[0].state is DeliveryState.DELIVERED


def test_old_deliveries_are_forgotten_and_waiting_ones_are_not(
    facilitator: User, here: Receiver, time_machine: Clock
) -> None:
    webhook = make_webhook(here.url)
    deliver(facilitator, entry_xml())
    work()
    time_machine.ahead += timedelta(days=29)
    forget_old()
    assert len(log_of(webhook)) == 1

    here.answers = [500]
    deliver(facilitator, entry_xml())
    work()
    time_machine.ahead += timedelta(days=31)
    forget_old()
    assert [each.state for each in log_of(webhook)] == [DeliveryState.WAITING]


def in_threads(app: Flask, call: Callable[[], object], number: int) -> None:
    def run() -> None:
        with app.app_context():
            call()

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_several_workers_tell_each_event_once(
    committed_app: Flask, here: Receiver
) -> None:
    publish_small_form()
    sender = make_person(Role.FACILITATOR, SEMEDO)
    hooks = [
        make_webhook(here.url, events=[EventKind.ENTRY_RECEIVED]) for _ in range(3)
    ]
    here.seconds = 0.02
    for _ in range(10):
        deliver(sender, entry_xml())

    def work_while_more_comes() -> None:
        for _ in range(3):
            work()
            deliver(sender, entry_xml())
        work()

    in_threads(committed_app, work_while_more_comes, 4)
    for hook in hooks:
        stored(hook).next_visit_at = clock.now()
        db.session.commit()
    work()

    ids = Counter(each.headers["webhook-id"] for each in here.received)
    assert set(ids.values()) == {1}
    assert [len(log_of(hook)) for hook in hooks] == [22, 22, 22]
    assert len(ids) == 66
