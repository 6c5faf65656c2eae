"""Functions on dates and times."""

import math
from datetime import date
from typing import Any

from fieldapp.xform.times import read_date
from fieldapp.xform.xpath.code import Code, as_string, computed, constant
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.dates import (
    days_since_epoch,
    format_date,
    fraction_of_day,
    to_date,
)
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.functions.registry import function, special
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call

_INT_MAX = 2_147_483_647
_INT_MIN = -2_147_483_648


@function("today", takes="", gives=date, context=True, volatile=True)
def today(evaluation: Evaluation) -> date:
    """Return the local day of the evaluation."""
    return evaluation.now.date()


@function("now", takes="", gives=date, context=True, volatile=True)
def now(evaluation: Evaluation) -> date:
    """Return the moment of the evaluation."""
    return evaluation.now


@special("date", 1, 1)
def build_date(scope: Scope, call: Call) -> Code:
    """Compile date(): a day written in the form is read once."""
    operand = scope.compile(call.arguments[0])
    if isinstance(operand.literal, str):
        day = read_date(operand.literal)
        if day is not None:
            return constant(day)
    value = operand.value

    def convert(evaluation: Evaluation) -> Any:
        return to_date(value(evaluation), evaluation.zone, keeps_time=False)

    return computed(None, convert, [operand])


@function("date-time", takes="v", gives=None, context=True)
def date_time(evaluation: Evaluation, value: Any) -> Any:
    """Convert to a moment."""
    return to_date(value, evaluation.zone, keeps_time=True)


@function("decimal-date-time", takes="v", gives=None, context=True)
def decimal_date_time(evaluation: Evaluation, value: Any) -> Any:
    """Convert to days since 1970, with their fraction."""
    moment = _moment(evaluation, value)
    if isinstance(moment, date):
        return days_since_epoch(moment, evaluation.zone)
    return moment


@function("decimal-time", takes="v", gives=None, context=True)
def decimal_time(evaluation: Evaluation, value: Any) -> Any:
    """Convert to the fraction of the local day."""
    moment = _moment(evaluation, value)
    if isinstance(moment, date):
        return fraction_of_day(moment, evaluation.now)
    if isinstance(moment, float):
        return moment - math.floor(moment) if not math.isnan(moment) else moment
    return moment


def _moment(evaluation: Evaluation, value: Any) -> Any:
    """Return a date, a number of days in range, or "" as it is."""
    if isinstance(value, float):
        if math.isnan(value) or _INT_MIN <= value <= _INT_MAX:
            return value
        raise XPathTypeError(f"{value} is out of the range of dates")
    return to_date(value, evaluation.zone, keeps_time=True)


def _build_format(scope: Scope, call: Call) -> Code:
    """Compile format-date(): nothing for no date, whatever the pattern is."""
    operands = [scope.compile(argument) for argument in call.arguments]
    value, pattern = operands[0].value, as_string(operands[1])
    evaluated = operands[1].raw

    def formatted(evaluation: Evaluation) -> str:
        moment = to_date(value(evaluation), evaluation.zone, keeps_time=True)
        if not isinstance(moment, date):
            evaluated(evaluation)
            return ""
        return format_date(moment, pattern(evaluation), evaluation.zone)

    return computed(str, formatted, operands)


special("format-date", 2, 2)(_build_format)
special("format-date-time", 2, 2)(_build_format)
