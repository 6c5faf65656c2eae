"""Compose the report of an area: what its forms declare, with the figures read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, Select, func, literal, select

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormVersion
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.indicators.definitions import RANKED, Dimension, Indicator
from fieldapp.indicators.problems import PeriodRefused
from fieldapp.indicators.readings import Sheet, read_ranked, read_sheet
from fieldapp.indicators.rollups import VILLAGE_LEVEL
from fieldapp.indicators.service import indicators_of
from fieldapp.indicators.slices import LOCATED, TOTAL, UNLOCATED, read_slice
from fieldapp.indicators.suppressing import People, hide_small_groups
from fieldapp.indicators.tables import (
    Breakdown,
    Cell,
    FormReport,
    IndicatorReport,
    Named,
    Report,
)
from fieldapp.places.codes import contains, time_zone, within
from fieldapp.places.models import Area
from fieldapp.places.queries import NO_SUCH_AREA, get_area
from fieldapp.submissions.models import SubmissionState, Tally
from fieldapp.web.problems import NotFound
from fieldapp.web.text import Text
from fieldapp.xform.translations import complete

LONGEST = timedelta(days=3660)
"""Ten years: more periods than that would be read row by row."""

WAITING = SubmissionState.RECEIVED

NOT_ANSWERED = Text("tidak diisi", "not answered").as_dict()


def read_report(actor: Actor, code: str, first: date, last: date) -> Report:
    """Read an area's report, with the forms that the actor may see it for.

    Who neither collects there nor works with the people sees no small groups of them.

    :raises NotFound: if there is no such area, or none that the actor may know of.
    :raises PeriodRefused: if the days are in the wrong order or too many.
    """
    area = get_area(code)
    grants = actor.grants_for(Permission.READ_REPORT)
    if not any(contains(grant.area_code, area.code) for grant in grants):
        raise NotFound(NO_SUCH_AREA)
    if not first <= last <= first + LONGEST:
        raise PeriodRefused(days=LONGEST.days)
    forms = [
        form
        for form in db.session.execute(_forms())
        if actor.may(Permission.READ_REPORT, area.code, form.programme_id)
    ]
    form_ids = [form.id for form in forms]
    sheet = read_sheet(area.code, first, last, form_ids)
    waiting = _waiting(area.code, first, last, form_ids)
    is_village = area.level == VILLAGE_LEVEL
    reports = tuple(
        FormReport(
            form_id=form.id,
            title=complete(form.title, form.id),
            waiting=waiting.get(form.id, 0),
            indicators=tuple(
                _Composer(
                    sheet,
                    is_village=is_village,
                    shows_all=_shows_all(actor, area, form.programme_id),
                ).indicator(form.id, indicator)
                for indicator in _indicators(form, sheet)
            ),
        )
        for form in forms
    )
    return Report(area, first, last, time_zone(area.code), reports)


def _shows_all(actor: Actor, area: Area, programme_id: str | None) -> bool:
    """Tell whether somebody works with the people whom a form's figures are about."""
    return any(
        actor.may(permission, area.code, programme_id)
        for permission in (Permission.READ_PERSONAL, Permission.SUBMIT)
    )


def _forms() -> Select[Any]:
    """Select every form with its newest version, without the files."""
    return (
        select(
            *(Form.id, Form.title, Form.programme_id),
            func.max(FormVersion.id).label("newest"),
        )
        .join(FormVersion, FormVersion.form_id == Form.id)
        .group_by(Form.id)
        .order_by(Form.id)
    )


def _waiting(code: str, first: date, last: date, form_ids: list[str]) -> dict[str, int]:
    """Count the entries that wait for a decision, by the day they were made.

    The state is written out, so that an index of what waits alone can be used.
    """
    rows = db.session.execute(
        select(Tally.form_id, func.sum(Tally.number))
        .where(Tally.form_id.in_(form_ids))
        .where(within(Tally.area_code, code))
        .where(Tally.captured_on.between(first, last))
        .where(Tally.state == literal(WAITING, Tally.state.type, literal_execute=True))
        .where(Tally.number > literal(0, literal_execute=True))
        .group_by(Tally.form_id)
    )
    return {form_id: int(number) for form_id, number in rows}


def _indicators(form: Row[Any], sheet: Sheet) -> Iterator[Indicator]:
    """List a form's indicators, then those with figures that only older versions have.

    A name keeps its meaning from version to version; the newest label is shown.
    """
    known: dict[str, Indicator] = {}
    for indicator in indicators_of(form.newest):
        known[indicator.name] = indicator
        yield indicator
    forgotten = sheet.indicators(form.id) - known.keys()
    if not forgotten:
        return
    older = db.session.scalars(
        select(FormVersion.id)
        .where(FormVersion.form_id == form.id, FormVersion.id < form.newest)
        .order_by(FormVersion.id.desc())
    )
    for version_id in older:
        for indicator in indicators_of(version_id):
            if indicator.name in forgotten:
                forgotten.remove(indicator.name)
                yield indicator


class _Composer:
    """Put figures and labels together."""

    def __init__(self, sheet: Sheet, *, is_village: bool, shows_all: bool) -> None:
        self.sheet = sheet
        self.is_village = is_village
        self.shows_all = shows_all

    def indicator(self, form_id: str, indicator: Indicator) -> IndicatorReport:
        """Compose one indicator of a form."""
        if indicator.aggregate in RANKED:
            read_ranked(self.sheet, form_id, indicator)
        whole = self.sheet.reading(form_id, indicator, TOTAL)
        located = not_located = None
        if not self.is_village:
            located = self.sheet.reading(form_id, indicator, LOCATED)
            not_located = self.sheet.reading(form_id, indicator, UNLOCATED)
        report = IndicatorReport(
            name=indicator.name,
            label=indicator.labels,
            unit=indicator.unit,
            aggregate=indicator.aggregate.value,
            value=whole.value,
            number=whole.number,
            numerator=whole.numerator,
            denominator=whole.denominator,
            located=located,
            not_located=not_located,
            breakdowns=tuple(self._breakdowns(form_id, indicator)),
        )
        if self.shows_all or not indicator.is_about_people:
            return report
        people = People(
            *(
                self.sheet.people(form_id, indicator, part)
                for part in (TOTAL, LOCATED, UNLOCATED)
            )
        )
        return hide_small_groups(report, people)

    def _breakdowns(self, form_id: str, indicator: Indicator) -> Iterator[Breakdown]:
        """Compose the breakdowns; those by names of people's own only in a village."""
        answered: dict[tuple[str, ...], list[tuple[str, dict[str, str]]]] = {}
        for part in self.sheet.slices(form_id, indicator.name):
            answers = read_slice(part)
            answered.setdefault(tuple(sorted(answers)), []).append((part, answers))
        groups: list[tuple[Dimension, ...]] = [(item,) for item in indicator.by]
        if len(indicator.by) > 1:
            groups.append(indicator.by)
        for group in groups:
            if not self.is_village and any(item.is_free for item in group):
                continue
            by = tuple(Named(item.name, item.labels) for item in group)
            if not self.shows_all and any(item.is_personal for item in group):
                yield Breakdown(by, (), is_suppressed=True)
                continue
            found = answered.get(tuple(sorted(item.name for item in group)), [])
            cells = [
                self._cell(form_id, indicator, group, part, answers)
                for part, answers in sorted(found, key=_order_of(group))
            ]
            yield Breakdown(by, tuple(cells))

    def _cell(
        self,
        form_id: str,
        indicator: Indicator,
        group: Sequence[Dimension],
        part: str,
        answers: Mapping[str, str],
    ) -> Cell:
        reading = self.sheet.reading(form_id, indicator, part)
        named = tuple(_answer(item, answers[item.name]) for item in group)
        people = self.sheet.people(form_id, indicator, part)
        return Cell(named, reading.value, reading.number, people)


def _answer(dimension: Dimension, answer: str) -> Named:
    label = dimension.choices.get(answer)
    if label is None:
        label = complete({}, answer) if answer else NOT_ANSWERED
    return Named(answer, label)


def _order_of(
    group: Sequence[Dimension],
) -> Callable[[tuple[str, dict[str, str]]], list[tuple[int, str]]]:
    """Order cells as the form orders the choices; other answers behind, by name."""
    places = {
        item.name: {answer: place for place, answer in enumerate(item.choices)}
        for item in group
    }

    def order(item: tuple[str, dict[str, str]]) -> list[tuple[int, str]]:
        answers = item[1]
        return [
            (places[name].get(answers[name], len(places[name])), answers[name])
            for name in places
        ]

    return order
