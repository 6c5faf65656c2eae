"""The log of an area over HTTP: the chain, and its signed head."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Response, current_app, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from fieldapp.areas.schemas import SignedHeadResponse
from fieldapp.config import Config
from fieldapp.identity.access import current_actor, public, requires
from fieldapp.identity.permissions import Permission
from fieldapp.identity.scope import get_area_for
from fieldapp.ledger.export import export_lines
from fieldapp.ledger.heads import heads_publisher
from fieldapp.ledger.queries import current_head, entries_up_to
from fieldapp.ledger.signing import SignedHead, ledger_key, sign_head
from fieldapp.web.clock import now

blueprint = Blueprint(
    "log", __name__, url_prefix="/api/v1", description="The log of an area"
)


@blueprint.get("/areas/<code>/log")
@blueprint.alt_response(200, content_type="application/x-ndjson", success=True)
@requires(Permission.READ_LEDGER)
def stream_log(code: str) -> ResponseReturnValue:
    """Stream an area's whole log, with the head signed at this moment."""
    area = get_area_for(current_actor(), Permission.READ_LEDGER, code)
    head = current_head(area.code)
    signed = sign_head(_key(), area.code, head, at=now())
    return Response(
        stream_with_context(_lines(area.code, signed)),
        content_type="application/x-ndjson",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="log-{area.code}.ndjson"',
        },
    )


@blueprint.get("/areas/<code>/log/head")
@blueprint.response(200, SignedHeadResponse)
@requires(Permission.READ_LEDGER)
def read_head(code: str) -> dict[str, object]:
    """Give the signed head of an area's log, to be kept and held against it later."""
    area = get_area_for(current_actor(), Permission.READ_LEDGER, code)
    signed = sign_head(_key(), area.code, current_head(area.code), at=now())
    return signed.as_dict()


@blueprint.get("/heads")
@public("Digests that name no place: whoever keeps them can prove a rewrite.")
@blueprint.alt_response(200, content_type="text/plain", success=True)
@blueprint.alt_response(304, success=True)
def publish_heads() -> ResponseReturnValue:
    """Give all current heads under one signature, without places or positions.

    Whoever keeps the list can prove later, with the log of a village, that it holds
    what it held then. The list is at most a minute old.
    """
    heads = heads_publisher.current(_key())
    response = Response(heads.content, content_type="text/plain; charset=us-ascii")
    response.headers["Cache-Control"] = "public, max-age=60"
    response.set_etag(heads.sha256, weak=True)
    return response.make_conditional(request)


def _lines(code: str, signed: SignedHead) -> Iterator[bytes]:
    entries = entries_up_to(code, signed.statement["position"])
    return export_lines(code, entries, signed)


def _key() -> Ed25519PrivateKey:
    config: Config = current_app.config["FIELDAPP"]
    return ledger_key(config.ledger_key_file)
