"""XLSX: a sheet for each table; texts are always texts, never formulas or links.

Times are the village's own, since a cell knows no time zone. Excel has 1,048,576 rows
to a sheet, and 32,767 characters to a cell: a longer table goes on in further sheets,
a longer text ends with `…`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from fieldapp.exporting.flat import FIRST_FACTS, FlatTable
from fieldapp.exporting.layout import FACTS
from fieldapp.exporting.reading import Row
from fieldapp.exporting.rows import Entry
from fieldapp.exporting.spools import chunks_of
from fieldapp.exporting.typed import read_number, read_truth, read_whole
from fieldapp.places.codes import time_zone

MAX_ROWS = 1_048_576
MAX_TEXT = 32_767
MAX_NAME = 31
MAX_DIGITS = 1e15
"""Excel keeps fifteen digits of a number: a longer one is written as a text."""

FIRST_YEAR = 1900
_UNNAMEABLE = re.compile(r"[\[\]:*?/\\']")
_AREA = [*FACTS].index("AreaCode")

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}


def xlsx_chunks(
    tables: Sequence[FlatTable],
    names: Sequence[str],
    entries: Iterable[Entry],
    places: Sequence[int],
) -> Iterator[bytes]:
    """Write some tables into one workbook."""
    with TemporaryFile() as file:
        with xlsxwriter.Workbook(file, OPTIONS) as book:
            taken: set[str] = set()
            sheets = [
                _Sheet(book, table, place, name, taken)
                for table, place, name in zip(tables, places, names, strict=True)
            ]
            for entry in entries:
                for sheet in sheets:
                    sheet.add(entry)
        yield from chunks_of(file)


class _Sheet:
    """Writes the rows of one table, into further sheets where one is full."""

    def __init__(
        self,
        book: Any,
        table: FlatTable,
        place: int,
        name: str,
        taken: set[str],
    ) -> None:
        self._book = book
        self._table = table
        self._place = place
        self._name = name
        self._taken = taken
        self._kinds = [field.kind for field in table.fields]
        self._day: Format = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._open()

    def add(self, entry: Entry) -> None:
        """Write the rows of an entry."""
        zone = ZoneInfo(time_zone(entry.facts[_AREA]))
        for row in entry.rows[self._place]:
            if self._at == MAX_ROWS:
                self._open()
            for place, value in enumerate(self._values(entry, row, zone)):
                self._write(place, value)
            self._at += 1

    def _values(self, entry: Entry, row: Row, zone: ZoneInfo) -> Sequence[Any]:
        answers = [
            _cell(text, kind, zone) if text else None
            for text, kind in zip(
                self._table.texts(row.values), self._kinds, strict=True
            )
        ]
        if not self._table.is_root:
            return (*answers, row.parent_key, row.key)
        facts = [
            each.astimezone(zone) if isinstance(each, datetime) else each
            for each in entry.facts
        ]
        return (*facts[:FIRST_FACTS], *answers, *facts[FIRST_FACTS:])

    def _open(self) -> None:
        self._sheet: Worksheet = self._book.add_worksheet(self._new_name())
        self._sheet.freeze_panes(1, 0)
        self._at = 0
        for place, header in enumerate(self._table.header):
            self._write(place, header)
        self._at = 1

    def _write(self, place: int, value: Any) -> None:
        sheet, at = self._sheet, self._at
        if value is None:
            return
        if isinstance(value, str):
            text = value if len(value) <= MAX_TEXT else f"{value[: MAX_TEXT - 1]}…"
            sheet.write_string(at, place, text)
        elif isinstance(value, bool):
            sheet.write_boolean(at, place, value)
        elif isinstance(value, int | float):
            sheet.write_number(at, place, value)
        else:
            form = self._moment if isinstance(value, datetime) else self._day
            bare = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            sheet.write_datetime(at, place, bare, form)

    def _new_name(self) -> str:
        """Name a sheet as Excel allows: 31 characters, no case, no brackets."""
        bare = _UNNAMEABLE.sub("_", self._name)
        name, number = bare[:MAX_NAME], 1
        while name.lower() in self._taken:
            number += 1
            end = f" ({number})"
            name = bare[: MAX_NAME - len(end)] + end
        self._taken.add(name.lower())
        return name


def _cell(text: str, kind: str, zone: ZoneInfo) -> Any:
    """Give what stands in a cell; what is not of its type stays a text."""
    if kind in {"int", "long", "decimal"}:
        value = read_number(text) if kind == "decimal" else read_whole(text)
        is_exact = not isinstance(value, str) and abs(value) < MAX_DIGITS
        return value if is_exact else text
    if kind == "boolean":
        return read_truth(text)
    if kind in {"date", "dateTime"}:
        return _time(text, kind, zone)
    return text


def _time(text: str, kind: str, zone: ZoneInfo) -> date | datetime | str:
    try:
        if kind == "date":
            found: date = date.fromisoformat(text)
        else:
            moment = datetime.fromisoformat(text)
            found = moment.astimezone(zone) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return text
    return found if found.year >= FIRST_YEAR else text
