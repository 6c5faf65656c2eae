"""What a person asks for, and whether they may have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select

from fieldapp.authoring.scope import get_visible_form
from fieldapp.exporting.clearing import clearance_for
from fieldapp.exporting.problems import AreaPartlyOutside
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.masking.clearance import Clearance, Purpose
from fieldapp.places.codes import contains
from fieldapp.places.queries import get_area
from fieldapp.submissions.models import Submission, SubmissionState
from fieldapp.submissions.queries import Filters, narrowed
from fieldapp.submissions.scope import visible_submissions
from fieldapp.web.problems import nothing_here

READ = Permission.READ_SUBMISSIONS


@dataclass(frozen=True)
class Wanted:
    """Which entries of a form; None narrows nothing."""

    form_id: str
    area: str | None = None
    state: SubmissionState | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """The first moment that is too late."""
    purpose: Purpose | None = None
    """What it is for, and so how much is masked; None: as one may see it."""


@dataclass(frozen=True)
class Granted:
    """What a person may have of what they asked for: all of it."""

    actor: Actor
    wanted: Wanted
    clearance: Clearance
    areas: Sequence[str]
    """Where it lies, the areas asked for or all of one's own: their logs tell it."""
    selection: Select[Submission]


def grant(actor: Actor, wanted: Wanted) -> Granted:
    """Check that a person may read all that they ask for.

    :raises NotFound: if there is no such form or area, or none they may know of.
    :raises AreaPartlyOutside: if only a part of the area is theirs to read.
    """
    form = get_visible_form(actor, wanted.form_id)
    own = _own_areas(actor, form.programme_id)
    areas = own if wanted.area is None else [_whole(actor, wanted.area, form, own)]
    filters = Filters(
        area=wanted.area,
        form=form.id,
        state=wanted.state,
        received_from=wanted.received_from,
        received_to=wanted.received_to,
    )
    selection = narrowed(visible_submissions(actor, READ), filters)
    clearance = clearance_for(actor, areas, form.programme_id, wanted.purpose)
    return Granted(actor, wanted, clearance, areas, selection)


def _own_areas(actor: Actor, programme_id: str | None) -> list[str]:
    """List the areas whose entries of a programme a person reads, none in another."""
    codes = {
        each.area_code
        for each in actor.grants_for(READ)
        if each.programme_id in (None, programme_id)
    }
    return sorted(
        code
        for code in codes
        if not any(contains(other, code) for other in codes - {code})
    )


def _whole(actor: Actor, code: str, form: Form, own: Sequence[str]) -> str:
    area = get_area(code)
    if actor.may(READ, area.code, form.programme_id):
        return area.code
    inside = [each for each in own if contains(area.code, each)]
    if inside:
        raise AreaPartlyOutside(area.code, inside)
    raise nothing_here()
