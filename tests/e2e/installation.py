"""A real installation: PostgreSQL with durable commits, and the server in front."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import Flask
from psycopg.rows import tuple_row

from fieldapp import embedded
from fieldapp.extensions import db
from tests.enketo.standin import KEY

ROOT = Path(__file__).parents[2]
FIELDAPP = str(Path(sys.executable).parent / "fieldapp")
DATABASE = "fieldapp"
PATIENCE = 60
"""Seconds until a start counts as failed, on a machine that does much else."""


@dataclass
class Installation:
    """The folder, the settings and the running processes of one installation."""

    folder: Path
    port: int
    environ: dict[str, str]
    app: Flask
    """The application in this process, to set people up and to count rows."""
    server: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def address(self) -> str:
        """Give the server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def postgres(self) -> Path:
        """Say where PostgreSQL keeps its data."""
        return self.folder / "postgres"

    def start(self) -> None:
        """Start the server as in production, and wait until it answers."""
        self._wait_for_port()
        command = [FIELDAPP, "serve", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                command,
                env=self.environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for_answer()

    def stop(self) -> None:
        """End the server as an operator does."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=PATIENCE)

    def kill_everything(self) -> None:
        """End all processes of the server at once, as a power failure does."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(timeout=PATIENCE)

    def kill_parent(self) -> None:
        """End the main process alone: its workers go on for a moment."""
        assert self.server is not None
        self.server.kill()
        self.server.wait(timeout=PATIENCE)

    def kill_postgres(self) -> None:
        """End PostgreSQL without a checkpoint: its next start recovers."""
        number = int((self.postgres / "postmaster.pid").read_text().split()[0])
        os.kill(number, signal.SIGQUIT)
        deadline = time.monotonic() + PATIENCE
        while _is_alive(number) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.close()

    def close(self) -> None:
        """Close the connections of this process."""
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command line as an operator or an auditor does."""
        return subprocess.run(
            [FIELDAPP, *arguments],
            env=self.environ,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the database itself."""
        url = self.environ["DATABASE_URL"]
        with psycopg.connect(url, row_factory=tuple_row) as connection:
            return connection.execute(statement, values).fetchall()

    def _wait_for_port(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", self.port))
                return
            time.sleep(0.05)

    def _wait_for_answer(self) -> None:
        assert self.server is not None
        told = "nothing"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.server.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/readyz", timeout=5).close()  # noqa: S310 - Our own.
            except urllib.error.HTTPError as error:
                told = error.read().decode()
                error.close()
                time.sleep(0.05)
            except OSError as error:
                told = repr(error)
                time.sleep(0.05)
            else:
                return
        log = (self.folder / "server.log").read_text()[-2000:]
        raise RuntimeError(f"{self.server.poll()} {told}\n{log}")


def start_postgres(folder: Path) -> str:
    """Start PostgreSQL, or recover what was killed; give the database's address."""
    server = embedded.start(folder)
    server.ensure_database(DATABASE)
    return server.url(DATABASE)


def settings(folder: Path, database_url: str, enketo_url: str) -> dict[str, str]:
    """Give the environment of every program of the installation."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("FIELDAPP_")}
    return {
        **environ,
        "DATABASE_URL": database_url,
        "FIELDAPP_SECRET_KEY": secrets.token_urlsafe(48),
        "FIELDAPP_DATA_DIR": str(folder / "data"),
        "FIELDAPP_LOG_LEVEL": "WARNING",
        # A test that says X-Forwarded-Proto is the proxy in front.
        "FIELDAPP_TRUSTED_PROXIES": "1",
        "FIELDAPP_ENKETO_URL": enketo_url,
        "FIELDAPP_ENKETO_API_KEY": KEY,
    }


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    try:
        # A container's first process may be slow to bury the dead.
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return Path("/proc/self").exists() is False
    return state != "Z"
