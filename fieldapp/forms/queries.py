"""Read forms; published versions never change, so their compiles are kept."""

from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormMedia, FormState, FormVersion
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form

CACHED_VERSIONS = 256
STATE_SECONDS = 1.0


@dataclass(frozen=True)
class PublishedVersion:
    """A form version, compiled, and what its form says of it now."""

    id: int
    form_id: str
    version: str
    programme_id: str | None
    state: FormState
    definition: FormDefinition
    settings: dict[str, Any]
    indicators: list[dict[str, Any]]

    @property
    def approvals(self) -> int:
        """Say how many different reviewers must approve an entry."""
        return 2 if str(self.settings.get("approvals", "1")).strip() == "2" else 1


def find_version(form_id: str, version: str) -> PublishedVersion | None:
    """Find one published version of a form.

    Hundreds of entries a second ask for the same few: what a form says of itself
    (state, programme) may be ``STATE_SECONDS`` old.
    """
    name = (form_id, version)
    found, read_at = _recent.get(name, (None, 0.0))
    if found is not None and monotonic() - read_at < STATE_SECONDS:
        return found
    parameters = {"form": form_id, "version": version}
    row = db.session.connection().execute(_BY_NAME, parameters).one_or_none()
    if row is None:
        return None
    published = _published(*row)
    # Another thread may forget all states at any moment.
    _recent[name] = published, monotonic()
    return published


def forget_states() -> None:
    """Ask the database again what forms say of themselves, after a change."""
    _recent.clear()


def forget_versions() -> None:
    """Forget all that is remembered of versions; for tests, which take them back."""
    forget_states()
    _compiled.cache_clear()


def get_version(form_version_id: int) -> PublishedVersion:
    """Get a published version by its key."""
    row = db.session.execute(_STATE.where(FormVersion.id == form_version_id)).one()
    return _published(*row)


def get_definition(form_version_id: int) -> FormDefinition:
    """Get the compiled form of a published version by its key."""
    return _compiled(form_version_id).definition


def newest_versions() -> Select[FormVersion]:
    """Select the newest version of every form, by form id."""
    newest = select(func.max(FormVersion.id)).group_by(FormVersion.form_id)
    return (
        select(FormVersion)
        .where(FormVersion.id.in_(newest))
        .order_by(FormVersion.form_id)
    )


def versions_of(form_id: str) -> Select[FormVersion]:
    """Select all versions of a form, the newest first."""
    return (
        select(FormVersion)
        .where(FormVersion.form_id == form_id)
        .order_by(FormVersion.id.desc())
    )


def usable_versions(actor: Actor) -> Select[FormVersion]:
    """Select the newest version of every open form that a person may fill in."""
    grants = actor.grants_for(Permission.SUBMIT)
    programmes = {grant.programme_id for grant in grants}
    statement = newest_versions().join(Form, Form.id == FormVersion.form_id)
    statement = statement.where(Form.state == FormState.OPEN)
    if None in programmes:
        return statement
    return statement.where(Form.programme_id.in_(programmes))


def media_of(form_version_id: int) -> Select[FormMedia]:
    """Select the files that go with a form version, by name."""
    return (
        select(FormMedia)
        .where(FormMedia.form_version_id == form_version_id)
        .order_by(FormMedia.name)
    )


def _published(
    form_version_id: int, programme_id: str | None, state: FormState
) -> PublishedVersion:
    compiled = _compiled(form_version_id)
    return PublishedVersion(
        id=form_version_id,
        form_id=compiled.form_id,
        version=compiled.version,
        programme_id=programme_id,
        state=state,
        definition=compiled.definition,
        settings=compiled.settings,
        indicators=compiled.indicators,
    )


_recent: dict[tuple[str, str], tuple[PublishedVersion, float]] = {}

_STATE = select(FormVersion.id, Form.programme_id, Form.state).join(
    Form, Form.id == FormVersion.form_id
)
# Built once, and executed without the ORM.
_BY_NAME = _STATE.where(
    FormVersion.form_id == bindparam("form"),
    FormVersion.version == bindparam("version"),
)


@dataclass(frozen=True)
class _Compiled:
    form_id: str
    version: str
    definition: FormDefinition
    settings: dict[str, Any]
    indicators: list[dict[str, Any]]


@lru_cache(maxsize=CACHED_VERSIONS)
def _compiled(form_version_id: int) -> _Compiled:
    row = db.session.execute(
        select(FormVersion).where(FormVersion.id == form_version_id)
    ).scalar_one()
    media = db.session.scalars(media_of(form_version_id)).all()
    definition = parse_form(row.xml, media={file.name: file.content for file in media})
    return _Compiled(row.form_id, row.version, definition, row.settings, row.indicators)
