"""Compile spreadsheets into XForms; the only module that knows pyxform."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import convert

from fieldapp.xform.definition import FormError
from fieldapp.xform.markup import FIELDAPP
from fieldapp.xform.sheets import SheetRow, read_sheets

_ROW = re.compile(r"\[row\s*:\s*(\d+)\]\s*")
_SHEETS = ("survey", "choices", "settings", "entities", "external_choices", "osm")
_UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ExpatError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    re.error,
)


@dataclass(frozen=True, slots=True)
class CompiledForm:
    """An XForm and what else its spreadsheet says."""

    xml: bytes
    warnings: tuple[str, ...]
    settings: Mapping[str, str]
    indicators: tuple[SheetRow, ...] = ()
    sheets: Mapping[str, tuple[SheetRow, ...]] = field(default_factory=dict)
    itemsets_csv: str | None = None


def compile_xlsform(source: Path | bytes, *, filename: str = "") -> CompiledForm:
    """Compile an `.xlsx` or Markdown form.

    :raises FormError: if it does not compile; the path names sheet and row.
    """
    name = filename or (source.name if isinstance(source, Path) else "")
    content = source if isinstance(source, bytes) else source.read_bytes()
    is_markdown = name.lower().endswith((".md", ".markdown"))
    sheets = read_sheets(content, is_markdown=is_markdown)
    warnings: list[str] = []
    try:
        book = _workbook(content, name, is_markdown=is_markdown)
        result = convert(book, warnings=warnings, validate=False, pretty_print=False)
    except PyXFormError as error:
        raise _refusal(str(error)) from error
    except _UNEXPECTED as error:
        raise FormError(f"pyxform failed: {type(error).__name__}: {error}") from error
    return CompiledForm(
        xml=result.xform.encode("utf-8"),
        warnings=tuple(warnings),
        settings=sheets["settings"][0].cells if sheets.get("settings") else {},
        indicators=sheets.get("indicators", ()),
        sheets=sheets,
        itemsets_csv=result.itemsets,
    )


def _workbook(content: bytes, name: str, *, is_markdown: bool) -> dict[str, Any]:
    """Let pyxform read the sheets, and add the namespace of our own columns."""
    data = get_xlsform(content, file_type=".md" if is_markdown else ".xlsx")
    book: dict[str, Any] = {
        key: getattr(data, key)
        for sheet in _SHEETS
        for key in (sheet, f"{sheet}_header")
        if getattr(data, key) is not None
    }
    book["sheet_names"] = data.sheet_names
    book["fallback_form_name"] = Path(name).stem or "form"
    _add_namespace(book)
    return book


def _add_namespace(book: dict[str, Any]) -> None:
    columns = [str(column) for row in book.get("survey_header") or () for column in row]
    if not any("fieldapp:" in column for column in columns):
        return
    settings = dict((book.get("settings") or [{}])[0])
    namespaces = settings.get("namespaces") or ""
    if "fieldapp=" not in namespaces:
        settings["namespaces"] = f'{namespaces} fieldapp="{FIELDAPP}"'.strip()
        book["settings"] = [settings]
        book["settings_header"] = [dict.fromkeys(settings)]


def _refusal(message: str) -> FormError:
    """Take the row out of pyxform's message, so that it can be shown beside it."""
    row = _ROW.search(message)
    where = f"row {row.group(1)}" if row else ""
    return FormError(message.strip(), where)
