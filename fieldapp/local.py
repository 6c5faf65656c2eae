"""An installation that brings everything along: its folder, secret and PostgreSQL."""

import atexit
import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from fieldapp import embedded
from fieldapp.config import ConfigError

DATABASE = "fieldapp"
LOCK_SECONDS = 4

Environment = dict[str, str]


def data_dir(environ: Mapping[str, str]) -> Path:
    """Say where the installation keeps what it must not lose."""
    return Path(environ.get("FIELDAPP_DATA_DIR") or ".data").resolve()


@contextmanager
def installation(environ: Mapping[str, str]) -> Iterator[Environment]:
    """Open the installation: give its settings, and stop its PostgreSQL at the end.

    What the environment sets stands: with ``DATABASE_URL`` no PostgreSQL is started.

    :raises ConfigError: if the installation is running already.
    :raises EmbeddedError: if PostgreSQL does not start.
    """
    folder = data_dir(environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("w") as lock:
        if not _take(lock):
            raise ConfigError(f"Fieldapp is running already, on {folder}.")
        settings = _settings(environ, folder)
        if "DATABASE_URL" in settings:
            yield settings
            return
        server = embedded.start(folder / "postgres")
        try:
            server.ensure_database(DATABASE)
            yield {**settings, "DATABASE_URL": server.url(DATABASE)}
        finally:
            embedded.stop(folder / "postgres")


def environment(environ: Mapping[str, str]) -> Environment:
    """Give the settings of one command: those given, else the installation's own.

    PostgreSQL is started for the command where it is not running.
    """
    folder = data_dir(environ)
    postgres = folder / "postgres"
    if environ.get("DATABASE_URL") or not (postgres / "PG_VERSION").exists():
        return dict(environ)
    server = embedded.start(postgres)
    if not server.was_running:
        atexit.register(embedded.stop, postgres)
    return {**_settings(environ, folder), "DATABASE_URL": server.url(DATABASE)}


def kept_secret(path: Path, *, length: int = 48) -> str:
    """Read a secret that only the owner may read; make it the first time."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(length)
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    return secret


def _take(lock: TextIO) -> bool:
    """Take the lock, waiting a little for the workers of a server that was killed."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        else:
            return True


def _settings(environ: Mapping[str, str], folder: Path) -> Environment:
    settings = {name: value for name, value in environ.items() if value}
    settings["FIELDAPP_DATA_DIR"] = str(folder)
    if "FIELDAPP_SECRET_KEY" not in settings:
        settings["FIELDAPP_SECRET_KEY"] = kept_secret(folder / "secret-key")
    return settings
