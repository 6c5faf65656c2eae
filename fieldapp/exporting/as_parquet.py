"""Parquet: each table a file with columns of their types, several of them in a ZIP.

An answer that is not of its question's type is null here; CSV has it as it came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

import pyarrow as pa
import pyarrow.parquet as pq

from fieldapp.exporting.flat import FIRST_FACTS, FlatTable
from fieldapp.exporting.rows import Entry
from fieldapp.exporting.spools import chunks_of
from fieldapp.exporting.typed import read_number, read_truth, read_whole

GROUP_ROWS = 10_000

pa.set_memory_pool(pa.system_memory_pool())  # It gives back what it does not need.

_LONG = 1 << 63


def parquet_chunks(
    tables: Sequence[FlatTable],
    names: Sequence[str],
    entries: Iterable[Entry],
    places: Sequence[int],
) -> Iterator[bytes]:
    """Write some tables: one as it is, several in a ZIP."""
    with ExitStack() as stack:
        spools: list[IO[bytes]] = [stack.enter_context(TemporaryFile()) for _ in tables]
        sheets = [
            _Sheet(table, place, spool)
            for table, place, spool in zip(tables, places, spools, strict=True)
        ]
        for entry in entries:
            for sheet in sheets:
                sheet.add(entry)
        for sheet in sheets:
            sheet.close()
        if len(spools) == 1:
            yield from chunks_of(spools[0])
            return
        whole = stack.enter_context(TemporaryFile())
        with ZipFile(whole, "w", ZIP_STORED) as archive:
            for name, spool in zip(names, spools, strict=True):
                with archive.open(name, "w", force_zip64=True) as file:
                    file.writelines(chunks_of(spool))
        yield from chunks_of(whole)


class _Sheet:
    """Gathers the rows of one table, and writes them a group at a time."""

    def __init__(self, table: FlatTable, place: int, file: IO[bytes]) -> None:
        self._table = table
        self._place = place
        self._readers = [_READERS.get(field.kind) for field in table.fields]
        types = zip(table.header, table.kinds, strict=True)
        self._schema = pa.schema(
            [(name, _TYPES.get(kind, pa.string())) for name, kind in types]
        )
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Sequence[Any]] = []

    def add(self, entry: Entry) -> None:
        """Take the rows of an entry."""
        facts = entry.facts
        for row in entry.rows[self._place]:
            texts = zip(self._table.texts(row.values), self._readers, strict=True)
            answers = [
                (read(text) if read else text) if text else None for text, read in texts
            ]
            self._rows.append(
                (*facts[:FIRST_FACTS], *answers, *facts[FIRST_FACTS:])
                if self._table.is_root
                else (*answers, row.parent_key, row.key)
            )
        if len(self._rows) >= GROUP_ROWS:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


def _whole(text: str) -> int | None:
    value = read_whole(text)
    return value if isinstance(value, int) and -_LONG <= value < _LONG else None


def _number(text: str) -> float | None:
    value = read_number(text)
    return value if isinstance(value, float) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


_MOMENT = pa.timestamp("ms", tz="UTC")
_TYPES = {
    "int": pa.int64(),
    "long": pa.int64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "dateTime": _MOMENT,
}
_READERS: dict[str, Callable[[str], Any]] = {
    "int": _whole,
    "long": _whole,
    "decimal": _number,
    "boolean": read_truth,
    "date": _day,
    "dateTime": _moment,
}
