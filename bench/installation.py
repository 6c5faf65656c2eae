"""A scratch installation to measure: its own database, data folder and server."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from fieldapp import create_app, embedded
from fieldapp.config import Config, from_env
from fieldapp.extensions import db
from fieldapp.forms import publishing
from fieldapp.identity.devices import issue_device
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.passwords import hash_password
from fieldapp.identity.permissions import Role
from fieldapp.places.codes import lineage
from fieldapp.places.models import COUNTRY, Area, AreaRelease
from fieldapp.web.clock import now

ROOT = Path(__file__).parents[1]
GENERATOR = ROOT.parent / "shared" / "bench"
VILLAGE = "33.02.16.2007"
PASSWORD = secrets.token_urlsafe(12)
START_SECONDS = 60


@dataclass(frozen=True)
class Installation:
    """Where the scratch installation is, and who may send."""

    app: Flask
    environ: dict[str, str]
    database_url: str
    postgres: Path


@contextmanager
def installation() -> Iterator[Installation]:
    """Make an installation with durable commits; remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fieldapp-bench-"))
    folder.chmod(0o755)
    postgres = folder / "postgres"
    server = embedded.start(postgres)
    server.ensure_database("fieldapp")
    environ = {
        **os.environ,
        "DATABASE_URL": server.url("fieldapp"),
        "FIELDAPP_SECRET_KEY": secrets.token_urlsafe(48),
        "FIELDAPP_DATA_DIR": str(folder / "data"),
        "FIELDAPP_LOG_LEVEL": "WARNING",
    }
    (folder / "data").mkdir()
    config: Config = from_env(environ)
    app = create_app(config)
    try:
        with app.app_context():
            _migrate(environ)
            _add_village()
            db.session.commit()
        yield Installation(app, environ, environ["DATABASE_URL"], postgres)
    finally:
        with app.app_context():
            db.engine.dispose()
        embedded.stop(postgres)
        shutil.rmtree(folder)


@contextmanager
def serving(place: Installation, *, workers: int = 2) -> Iterator[tuple[str, int]]:
    """Serve an installation as in production; give its address and process.

    How long it took from nothing to the first answer is ``cold_start``'s business.
    """
    port = _free_port()
    command = [
        str(Path(sys.executable).parent / "fieldapp"),
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
    ]
    process = subprocess.Popen(command, env=place.environ, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/healthz", process)
        yield address, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=90)


def add_facilitator(place: Installation, username: str) -> str:
    """Make a person who may send from the village; give the phone's token."""
    with place.app.app_context():
        user = User(
            username=username,
            name="Bench",
            password_hash=hash_password(PASSWORD),
            created_at=now(),
        )
        db.session.add(user)
        db.session.flush()
        grant = RoleGrant(
            user_id=user.id,
            role=Role.FACILITATOR,
            area_code=VILLAGE,
            granted_at=now(),
        )
        db.session.add(grant)
        _, token = issue_device(user.id, "bench")
        db.session.commit()
        return token


def publish_file(place: Installation, path: Path) -> None:
    """Publish a form file on the installation."""
    with place.app.app_context():
        publishing.publish_file(path.read_bytes(), path.name)
        db.session.commit()


def _migrate(environ: dict[str, str]) -> None:
    command = [str(Path(sys.executable).parent / "fieldapp"), "db", "upgrade"]
    subprocess.run(command, env=environ, cwd=ROOT, check=True, capture_output=True)


def _add_village() -> None:
    db.session.add(AreaRelease(id="bench", decree="bench", effective_on=None))
    db.session.flush()
    for code in reversed(lineage(VILLAGE)):
        level = 0 if code == COUNTRY else code.count(".") + 1
        parent = None if code == COUNTRY else lineage(code)[1]
        db.session.add(
            Area(
                code=code,
                parent_code=parent,
                level=level,
                kind="desa",
                name=code,
                release_id="bench",
            )
        )
        db.session.flush()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - Our own.
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server did not start.")
