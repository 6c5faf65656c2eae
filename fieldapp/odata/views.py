"""The OData feed of a form over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import orjson
from flask import Response, current_app, request, url_for
from flask_smorest import Blueprint

from fieldapp.config import Config
from fieldapp.exporting.asking import READ, Granted, Wanted, grant
from fieldapp.exporting.rows import Snapshot, snapshot
from fieldapp.extensions import db
from fieldapp.identity.basic import requires_with_password
from fieldapp.identity.permissions import Actor
from fieldapp.masking.clearance import Purpose
from fieldapp.odata.filters import read_filter
from fieldapp.odata.metadata import metadata, service_document
from fieldapp.odata.options import Options, read_options
from fieldapp.odata.pages import count_rows, log_page, read_page
from fieldapp.odata.problems import BadODataQuery
from fieldapp.odata.shape import EntitySet, entity_sets, find_set
from fieldapp.web.fields import is_clean
from fieldapp.web.problems import nothing_here
from fieldapp.web.text import Text

JSON = "application/json;odata.metadata=minimal"
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"basic": []}]
NOT_A_PURPOSE = Text(
    "purpose harus salah satu dari: {known}.", "purpose must be one of: {known}."
)
NOT_TEXT = Text(
    "Ada karakter yang tidak sah di alamat.",
    "There is a character in the address that cannot be.",
)

blueprint = Blueprint(
    "odata",
    __name__,
    url_prefix="/api/v1",
    description="A form's entries as an OData v4 feed, for Excel and Power BI.",
)


@blueprint.get("/forms/<form_id>/odata/")
@requires_with_password(READ)
@blueprint.doc(security=SECURITY)
@blueprint.response(200, {"type": "object"})
def read_service(actor: Actor, form_id: str) -> Response:
    """List the entity sets: the entries, and one for each repeat."""
    with _opened(actor, form_id) as feed:
        content = service_document(feed.base, feed.sets)
    return _response(orjson.dumps(content), JSON)


@blueprint.get("/forms/<form_id>/odata/$metadata")
@requires_with_password(READ)
@blueprint.doc(security=SECURITY)
@blueprint.response(200, {"type": "string"}, content_type="application/xml")
def read_metadata(actor: Actor, form_id: str) -> Response:
    """Describe the entity sets with all types of their properties."""
    with _opened(actor, form_id) as feed:
        return _response(metadata(feed.sets), "application/xml")


@blueprint.get("/forms/<form_id>/odata/<table>")
@requires_with_password(READ)
@blueprint.doc(security=SECURITY)
@blueprint.response(200, {"type": "object"})
def read_rows(actor: Actor, form_id: str, table: str) -> Response:
    """Give the rows of an entity set, a page at a time."""
    given = _given()
    with _asked(actor, form_id, table, given) as asked:
        page = read_page(
            asked.feed.found,
            asked.wanted,
            asked.options,
            base=asked.feed.base,
            given=given,
        )
        log_page(asked.feed.granted, asked.wanted, asked.options, page)
        db.session.commit()
    return _response(page.body, JSON)


@blueprint.get("/forms/<form_id>/odata/<table>/$count")
@requires_with_password(READ)
@blueprint.doc(security=SECURITY)
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def read_count(actor: Actor, form_id: str, table: str) -> Response:
    """Count the rows of an entity set."""
    with _asked(actor, form_id, table, _given()) as asked:
        number = count_rows(asked.feed.found, asked.wanted)
    return _response(str(number).encode(), "text/plain")


@dataclass(frozen=True)
class _Feed:
    granted: Granted
    found: Snapshot
    sets: list[EntitySet]
    base: str
    """The address of the service."""


@dataclass(frozen=True)
class _Asked:
    feed: _Feed
    wanted: EntitySet
    options: Options


@contextmanager
def _opened(actor: Actor, form_id: str) -> Iterator[_Feed]:
    """Open the feed of a form, with all that the actor reads of it."""
    granted = _granted(actor, form_id, _given())
    with snapshot(granted) as found:
        yield _Feed(granted, found, entity_sets(found.layout), _base(form_id))


@contextmanager
def _asked(
    actor: Actor, form_id: str, table: str, given: dict[str, str]
) -> Iterator[_Asked]:
    """Open an entity set, narrowed to what is asked for.

    :raises NotFound: if there is none of that name.
    """
    granted = _granted(actor, form_id, given)
    filtered = read_filter(given["$filter"]) if "$filter" in given else None
    if filtered is not None:
        selection = granted.selection.where(filtered.condition)
        granted = replace(granted, selection=selection)
    with snapshot(granted) as found:
        feed = _Feed(granted, found, entity_sets(found.layout), _base(form_id))
        wanted = find_set(feed.sets, table)
        if wanted is None:
            raise nothing_here()
        yield _Asked(feed, wanted, read_options(given, wanted, filtered))


def _granted(actor: Actor, form_id: str, given: dict[str, str]) -> Granted:
    purpose = given.get("purpose")
    if purpose is not None and purpose not in {*Purpose}:
        raise BadODataQuery(NOT_A_PURPOSE.format(known=", ".join(Purpose)))
    wanted = Wanted(
        form_id=form_id,
        area=given.get("area"),
        purpose=Purpose(purpose) if purpose else None,
    )
    return grant(actor, wanted)


def _given() -> dict[str, str]:
    given = request.args.to_dict()
    if not all(is_clean(name + each) for name, each in given.items()):
        raise BadODataQuery(NOT_TEXT)
    return given


def _base(form_id: str) -> str:
    """Give the address of the service, as the operator or the client says it."""
    config: Config = current_app.config["FIELDAPP"]
    root = config.public_url or request.host_url.rstrip("/")
    return f"{root}{url_for('.read_service', form_id=form_id)}".rstrip("/")


def _response(content: bytes, media_type: str) -> Response:
    headers = {"OData-Version": "4.0", "Cache-Control": "private, no-cache"}
    return Response(content, content_type=media_type, headers=headers)
