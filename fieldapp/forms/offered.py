"""Tell which forms a person may fill in, where, and which files go with each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.checking import VILLAGE_LIST, md5_of, missing_files
from fieldapp.forms.models import Form, FormMedia, FormVersion
from fieldapp.forms.queries import (
    PublishedVersion,
    find_version,
    media_of,
    usable_versions,
)
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.places.listing import villages_csv
from fieldapp.web.problems import nothing_here
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.translations import text_for


@dataclass(frozen=True)
class OfferedForm:
    """The newest version of a form, as a person is offered it."""

    form_id: str
    version: str
    titles: Mapping[str, str]
    md5: str
    published_at: datetime
    has_files: bool
    area_codes: tuple[str, ...]
    """Where the person may send it."""

    def name(self, language: str) -> str:
        """Give the title in a language, as far as the form has one."""
        return text_for(self.titles, language) or self.form_id


@dataclass(frozen=True)
class OfferedXml:
    """The XForm of one version, the very bytes that its hash is of."""

    xml: bytes
    md5: str


@dataclass(frozen=True)
class OfferedFile:
    """A file that goes with a form version; equal bytes have an equal hash.

    The ``md5`` of a list of entities is a token that changes when the list does.
    """

    name: str
    md5: str
    media_type: str
    content: Iterable[bytes]
    """In pieces, made when they are read."""
    register: str | None = None
    """The register whose entities the file lists, if it does."""


def offered_forms(actor: Actor, *, form_id: str | None = None) -> list[OfferedForm]:
    """List the forms that a person may fill in, by form id; or the one asked for."""
    statement = usable_versions(actor).with_only_columns(
        FormVersion.form_id,
        FormVersion.version,
        FormVersion.md5,
        FormVersion.published_at,
        Form.title,
        Form.programme_id,
    )
    return [
        OfferedForm(
            form_id=row.form_id,
            version=row.version,
            titles=row.title,
            md5=row.md5,
            published_at=row.published_at,
            has_files=_has_files(find_version(row.form_id, row.version)),
            area_codes=submitting_areas(actor, row.programme_id),
        )
        for row in db.session.execute(statement).all()
        if form_id in (None, row.form_id)
    ]


def get_offered_form(actor: Actor, form_id: str, version: str) -> OfferedForm:
    """Get one version of a form, newest or not, as a person is offered it.

    :raises NotFound: if there is none, or none for this person.
    """
    statement = (
        select(FormVersion.md5, FormVersion.published_at, Form.title, Form.programme_id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(FormVersion.form_id == form_id, FormVersion.version == version)
    )
    row = db.session.execute(statement).one_or_none()
    areas = submitting_areas(actor, row.programme_id) if row else ()
    if row is None or not areas:
        raise nothing_here()
    return OfferedForm(
        form_id=form_id,
        version=version,
        titles=row.title,
        md5=row.md5,
        published_at=row.published_at,
        has_files=_has_files(find_version(form_id, version)),
        area_codes=areas,
    )


def get_offered_xml(actor: Actor, form_id: str, version: str) -> OfferedXml:
    """Get one version of a form, newest or not, that a person may fill in.

    :raises NotFound: if there is none, or none for this person.
    """
    statement = (
        select(FormVersion.xml, FormVersion.md5, Form.programme_id)
        .join(Form, Form.id == FormVersion.form_id)
        .where(FormVersion.form_id == form_id, FormVersion.version == version)
    )
    row = db.session.execute(statement).one_or_none()
    if row is None or not submitting_areas(actor, row.programme_id):
        raise nothing_here()
    return OfferedXml(row.xml, row.md5)


def offered_files(actor: Actor, form_id: str, version: str) -> list[OfferedFile]:
    """List the files of a form version, by name, the village list made for the person.

    :raises NotFound: if there is no such version, or none for this person.
    """
    published = find_version(form_id, version)
    areas = submitting_areas(actor, published.programme_id) if published else ()
    if published is None or not areas:
        raise nothing_here()
    files = {
        row.name: OfferedFile(row.name, row.md5, row.media_type, (row.content,))
        for row in db.session.scalars(media_of(published.id))
    }
    if asks_for_villages(published.definition):
        files[VILLAGE_LIST] = village_list(areas)
    return [files[name] for name in sorted(files)]


def submitting_areas(actor: Actor, programme_id: str | None) -> tuple[str, ...]:
    """List the areas where a person may send a programme's forms."""
    areas = {
        grant.area_code
        for grant in actor.grants_for(Permission.SUBMIT)
        if grant.programme_id in (None, programme_id)
    }
    return tuple(sorted(areas))


def village_list(area_codes: tuple[str, ...]) -> OfferedFile:
    """Make the list of villages that a phone chooses from, cut to some areas."""
    content = villages_csv(area_codes)
    return OfferedFile(
        VILLAGE_LIST, md5_of(content), "text/csv; charset=utf-8", (content,)
    )


def asks_for_villages(definition: FormDefinition) -> bool:
    """Tell whether a form names the list that is made for each person."""
    return VILLAGE_LIST in missing_files(definition)


def _has_files(published: PublishedVersion | None) -> bool:
    if published is None:
        return False
    if missing_files(published.definition):
        return True
    first = media_of(published.id).with_only_columns(FormMedia.name).limit(1)
    return db.session.scalar(first) is not None
