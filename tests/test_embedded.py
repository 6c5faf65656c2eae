import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from fieldapp import embedded


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="fieldapp-embedded-")) / "postgres"
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder.parent)


def postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().splitlines()[0])


def setting(server: embedded.Server, name: str) -> str:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("select current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def write_row(server: embedded.Server) -> None:
    with psycopg.connect(server.url("postgres")) as connection:
        connection.execute("create table kept as select 42 as number")


def kept_row(server: embedded.Server) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("select number from kept").fetchone()
    assert row is not None
    return int(row[0])


def test_committed_rows_are_on_disk_and_nobody_listens_on_a_port(
    folder: Path,
) -> None:
    server = embedded.start(folder)

    assert setting(server, "fsync") == "on"
    assert setting(server, "synchronous_commit") == "on"
    assert setting(server, "full_page_writes") == "on"
    assert setting(server, "data_checksums") == "on"
    assert setting(server, "listen_addresses") == ""


def test_second_start_finds_the_server_running(folder: Path) -> None:
    first = embedded.start(folder)
    pid = postmaster(folder)

    second = embedded.start(folder)

    assert (first.was_running, second.was_running) == (False, True)
    assert postmaster(folder) == pid


def test_start_after_stop_takes_seconds_and_keeps_the_rows(folder: Path) -> None:
    write_row(embedded.start(folder))
    embedded.stop(folder)
    started = time.monotonic()

    server = embedded.start(folder)

    assert time.monotonic() - started < 5
    assert kept_row(server) == 42


def test_start_after_kill_recovers_what_was_committed(folder: Path) -> None:
    write_row(embedded.start(folder))
    os.kill(postmaster(folder), signal.SIGKILL)

    server = embedded.start(folder)

    assert kept_row(server) == 42


def test_pid_file_that_names_a_stranger_is_no_hindrance(folder: Path) -> None:
    """A restarted container often gives the old number to another process."""
    embedded.start(folder)
    lines = (folder / "postmaster.pid").read_text().splitlines()
    os.kill(postmaster(folder), signal.SIGKILL)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as (
        stranger
    ):
        lines[0] = str(stranger.pid)
        (folder / "postmaster.pid").write_text("\n".join(lines) + "\n")

        server = embedded.start(folder)

        assert setting(server, "fsync") == "on"
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_path_too_long_for_a_socket_is_served(folder: Path) -> None:
    deep = folder.parent.joinpath(*(["a-folder-with-a-long-name"] * 5), "postgres")

    server = embedded.start(deep)
    try:
        assert server.socket_dir != deep
        assert setting(server, "fsync") == "on"
        assert embedded.start(deep).was_running
    finally:
        embedded.stop(deep)


def test_path_with_a_space_is_served(folder: Path) -> None:
    spaced = folder.parent / "data saya" / "postgres"

    server = embedded.start(spaced)
    try:
        assert setting(server, "fsync") == "on"
    finally:
        embedded.stop(spaced)


def test_database_is_created_once(folder: Path) -> None:
    server = embedded.start(folder)

    server.ensure_database("fieldapp")
    server.ensure_database("fieldapp")

    with psycopg.connect(server.url("fieldapp")) as connection:
        assert connection.info.dbname == "fieldapp"


def test_foreign_folder_is_refused_with_postgresqls_own_words(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("not a database")

    with pytest.raises(embedded.EmbeddedError, match="not empty"):
        embedded.start(folder)
