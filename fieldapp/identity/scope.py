"""The one place where a person's grants become a WHERE clause."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.identity.permissions import Actor, Grant, Permission
from fieldapp.places.codes import within
from fieldapp.places.models import Area
from fieldapp.places.queries import NO_SUCH_AREA, get_area
from fieldapp.web.problems import NotFound

ProgrammeCondition = Callable[[str], ColumnElement[bool]]
"""Given a programme's id, says in SQL that a row belongs to it."""


def get_area_for(actor: Actor, permission: Permission, code: str) -> Area:
    """Get an area on the whole of which the actor has a permission.

    :raises NotFound: if there is none, or none that the actor may know of: both
        answers are the same.
    """
    area = get_area(code)
    if not actor.may(permission, area.code):
        raise NotFound(NO_SUCH_AREA)
    return area


def area_condition(
    actor: Actor,
    permission: Permission,
    area_column: InstrumentedAttribute[str],
    programme_condition: ProgrammeCondition | None = None,
) -> ColumnElement[bool]:
    """Build the condition that a row lies where the actor has a permission.

    A grant limited to a programme opens nothing where no ``programme_condition``
    can tell whose a row is.
    """
    conditions = [
        _grant_condition(grant, area_column, programme_condition)
        for grant in actor.grants_for(permission)
    ]
    return or_(*conditions) if conditions else false()


def _grant_condition(
    grant: Grant,
    area_column: InstrumentedAttribute[str],
    programme_condition: ProgrammeCondition | None,
) -> ColumnElement[bool]:
    area = within(area_column, grant.area_code)
    if grant.programme_id is None:
        return area
    if programme_condition is None:
        return false()
    return and_(area, programme_condition(grant.programme_id))
