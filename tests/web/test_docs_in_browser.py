"""Swagger UI in a real browser, under the strict policy that it is served with."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: /docs is not tried in it"
)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_api_is_browsable_with_nothing_from_the_internet(
    address: str, tmp_path: Path
) -> None:
    finished = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={tmp_path}",
            "--enable-logging=stderr",
            "--virtual-time-budget=10000",
            "--dump-dom",
            f"{address}/docs",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
    )

    assert "/api/v1/auth/login" in finished.stdout
    assert "/api/v1/sync/submissions" in finished.stdout
    complaints = [line for line in finished.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
