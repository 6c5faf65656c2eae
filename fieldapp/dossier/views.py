"""The dossier of an area over HTTP."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, current_app
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from fieldapp.config import Config
from fieldapp.dossier.making import Dossier, Order
from fieldapp.dossier.packing import Archive
from fieldapp.dossier.period import Period
from fieldapp.dossier.schemas import DossierRequest
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.identity.scope import get_area_for
from fieldapp.ledger.signing import ledger_key
from fieldapp.masking.clearance import Clearance
from fieldapp.places.codes import time_zone
from fieldapp.submissions.files import file_store
from fieldapp.web import clock

ZIP = "application/zip"

blueprint = Blueprint(
    "dossier", __name__, url_prefix="/api/v1", description="The dossier of an area"
)


@blueprint.post("/areas/<code>/dossier")
@requires(Permission.READ_LEDGER)
@blueprint.arguments(DossierRequest, as_kwargs=True)
@blueprint.alt_response(200, content_type=ZIP, success=True)
def make_dossier(
    code: str,
    purpose: Clearance,
    first: date | None = None,
    last: date | None = None,
) -> ResponseReturnValue:
    """Give the log of an area with all that happened in a period, and the proof.

    Without days: from the first of January until today, by the area's own clock. That
    it was made, for whom and what for, is entered into the log before it is sent.
    """
    actor = current_actor()
    area = get_area_for(actor, Permission.READ_LEDGER, code)
    last = last or clock.now().astimezone(ZoneInfo(time_zone(area.code))).date()
    first = first or last.replace(month=1, day=1)
    archive = _made(Order(actor, Period(area.code, first, last), purpose))
    response = Response(
        archive.chunks(),
        content_type=ZIP,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": "attachment; "
            f'filename="dossier-{code}-{first}-{last}.zip"',
            "Content-Length": str(archive.length()),
        },
    )
    response.call_on_close(archive.close)
    return response


def _made(order: Order) -> Archive:
    config: Config = current_app.config["FIELDAPP"]
    dossier = Dossier(order, file_store(config.files_dir))
    try:
        dossier.draft()
        head = dossier.enter()
        db.session.commit()
        return dossier.bind(head, ledger_key(config.ledger_key_file))
    except BaseException:
        dossier.archive.close()
        raise
