import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
from click.testing import CliRunner
from flask.cli import ScriptInfo

from fieldapp import embedded
from fieldapp.cli import cli

FIELDAPP = (sys.executable, "-c", "from fieldapp.cli import main; main()")
START_SECONDS = 120


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="fieldapp-run-"))
    yield folder / "data"
    embedded.stop(folder / "data" / "postgres")
    shutil.rmtree(folder)


def environment(**settings: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "DATABASE_URL" and not name.startswith("FIELDAPP_")
    }
    return {**kept, **settings}


def fieldapp(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FIELDAPP, *arguments],
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - Our own.
        body: bytes = response.read()
    return body


@contextmanager
def running(data_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Start `fieldapp run` and wait until it serves."""
    log = data_dir.parent / "run.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*FIELDAPP, "run", "--port", str(port)],
            env=environment(FIELDAPP_DATA_DIR=str(data_dir)),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            await_ready(process, port, log)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def await_ready(process: subprocess.Popen[str], port: int, log: Path) -> None:
    """Wait until this server says so: killed ones answer for a second longer."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if "Ctrl-C" in log.read_text():
                get(f"http://127.0.0.1:{port}/readyz")
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    pytest.fail(log.read_text())


def told(data_dir: Path) -> str:
    return (data_dir.parent / "run.log").read_text()


def device_address(text: str) -> str:
    return next(line.strip() for line in text.splitlines() if line.startswith("  http"))


def test_one_command_starts_everything_and_keeps_it_through_a_kill(
    data_dir: Path,
) -> None:
    port = free_port()
    with running(data_dir, port) as first:
        said = told(data_dir)
        address = device_address(said)
        assert "83,762" in said
        assert "farmer_certification" in said
        assert "koordinator-contoh" in said
        assert b"gula_semut_delivery" in get(f"{address}/formList")
        mode = stat.S_IMODE((data_dir / "secret-key").stat().st_mode)
        assert mode == 0o600
        first.kill()

    started = time.monotonic()
    with running(data_dir, port):
        assert time.monotonic() - started < 30
        said = told(data_dir)
        assert "83,762" not in said
        assert device_address(said) == address
        assert b"gula_semut_delivery" in get(f"{address}/formList")

    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_second_server_on_the_same_folder_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    with (data_dir / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = fieldapp("run", FIELDAPP_DATA_DIR=str(data_dir))

    assert refused.returncode == 1
    assert "running already" in refused.stderr


def test_port_of_another_program_is_not_shared(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = fieldapp("run", "--port", str(port), FIELDAPP_DATA_DIR=str(data_dir))

    assert refused.returncode == 1
    assert f"127.0.0.1:{port} is not free" in refused.stderr


def test_production_refuses_a_default_secret(tmp_path: Path) -> None:
    refused = fieldapp(
        "serve",
        DATABASE_URL="postgresql://localhost/fieldapp",
        FIELDAPP_SECRET_KEY="changeme",
        FIELDAPP_DATA_DIR=str(tmp_path),
    )

    assert refused.returncode == 1
    assert "FIELDAPP_SECRET_KEY" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_refuses_to_start_without_a_database(tmp_path: Path) -> None:
    refused = fieldapp("serve", FIELDAPP_DATA_DIR=str(tmp_path))

    assert refused.returncode == 1
    assert "DATABASE_URL is not set" in refused.stderr


def test_log_is_verified_with_neither_server_nor_database(tmp_path: Path) -> None:
    export = tmp_path / "log.ndjson"
    export.write_text(json.dumps({"not": "a log"}) + "\n")

    verdict = fieldapp("ledger", "verify", str(export))

    assert verdict.returncode == 1
    assert "FAULT" in verdict.stdout
    assert "Traceback" not in verdict.stderr


@pytest.mark.parametrize(
    "group", ["db", "form", "forms", "indicators", "ledger", "people", "places"]
)
def test_every_group_of_commands_explains_itself_without_settings(group: str) -> None:
    result = CliRunner().invoke(cli, [group, "--help"], obj=ScriptInfo())

    assert result.exit_code == 0
    assert "Commands:" in result.output
