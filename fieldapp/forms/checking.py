"""Compile a form file, and refuse what no server should offer to a phone."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldapp.forms.problems import FormRefused
from fieldapp.web.text import LANGUAGES, Text
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.linting import Check, examine
from fieldapp.xform.remarks import Remark
from fieldapp.xform.sheets import SheetRow
from fieldapp.xform.xlsform import CompiledForm

VILLAGE_LIST = "villages.csv"
"""The choice file that the server makes for each person; never stored with a form."""
EXTERNAL_CHOICES = "itemsets.csv"
"""What pyxform makes of the sheet external_choices; goes to phones as it is."""

PublishCheck = Callable[[FormDefinition, Sequence[Mapping[str, Any]]], None]
"""Gets a form and the rows of its sheet ``indicators``; raises ``FormRefused``."""

ListMaker = Callable[[FormDefinition, str], bool]
"""Gets a form and the name of a file that it reads; says whether it is made here."""

_UNADDRESSABLE = re.compile(r"[/\\\x00-\x1f\x7f]")
_checks: list[Check] = []
_publish_checks: list[PublishCheck] = []
_list_makers: list[ListMaker] = []


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
    remarks: tuple[Remark, ...]
    """What is wrong with it, or probably not meant; the gravest first."""

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
        return tuple(
            name
            for name in missing_files(self.definition)
            if not is_made_here(self.definition, name)
        )


def register_check(check: Check) -> None:
    """Have a package above look at each form file, whatever is published already."""
    if check not in _checks:
        _checks.append(check)


def register_publish_check(check: PublishCheck) -> None:
    """Have a package above compare a form with what is published, before it is too."""
    if check not in _publish_checks:
        _publish_checks.append(check)


def register_list_maker(maker: ListMaker) -> None:
    """Have a package above make lists for each person, as the villages are made."""
    if maker not in _list_makers:
        _list_makers.append(maker)


def is_made_here(definition: FormDefinition, name: str) -> bool:
    """Say whether the server makes a list that a form reads, for each person."""
    return name == VILLAGE_LIST or any(
        makes(definition, name) for makes in _list_makers
    )


def missing_files(definition: FormDefinition) -> tuple[str, ...]:
    """Name the files that a form reads and that were not handed in with it.

    Of a published version they are those that are made for each person.
    """
    last_saved = definition.last_saved_instances
    sources = {
        source.rpartition("/")[2]
        for name, source in definition.missing_instances.items()
        if name not in last_saved
    }
    return tuple(sorted(sources))


def check_form(file: FormFile) -> CheckedForm:
    """Compile a form file; what else is wrong with it stands in the remarks.

    :raises FormRefused: if it does not compile, has no version, or has an id that
        cannot stand in an address.
    """
    examined = examine(file.source, file.name, media=file.media, checks=_checks)
    compiled, definition = examined.compiled, examined.definition
    if definition is None:
        raise _refused(file.name, examined.errors)
    if compiled is None:
        raise refusal(
            f"{file.name}: bukan berkas .xlsx atau .md.",
            f"{file.name}: it is no .xlsx or .md file.",
        )
    # Which lists are still to come is told apart: it depends on the upload, not on
    # the form, and the villages never come.
    remarks = tuple(each for each in examined.remarks if each.code != "missing-list")
    checked = CheckedForm(file, compiled, definition, remarks)
    _refuse_unaddressable(checked)
    return checked


def refuse_errors(checked: CheckedForm) -> None:
    """Refuse a form that loads and yet cannot do what it says.

    :raises FormRefused: naming the cell of each error.
    """
    errors = [each for each in checked.remarks if each.severity == "error"]
    if errors:
        raise _refused(checked.file.name, errors)


def refuse_unpublishable(checked: CheckedForm) -> None:
    """Refuse what must not become a version, for its errors or for earlier versions.

    :raises FormRefused: naming the cell of each error.
    """
    refuse_errors(checked)
    for check in _publish_checks:
        check(checked.definition, checked.indicator_rows)


def refusal(indonesian: str, english: str) -> FormRefused:
    """Make the problem that says why a form is not taken."""
    return FormRefused(
        Text(f"Formulir ditolak: {indonesian}", f"Form refused: {english}")
    )


def _refused(name: str, errors: Sequence[Remark]) -> FormRefused:
    """Make the problem that names the cell of each error."""
    told = {
        language: "; ".join(error.told(language) for error in errors)
        for language in LANGUAGES
    }
    detail = Text(
        f"Formulir ditolak: {name}: {told['id']}",
        f"Form refused: {name}: {told['en']}",
    )
    return FormRefused(detail, remarks=[remark_dict(error) for error in errors])


def remark_dict(remark: Remark) -> dict[str, Any]:
    """Write a remark as JSON, with its cell."""
    place = remark.place
    return {
        "severity": remark.severity,
        "code": remark.code,
        "texts": {language: remark.told(language) for language in LANGUAGES},
        "sheet": place.sheet,
        "row": place.row or None,
        "column": place.column,
        "path": remark.path,
    }


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
