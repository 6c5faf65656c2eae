"""Compile spreadsheets into XForms; the only module that knows pyxform."""

import re
import zipfile
import zlib
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
from fieldapp.xform.origins import Origins, trace
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.refusals import refusal
from fieldapp.xform.sheets import SheetRow, read_sheets

_ROW = re.compile(r"\[row\s*:\s*(\d+)\]\s*")
_SHEET = re.compile(r"'(survey|choices|settings|entities)' sheet", re.IGNORECASE)
_LACKING = re.compile(r"\b(choices|settings) sheet\b", re.IGNORECASE)
_COLUMN = re.compile(r"the '([^']+)' value")
_QUOTED = re.compile(r"'([^']+)'")
_SHEETS = ("survey", "choices", "settings", "entities", "external_choices", "osm")
_UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ExpatError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    re.error,
    zipfile.BadZipFile,
    zlib.error,
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
    is_markdown: bool = False

    @property
    def origins(self) -> Origins:
        """Tell which cell made which part of the form."""
        return trace(self.sheets, is_markdown=self.is_markdown)


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
        raise _refusal(str(error), trace(sheets, is_markdown=is_markdown)) from error
    except _UNEXPECTED as error:
        why = f"{type(error).__name__}: {error}"
        raise refusal("pyxform", why=why) from error
    return CompiledForm(
        xml=result.xform.encode("utf-8"),
        warnings=tuple(warnings),
        settings=sheets["settings"][0].cells if sheets.get("settings") else {},
        indicators=sheets.get("indicators", ()),
        sheets=sheets,
        itemsets_csv=result.itemsets,
        is_markdown=is_markdown,
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


def read_message(message: str, origins: Origins) -> tuple[str, Place]:
    """Part a message of pyxform's into its text and the place that it names.

    Its rows are counted in the table, which no reader of a Markdown file sees.
    """
    row, column = _ROW.search(message), _COLUMN.search(message)
    sheet = _SHEET.search(message) or (None if row else _LACKING.search(message))
    name = sheet.group(1).lower() if sheet else "survey"
    if row:
        place = origins.counted(
            name, int(row.group(1)), column.group(1) if column else ""
        )
        return _ROW.sub("", message, count=1).strip(), place
    place = origins.find(_QUOTED.findall(message))
    if place == NOWHERE and sheet:
        place = Place(name)
    return message.strip(), place


def _refusal(message: str, origins: Origins) -> FormError:
    text, place = read_message(message, origins)
    return refusal("pyxform", place=place, why=text)
