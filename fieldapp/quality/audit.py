"""Read the log that ODK Collect keeps while a form is filled in (``audit.csv``).

Its columns are ``event,node,start,end`` and, as the form asks for them, ``latitude,
longitude,accuracy``, ``old-value,new-value``, ``user`` and ``change-reason``
(openrosa.md, section 9); times are milliseconds since 1970. Nobody can make a phone
write it again: what cannot be read is counted and passed over, never refused. No
answer, reason or name that stands in it is given on.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fieldapp.quality.measures import Point, is_point
from fieldapp.xform.definition import FormDefinition, plain_path

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 20_000
MAX_QUESTIONS = 1_000
MAX_PATH = 1_000

INTERVALS = frozenset(
    {"question", "group questions", "add repeat", "jump", "end screen"}
)
"""Events that last; all others are moments."""
MOMENTS = frozenset(
    {
        *("form start", "form exit", "form resume", "form save", "form finalize"),
        *("save error", "finalize error", "constraint error", "delete repeat"),
        *("change reason", "background audio disabled", "background audio enabled"),
        *("location permissions granted", "location permissions not granted"),
        *("location tracking enabled", "location tracking disabled"),
        *("location providers enabled", "location providers disabled"),
        "google play services not available",
    }
)
BEGINNINGS = frozenset({"form start", "form resume"})
ASKED = frozenset({"question", "group questions"})
LAST_MILLISECOND = 4_102_444_800_000
"""The year 2100: what is later was never written by a clock."""
LONGEST_MILLISECONDS = 24 * 60 * 60 * 1000
"""A question that stayed open for longer was forgotten, not thought about."""
_NUMBER = re.compile(r"\d{1,13}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,3}(\.\d{1,20})?", re.ASCII)


@dataclass(frozen=True)
class QuestionTime:
    """How a question was filled in, in all visits to it."""

    path: str
    seconds: float
    visits: int
    changes: int
    """How often an answer that was there was replaced."""


@dataclass(frozen=True)
class Bounds:
    """The box around all places where the phone was."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Audit:
    """How an entry was filled in."""

    began_at: datetime | None
    ended_at: datetime | None
    active_seconds: float
    """While a question was shown."""
    paused_seconds: float
    """Between leaving the form and coming back."""
    clock_back_seconds: float
    """The largest step back of the phone's clock between two events."""
    events: Mapping[str, int]
    questions: tuple[QuestionTime, ...]
    """In the order in which they were first shown."""
    steps_back: int
    """How often a question was shown that stands before the one shown last."""
    users: int
    places: int
    bounds: Bounds | None
    bad_rows: int
    is_cut: bool
    """Whether it was longer than is read."""


@dataclass(frozen=True)
class _Row:
    event: str
    path: str
    start: int
    end: int | None
    is_changed: bool
    user: str
    point: Point | None

    @property
    def milliseconds(self) -> int:
        """Say how long the event lasted."""
        if self.end is None or self.event not in INTERVALS:
            return 0
        return min(max(self.end - self.start, 0), LONGEST_MILLISECONDS)


def read_audit(content: bytes, definition: FormDefinition) -> Audit:
    """Read a file whole, as far as it can be read; ``content`` may be any bytes."""
    gathering = _Gathering(definition)
    is_cut = len(content) > MAX_BYTES
    for row in _rows(content[:MAX_BYTES]):
        if gathering.rows >= MAX_ROWS:
            is_cut = True
            break
        gathering.take(row)
    return gathering.audit(is_cut=is_cut)


def _rows(content: bytes) -> Iterator[_Row | None]:
    """Give the rows; None for each that cannot be read."""
    text = content.decode("utf-8-sig", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
        elif cells:
            yield _row(dict(zip(header, cells, strict=False)))


def _row(cells: Mapping[str, str]) -> _Row | None:
    event = cells.get("event", "").strip()
    start, end = (_milliseconds(cells.get(name, "")) for name in ("start", "end"))
    if not event or start is None or event not in INTERVALS | MOMENTS:
        return None
    old, new = cells.get("old-value", ""), cells.get("new-value", "")
    return _Row(
        event=event,
        path=cells.get("node", "").strip()[:MAX_PATH],
        start=start,
        end=end,
        is_changed=bool(old) and old != new,
        user=cells.get("user", "").strip(),
        point=_point(cells),
    )


def _milliseconds(text: str) -> int | None:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LAST_MILLISECOND else None


def _point(cells: Mapping[str, str]) -> Point | None:
    texts = [cells.get(name, "").strip() for name in ("latitude", "longitude")]
    if not all(_DECIMAL.fullmatch(text) for text in texts):
        return None
    latitude, longitude = (float(text) for text in texts)
    return (latitude, longitude) if is_point(latitude, longitude) else None


@dataclass
class _Gathering:
    """The sums over the rows, in the order in which they come."""

    definition: FormDefinition
    rows: int = 0
    bad_rows: int = 0
    first: int | None = None
    last: int | None = None
    before: int | None = None
    left_at: int | None = None
    asked_last: int = -1
    clock_back: int = 0
    paused: int = 0
    steps_back: int = 0
    events: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    users: set[str] = field(default_factory=set)
    active: int = 0
    places: int = 0
    bounds: Bounds | None = None

    def take(self, row: _Row | None) -> None:
        """Add one row."""
        self.rows += 1
        if row is None:
            self.bad_rows += 1
            return
        self.events[row.event] += 1
        self._tell_time(row)
        self._ask(row)
        if row.user:
            self.users.add(row.user)
        if row.point is not None:
            self._stand_at(*row.point)

    def _tell_time(self, row: _Row) -> None:
        ends = row.start if row.end is None else max(row.end, row.start)
        self.first = row.start if self.first is None else min(self.first, row.start)
        self.last = ends if self.last is None else max(self.last, ends)
        if self.before is not None:
            self.clock_back = max(self.clock_back, self.before - row.start)
        self.before = row.start
        if row.event == "form exit":
            self.left_at = ends
        elif row.event in BEGINNINGS and self.left_at is not None:
            self.paused += max(0, row.start - self.left_at)
            self.left_at = None
        self.active += row.milliseconds

    def _ask(self, row: _Row) -> None:
        if row.event not in ASKED or not row.path:
            return
        if row.path not in self.visits and len(self.visits) >= MAX_QUESTIONS:
            return
        self.visits[row.path] += 1
        self.times[row.path] += row.milliseconds
        self.changes[row.path] += row.is_changed
        node = self.definition.nodes.get(plain_path(row.path))
        if node is not None:
            self.steps_back += node.index < self.asked_last
            self.asked_last = node.index

    def _stand_at(self, latitude: float, longitude: float) -> None:
        self.places += 1
        box = self.bounds or Bounds(latitude, longitude, latitude, longitude)
        self.bounds = Bounds(
            min(box.south, latitude),
            min(box.west, longitude),
            max(box.north, latitude),
            max(box.east, longitude),
        )

    def audit(self, *, is_cut: bool) -> Audit:
        """Give what was gathered."""
        return Audit(
            began_at=_moment(self.first),
            ended_at=_moment(self.last),
            active_seconds=self.active / 1000,
            paused_seconds=self.paused / 1000,
            clock_back_seconds=self.clock_back / 1000,
            events=dict(self.events),
            questions=tuple(
                QuestionTime(path, self.times[path] / 1000, visits, self.changes[path])
                for path, visits in self.visits.items()
            ),
            steps_back=self.steps_back,
            users=len(self.users),
            places=self.places,
            bounds=self.bounds,
            bad_rows=self.bad_rows,
            is_cut=is_cut,
        )


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
