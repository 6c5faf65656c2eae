"""Start granian, the WSGI server (docs/decisions/0001-wsgi-server.md)."""

import os
import signal
import socket
import time
from threading import Thread

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from fieldapp import create_app
from fieldapp.config import ConfigError

WORKERS = 2
THREADS = 16
"""For each worker; the pool of database connections has room for all."""

PARENT_SECONDS = 1


def serve(
    *, host: str, port: int, workers: int = WORKERS, threads: int = THREADS
) -> None:
    """Serve until a signal says otherwise; each worker reads the environment."""
    Granian(
        f"{__name__}:worker_app",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.error,
    ).serve()


def refuse_taken(host: str, port: int) -> None:
    """Refuse an address that another program serves; granian would share it.

    :raises ConfigError: with what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"{host}:{port} is not free ({error.strerror}). Choose another --port."
            ) from error


def worker_app() -> Flask:
    """Build the application of a worker, which ends when the server is killed.

    A worker that stayed would hold the port, and the next start would not get it.
    """
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    return create_app()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
