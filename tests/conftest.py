"""One PostgreSQL for the session, one rolled-back transaction for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import uuid4

import flask_migrate
import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import Connection, text

from fieldapp import create_app, embedded
from fieldapp.config import Config
from fieldapp.extensions import READS, Base, db
from fieldapp.forms.queries import forget_versions
from fieldapp.places.queries import forget_areas
from fieldapp.web.health import MIGRATIONS

SECRET = "a secret of the tests, long enough to be taken"


@dataclass
class SameConnection:
    """An engine whose every connection is the test's one, with its transaction."""

    connection: Connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self.connection


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a server where databases may be made, ending in a slash."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="fieldapp-tests-"))
    try:
        yield embedded.start(folder / "postgres", is_durable=False).url("postgres")
    finally:
        embedded.stop(folder / "postgres")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """The address of an empty database of this run alone (with xdist: of a worker)."""
    name = f"fieldapp_test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        parts = psycopg.conninfo.conninfo_to_dict(server_url)
        yield server_url.replace(f"/{parts['dbname']}", f"/{name}", 1)
        connection.execute(
            sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
        )


@pytest.fixture(scope="session")
def application(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application on a migrated database; tests take `app` or `committed_app`."""
    data_dir = tmp_path_factory.mktemp("data")
    app = create_app(
        Config(database_url=database_url, secret_key=SECRET, data_dir=data_dir)
    )
    app.testing = True
    with app.app_context():
        flask_migrate.upgrade(str(MIGRATIONS))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(application: Flask) -> Iterator[Flask]:
    """The application inside one transaction, which is rolled back after the test."""
    with application.app_context(), db.engine.connect() as connection:
        engines = cast("dict[str | None, object]", db.engines)
        before = dict(engines)
        transaction = connection.begin()
        db.session.remove()
        engines.update({None: connection, READS: SameConnection(connection)})
        forget_versions()
        forget_areas()
        db.session.configure(join_transaction_mode="create_savepoint")
        yield application
        db.session.remove()
        transaction.rollback()
        engines.update(before)
        db.session.configure(join_transaction_mode="conditional_savepoint")


@pytest.fixture
def committed_app(application: Flask) -> Iterator[Flask]:
    """The application with real commits, for threads; all tables are emptied after."""
    with application.app_context():
        forget_versions()
        forget_areas()
        yield application
        empty_tables()


def empty_tables() -> None:
    """Take back what was committed; the numbers of rows go on, as caches expect."""
    db.session.remove()
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text(f"truncate {names} cascade"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser, or a phone, in front of the application."""
    return app.test_client()
