"""Publish form files: compile, check, refuse what would break records, store."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormVersion
from fieldapp.forms.problems import FormRefused
from fieldapp.forms.queries import newest_versions
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.places.models import COUNTRY
from fieldapp.programmes.models import Programme
from fieldapp.web.clock import now
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition, FormError, path_text
from fieldapp.xform.definition import Path as NodePath
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import CompiledForm, compile_xlsform

VILLAGE_LIST = "villages.csv"
"""The choice file that the server makes for each person; never stored with a form."""


Check = Callable[[FormDefinition, Sequence[Mapping[str, Any]]], None]
"""Gets a form and the rows of its sheet ``indicators``; raises ``FormRefused``."""

_checks: list[Check] = []


@dataclass(frozen=True)
class Publication:
    """What publishing a file came to."""

    form_id: str
    version: str
    is_new: bool
    warnings: tuple[str, ...]


def register_check(check: Check) -> None:
    """Have a package above look at each form file before it is published."""
    if check not in _checks:
        _checks.append(check)


def publish_folder(
    folder: Path, *, published_by: UUID | None = None
) -> Iterator[Publication]:
    """Publish every form file of a folder, by name; published ones are left alone."""
    for path in sorted(folder.glob("*.md")) + sorted(folder.glob("*.xlsx")):
        yield publish(path.read_bytes(), path.name, published_by=published_by)


def publish(
    source: bytes, filename: str, *, published_by: UUID | None = None
) -> Publication:
    """Compile a form file and publish it as a version of its form.

    The same version with the same content is left as it is: publishing twice is
    publishing once.

    :raises FormRefused: if it does not compile, if its version was published with
        other content, or if it reuses a question's path with another type.
    """
    compiled, definition = _compile(source, filename)
    lock_heads([COUNTRY])
    form_id, version = definition.form_id, definition.version
    existing = db.session.scalars(
        select(FormVersion)
        .where(FormVersion.form_id == form_id)
        .where(FormVersion.version == version)
    ).one_or_none()
    if existing is not None:
        if existing.source != source:
            raise _refusal(
                f"versi {version} sudah terbit dengan isi lain; beri nomor versi baru.",
                f"version {version} was published with other content; give it a new "
                "version.",
            )
        return Publication(form_id, version, is_new=False, warnings=())
    _refuse_changed_types(definition)
    rows = [_row(row) for row in compiled.indicators]
    for check in _checks:
        check(definition, rows)
    _store(compiled, definition, source, filename, published_by)
    return Publication(form_id, version, is_new=True, warnings=compiled.warnings)


def _compile(source: bytes, filename: str) -> tuple[CompiledForm, FormDefinition]:
    try:
        compiled = compile_xlsform(source, filename=filename)
        definition = parse_form(compiled.xml)
    except FormError as error:
        raise _refusal(f"{filename}: {error}", f"{filename}: {error}") from error
    if not definition.version:
        raise _refusal(
            "lembar settings tidak menyebut version.",
            "the sheet settings names no version.",
        )
    return compiled, definition


def _refuse_changed_types(definition: FormDefinition) -> None:
    earlier = db.session.scalars(
        newest_versions().where(FormVersion.form_id == definition.form_id)
    ).one_or_none()
    if earlier is None:
        return
    before = _types(parse_form(earlier.xml))
    for path, kind in _types(definition).items():
        if before.get(path, kind) != kind:
            where = path_text(path)
            raise _refusal(
                f"{where} berubah jenis dari {before[path]} ke {kind}; beri nama baru.",
                f"{where} changes its type from {before[path]} to {kind}; give the "
                "question a new name.",
            )


def _types(definition: FormDefinition) -> dict[NodePath, str]:
    return {
        path: node.bind.type for path, node in definition.nodes.items() if node.is_leaf
    }


def _store(
    compiled: CompiledForm,
    definition: FormDefinition,
    source: bytes,
    filename: str,
    published_by: UUID | None,
) -> None:
    at = now()
    form = db.session.get(Form, definition.form_id)
    if form is None:
        form = Form(id=definition.form_id, created_at=at, is_open=True)
        db.session.add(form)
    form.title = dict(definition.titles)
    form.programme_id = _programme(compiled.settings.get("programme"))
    db.session.flush()
    version = FormVersion(
        form_id=form.id,
        version=definition.version,
        xml=compiled.xml,
        md5=hashlib.md5(compiled.xml, usedforsecurity=False).hexdigest(),
        settings=dict(compiled.settings),
        indicators=[_row(row) for row in compiled.indicators],
        source=source,
        source_name=filename,
        published_at=at,
        published_by=published_by,
    )
    db.session.add(version)
    db.session.flush()
    append_deeds([_deed(version, published_by)], at=at)


def _deed(version: FormVersion, published_by: UUID | None) -> Deed:
    return Deed(
        area_code=COUNTRY,
        kind="form-published",
        actor=str(published_by or "operator"),
        subject=f"{version.form_id}/{version.version}",
        digests={
            "source": hashlib.sha256(version.source).hexdigest(),
            "xform": hashlib.sha256(version.xml).hexdigest(),
        },
        detail={},
    )


def _programme(name: str | None) -> str | None:
    if not name:
        return None
    if db.session.get(Programme, name) is None:
        db.session.add(Programme(id=name, name=name))
        db.session.flush()
    return name


def _row(row: Any) -> dict[str, Any]:
    return {"row": row.row, **row.cells}


def _refusal(indonesian: str, english: str) -> FormRefused:
    return FormRefused(
        Text(f"Formulir ditolak: {indonesian}", f"Form refused: {english}")
    )
