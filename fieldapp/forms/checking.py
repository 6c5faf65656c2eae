"""Compile a form file, and refuse what no server should offer to a phone."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldapp.forms.problems import FormRefused
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.parse import parse_form
from fieldapp.xform.sheets import SheetRow
from fieldapp.xform.xlsform import CompiledForm, compile_xlsform

VILLAGE_LIST = "villages.csv"
"""The choice file that the server makes for each person; never stored with a form."""
EXTERNAL_CHOICES = "itemsets.csv"
"""What pyxform makes of the sheet external_choices; goes to phones as it is."""

Check = Callable[[FormDefinition, Sequence[Mapping[str, Any]]], None]
"""Gets a form and the rows of its sheet ``indicators``; raises ``FormRefused``."""

_UNADDRESSABLE = re.compile(r"[/\\\x00-\x1f\x7f]")
_checks: list[Check] = []


@dataclass(frozen=True)
class FormFile:
    """A form as somebody hands it in: the spreadsheet, and the files that it names."""

    source: bytes
    name: str
    media: Mapping[str, bytes]


@dataclass(frozen=True)
class CheckedForm:
    """A form file that compiles and breaks no rule of its own."""

    file: FormFile
    compiled: CompiledForm
    definition: FormDefinition

    @property
    def form_id(self) -> str:
        """Give the form id."""
        return self.definition.form_id

    @property
    def version(self) -> str:
        """Give the version."""
        return self.definition.version

    @property
    def md5(self) -> str:
        """Digest the XForm as phones want it (OpenRosa Form List)."""
        return md5_of(self.compiled.xml)

    @property
    def programme_id(self) -> str | None:
        """Name the programme that the form belongs to."""
        return self.compiled.settings.get("programme") or None

    @property
    def indicator_rows(self) -> list[dict[str, Any]]:
        """Give the rows of the sheet ``indicators``, as they are stored."""
        return [_row(row) for row in self.compiled.indicators]

    @property
    def media(self) -> Mapping[str, bytes]:
        """Give all files that go to phones with the form, by name."""
        made = self.compiled.itemsets_csv
        if made is None:
            return self.file.media
        return {**self.file.media, EXTERNAL_CHOICES: made.encode()}

    @property
    def missing_lists(self) -> tuple[str, ...]:
        """Name the lists that the form reads and nobody has handed in."""
        last_saved = self.definition.last_saved_instances
        sources = {
            source.rpartition("/")[2]
            for name, source in self.definition.missing_instances.items()
            if name not in last_saved
        }
        return tuple(sorted(sources - {VILLAGE_LIST}))


def register_check(check: Check) -> None:
    """Have a package above look at each form file before it is used."""
    if check not in _checks:
        _checks.append(check)


def check_form(file: FormFile) -> CheckedForm:
    """Compile a form file.

    :raises FormRefused: if it does not compile, has no version, or has an id that
        cannot stand in an address; or if its indicators do not compile.
    """
    try:
        compiled = compile_xlsform(file.source, filename=file.name)
        definition = parse_form(compiled.xml, media=file.media)
    except FormError as error:
        raise refusal(f"{file.name}: {error}", f"{file.name}: {error}") from error
    checked = CheckedForm(file, compiled, definition)
    _refuse_unaddressable(checked)
    for check in _checks:
        check(definition, checked.indicator_rows)
    return checked


def refusal(indonesian: str, english: str) -> FormRefused:
    """Make the problem that says why a form is not taken."""
    return FormRefused(
        Text(f"Formulir ditolak: {indonesian}", f"Form refused: {english}")
    )


def md5_of(content: bytes) -> str:
    """Digest what a phone downloads, in lower-case hex."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _refuse_unaddressable(checked: CheckedForm) -> None:
    """Refuse ids and versions that phones cannot ask for by an address."""
    for column, value in (("form_id", checked.form_id), ("version", checked.version)):
        if not value or _UNADDRESSABLE.search(value):
            raise refusal(
                f"lembar settings, kolom {column}: harus diisi, tanpa garis miring.",
                f"sheet settings, column {column}: it must be given, without slashes.",
            )


def _row(row: SheetRow) -> dict[str, Any]:
    return {"row": row.row, **row.cells}
