"""What a judged record adds to each indicator of its form: pure."""

import hashlib
import hmac
import logging
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from fieldapp.indicators.definitions import (
    KEYED,
    RANKED,
    WEIGHTED,
    Aggregate,
    Dimension,
    Indicator,
)
from fieldapp.indicators.digits import digit_path
from fieldapp.indicators.slices import slices_of
from fieldapp.places.codes import DOTTED_VILLAGE, time_zone
from fieldapp.xform.evaluate import context_of, items_of
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.xpath import Evaluation, Expression, XPathError, to_string, unpack

log = logging.getLogger(__name__)

KEY_BYTES = 16
MAX_DIGITS = 28
"""Decimal's own precision: a longer number is read as the phone reads it."""
FLOAT_DIGITS = ".15g"
"""What a double holds for certain: 0.1 + 0.2 is 0.3, as the author meant."""
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Origin:
    """Where and when a record belongs, as frozen in its submission."""

    form_id: str
    area_code: str
    captured_on: date
    moment: datetime


@dataclass(frozen=True)
class FactDraft:
    """A fact that is not stored yet."""

    indicator: str
    occurred_on: date
    position: int
    slices: tuple[str, ...]
    value: Decimal | None = None
    weight: Decimal | None = None
    key: bytes | None = None
    digits: tuple[str, ...] | None = None


def derive_facts(
    indicators: Sequence[Indicator],
    judgement: Judgement,
    origin: Origin,
    *,
    secret: bytes,
) -> list[FactDraft]:
    """Derive the facts of a record.

    An indicator that cannot be computed over a record adds nothing for it, and the
    log of the server says so: a coordinator cannot repair a form.
    """
    drafts = []
    context = context_of(judgement)
    for indicator in indicators:
        reader = _Reader(indicator, context, origin, secret)
        for position, node in enumerate(_items(indicator, judgement)):
            try:
                drafts += reader.read_with_people(node, position)
            except XPathError as error:
                log.warning(
                    "indicator %s of %s has no value: %s",
                    *(indicator.name, origin.form_id, type(error).__name__),
                )
    return drafts


def _items(indicator: Indicator, judgement: Judgement) -> list[Node]:
    if indicator.over is None:
        return [judgement.root]
    return list(items_of(judgement, indicator.over))


class _Reader:
    """Evaluate one indicator over the items of one record."""

    def __init__(
        self, indicator: Indicator, context: Evaluation, origin: Origin, secret: bytes
    ) -> None:
        self.indicator = indicator
        self.context = context
        self.origin = origin
        self.secret = secret

    def read(self, node: Node, position: int) -> FactDraft | None:
        """Give the fact of one item; None where it adds nothing."""
        indicator, aggregate = self.indicator, self.indicator.aggregate
        self.context.node = node
        if indicator.where is not None and not indicator.where.boolean(self.context):
            return None
        is_number = aggregate not in {Aggregate.COUNT, Aggregate.DISTINCT}
        value = self._number(indicator.value) if is_number else None
        weight = self._number(indicator.weight)
        if not self._is_answered(value, weight):
            return None
        answers = {item.name: self._answers(item) for item in indicator.by}
        is_ranked = aggregate in RANKED and value is not None
        return FactDraft(
            indicator=indicator.name,
            occurred_on=self._occurred_on(),
            position=position,
            slices=tuple(self._slices(answers)),
            value=value,
            weight=weight,
            key=self._key(answers) if aggregate in KEYED else None,
            digits=tuple(digit_path(value))
            if is_ranked and value is not None
            else None,
        )

    def read_with_people(self, node: Node, position: int) -> list[FactDraft]:
        """Give the fact of one item, and who it is about, as far as there are any."""
        draft = self.read(node, position)
        return [] if draft is None else [draft, *self._people(draft)]

    def _people(self, draft: FactDraft) -> Iterator[FactDraft]:
        """Count who a fact is about, in the same slices, where the form says who."""
        people = self.indicator.people
        person = self._text(people) if people is not None else ""
        if person:
            name, form_id = self.indicator.people_name, self.origin.form_id
            key = keyed_hash(self.secret, form_id, name, person)
            yield FactDraft(
                *(name, draft.occurred_on, draft.position, draft.slices), key=key
            )

    def _evaluate(self, expression: Expression) -> XPathValue:
        """Evaluate; of nodes only those that are answered."""
        found = expression.evaluate(self.context)
        if isinstance(found, list):
            return [node for node in found if node.is_relevant and node.text]
        return found

    def _text(self, expression: Expression) -> str:
        found = self._evaluate(expression)
        if isinstance(found, list):
            return found[0].text.strip() if found else ""
        return to_string(found).strip()

    def _number(self, expression: Expression | None) -> Decimal | None:
        if expression is None:
            return None
        found = self._evaluate(expression)
        if not isinstance(found, list):
            return _decimal(found)
        if len(found) == 1 and (exact := _exact(found[0].text)) is not None:
            return exact
        return _decimal(unpack(found))

    def _is_answered(self, value: Decimal | None, weight: Decimal | None) -> bool:
        indicator = self.indicator
        if indicator.aggregate in {Aggregate.COUNT, Aggregate.DISTINCT}:
            return indicator.value is None or bool(self._text(indicator.value))
        needs_weight = indicator.aggregate in WEIGHTED
        return value is not None and (weight is not None or not needs_weight)

    def _answers(self, dimension: Dimension) -> list[str]:
        text = self._text(dimension.answer)
        return text.split() if dimension.is_multiple and text else [text]

    def _slices(self, answers: dict[str, list[str]]) -> list[str]:
        return slices_of(
            answers,
            free=frozenset(item.name for item in self.indicator.by if item.is_free),
            is_located=bool(DOTTED_VILLAGE.fullmatch(self.origin.area_code)),
        )

    def _key(self, answers: dict[str, list[str]]) -> bytes:
        """Hash what is counted once, or the series whose last value counts.

        A series is what is broken down fully, at one place: a store, a group.
        """
        if self.indicator.aggregate is Aggregate.LAST:
            series = (item for found in answers.values() for item in found)
            parts = [self.origin.area_code, *series]
        else:
            value = self.indicator.value
            parts = [self._text(value) if value is not None else ""]
        return keyed_hash(self.secret, self.origin.form_id, self.indicator.name, *parts)

    def _occurred_on(self) -> date:
        period = self.indicator.period
        found = None if period is None else unpack(self._evaluate(period))
        day = _day(found, ZoneInfo(time_zone(self.origin.area_code)))
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            return self.origin.captured_on
        return day


def keyed_hash(secret: bytes, *parts: str) -> bytes:
    """Hash texts that people write in different ways: case and spaces do not count."""
    texts = [
        " ".join(unicodedata.normalize("NFKC", part).casefold().split())
        for part in parts
    ]
    message = "\x1f".join(texts).encode()
    return hmac.new(secret, message, hashlib.sha256).digest()[:KEY_BYTES]


def _exact(text: str) -> Decimal | None:
    """Read a number as it was written, so that no binary fraction enters."""
    text = text.strip()
    if not text or len(text) > MAX_DIGITS:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 40 else None  # noqa: PLR2004 - no quantity has more digits


def _decimal(found: object) -> Decimal | None:
    if isinstance(found, bool):
        return Decimal(int(found))
    if isinstance(found, (int, float)):
        if not math.isfinite(found):
            return None
        return Decimal(format(found, FLOAT_DIGITS))
    return _exact(found) if isinstance(found, str) else None


def _day(found: object, zone: ZoneInfo) -> date | None:
    if isinstance(found, datetime):
        return found.astimezone(zone).date()
    if isinstance(found, date):
        return found
    if isinstance(found, str):
        try:
            return date.fromisoformat(found.strip()[:10])
        except ValueError:
            return None
    return None
