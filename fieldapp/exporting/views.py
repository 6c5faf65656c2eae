"""Exports over HTTP: read at once, or made in the background."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import RAISE

from fieldapp.exporting.asking import READ, Granted, grant
from fieldapp.exporting.deeds import Sent, log_begun, log_ended
from fieldapp.exporting.formats import Output, is_streamed, output
from fieldapp.exporting.ordering import checked, continued, read_order
from fieldapp.exporting.problems import ExportChanged, TooLongAtOnce
from fieldapp.exporting.rows import snapshot
from fieldapp.exporting.schemas import StreamQuery
from fieldapp.exporting.streaming import ExportStream
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires

AT_ONCE = 20_000
"""Entries of a format that is written whole before its first byte."""

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
        tag = found.tag(writing)
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
    return _response(file, stream, tag)


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


def _response(file: Output, stream: ExportStream, tag: str) -> Response:
    response = Response(stream, content_type=file.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(tag)
    return response


def _teller(export_id: UUID, granted: Granted) -> Callable[[Sent], None]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask documents it so for what outlives a request.

    def tell(sent: Sent) -> None:
        with app.app_context():
            log_ended(export_id, granted, sent)
            db.session.commit()

    return tell
