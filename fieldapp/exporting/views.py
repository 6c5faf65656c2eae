"""Exports over HTTP: read at once, or made in the background."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, Response, current_app, request, send_file, url_for
from flask_smorest import Blueprint
from marshmallow import RAISE

from fieldapp.exporting import jobs
from fieldapp.exporting.asking import READ, Granted, grant
from fieldapp.exporting.deeds import Sent, log_begun, log_ended
from fieldapp.exporting.formats import Output, is_streamed, output
from fieldapp.exporting.models import ExportJob, JobState
from fieldapp.exporting.ordering import checked, continued, read_order
from fieldapp.exporting.problems import ExportChanged, TooLongAtOnce
from fieldapp.exporting.rows import snapshot
from fieldapp.exporting.schemas import ExportRequest, JobList, JobResponse, StreamQuery
from fieldapp.exporting.streaming import ExportStream
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires

AT_ONCE = 20_000
"""Entries of a format that is written whole before its first byte."""

COUNT = "X-Entry-Count"
"""By which a reader of lines knows that all came: granian ends a body that breaks off
as it ends any other."""

PRIVATE = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}

blueprint = Blueprint(
    "exports", __name__, url_prefix="/api/v1", description="Entries as files."
)


@blueprint.get("/forms/<form_id>/export")
@requires(READ)
@blueprint.arguments(StreamQuery, location="query", unknown=RAISE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def read_export(query: dict[str, Any], form_id: str) -> Response:
    """Give the entries of a form as a file, while it is made."""
    after = query.pop("after")
    order = read_order({"form": form_id, **query})
    granted = grant(current_actor(), order.wanted)
    with ExitStack() as stack:
        found = stack.enter_context(snapshot(granted))
        writing = continued(found, checked(found, order.writing), after)
        # The state is that of the whole: who goes on asks whether it is the same.
        tag = found.tag(order.writing)
        if (unchanged := _conditional(tag)) is not None:
            return unchanged
        if not is_streamed(writing.format) and found.total > AT_ONCE:
            raise TooLongAtOnce(found.total, AT_ONCE)
        export_id = uuid4()
        log_begun(export_id, granted, writing, total=found.total)
        db.session.commit()
        file = output(found, writing, form_id)
        stream = ExportStream(
            file.chunks(), found, stack.pop_all(), _teller(export_id, granted)
        )
    return _response(file, stream, tag, total=found.total)


@blueprint.post("/exports")
@requires(READ)
@blueprint.arguments(ExportRequest)
@blueprint.response(202, JobResponse)
def order_export(body: dict[str, Any]) -> dict[str, Any]:
    """Have an export made in the background, however long it is."""
    job = jobs.order(current_actor(), body)
    db.session.commit()
    return _told(job)


@blueprint.get("/exports")
@requires(READ)
@blueprint.response(200, JobList)
def list_exports() -> dict[str, Any]:
    """List one's own exports, the newest first."""
    return {
        "items": [
            _told(job) for job in db.session.scalars(jobs.jobs_of(current_actor()))
        ]
    }


@blueprint.get("/exports/<uuid:export_id>")
@requires(READ)
@blueprint.response(200, JobResponse)
def read_export_job(export_id: UUID) -> dict[str, Any]:
    """Tell how far an export is."""
    return _told(jobs.get_job(current_actor(), export_id))


@blueprint.get("/exports/<uuid:export_id>/file")
@requires(READ)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def read_export_file(export_id: UUID) -> Response:
    """Give the file of an export, or a range of it."""
    job = jobs.get_file(current_actor(), export_id)
    response = send_file(
        jobs.path_of(job.id),
        mimetype=job.media_type,
        as_attachment=True,
        download_name=job.file_name,
        conditional=True,
        etag=(job.digest or b"").hex(),
    )
    response.headers.update(PRIVATE)
    return response


@blueprint.delete("/exports/<uuid:export_id>")
@requires(READ)
@blueprint.response(204)
def delete_export(export_id: UUID) -> None:
    """Delete an export with its file, or break it off."""
    jobs.delete(current_actor(), export_id)
    db.session.commit()


def _told(job: ExportJob) -> dict[str, Any]:
    is_done = job.state is JobState.DONE
    return {
        **{name: getattr(job, name) for name in _SHOWN},
        "ahead": jobs.ahead_of(job),
        "sha256": job.digest.hex() if job.digest else None,
        "url": url_for(".read_export_file", export_id=job.id) if is_done else None,
    }


def _conditional(tag: str) -> Response | None:
    """Answer what is the same as before without making it again.

    :raises ExportChanged: if it is to be continued, and is not the same.
    """
    if request.if_match and not request.if_match.contains(tag):
        raise ExportChanged
    if not request.if_none_match.contains(tag):
        return None
    response = Response(status=304)
    response.set_etag(tag)
    return response


def _response(file: Output, stream: ExportStream, tag: str, *, total: int) -> Response:
    response = Response(stream, content_type=file.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.headers.update(PRIVATE)
    response.headers[COUNT] = str(total)
    response.set_etag(tag)
    return response


def _teller(export_id: UUID, granted: Granted) -> Callable[[Sent], None]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask documents it so for what outlives a request.

    def tell(sent: Sent) -> None:
        with app.app_context():
            log_ended(export_id, granted, sent)
            db.session.commit()

    return tell


_SHOWN = (
    *("id", "form_id", "query", "state", "error", "created_at", "total", "written"),
    *("file_name", "size", "ended_at", "expires_at"),
)
