"""Start granian, the WSGI server (docs/decisions/0001-wsgi-server.md)."""

import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from tempfile import TemporaryFile
from threading import BoundedSemaphore, Thread
from typing import IO, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from fieldapp import create_app
from fieldapp.config import Config, ConfigError

WORKERS = 2
THREADS = 16
"""How many requests a worker works on at once, each with a database connection."""

UPLOADS = 240
"""How many more bodies a worker receives meanwhile; threads end when idle."""

SMALL = 256 * 1024
CHUNK = 64 * 1024
PARENT_SECONDS = 1
STOP_SECONDS = 10
"""A worker that does not end by itself is ended; phones send again."""
COLLECT_AFTER = (20_000, 20, 20)
"""An entry makes thousands of objects, hardly any of them in a cycle."""

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class BufferedUploads:
    """Receive a body whole before a request is worked on.

    Phones send photos over bad networks for minutes. They wait here, holding a thread
    and nothing else, and not inside the application, whose few places and database
    connections would be gone (decision 1 has the measurement).
    """

    def __init__(self, app: Application, *, max_bytes: int, places: int) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._places = BoundedSemaphore(places)

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request once its body is there; one too large is not received."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not 0 < length <= self._max_bytes:
            with self._places:
                return self._app(environ, start_response)
        with BytesIO() if length <= SMALL else TemporaryFile() as body:
            _receive(environ["wsgi.input"], body, length)
            with self._places:
                return self._app({**environ, "wsgi.input": body}, start_response)


def serve(*, host: str, port: int, workers: int = WORKERS) -> None:
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
        blocking_threads=THREADS + UPLOADS,
        backpressure=THREADS + UPLOADS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
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


def worker_app() -> Application:
    """Build the application of a worker, which ends when the server is killed.

    A worker that stayed would hold the port, and the next start would not get it.
    """
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    app = create_app()
    # What is loaded now stays: the collector need not look through it ever again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    config: Config = app.config["FIELDAPP"]
    return BufferedUploads(app, max_bytes=config.max_submission_bytes, places=THREADS)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def _receive(source: IO[bytes], body: IO[bytes], length: int) -> None:
    """Copy a body; where the connection ends early, the application sees how far."""
    while length > 0:
        chunk = source.read(min(CHUNK, length))
        if not chunk:
            break
        body.write(chunk)
        length -= len(chunk)
    body.seek(0)
