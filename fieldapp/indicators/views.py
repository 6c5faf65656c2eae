"""The report of an area over HTTP."""

from datetime import date
from zoneinfo import ZoneInfo

from flask_smorest import Blueprint

from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.indicators.report import read_report
from fieldapp.indicators.schemas import ReportQuery, ReportResponse
from fieldapp.indicators.tables import Report
from fieldapp.places.codes import time_zone
from fieldapp.web import clock

blueprint = Blueprint(
    "reports", __name__, url_prefix="/api/v1", description="The report of an area"
)


@blueprint.get("/areas/<code>/report")
@requires(Permission.READ_REPORT)
@blueprint.arguments(ReportQuery, location="query", as_kwargs=True)
@blueprint.response(200, ReportResponse)
def show_report(
    code: str, first: date | None = None, last: date | None = None
) -> Report:
    """Give the indicators of a village or a higher area, from approved entries.

    Without days: from the first of January until today, by the area's own clock.
    """
    last = last or clock.now().astimezone(ZoneInfo(time_zone(code))).date()
    first = first or last.replace(month=1, day=1)
    return read_report(current_actor(), code, first, last)
