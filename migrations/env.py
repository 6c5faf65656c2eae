"""How Alembic runs here: on the application's engine, one process at a time."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from alembic import context
from sqlalchemy import text

import fieldapp
from fieldapp.extensions import Base, db

LOCK = 0x66696C64
"""Of several servers that start at once, one migrates and the others wait."""


def import_models() -> None:
    """Let every package's tables join the metadata."""
    for package in pkgutil.iter_modules(fieldapp.__path__, "fieldapp."):
        if package.ispkg and find_spec(f"{package.name}.models"):
            import_module(f"{package.name}.models")


def number_revision(migration: Any, _revision: object, directives: list[Any]) -> None:
    """Name a new migration by the next number; none where nothing changed."""
    script = directives[0]
    if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives.clear()
        return
    head = migration.script.get_current_head() if migration.script else None
    script.rev_id = f"{int(head or 0) + 1:04d}"


def migrate() -> None:
    """Run the migrations in one transaction, which holds the lock."""
    import_models()
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            process_revision_directives=number_revision,
        )
        with context.begin_transaction():
            connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
            context.run_migrations()


migrate()
