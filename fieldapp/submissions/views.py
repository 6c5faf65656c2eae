"""Lists of submissions and held entries, their XML and their files."""

import re
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Response, current_app, send_file, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.masking.clearance import Clearance, Purpose
from fieldapp.submissions import held as held_service
from fieldapp.submissions.disclosing import Disclosed, disclose, disclosed
from fieldapp.submissions.files import file_store
from fieldapp.submissions.intake import with_retries
from fieldapp.submissions.models import (
    Attachment,
    HeldEntry,
    Submission,
    SubmissionState,
)
from fieldapp.submissions.queries import (
    Filters,
    HeldFilters,
    attachments_of,
    get_attachment,
    get_revision,
    held_rows,
    narrowed,
    narrowed_held,
    submission_rows,
)
from fieldapp.submissions.schemas import (
    DiscardRequest,
    HeldDetail,
    HeldPage,
    HeldQuery,
    HeldSummary,
    Order,
    ReleaseOutcome,
    ReleaseRequest,
    RevisionQuery,
    SubmissionPage,
    SubmissionsQuery,
)
from fieldapp.submissions.scope import (
    get_visible_held,
    visible_held,
    visible_submissions,
)
from fieldapp.web.paging import fetch_page

READERS = (Permission.READ_SUBMISSIONS, Permission.READ_OWN)
XML = "application/xml"
PLAIN_BYTES = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What keeps a browser from running what somebody else's phone sent."""

blueprint = Blueprint(
    "submissions",
    __name__,
    url_prefix="/api/v1",
    description="Entries as they came, and those that are held.",
)


@blueprint.get("/submissions")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.arguments(SubmissionsQuery, location="query", unknown=RAISE)
@blueprint.response(200, SubmissionPage)
def list_submissions(query: dict[str, Any]) -> dict[str, Any]:
    """List the submissions of one's area, the newest first, or as a queue."""
    cursor, limit, order = (query.pop(name) for name in ("cursor", "limit", "order"))
    statement = visible_submissions(current_actor(), Permission.READ_SUBMISSIONS)
    statement = narrowed(statement, Filters(**query))
    keys: list[InstrumentedAttribute[Any]] = [Submission.received_at, Submission.id]
    if order is Order.QUEUE:
        statement = statement.where(Submission.state == SubmissionState.RECEIVED)
        keys.insert(0, Submission.priority)
    page = fetch_page(
        statement,
        keys,
        cursor=cursor,
        limit=limit,
        newest_first=order is Order.NEWEST,
    )
    entries = disclosed(current_actor(), page.items)
    return {"items": submission_rows(entries), "next_cursor": page.next_cursor}


@blueprint.get("/submissions/<path:instance_id>/xml")
@requires(*READERS)
@blueprint.arguments(RevisionQuery, location="query")
@blueprint.response(200, {"type": "string"}, content_type=XML)
def read_xml(query: dict[str, Any], instance_id: str) -> Response:
    """Give a revision byte for byte as the phone sent it; masked to auditors."""
    entry = open_entry(instance_id, query["purpose"])
    return _xml(entry.xml(get_revision(entry.submission, query["revision"])))


@blueprint.get("/submissions/<path:instance_id>/attachments/<name>")
@requires(*READERS)
@blueprint.arguments(RevisionQuery, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def read_attachment(query: dict[str, Any], instance_id: str, name: str) -> Response:
    """Give a file of a revision; to auditors for certification only."""
    entry = open_entry(instance_id, query["purpose"])
    revision = get_revision(entry.submission, query["revision"])
    return attachment_response(entry.file(get_attachment(revision, name)))


@blueprint.get("/held")
@requires(Permission.DECIDE_HELD)
@blueprint.arguments(HeldQuery, location="query", unknown=RAISE)
@blueprint.response(200, HeldPage)
def list_held(query: dict[str, Any]) -> dict[str, Any]:
    """List the held entries that one may decide about, the newest first."""
    cursor, limit = query.pop("cursor"), query.pop("limit")
    page = fetch_page(
        narrowed_held(visible_held(current_actor()), HeldFilters(**query)),
        [HeldEntry.received_at, HeldEntry.id],
        cursor=cursor,
        limit=limit,
        newest_first=True,
    )
    return {"items": held_rows(page.items), "next_cursor": page.next_cursor}


@blueprint.get("/held/<uuid:held_id>")
@requires(Permission.DECIDE_HELD)
@blueprint.response(200, HeldDetail)
def read_held(held_id: UUID) -> dict[str, Any]:
    """Give a held entry with what is needed to decide."""
    held = get_visible_held(current_actor(), held_id)
    (row,) = held_rows([held])
    return {
        "held": row.held,
        "sender_name": row.sender_name,
        "xml_url": url_for(".read_held_xml", held_id=held_id),
        "attachments": [
            attachment_link(each, ".read_held_attachment", held_id=held_id)
            for each in db.session.scalars(attachments_of(held))
        ],
    }


@blueprint.get("/held/<uuid:held_id>/xml")
@requires(Permission.DECIDE_HELD)
@blueprint.response(200, {"type": "string"}, content_type=XML)
def read_held_xml(held_id: UUID) -> Response:
    """Give a held entry byte for byte as the phone sent it."""
    return _xml(get_visible_held(current_actor(), held_id).xml)


@blueprint.get("/held/<uuid:held_id>/attachments/<name>")
@requires(Permission.DECIDE_HELD)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def read_held_attachment(held_id: UUID, name: str) -> Response:
    """Give a file of a held entry."""
    held = get_visible_held(current_actor(), held_id)
    return attachment_response(get_attachment(held, name))


@blueprint.post("/held/<uuid:held_id>/release")
@requires(Permission.DECIDE_HELD)
@blueprint.arguments(ReleaseRequest)
@blueprint.response(200, ReleaseOutcome)
def release_held(body: dict[str, Any], held_id: UUID) -> dict[str, Any]:
    """Take a held entry in after all, through the same rules as any other."""
    actor, area_code = current_actor(), body["area_code"]
    outcome = with_retries(
        lambda: held_service.release(actor, held_id, area_code=area_code)
    )
    return {**asdict(outcome), "status": outcome.status}


@blueprint.post("/held/<uuid:held_id>/discard")
@requires(Permission.DECIDE_HELD)
@blueprint.arguments(DiscardRequest)
@blueprint.response(200, HeldSummary)
def discard_held(body: dict[str, str], held_id: UUID) -> Any:
    """Decide that a held entry is never to count, for a reason."""
    actor, note = current_actor(), body["note"]
    held = with_retries(lambda: held_service.discard(actor, held_id, note=note))
    return held_rows([held])[0]


def open_entry(instance_id: str, purpose: Purpose) -> Disclosed:
    """Open an entry to who asks; where the log has to say so, it says so first."""
    entry = disclose(current_actor(), instance_id, *READERS, purpose=purpose)
    if entry.clearance is Clearance.CERTIFICATION:
        db.session.commit()
    return entry


def attachment_link(
    attachment: Attachment, endpoint: str, **address: Any
) -> dict[str, Any]:
    """Describe a file, with its address where it has come."""
    digest = attachment.digest
    url = url_for(endpoint, name=attachment.name, **address) if digest else None
    return {
        "name": attachment.name,
        "size": attachment.size,
        "media_type": attachment.media_type,
        "sha256": digest.hex() if digest else None,
        "received_at": attachment.received_at,
        "url": url,
    }


def attachment_response(attachment: Attachment) -> Response:
    """Give a file's content, so that no browser runs it."""
    digest = attachment.digest or b""
    media_type = attachment.media_type or ""
    response = send_file(
        file_store(current_app.config["FIELDAPP"].files_dir).open(digest),
        mimetype=media_type if MEDIA_TYPE.fullmatch(media_type) else PLAIN_BYTES,
        as_attachment=True,
        download_name=attachment.name,
        etag=digest.hex(),
    )
    response.content_length = attachment.size or 0
    response.headers.update(SAFE)
    return response


def _xml(content: bytes) -> Response:
    response = Response(content, content_type=XML)
    response.headers.update(SAFE)
    response.headers["Content-Disposition"] = "attachment; filename=entry.xml"
    return response
