"""The addresses of our own client: batches, their files, and what is new."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, current_app, request
from flask_smorest import Blueprint

from fieldapp.config import Config
from fieldapp.enketo.views import edit_link_url
from fieldapp.entities.lists import get_offered_file
from fieldapp.forms.offered import OfferedForm, get_offered_xml
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.submissions.client import client_text
from fieldapp.submissions.delivery import Outcome, OutcomeStatus
from fieldapp.sync.attachments import receive_file
from fieldapp.sync.body import BoundedJsonParser
from fieldapp.sync.changes import Changes, changes_since
from fieldapp.sync.cursor import decode, encode
from fieldapp.sync.deliveries import Sender, accept_items
from fieldapp.sync.schemas import (
    ChangesQuery,
    ChangesResponse,
    DeliveriesRequest,
    DeliveriesResponse,
    OutcomeResponse,
)
from fieldapp.web import clock
from fieldapp.web.docs import ProblemSchema
from fieldapp.web.problems import asked_language

FILE_STATUS = {
    OutcomeStatus.CREATED: HTTPStatus.CREATED,
    OutcomeStatus.DUPLICATE: HTTPStatus.OK,
}


blueprint = Blueprint(
    "sync",
    __name__,
    url_prefix="/api/v1",
    description="Sending entries in batches, and getting what is new.",
)
blueprint.ARGUMENTS_PARSER = BoundedJsonParser()


@blueprint.post("/sync/submissions")
@requires(Permission.SUBMIT)
@blueprint.arguments(DeliveriesRequest)
@blueprint.response(200, DeliveriesResponse)
def create_submissions(body: dict[str, Any]) -> dict[str, Any]:
    """Take in up to 200 entries, with an outcome for each (gzip is accepted)."""
    sender = Sender(
        actor=current_actor(),
        client=client_text(request.headers.get("User-Agent")),
        received_at=clock.now(),
    )
    return {"items": _outcomes(accept_items(sender, body["items"]))}


@blueprint.put("/sync/submissions/<instance_id>/attachments/<name>")
@requires(Permission.SUBMIT)
@blueprint.response(201, OutcomeResponse)
@blueprint.alt_response(200, schema=OutcomeResponse, description="It was there.")
@blueprint.alt_response(
    409, schema=ProblemSchema, description="Other content has this name."
)
def put_attachment(instance_id: str, name: str) -> tuple[dict[str, Any], int]:
    """Add one file, as the raw body, to an entry of one's own; safe to repeat.

    A `Content-Digest: sha-256=:…:` (RFC 9530) is checked.
    """
    outcome = receive_file(
        current_actor(), instance_id, name, request.environ, _config()
    )
    return _outcomes([outcome])[0], FILE_STATUS[outcome.status]


@blueprint.get("/sync/changes")
@requires(Permission.SUBMIT, Permission.READ_OWN)
@blueprint.arguments(ChangesQuery, location="query")
@blueprint.response(200, ChangesResponse)
def list_changes(query: dict[str, Any]) -> dict[str, Any]:
    """Give what is new since a cursor: forms, areas, and what became of entries."""
    cursor = decode(query["cursor"]) if query["cursor"] else None
    return _changes(changes_since(current_actor(), cursor))


@blueprint.get("/forms/<form_id>/versions/<version>")
@requires(Permission.SUBMIT)
@blueprint.response(200, content_type="text/xml", schema={"type": "string"})
def read_form_version(form_id: str, version: str) -> Response:
    """Give a form version's XForm, byte for byte as its `md5` says."""
    form = get_offered_xml(current_actor(), form_id, version)
    return _cacheable(form.xml, form.md5, "text/xml; charset=utf-8")


@blueprint.get("/forms/<form_id>/versions/<version>/files/<name>")
@requires(Permission.SUBMIT)
@blueprint.response(200, content_type="*/*", schema={"type": "string"})
def read_form_file(form_id: str, version: str, name: str) -> Response:
    """Give a file that goes with a form version, such as the list of a register."""
    file = get_offered_file(current_actor(), form_id, version, name)
    return _cacheable(file.content, file.md5, file.media_type)


def _config() -> Config:
    config: Config = current_app.config["FIELDAPP"]
    return config


def _cacheable(body: bytes | Iterable[bytes], etag: str, media_type: str) -> Response:
    response = Response(body, content_type=media_type)
    # To count what comes in pieces Werkzeug would make them all.
    response.automatically_set_content_length = not isinstance(body, Iterator)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(etag)
    response.make_conditional(request)
    return response


def _outcomes(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    language = asked_language()
    return [
        {
            "status": outcome.status,
            "instance_id": outcome.instance_id,
            "texts": outcome.message.as_dict(),
            "violations": outcome.violations,
            "warnings": outcome.warnings,
            "held_reason": outcome.held_reason,
            "digests": outcome.digests,
            "missing_files": outcome.missing_files,
            "problem": outcome.problem and outcome.problem.as_dict(language),
        }
        for outcome in outcomes
    ]


def _changes(changes: Changes) -> dict[str, Any]:
    forms = changes.forms
    return {
        "forms": None if forms is None else [_form(form) for form in forms],
        "areas": changes.areas,
        "decisions": [_decision(row) for row in changes.decisions],
        "comments": changes.comments,
        "held": changes.held,
        "cursor": encode(changes.cursor),
        "has_more": changes.has_more,
    }


def _decision(row: Any) -> dict[str, Any]:
    url = edit_link_url(row.submission_id, row.state, is_sealed=row.is_sealed)
    return {**row._asdict(), "edit_link_url": url}


def _form(form: OfferedForm) -> dict[str, Any]:
    path = f"{quote(form.form_id, safe='')}/versions/{quote(form.version, safe='')}"
    return {**asdict(form), "url": f"/api/v1/forms/{path}"}
