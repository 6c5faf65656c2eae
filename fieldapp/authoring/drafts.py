"""Drafts: upload, add files, give a token, publish, discard."""

from dataclasses import dataclass

from sqlalchemy import Select, delete, select

from fieldapp.authoring.models import DraftFile, FormDraft
from fieldapp.authoring.problems import TooManyDraftFiles, UnusableDraftFile
from fieldapp.authoring.scope import get_draft, refuse_outsider
from fieldapp.extensions import db
from fieldapp.forms.checking import (
    EXTERNAL_CHOICES,
    VILLAGE_LIST,
    CheckedForm,
    FormFile,
    check_form,
    md5_of,
    refuse_errors,
)
from fieldapp.forms.publishing import Publication, publish
from fieldapp.forms.queries import media_of, versions_of
from fieldapp.identity.devices import new_token
from fieldapp.identity.permissions import Actor
from fieldapp.identity.queries import token_digest
from fieldapp.ledger.service import lock_heads
from fieldapp.places.models import COUNTRY
from fieldapp.submissions.file_names import unsafe_name_reason
from fieldapp.web.clock import now
from fieldapp.web.problems import nothing_here
from fieldapp.web.text import Text

MAX_FILES = 200
MAX_TOTAL_BYTES = 100_000_000

MADE_HERE = Text(
    "villages.csv dibuat server untuk tiap orang; tidak perlu diunggah.",
    "villages.csv is made by the server for each person; it is not uploaded.",
)


@dataclass(frozen=True)
class Uploaded:
    """A draft after an upload; the token only where it was made just now."""

    draft: FormDraft
    checked: CheckedForm
    token: str | None


def upload(actor: Actor, source: bytes, filename: str, *, area_code: str) -> Uploaded:
    """Make a form file the draft of its form; the caller commits.

    It takes the place of an earlier draft, whose files, token and trial entries
    stay; the files of a first draft are those of the newest version.

    :raises FormRefused: if it does not compile, or has errors.
    :raises NotPermitted: if the actor may not change forms of its programme.
    """
    checked = check_form(FormFile(source, filename, {}))
    refuse_outsider(actor, checked.form_id, checked.programme_id)
    refuse_errors(checked)
    lock_heads([COUNTRY])
    draft = db.session.get(FormDraft, checked.form_id)
    token = None
    if draft is None:
        token = new_token()
        draft = FormDraft(form_id=checked.form_id, token_digest=token_digest(token))
        db.session.add(draft)
    draft.version = checked.version
    draft.title = dict(checked.definition.titles)
    draft.programme_id = checked.programme_id
    draft.area_code = area_code
    draft.xml = checked.compiled.xml
    draft.md5 = checked.md5
    draft.source = source
    draft.source_name = filename
    draft.uploaded_at = now()
    draft.uploaded_by = actor.user_id
    db.session.flush()
    if token is not None:
        _carry_files(checked.form_id)
    _keep_made_file(checked)
    if has_files(draft.form_id):
        checked = check_draft(draft)
    return Uploaded(draft, checked, token)


def check_draft(draft: FormDraft) -> CheckedForm:
    """Compile a draft with the files that it has by now.

    :raises FormRefused: if it does not compile with them.
    """
    files = db.session.scalars(files_of(draft.form_id))
    media = {file.name: file.content for file in files}
    return check_form(FormFile(draft.source, draft.source_name, media))


def files_of(form_id: str) -> Select[DraftFile]:
    """Select the files of a draft, by name."""
    return (
        select(DraftFile).where(DraftFile.form_id == form_id).order_by(DraftFile.name)
    )


def has_files(form_id: str) -> bool:
    """Tell whether a draft has files, without reading them."""
    first = files_of(form_id).with_only_columns(DraftFile.name).limit(1)
    return db.session.scalar(first) is not None


def put_file(actor: Actor, form_id: str, name: str, content: bytes) -> CheckedForm:
    """Add a file to a draft, or put it in another's place; the caller commits.

    :raises NotFound: if the actor may change no such draft.
    :raises UnusableDraftFile: if no phone could keep it under that name.
    :raises TooManyDraftFiles: if the draft's files get too many or too large.
    :raises FormRefused: if it is a list that cannot be read.
    """
    draft = get_draft(actor, form_id)
    reason = MADE_HERE if name == VILLAGE_LIST else unsafe_name_reason(name)
    if reason is not None:
        raise UnusableDraftFile(reason)
    others = [
        file for file in db.session.scalars(files_of(form_id)) if file.name != name
    ]
    size = len(content) + sum(len(file.content) for file in others)
    if len(others) >= MAX_FILES or size > MAX_TOTAL_BYTES:
        raise TooManyDraftFiles(MAX_FILES, MAX_TOTAL_BYTES)
    row = DraftFile(form_id=form_id, name=name, md5=md5_of(content), content=content)
    db.session.merge(row)
    db.session.flush()
    return check_draft(draft)


def remove_file(actor: Actor, form_id: str, name: str) -> None:
    """Take a file away from a draft; the caller commits.

    :raises NotFound: if there is no such draft or file.
    """
    get_draft(actor, form_id)
    file = db.session.get(DraftFile, (form_id, name))
    if file is None:
        raise nothing_here()
    db.session.delete(file)


def renew_token(actor: Actor, form_id: str) -> str:
    """Give a draft a new token; phones with the old one are refused.

    :raises NotFound: if the actor may change no such draft.
    """
    draft = get_draft(actor, form_id)
    token = new_token()
    draft.token_digest = token_digest(token)
    return token


def discard(actor: Actor, form_id: str) -> None:
    """Drop a draft with its files and trial entries; the caller commits.

    :raises NotFound: if the actor may change no such draft.
    """
    get_draft(actor, form_id)
    _drop(form_id)


def publish_draft(actor: Actor, form_id: str) -> Publication:
    """Make a draft the newest version of its form; the caller commits.

    :raises NotFound: if the actor may change no such draft.
    :raises NotPermitted: if the form has come to a programme that is not the actor's.
    :raises FormRefused: as ``publish`` does.
    """
    draft = get_draft(actor, form_id)
    checked = check_draft(draft)
    refuse_outsider(actor, form_id, checked.programme_id)
    publication = publish(checked, published_by=actor.user_id)
    _drop(form_id)
    return publication


def find_draft_by_token(token: str) -> FormDraft | None:
    """Find the draft that a phone tries; the case of a token says nothing."""
    digest = token_digest(token.lower())
    statement = select(FormDraft).where(FormDraft.token_digest == digest)
    return db.session.scalars(statement).one_or_none()


def _drop(form_id: str) -> None:
    db.session.execute(delete(FormDraft).where(FormDraft.form_id == form_id))


def _carry_files(form_id: str) -> None:
    newest = db.session.scalars(versions_of(form_id).limit(1)).one_or_none()
    if newest is not None:
        db.session.add_all(
            DraftFile(
                form_id=form_id, name=file.name, md5=file.md5, content=file.content
            )
            for file in db.session.scalars(media_of(newest.id))
        )
        db.session.flush()


def _keep_made_file(checked: CheckedForm) -> None:
    """Keep what pyxform made of the sheet external_choices beside the others."""
    key = (checked.form_id, EXTERNAL_CHOICES)
    made = checked.media.get(EXTERNAL_CHOICES)
    if made is None:
        if (stale := db.session.get(DraftFile, key)) is not None:
            db.session.delete(stale)
    else:
        db.session.merge(
            DraftFile(form_id=key[0], name=key[1], md5=md5_of(made), content=made)
        )
    db.session.flush()
