"""The few statements that every entry passes, sent by psycopg itself.

SQLAlchemy compiles and checks a statement each time it runs it; where that would cost
more than the statement, it is compiled once, and its rows go in libpq's pipeline mode:
many statements, one round trip (docs/decisions/0002-group-commit.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, LiteralString, cast

import psycopg
from sqlalchemy import Connection, Insert, Update
from sqlalchemy.exc import OperationalError

from fieldapp.extensions import READS, db

Row = dict[str, Any]
Driver = psycopg.Connection[Any]

_pipelined: ContextVar[Driver | None] = ContextVar("pipelined", default=None)


@contextmanager
def _driver() -> Iterator[Driver]:
    """Give psycopg's connection of the session's transaction, or of the pipeline."""
    pipelined = _pipelined.get()
    if pipelined is not None:
        yield pipelined
        return
    with _driver_of(db.session.connection()) as driver:
        yield driver


@contextmanager
def _driver_of(connection: Connection) -> Iterator[Driver]:
    """Give psycopg's connection, and tell SQLAlchemy when its server went away.

    It would not see it: what it keeps in its pools is as dead as this connection.
    """
    driver = cast("Driver", connection.connection.driver_connection)
    try:
        yield driver
    except psycopg.OperationalError as error:
        if driver.closed:
            connection.invalidate(error)
            for engine in db.engines.values():
                engine.dispose(close=False)
        raise OperationalError(None, None, error) from error


def fetch_all(query: LiteralString, parameters: Mapping[str, Any]) -> list[Any]:
    """Read rows; BEGIN, or what is pipelined, goes along in the same round trip."""
    with _driver() as driver:
        if _pipelined.get() is not None:
            return driver.execute(query, parameters).fetchall()
        with driver.pipeline():
            return driver.execute(query, parameters).fetchall()


def fetch_each(
    queries: Sequence[LiteralString], parameters: Mapping[str, Any]
) -> list[list[Any]]:
    """Read the rows of several queries in one round trip, one after the other.

    Each sees what was committed when it begins: also by whom the one before it had to
    wait for.
    """
    with _driver() as driver:
        if _pipelined.get() is not None:
            cursors = [driver.execute(query, parameters) for query in queries]
            return [cursor.fetchall() for cursor in cursors]
        with driver.pipeline():
            cursors = [driver.execute(query, parameters) for query in queries]
            return [cursor.fetchall() for cursor in cursors]


def read_alone(query: LiteralString, parameters: Mapping[str, Any]) -> list[Any]:
    """Read rows outside any transaction: one round trip, and nothing is compiled."""
    with db.engines[READS].connect() as connection, _driver_of(connection) as driver:
        return driver.execute(query, parameters).fetchall()


@contextmanager
def pipelined() -> Iterator[None]:
    """Send statements one after the other without waiting for their answers.

    It is for statements that give no rows, and for ``fetch_all``, which waits for all
    before it. What one of them raises comes there or at the end of the block, and is
    psycopg's own error unless it is operational.
    """
    with _driver() as driver:
        token = _pipelined.set(driver)
        try:
            with driver.pipeline():
                yield
        finally:
            _pipelined.reset(token)


class RowWriter:
    """An INSERT or UPDATE that is run with many rows, all of the same columns."""

    def __init__(self, statement: Insert | Update, *columns: str) -> None:
        self._statement = statement
        self._columns = list(columns) or None

    def write(self, rows: Sequence[Row]) -> None:
        """Run the statement with each row."""
        query, converters = self._compiled
        if converters:
            rows = [_converted(row, converters) for row in rows]
        with _driver() as driver, driver.cursor() as cursor:
            cursor.executemany(query, rows)

    @cached_property
    def _compiled(self) -> tuple[Any, dict[str, Callable[[Any], Any]]]:
        """Give the SQL, and how columns are converted whose types ask for it."""
        dialect = db.session.get_bind().dialect
        compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
        converters: dict[str, Callable[[Any], Any]] = {}
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                converters[name] = convert
        return str(compiled), converters


def _converted(row: Row, converters: Mapping[str, Callable[[Any], Any]]) -> Row:
    return row | {name: convert(row[name]) for name, convert in converters.items()}
