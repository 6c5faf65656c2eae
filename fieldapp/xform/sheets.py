"""Read the sheets of a form file that XLSForm does not define, with row numbers."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook  # type: ignore[import-untyped] # It has no types.
from openpyxl.utils import (  # type: ignore[import-untyped] # As above.
    get_column_letter,
)

from fieldapp.xform.definition import FormError
from fieldapp.xform.refusals import refusal

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_CELLS = 4_000_000
MAX_EMPTY_ROWS = 60
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What openpyxl, zipfile and their XML parsers raise on files that are damaged."""

_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[\s:|-]*")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of a sheet, with the number that people see beside it.

    `letters` has all columns of the sheet, each with its letter in a workbook.
    """

    sheet: str
    row: int
    cells: Mapping[str, str]
    letters: Mapping[str, str] = field(default_factory=dict)


def read_sheets(
    content: bytes, *, is_markdown: bool
) -> dict[str, tuple[SheetRow, ...]]:
    """Read all sheets by lower-case name.

    :raises FormError: if the file is too large, or not of its kind.
    """
    if len(content) > MAX_FILE_BYTES:
        raise refusal("too-large")
    grids = _markdown(content) if is_markdown else _workbook(content)
    return {
        name: tuple(_rows(name, grid, has_letters=not is_markdown))
        for name, grid in grids.items()
    }


def _rows(
    sheet: str, grid: Iterable[tuple[int, list[str]]], *, has_letters: bool
) -> Iterator[SheetRow]:
    header: list[str] | None = None
    letters: dict[str, str] = {}
    for number, cells in grid:
        if not any(cells):
            continue
        if header is None:
            header = cells
            letters = {
                key: get_column_letter(index) if has_letters else ""
                for index, key in enumerate(header, start=1)
                if key
            }
            continue
        named = zip(header, cells, strict=False)
        filled = {key: cell for key, cell in named if key and cell}
        yield SheetRow(sheet, number, filled, letters)


def _markdown(content: bytes) -> dict[str, list[tuple[int, list[str]]]]:
    """Read tables whose first column names the sheet, as pyxform does."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal("encoding", byte=error.start) from error
    grids: dict[str, list[tuple[int, list[str]]]] = {}
    grid: list[tuple[int, list[str]]] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped.startswith("|") or _RULE.fullmatch(stripped):
            continue
        name, *cells = (
            cell.strip().replace(r"\|", "|") for cell in _CELLS.split(stripped)[1:-1]
        )
        if name:
            grid = grids.setdefault(name.lower(), [])
        if grid is not None:
            grid.append((number, cells))
    return grids


def _workbook(content: bytes) -> dict[str, list[tuple[int, list[str]]]]:
    _check_unpacked(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return {
            str(sheet.title).lower(): [
                (number, [_cell(value) for value in row])
                for number, row in _written(sheet.iter_rows(values_only=True))
            ]
            for sheet in book.worksheets
        }
    except FormError:
        raise
    except _UNREADABLE as error:
        raise refusal("unreadable", name=".xlsx", why=error) from error


def _written(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Give the rows with their numbers, up to the first long gap, as pyxform does."""
    cells = gap = 0
    for number, row in enumerate(rows, start=1):
        cells += len(row)
        if cells > MAX_CELLS:
            raise refusal("big-sheet")
        gap = 0 if any(value is not None for value in row) else gap + 1
        if gap > MAX_EMPTY_ROWS:
            return
        if not gap:
            yield number, row


def _check_unpacked(content: bytes) -> None:
    """Refuse a small file that unpacks into a huge one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise refusal("no-workbook") from error
    if size > MAX_UNPACKED_BYTES:
        raise refusal("unpacks", size=size)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
