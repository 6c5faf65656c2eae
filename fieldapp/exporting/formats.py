"""The formats of exports, by name."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any

from fieldapp.exporting.as_csv import csv_chunks, zip_chunks
from fieldapp.exporting.as_geojson import geojson_chunks, has_places
from fieldapp.exporting.as_ndjson import ndjson_chunks
from fieldapp.exporting.as_xlsx import xlsx_chunks
from fieldapp.exporting.flat import FlatTable, Labels
from fieldapp.exporting.rows import Position, Snapshot

ZIP = "application/zip"


class FormatName(StrEnum):
    """How an export may be written."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    PARQUET = "parquet"
    NDJSON = "ndjson"


@dataclass(frozen=True)
class Writing:
    """How a person wants the entries written."""

    format: FormatName
    labels: Labels = field(default_factory=Labels)
    table: str | None = None
    """One table alone, by its name; `""` is the entries. None: all of them."""
    has_bom: bool = False
    after: Position | None = None
    """Only what stands behind this entry."""


@dataclass(frozen=True)
class Output:
    """A file to be."""

    name: str
    media_type: str
    chunks: Callable[[], Iterator[bytes]]


def output(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    """Say what file a snapshot becomes."""
    return _WRITERS[writing.format](snapshot, writing, form_id)


def is_streamed(name: FormatName) -> bool:
    """Say whether a format can be read while it is written."""
    return name not in {FormatName.XLSX, FormatName.PARQUET}


def _parquet_format() -> Any:
    """Load PyArrow once it is asked for: 30 MiB that most processes do not need."""
    return import_module("fieldapp.exporting.as_parquet")


def _tables(snapshot: Snapshot, writing: Writing) -> tuple[list[FlatTable], list[int]]:
    layout = snapshot.layout
    place = None if writing.table is None else layout.find(writing.table)
    places = [*range(len(layout.tables))] if place is None else [place]
    return [FlatTable(layout.tables[at], writing.labels) for at in places], places


def _names(form_id: str, tables: Sequence[FlatTable], suffix: str) -> list[str]:
    stems = [f"{form_id}-{table.name}" if table.name else form_id for table in tables]
    return [f"{stem.replace('/', '_')}{suffix}" for stem in stems]


def _csv(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    tables, places = _tables(snapshot, writing)
    names = _names(form_id, tables, ".csv")
    if len(tables) == 1:
        return Output(
            names[0],
            "text/csv; charset=utf-8",
            lambda: csv_chunks(
                tables[0],
                snapshot.entries(writing.after),
                places[0],
                has_bom=writing.has_bom,
            ),
        )
    return Output(
        f"{form_id}.csv.zip",
        ZIP,
        lambda: zip_chunks(
            tables, names, snapshot.entries(writing.after), has_bom=writing.has_bom
        ),
    )


def _xlsx(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    tables, places = _tables(snapshot, writing)
    sheets = [table.name or form_id for table in tables]
    return Output(
        _names(form_id, tables, ".xlsx")[0],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda: xlsx_chunks(tables, sheets, snapshot.entries(writing.after), places),
    )


def _geojson(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    layout = snapshot.layout
    wanted = writing.table
    if wanted is None:
        located = (table.name for table in layout.tables if has_places(table))
        wanted = next(located, "")
    place = layout.find(wanted) or 0
    table = FlatTable(layout.tables[place], writing.labels)
    return Output(
        _names(form_id, [table], ".geojson")[0],
        "application/geo+json",
        lambda: geojson_chunks(
            layout.tables[place], table, snapshot.entries(writing.after), place
        ),
    )


def _parquet(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    tables, places = _tables(snapshot, writing)
    names = _names(form_id, tables, ".parquet")
    is_one = len(tables) == 1
    return Output(
        names[0] if is_one else f"{form_id}.parquet.zip",
        "application/vnd.apache.parquet" if is_one else ZIP,
        lambda: _parquet_format().parquet_chunks(
            tables, names, snapshot.entries(writing.after), places
        ),
    )


def _ndjson(snapshot: Snapshot, writing: Writing, form_id: str) -> Output:
    return Output(
        f"{form_id}.ndjson",
        "application/x-ndjson",
        lambda: ndjson_chunks(snapshot.layout, snapshot.entries(writing.after)),
    )


_WRITERS: dict[FormatName, Callable[[Snapshot, Writing, str], Output]] = {
    FormatName.CSV: _csv,
    FormatName.XLSX: _xlsx,
    FormatName.GEOJSON: _geojson,
    FormatName.PARQUET: _parquet,
    FormatName.NDJSON: _ndjson,
}
