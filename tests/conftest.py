"""One PostgreSQL for the session, one rolled-back transaction for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp import create_app, embedded
from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.forms.queries import forget_versions
from fieldapp.places.queries import forget_areas
from fieldapp.web.health import MIGRATIONS
from tests.databases import empty_tables, one_transaction, scratch_database

SECRET = "a secret of the tests, long enough to be taken"


def pytest_xdist_auto_num_workers() -> int:
    """Say how many tests run at once: a third of their time is waiting for servers."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a server where databases may be made."""
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
    with scratch_database(server_url) as url:
        yield url


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
    forget_versions()
    forget_areas()
    with application.app_context(), one_transaction():
        yield application


@pytest.fixture
def committed_app(application: Flask) -> Iterator[Flask]:
    """The application with real commits, for threads; all tables are emptied after."""
    forget_versions()
    forget_areas()
    with application.app_context():
        yield application
        empty_tables()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser, or a phone, in front of the application."""
    return app.test_client()
