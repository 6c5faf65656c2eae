"""Whether the server lives, and whether it can do its work."""

import os
import shutil
from dataclasses import asdict, dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from fieldapp.config import MEBIBYTE, Config
from fieldapp.extensions import db

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LEAST_FREE_BYTES = 512 * MEBIBYTE


@dataclass(frozen=True)
class Check:
    """One thing that must hold, and what to do where it does not."""

    name: str
    is_ok: bool
    remedy: str = ""


def healthz() -> Response:
    """Say that the process answers; asks nothing of anybody else."""
    return jsonify(status="ok")


def readyz() -> tuple[Response, HTTPStatus]:
    """Say whether requests can be served, check by check."""
    checks = run_checks(current_app.config["FIELDAPP"])
    is_ready = all(check.is_ok for check in checks)
    body = jsonify(
        status="ready" if is_ready else "not ready",
        checks=[asdict(check) for check in checks],
    )
    return body, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE


def run_checks(config: Config) -> list[Check]:
    """Check the database, its tables, the data folder and the space that is left."""
    revision = _revision()
    folder = config.data_dir
    is_writable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    has_space = is_writable and shutil.disk_usage(folder).free >= LEAST_FREE_BYTES
    return [
        Check("database", revision is not None, "Is PostgreSQL up? See DATABASE_URL."),
        Check("migrations", revision == _head(), "Run: fieldapp db upgrade"),
        Check("data_dir", is_writable, "Let the server write to FIELDAPP_DATA_DIR."),
        Check("disk_space", has_space, "Make room: 512 MiB must stay free."),
    ]


def _revision() -> str | None:
    """Read which migration the database is at; empty before the first."""
    try:
        if not db.session.scalar(text("select to_regclass('alembic_version')")):
            return ""
        statement = text("select version_num from alembic_version")
        return db.session.scalar(statement) or ""
    except SQLAlchemyError:
        db.session.rollback()
        return None


@cache
def _head() -> str:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or ""
