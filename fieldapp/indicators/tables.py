"""What a report is made of: figures with labels, in tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fieldapp.indicators.readings import Reading
from fieldapp.places.models import Area

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Named:
    """A question or an answer, with its label in both languages."""

    name: str
    label: Labels


@dataclass(frozen=True)
class Cell:
    """The value for one set of answers."""

    answers: tuple[Named, ...]
    value: Decimal | None
    number: int | None
    people: int = 0
    is_suppressed: bool = False


@dataclass(frozen=True)
class Breakdown:
    """An indicator by one question, or by several at once."""

    by: tuple[Named, ...]
    cells: tuple[Cell, ...]
    is_suppressed: bool = False


@dataclass(frozen=True)
class IndicatorReport:
    """One indicator of one area in one stretch of days, from approved entries."""

    name: str
    label: Labels
    unit: str
    aggregate: str
    value: Decimal | None
    number: int | None
    numerator: Decimal | None
    denominator: Decimal | None
    located: Reading | None
    not_located: Reading | None
    breakdowns: tuple[Breakdown, ...]
    is_suppressed: bool = False


@dataclass(frozen=True)
class FormReport:
    """What one form says about an area, and how many entries still wait."""

    form_id: str
    title: Labels
    waiting: int
    indicators: tuple[IndicatorReport, ...]


@dataclass(frozen=True)
class Report:
    """The report of an area, between two local days."""

    area: Area
    first: date
    last: date
    time_zone: str
    forms: tuple[FormReport, ...]
