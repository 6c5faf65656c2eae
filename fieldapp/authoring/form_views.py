"""Published forms over HTTP: list, read, compare, retire."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from fieldapp.authoring.schemas import (
    ComparisonResponse,
    FormDetail,
    FormList,
    FormSummary,
    StateRequest,
)
from fieldapp.authoring.scope import (
    get_form_to_change,
    get_visible_form,
    visible_forms,
)
from fieldapp.authoring.versions import compared_with_earlier, get_published
from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState
from fieldapp.forms.publishing import set_state
from fieldapp.forms.queries import versions_of
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.submissions.intake import accept_held_for

blueprint = Blueprint(
    "forms",
    __name__,
    url_prefix="/api/v1",
    description="Published forms and their versions.",
)


@blueprint.get("/forms")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(200, FormList)
def list_forms() -> dict[str, Any]:
    """List the forms of the programmes that one reads entries of."""
    return {"items": db.session.scalars(visible_forms(current_actor())).all()}


@blueprint.get("/forms/<form_id>")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(200, FormDetail)
def read_form(form_id: str) -> dict[str, Any]:
    """Give a form with all its versions."""
    form = get_visible_form(current_actor(), form_id)
    return {
        **{key: getattr(form, key) for key in _SHOWN},
        "versions": db.session.scalars(versions_of(form.id)).all(),
    }


@blueprint.get("/forms/<form_id>/versions/<version>/source")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(
    200, {"type": "string", "format": "binary"}, content_type="application/octet-stream"
)
def read_form_source(form_id: str, version: str) -> Response:
    """Give the spreadsheet that a version was published from, byte for byte."""
    published = get_published(get_visible_form(current_actor(), form_id), version)
    response = Response(published.source, content_type="application/octet-stream")
    response.headers.set(
        "Content-Disposition", "attachment", filename=published.source_name
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/forms/<form_id>/versions/<version>/changes")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(200, ComparisonResponse)
def read_form_changes(form_id: str, version: str) -> Any:
    """Tell what a version asks otherwise than the one before; empty for the first."""
    form = get_visible_form(current_actor(), form_id)
    return compared_with_earlier(get_published(form, version)) or {}


@blueprint.put("/forms/<form_id>/state")
@requires(Permission.MANAGE_FORMS)
@blueprint.arguments(StateRequest)
@blueprint.response(200, FormSummary)
def change_form_state(body: dict[str, Any], form_id: str) -> Form:
    """Retire a form, close it, or open it again."""
    actor = current_actor()
    form = get_form_to_change(actor, form_id)
    set_state(form, body["state"], changed_by=actor.user_id, reason=body["reason"])
    db.session.commit()
    if form.state is not FormState.CLOSED:
        accept_held_for(form_id)
    return get_visible_form(actor, form_id)


_SHOWN = ("id", "title", "programme_id", "state", "state_reason", "created_at")
