"""Places over HTTP: one with all above it, what lies in it, and search by name."""

from collections.abc import Iterable
from typing import Any

from flask_smorest import Blueprint

from fieldapp.areas.place_schemas import AreaDetail, AreaList, AreaQuery
from fieldapp.extensions import db
from fieldapp.identity.access import signed_in
from fieldapp.places.codes import lineage, time_zone
from fieldapp.places.models import Area
from fieldapp.places.queries import (
    areas_named,
    children_of,
    full_paths,
    get_area,
    list_areas,
)

PUBLIC_LIST = "The list of areas is published by the state; it holds no field data."

blueprint = Blueprint(
    "areas", __name__, url_prefix="/api/v1", description="Places and their codes"
)


@blueprint.get("/areas")
@signed_in(PUBLIC_LIST)
@blueprint.arguments(AreaQuery, location="query")
@blueprint.response(200, AreaList)
def search_areas(query: dict[str, Any]) -> dict[str, Any]:
    """Search areas by the beginning of their name."""
    statement = areas_named(query["q"]).limit(query["limit"])
    if level := query.get("level"):
        statement = statement.where(Area.level == level)
    return _list(db.session.scalars(statement))


@blueprint.get("/areas/<code>")
@signed_in(PUBLIC_LIST)
@blueprint.response(200, AreaDetail)
def read_area(code: str) -> dict[str, Any]:
    """Give one area, with all above it."""
    area = get_area(code)
    above = list_areas(lineage(area.code)[1:])
    path = full_paths([area.code])[area.code]
    return {**_summary(area, path), "above": above, "time_zone": time_zone(code)}


@blueprint.get("/areas/<code>/children")
@signed_in(PUBLIC_LIST)
@blueprint.response(200, AreaList)
def read_children(code: str) -> dict[str, Any]:
    """List what lies directly in an area."""
    area = get_area(code)
    return _list(db.session.scalars(children_of(area.code)))


def _list(areas: Iterable[Area]) -> dict[str, Any]:
    areas = list(areas)
    paths = full_paths(area.code for area in areas)
    return {"items": [_summary(area, paths[area.code]) for area in areas]}


def _summary(area: Area, path: str) -> dict[str, Any]:
    return {
        "code": area.code,
        "kind": area.kind,
        "level": area.level,
        "name": area.name,
        "path": path,
    }
