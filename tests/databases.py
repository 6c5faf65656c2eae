"""Scratch databases for tests, and one transaction around a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Connection, make_url, text

from fieldapp.extensions import EXPORTS, READS, Base, db


@dataclass
class SameConnection:
    """An engine whose every connection is the test's one, with its transaction."""

    connection: Connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        yield self.connection


@contextmanager
def scratch_database(server_url: str) -> Iterator[str]:
    """Make an empty database, give its address, and drop it at the end."""
    name = f"fieldapp_test_{uuid4().hex[:12]}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(identifier))
        address = make_url(server_url).set(database=name)
        yield address.render_as_string(hide_password=False)
        connection.execute(sql.SQL("drop database {} with (force)").format(identifier))


@contextmanager
def one_transaction() -> Iterator[None]:
    """Let every session and every read share one transaction; roll it back."""
    with db.engine.connect() as connection:
        engines = cast("dict[str | None, object]", db.engines)
        before = dict(engines)
        transaction = connection.begin()
        db.session.remove()
        same = SameConnection(connection)
        engines.update({None: connection, READS: same, EXPORTS: same})
        db.session.configure(join_transaction_mode="create_savepoint")
        yield
        db.session.remove()
        transaction.rollback()
        engines.update(before)
        db.session.configure(join_transaction_mode="conditional_savepoint")


def empty_tables() -> None:
    """Take back what was committed; the numbers of rows go on, as caches expect."""
    db.session.remove()
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text(f"truncate {names} cascade"))
