"""The log of an area over HTTP: the chain, and its signed head."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Response, current_app, stream_with_context
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from fieldapp.areas.schemas import SignedHeadResponse
from fieldapp.config import Config
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.identity.scope import get_area_for
from fieldapp.ledger.export import export_lines
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


def _lines(code: str, signed: SignedHead) -> Iterator[bytes]:
    entries = entries_up_to(code, signed.statement["position"])
    return export_lines(code, entries, signed)


def _key() -> Ed25519PrivateKey:
    config: Config = current_app.config["FIELDAPP"]
    return ledger_key(config.ledger_key_file)
