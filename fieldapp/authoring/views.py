"""Drafts over HTTP: upload, files, trying, publishing."""

from typing import Any

from flask import current_app, request
from flask_smorest import Blueprint
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from fieldapp.authoring import drafts, trials
from fieldapp.authoring.models import DraftFile, FormDraft, TrialEntry
from fieldapp.authoring.offered import definition_of
from fieldapp.authoring.schemas import (
    DraftDetail,
    DraftList,
    DraftToken,
    PublicationResponse,
    TrialPage,
    UploadFiles,
    UploadQuery,
)
from fieldapp.authoring.scope import get_draft, visible_drafts
from fieldapp.authoring.versions import compared_with_newest
from fieldapp.extensions import db
from fieldapp.forms.checking import CheckedForm, remark_dict
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.identity.schemas import PhoneSetUp
from fieldapp.phone.settings import PhoneSettings, set_up
from fieldapp.places.models import COUNTRY
from fieldapp.places.queries import get_area
from fieldapp.submissions.intake import accept_held_for
from fieldapp.web.fields import PageQuery
from fieldapp.web.paging import fetch_page

blueprint = Blueprint(
    "authoring",
    __name__,
    url_prefix="/api/v1",
    description="Drafts of forms: upload, try on a phone, publish.",
)


@blueprint.post("/drafts")
@requires(Permission.MANAGE_FORMS)
@blueprint.arguments(UploadQuery, location="query")
@blueprint.arguments(UploadFiles, location="files")
@blueprint.response(201, DraftDetail)
def upload_draft(
    query: dict[str, Any], files: dict[str, FileStorage]
) -> dict[str, Any]:
    """Make an XLSForm the draft of its form, in the place of an earlier draft."""
    area_code = get_area(query["area"] or COUNTRY).code
    source, name = files["form"].read(), files["form"].filename or ""
    uploaded = drafts.upload(current_actor(), source, name, area_code=area_code)
    db.session.commit()
    return _detail(uploaded.draft, uploaded.checked, token=uploaded.token)


@blueprint.get("/drafts")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(200, DraftList)
def list_drafts() -> dict[str, Any]:
    """List all drafts that one may change."""
    return {"items": db.session.scalars(visible_drafts(current_actor())).all()}


@blueprint.get("/drafts/<form_id>")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(200, DraftDetail)
def read_draft(form_id: str) -> dict[str, Any]:
    """Give a draft, what is to be said about it, and what it changes."""
    draft = get_draft(current_actor(), form_id)
    return _detail(draft, drafts.check_draft(draft))


@blueprint.delete("/drafts/<form_id>")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(204)
def discard_draft(form_id: str) -> None:
    """Drop a draft with its files and trial entries."""
    drafts.discard(current_actor(), form_id)
    db.session.commit()


@blueprint.put("/drafts/<form_id>/files/<name>")
@requires(Permission.MANAGE_FORMS)
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
)
@blueprint.response(200, DraftDetail)
def put_draft_file(form_id: str, name: str) -> dict[str, Any]:
    """Add a file that the form names: a list, an image, a sound."""
    actor = current_actor()
    draft = get_draft(actor, form_id)
    if (request.content_length or 0) > drafts.MAX_TOTAL_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = drafts.MAX_TOTAL_BYTES
    checked = drafts.put_file(actor, form_id, name, request.get_data())
    db.session.commit()
    return _detail(draft, checked)


@blueprint.delete("/drafts/<form_id>/files/<name>")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(204)
def remove_draft_file(form_id: str, name: str) -> None:
    """Take a file away from a draft."""
    drafts.remove_file(current_actor(), form_id, name)
    db.session.commit()


@blueprint.post("/drafts/<form_id>/token")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(201, DraftToken)
def renew_draft_token(form_id: str) -> dict[str, Any]:
    """Give a draft a new address for phones; the old one is refused at once."""
    actor = current_actor()
    token = drafts.renew_token(actor, form_id)
    db.session.commit()
    return _phone_set_up(get_draft(actor, form_id), token)


@blueprint.get("/drafts/<form_id>/entries")
@requires(Permission.MANAGE_FORMS)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, TrialPage)
def list_trial_entries(query: dict[str, Any], form_id: str) -> dict[str, Any]:
    """List what phones sent to try a draft, the newest first, judged by it as it is."""
    draft = get_draft(current_actor(), form_id)
    page = fetch_page(
        trials.trial_entries(draft),
        [TrialEntry.received_at, TrialEntry.id],
        newest_first=True,
        **query,
    )
    definition = definition_of(draft)
    items = [trials.judged_trial(definition, entry) for entry in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


@blueprint.post("/drafts/<form_id>/publish")
@requires(Permission.MANAGE_FORMS)
@blueprint.response(201, PublicationResponse)
def publish_draft(form_id: str) -> dict[str, Any]:
    """Make a draft the newest version of its form; its trial entries go."""
    publication = drafts.publish_draft(current_actor(), form_id)
    db.session.commit()
    return {
        "form_id": publication.form_id,
        "version": publication.version,
        "is_new": publication.is_new,
        "taken_in": accept_held_for(publication.form_id),
    }


def _detail(
    draft: FormDraft, checked: CheckedForm, *, token: str | None = None
) -> dict[str, Any]:
    files = db.session.scalars(drafts.files_of(draft.form_id))
    return {
        **{key: getattr(draft, key) for key in _SHOWN},
        "files": [_file(file) for file in files],
        "missing_files": checked.missing_lists,
        "remarks": [remark_dict(remark) for remark in checked.remarks],
        "comparison": compared_with_newest(checked),
        **_phone_set_up(draft, token),
    }


_SHOWN = (
    "form_id",
    "version",
    "title",
    "programme_id",
    "area_code",
    "source_name",
    "uploaded_at",
    "uploaded_by",
)


def _file(file: DraftFile) -> dict[str, Any]:
    return {"name": file.name, "size": len(file.content), "md5": file.md5}


def _phone_set_up(draft: FormDraft, token: str | None) -> dict[str, str | None]:
    if token is None:
        return dict.fromkeys(PhoneSetUp().fields)
    base = current_app.config["FIELDAPP"].public_url or request.host_url.rstrip("/")
    settings = PhoneSettings(
        server_url=f"{base}/v1/draft/{token}",
        project_name=f"[DRAF] {draft.form_id}",
        language=current_actor().language,
        is_trial=True,
    )
    return {"token": token, **set_up(settings)}
