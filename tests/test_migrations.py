import re
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from fieldapp import create_app
from fieldapp.config import Config
from fieldapp.extensions import Base, db
from fieldapp.web.health import MIGRATIONS
from tests.databases import scratch_database

SECRET = "a secret of the tests, long enough to be taken"


@pytest.fixture
def empty_app(server_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    with scratch_database(server_url) as url:
        app = create_app(Config(database_url=url, secret_key=SECRET, data_dir=tmp_path))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def test_migrations_are_one_line_numbered_from_one() -> None:
    script = ScriptDirectory(str(MIGRATIONS))

    revisions = [revision.revision for revision in script.walk_revisions()]

    assert len(script.get_heads()) == 1
    assert revisions[::-1] == [f"{n:04d}" for n in range(1, len(revisions) + 1)]


def test_files_are_named_by_number_and_what_they_do() -> None:
    for path in (MIGRATIONS / "versions").glob("*.py"):
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", path.name)


@pytest.mark.usefixtures("empty_app")
def test_upgrade_builds_what_the_models_say() -> None:
    flask_migrate.upgrade(str(MIGRATIONS))

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.usefixtures("empty_app")
def test_downgrade_leaves_nothing_and_upgrade_runs_again() -> None:
    flask_migrate.upgrade(str(MIGRATIONS))
    flask_migrate.downgrade(str(MIGRATIONS), "base")

    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    flask_migrate.upgrade(str(MIGRATIONS))
    assert "submission" in inspect(db.engine).get_table_names()
