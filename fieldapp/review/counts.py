"""How many entries stand where, by state, form and area: sums of tallies."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal_column, select

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.places.codes import within
from fieldapp.places.models import COUNTRY, Area
from fieldapp.submissions.models import SubmissionState, Tally
from fieldapp.submissions.queries import area_names
from fieldapp.submissions.scope import visible_tallies

CODE_LENGTHS = (2, 5, 8, 13)
"""Of the codes of provinces, regencies, districts and villages, with their dots."""

Numbers = Mapping[SubmissionState, int]


@dataclass(frozen=True)
class Counts:
    """Numbers of entries by state: in all, by form, and by the areas right below."""

    total: Numbers
    forms: Mapping[str, Numbers]
    areas: Mapping[str, Numbers]
    area_names: Mapping[str, str]


def count_entries(actor: Actor, area: Area, *, form_id: str | None) -> Counts:
    """Count the entries in an area that a person reads."""
    part = _part_below(area)
    statement = (
        select(Tally.form_id, part, Tally.state, func.sum(Tally.number))
        .where(visible_tallies(actor), within(Tally.area_code, area.code))
        .group_by(Tally.form_id, part, Tally.state)
    )
    if form_id is not None:
        statement = statement.where(Tally.form_id == form_id)
    total: dict[SubmissionState, int] = defaultdict(int)
    forms: dict[str, dict[SubmissionState, int]] = defaultdict(lambda: defaultdict(int))
    areas: dict[str, dict[SubmissionState, int]] = defaultdict(lambda: defaultdict(int))
    for form, code, state, number in db.session.execute(statement):
        if number:
            for numbers in (total, forms[form], areas[code]):
                numbers[state] += number
    return Counts(total, forms, areas, area_names(areas))


def _part_below(area: Area) -> ColumnElement[str]:
    """Cut the codes of places to the level right below an area."""
    level = 0 if area.code == COUNTRY else area.level
    length = CODE_LENGTHS[min(level, len(CODE_LENGTHS) - 1)]
    # Literals, since a grouped expression must be the same text twice.
    return func.substr(
        Tally.area_code, literal_column("1"), literal_column(str(length))
    )
