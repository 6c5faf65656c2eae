"""The worker: flags, webhooks, digests and exports, until it is told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from types import FrameType

from flask import Flask
from sqlalchemy.exc import OperationalError

from fieldapp.exporting.making import make_next, remove_expired
from fieldapp.extensions import db
from fieldapp.notices.mailing import send_next_digest
from fieldapp.notices.visiting import forget_old, visit_next
from fieldapp.quality.working import follow_on

THREADS = 4
IDLE_SECONDS = 1
AWAY_SECONDS = 5
"""How long to wait before the database is asked again that did not answer."""
TIDY_SECONDS = 3600
STOP_SECONDS = 3
"""A try that takes longer is made again by the next worker."""

SERVER = "FIELDAPP_WORKER_OF"
"""Names the process that started the worker, and that it does not outlive."""

COMMAND = (sys.executable, "-c", "from fieldapp.cli import main; main()", "work")


Task = Callable[[Callable[[], bool]], bool]
"""Does the next thing, unless it is told to stop; False where there is none."""


class WorkerBrokenError(Exception):
    """A thread of the worker met what it did not expect; standard error has it."""


def work_until(stop: Event, app: Flask, *, threads: int = THREADS) -> None:
    """Flag and tell with some threads, and make exports with one, until ``stop``.

    The threads are daemons: one that waits for a slow receiver is left behind. What
    it was telling is told again, and nothing is lost.

    :raises WorkerBrokenError: if a thread ended; whoever started us starts us again.
    """
    broken = Event()
    working = [
        Thread(target=_work, args=(stop, broken, app, _tell_next), daemon=True)
        for _ in range(threads)
    ]
    working.append(
        Thread(target=_work, args=(stop, broken, app, make_next), daemon=True)
    )
    for thread in working:
        thread.start()
    _watch(stop, broken, app)
    stop.set()
    deadline = time.monotonic() + STOP_SECONDS
    for thread in working:
        thread.join(max(0, deadline - time.monotonic()))
    if broken.is_set():
        raise WorkerBrokenError


def stop_on_signals() -> Event:
    """Give what is set once the process is asked to end."""
    stop = Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    return stop


@contextmanager
def worker_process() -> Iterator[subprocess.Popen[bytes]]:
    """Let a worker run beside the server, which it does not outlive.

    It is a process of its own, since the server forks, and threads do not fork well.
    """
    environ = {**os.environ, SERVER: str(os.getpid())}
    with subprocess.Popen(COMMAND, env=environ) as process:  # noqa: S603 - Our own.
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _watch(stop: Event, broken: Event, app: Flask) -> None:
    server = os.environ.get(SERVER)
    tidy_at = time.monotonic()
    while not broken.is_set() and not stop.wait(IDLE_SECONDS):
        if server is not None and str(os.getppid()) != server:
            return
        if time.monotonic() >= tidy_at:
            tidy_at = time.monotonic() + TIDY_SECONDS
            _tidy(app)


def _tidy(app: Flask) -> None:
    with app.app_context():
        try:
            forget_old()
            remove_expired()
        except OperationalError:
            app.logger.warning("worker: the database is away")


def _work(stop: Event, broken: Event, app: Flask, do_next: Task) -> None:
    try:
        while not stop.is_set():
            _do(stop, app, do_next)
    finally:
        if not stop.is_set():
            broken.set()


def _do(stop: Event, app: Flask, do_next: Task) -> None:
    with app.app_context():
        try:
            if do_next(stop.is_set):
                return
        except OperationalError:
            db.session.rollback()
            app.logger.warning("worker: the database is away", exc_info=True)
            stop.wait(AWAY_SECONDS)
    stop.wait(IDLE_SECONDS)


def _tell_next(is_stopping: Callable[[], bool]) -> bool:
    is_behind = follow_on()
    return visit_next(is_stopping) or send_next_digest() or is_behind
