"""The rows of an export, streamed from one snapshot of the database.

A cursor on the server gives the entries in the order in which they came first
(`received_at`, then `id`), a batch at a time; nothing grows with their number.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Text,
    case,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fieldapp.exporting.asking import Granted
from fieldapp.exporting.layout import Layout, layout_of
from fieldapp.exporting.problems import TooManyExports
from fieldapp.exporting.reading import EntryReader, Row
from fieldapp.extensions import EXPORTS, db
from fieldapp.forms.models import FormVersion
from fieldapp.forms.queries import get_version
from fieldapp.identity.models import User
from fieldapp.places.codes import lineage
from fieldapp.places.models import Area, AreaRelease
from fieldapp.review.models import Decision
from fieldapp.submissions.models import Revision, Submission, SubmissionState

Position = tuple[datetime, str]
"""When an entry came first, and its id: the order of an export."""

BATCH = 500
STALLED_SECONDS = 120
"""As long as PostgreSQL waits for a reader (`EXPORT_OPTIONS`)."""

LEVELS = 4
"""Village, district, regency, province."""


@dataclass(slots=True)
class Entry:
    """One entry: what the server knows of it, and its rows by table."""

    facts: Sequence[Any]
    """In the order of `layout.FACTS`."""
    rows: list[list[Row]]


class Snapshot:
    """What was asked for, as it stands in one moment.

    All that does not grow with the entries is read at once, inside a request; what
    `entries` reads later needs nothing but the snapshot's own connection.
    """

    def __init__(self, connection: Connection, granted: Granted) -> None:
        self._connection = connection
        self._granted = granted
        self._versions = self._connection.scalars(
            select(FormVersion.id)
            .where(FormVersion.form_id == granted.wanted.form_id)
            .order_by(FormVersion.id.desc())
        ).all()
        self.total, self._state = self._look()
        self.entries_read = 0
        """How many entries were handed over."""
        self.at_batch: Callable[[], None] = _go_on
        """Called between batches; what it raises ends the reading."""
        self._read_at = monotonic()
        definitions = {each: get_version(each).definition for each in self._versions}
        self.layout: Layout = layout_of(definitions.values(), granted.clearance)
        """The tables and columns of all versions of the form."""
        self._reader = EntryReader(self.layout)
        self._plans = {
            version_id: self._reader.plan(definition)
            for version_id, definition in definitions.items()
        }

    def tag(self, *details: object) -> str:
        """Name this state of what was asked for; details are how it is written."""
        names: tuple[object, ...] = (
            self._granted.areas,
            self._granted.clearance,
            self._granted.wanted,
            self._versions,
            self._state,
            *details,
        )
        return hashlib.sha256(repr(names).encode()).hexdigest()[:32]

    def entries(
        self, after: Position | None = None, *, skip: int = 0
    ) -> Generator[Entry, None, None]:
        """Read the entries, or those behind a position, a batch at a time."""
        names: dict[str, Sequence[str | None]] = {}
        statement = _rows(self._granted.selection)
        if after is not None:
            key = tuple_(Submission.received_at, Submission.id)
            statement = statement.where(key > tuple_(*after))
        if skip:
            statement = statement.offset(skip)
        result = self._connection.execute(
            statement, execution_options={"yield_per": BATCH}
        )
        with closing(result):
            for batch in result.partitions():
                self.at_batch()
                self._read_at = monotonic()
                self._read_names({row[-3] for row in batch} - names.keys(), names)
                for *facts, code, version_id, xml in batch:
                    rows = self._reader.read(xml, self._plans[version_id], facts[1])
                    self.entries_read += 1
                    yield Entry((*facts, code, *names[code]), rows)

    @property
    def is_stalled(self) -> bool:
        """Say whether its reader has taken nothing for so long that it is given up."""
        return monotonic() - self._read_at > STALLED_SECONDS

    def give_up(self) -> None:
        """Let go of the connection of a reader who takes nothing; it is not in use.

        Whoever reads on after all finds it closed: their export breaks off.
        """
        self._connection.invalidate()

    def leave(self) -> None:
        """Give no connection back to the pool that is dead and not known to be.

        PostgreSQL may have ended a session that was idle: while a slow reader took
        nothing, or while the end of a large workbook was written.
        """
        if self._connection.invalidated:
            return
        try:
            self._connection.exec_driver_sql("select 1")
        except DBAPIError:
            self._connection.invalidate()

    def position_of(self, key: str) -> Position | None:
        """Find where an entry stands among those that were asked for."""
        statement = self._granted.selection.with_only_columns(
            Submission.received_at, Submission.id
        ).where(Submission.id == key)
        row = self._connection.execute(statement).one_or_none()
        return (row[0], row[1]) if row else None

    def _look(self) -> tuple[int, tuple[Any, ...]]:
        """Count the entries, and sum up all that their rows are made of.

        What a revision says never changes, so its id stands for its XML.
        """
        line = func.concat_ws(
            "|",
            Submission.id,
            Submission.revision_id,
            Submission.state,
            Submission.area_code,
            Submission.updated_at,
            User.name,
        )
        chosen = (
            self._granted.selection.join(User, User.id == Submission.author_id)
            .with_only_columns(func.hashtextextended(line, 0).label("line"))
            .subquery()
        )
        total, mixed = self._connection.execute(
            select(func.count(), func.bit_xor(chosen.c.line)).select_from(chosen)
        ).one()
        release = self._connection.execute(
            select(func.count(), func.max(AreaRelease.id))
        ).one()
        return total, (total, mixed, *release)

    def _read_names(
        self, codes: set[str], names: dict[str, Sequence[str | None]]
    ) -> None:
        """Remember the names of some villages and of what is above them."""
        if not codes:
            return
        ups = {code: lineage(code)[:-1] for code in codes}
        wanted = {up for line in ups.values() for up in line}
        statement = select(Area.code, Area.name).where(Area.code.in_(wanted))
        found: Mapping[str, str] = dict(self._connection.execute(statement).all())
        for code, line in ups.items():
            above = (None,) * (LEVELS - len(line))
            names[code] = (*above, *(found.get(up) for up in line))


@contextmanager
def snapshot(granted: Granted) -> Iterator[Snapshot]:
    """Hold one state of the database for as long as an export is read.

    :raises TooManyExports: if as many are being read as there may be at once.
    """
    with _connected() as connection:
        found = Snapshot(connection, granted)
        _held.add(found)
        try:
            yield found
        finally:
            _held.discard(found)
            found.leave()


def _connected() -> Connection:
    """Take one of the few connections, from a reader who takes nothing if need be."""
    engine = db.engines[EXPORTS]
    with suppress(PoolTimeout):
        return engine.connect()
    stalled = [each for each in (*_held,) if each.is_stalled]
    for each in stalled:
        _held.discard(each)
        each.give_up()
    try:
        return engine.connect()
    except PoolTimeout as error:
        raise TooManyExports from error


_held: set[Snapshot] = set()
"""Those that are being read in this process."""


def _go_on() -> None:
    """Do nothing: nobody wants to know how far an export is."""


def _rows(selection: Select[Submission]) -> Select[*tuple[Any, ...]]:
    decided = (
        select(func.max(Decision.decided_at))
        .where(Decision.submission_id == Submission.id)
        .correlate(Submission)
        .scalar_subquery()
    )
    is_decided = Submission.state != SubmissionState.RECEIVED
    return (
        selection.join(Revision, Revision.id == Submission.revision_id)
        .join(FormVersion, FormVersion.id == Revision.form_version_id)
        .join(User, User.id == Submission.author_id)
        .with_only_columns(
            Submission.received_at,
            Submission.id,
            cast(Submission.author_id, Text),
            User.name,
            cast(Submission.state, Text),
            Submission.revision_number,
            Submission.revision_id,
            FormVersion.version,
            Submission.captured_at,
            Submission.captured_on,
            Submission.updated_at,
            case((is_decided, decided)),
            Submission.violation_count,
            Submission.warning_count,
            Submission.is_sealed,
            Submission.area_code,
            Revision.form_version_id,
            Revision.xml,
        )
        .order_by(Submission.received_at, Submission.id)
    )
