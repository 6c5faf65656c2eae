"""Publish form files: refuse what would break records, store, log."""

import hashlib
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.checking import (
    CheckedForm,
    FormFile,
    check_form,
    md5_of,
    refusal,
    refuse_unpublishable,
)
from fieldapp.forms.models import Form, FormMedia, FormState, FormVersion
from fieldapp.forms.queries import media_of, versions_of
from fieldapp.identity.people import OPERATOR
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.places.models import COUNTRY
from fieldapp.programmes.models import Programme
from fieldapp.web.clock import now
from fieldapp.xform.comparison import compare
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.remarks import Remark

UNKNOWN_MEDIA_TYPE = "application/octet-stream"

PublishStep = Callable[[Form, FormDefinition], None]
"""Gets a form and its new version, inside the transaction; may refuse the form."""

_steps: list[PublishStep] = []


@dataclass(frozen=True)
class Publication:
    """What publishing a file came to."""

    form_id: str
    version: str
    is_new: bool
    remarks: tuple[Remark, ...]
    """What in it is probably not meant."""


def register_publish_step(step: PublishStep) -> None:
    """Have a package above keep what it needs to know of each new version."""
    if step not in _steps:
        _steps.append(step)


def publish_folder(
    folder: Path, *, published_by: UUID | None = None
) -> Iterator[Publication]:
    """Publish every form file of a folder, by name; published ones are left alone."""
    for path in sorted(folder.glob("*.md")) + sorted(folder.glob("*.xlsx")):
        yield publish_file(path.read_bytes(), path.name, published_by=published_by)


def publish_file(
    source: bytes,
    filename: str,
    *,
    media: Mapping[str, bytes] | None = None,
    published_by: UUID | None = None,
) -> Publication:
    """Compile a form file and publish it as a version of its form.

    :raises FormRefused: as ``check_form`` and ``publish`` do.
    """
    checked = check_form(FormFile(source, filename, media or {}))
    return publish(checked, published_by=published_by)


def publish(checked: CheckedForm, *, published_by: UUID | None) -> Publication:
    """Publish a form file that compiles; the caller commits.

    The same version with the same content is left as it is: publishing twice is
    publishing once. A form that was retired or closed is open again.

    :raises FormRefused: if it has errors, if its version was published with other
        content, if it reuses a question's path with another type, or if a list that
        it reads is missing.
    """
    lock_heads([COUNTRY])
    form_id, version = checked.form_id, checked.version
    existing = db.session.scalars(
        select(FormVersion)
        .where(FormVersion.form_id == form_id)
        .where(FormVersion.version == version)
    ).one_or_none()
    if existing is not None:
        if not _is_same(existing, checked):
            raise refusal(
                f"versi {version} sudah terbit dengan isi lain; beri nomor versi baru.",
                f"version {version} was published with other content; give it a new "
                "version.",
            )
        return Publication(form_id, version, is_new=False, remarks=())
    refuse_unpublishable(checked)
    _refuse_changed_types(checked)
    _refuse_missing_lists(checked)
    _store(checked, published_by)
    return Publication(form_id, version, is_new=True, remarks=checked.remarks)


def set_state(
    form: Form, state: FormState, *, changed_by: UUID | None, reason: str
) -> None:
    """Retire, close or open a form, and log it; the caller commits.

    The reason stands in the log as its digest, as notes of decisions do.
    """
    lock_heads([COUNTRY])
    form.state = state
    form.state_reason = reason
    deed = Deed(
        area_code=COUNTRY,
        kind="form-state-changed",
        actor=str(changed_by or OPERATOR),
        subject=form.id,
        digests={"reason": hashlib.sha256(reason.encode()).hexdigest()},
        detail={"state": state.value},
    )
    append_deeds([deed], at=now())


def _is_same(existing: FormVersion, checked: CheckedForm) -> bool:
    stored = {row.name: row.md5 for row in db.session.scalars(media_of(existing.id))}
    given = {name: md5_of(content) for name, content in checked.media.items()}
    return existing.source == checked.file.source and stored == given


def _refuse_changed_types(checked: CheckedForm) -> None:
    """Compare with every version ever published: all of them are still accepted."""
    for earlier in db.session.scalars(versions_of(checked.form_id)):
        for change in compare(parse_form(earlier.xml), checked.definition).retyped:
            kinds = next(each for each in change.aspects if each.name == "type")
            where = change.question.path
            raise refusal(
                f"{where} berubah jenis dari {kinds.before} (versi {earlier.version}) "
                f"ke {kinds.after}; beri pertanyaan itu nama baru.",
                f"{where} changes its type from {kinds.before} (version "
                f"{earlier.version}) to {kinds.after}; give the question a new name.",
            )


def _refuse_missing_lists(checked: CheckedForm) -> None:
    """Refuse what no phone could open."""
    if missing := ", ".join(checked.missing_lists):
        raise refusal(
            f"berkas daftar belum ada: {missing}. Unggah bersama formulir.",
            f"files of lists are missing: {missing}. Upload them with the form.",
        )


def _store(checked: CheckedForm, published_by: UUID | None) -> None:
    at = now()
    form = db.session.get(Form, checked.form_id)
    if form is None:
        form = Form(id=checked.form_id, created_at=at)
        db.session.add(form)
    form.title = dict(checked.definition.titles)
    form.programme_id = _programme(checked.programme_id)
    form.state = FormState.OPEN
    form.state_reason = None
    db.session.flush()
    version = FormVersion(
        form_id=form.id,
        version=checked.version,
        xml=checked.compiled.xml,
        md5=checked.md5,
        settings=dict(checked.compiled.settings),
        indicators=checked.indicator_rows,
        source=checked.file.source,
        source_name=checked.file.name,
        published_at=at,
        published_by=published_by,
    )
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        FormMedia(
            form_version_id=version.id,
            name=name,
            media_type=media_type_of(name),
            md5=md5_of(content),
            content=content,
        )
        for name, content in checked.media.items()
    )
    db.session.flush()
    for step in _steps:
        step(form, checked.definition)
    append_deeds([_deed(version, checked, published_by)], at=at)


def media_type_of(name: str) -> str:
    """Say what a file is, by the end of its name."""
    kind, _ = mimetypes.guess_type(name)
    return kind or UNKNOWN_MEDIA_TYPE


def _deed(
    version: FormVersion, checked: CheckedForm, published_by: UUID | None
) -> Deed:
    return Deed(
        area_code=COUNTRY,
        kind="form-published",
        actor=str(published_by or OPERATOR),
        subject=f"{version.form_id}/{version.version}",
        digests={
            "source": hashlib.sha256(version.source).hexdigest(),
            "xform": hashlib.sha256(version.xml).hexdigest(),
        },
        detail={
            "media": [
                hashlib.sha256(content).hexdigest()
                for _, content in sorted(checked.media.items())
            ]
        },
    )


def _programme(name: str | None) -> str | None:
    if not name:
        return None
    if db.session.get(Programme, name) is None:
        db.session.add(Programme(id=name, name=name))
        db.session.flush()
    return name
