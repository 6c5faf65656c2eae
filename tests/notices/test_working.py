import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.notices import working
from fieldapp.notices.models import DeliveryState, Webhook
from fieldapp.notices.working import (
    WorkerBrokenError,
    work_until,
    worker_process,
)
from fieldapp.web import clock
from tests.entries import deliver, entry_xml, publish_small_form
from tests.factories import SEMEDO, make_person
from tests.notices.receiver import Receiver
from tests.notices.webhooks import log_of, make_webhook

WORK = (sys.executable, "-c", "from fieldapp.cli import main; main()", "work")


@pytest.fixture
def environ(committed_app: Flask) -> dict[str, str]:
    config = committed_app.config["FIELDAPP"]
    return {
        **os.environ,
        "DATABASE_URL": config.database_url,
        "FIELDAPP_SECRET_KEY": config.secret_key,
        "FIELDAPP_DATA_DIR": str(config.data_dir),
        "FIELDAPP_WEBHOOK_ALLOWED_HOSTS": "127.0.0.0/8",
    }


@contextmanager
def worker(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WORK, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def await_that(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def send_entry(number: int = 1) -> None:
    sender = make_person(Role.FACILITATOR, SEMEDO)
    for _ in range(number):
        deliver(sender, entry_xml())


def states(webhook: Webhook) -> list[DeliveryState]:
    db.session.rollback()
    return [delivery.state for delivery in log_of(webhook)]


def test_a_worker_tells_what_comes_and_ends_when_asked(
    environ: dict[str, str], here: Receiver
) -> None:
    publish_small_form()
    webhook = make_webhook(here.url)
    with worker(environ) as process:
        send_entry()
        await_that(lambda: here.received)
        await_that(lambda: states(webhook) == [DeliveryState.DELIVERED])
        asked_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert time.monotonic() - asked_at < 5


def test_a_worker_that_waits_stays_in_no_transaction(
    environ: dict[str, str], here: Receiver
) -> None:
    publish_small_form()
    make_webhook(here.url)
    long_open = text(
        "select count(*) from pg_stat_activity where state = 'idle in transaction' "
        "and pid <> pg_backend_pid() and datname = current_database() "
        "and now() - state_change > interval '2 seconds'"
    )
    with worker(environ):
        send_entry()
        await_that(lambda: here.received)
        db.session.commit()
        time.sleep(3)
        assert db.session.scalar(long_open) == 0


def test_a_worker_killed_while_it_sends_loses_nothing(
    environ: dict[str, str], here: Receiver
) -> None:
    publish_small_form()
    webhook = make_webhook(here.url)
    here.seconds = 1
    send_entry(3)
    with worker(environ) as process:
        await_that(lambda: here.received)
        process.send_signal(signal.SIGKILL)
    assert DeliveryState.WAITING in states(webhook)

    here.seconds = 0
    db.session.get_one(Webhook, webhook.id).leased_until = clock.now()
    db.session.commit()
    with worker(environ):
        await_that(lambda: set(states(webhook)) == {DeliveryState.DELIVERED})

    assert len(states(webhook)) == 3
    assert len({each.headers["webhook-id"] for each in here.received}) == 3


def test_a_worker_ends_with_the_server_that_started_it(
    environ: dict[str, str],
) -> None:
    with worker({**environ, "FIELDAPP_WORKER_OF": "1"}) as process:
        assert process.wait(60) == 0


def test_the_worker_beside_a_server_is_ended_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = (
        "import os, pathlib, sys, time;"
        "pathlib.Path(sys.argv[1]).write_text(os.environ['FIELDAPP_WORKER_OF']);"
        "time.sleep(600)"
    )
    monkeypatch.setattr(working, "COMMAND", (sys.executable, "-c", program, told))

    with worker_process() as process:
        await_that(lambda: told.exists() and told.read_text())
        assert told.read_text() == str(os.getpid())
        assert process.poll() is None

    assert process.poll() == -signal.SIGTERM


def test_a_worker_waits_for_a_database_that_is_away(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Event()
    tries = 0

    def visit(_is_stopping: object) -> bool:
        nonlocal tries
        tries += 1
        if tries == 2:
            stop.set()
        raise OperationalError("select 1", None, OSError())

    monkeypatch.setattr(working, "visit_next", visit)
    monkeypatch.setattr(working, "AWAY_SECONDS", 0.01)
    monkeypatch.setattr(working, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(working, "forget_old", lambda: None)

    work_until(stop, application, threads=1)

    assert tries == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_meets_a_mistake_ends_loudly(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def visit(_is_stopping: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(working, "visit_next", visit)
    monkeypatch.setattr(working, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(working, "forget_old", lambda: None)

    with pytest.raises(WorkerBrokenError):
        work_until(Event(), application, threads=2)
