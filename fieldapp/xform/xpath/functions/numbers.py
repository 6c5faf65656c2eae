"""Functions on numbers. What is undefined is NaN, as in Java's Math."""

import math
import random as randomness
from collections.abc import Callable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from fieldapp.xform.xpath import arcs
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import java_int, to_integer, to_number
from fieldapp.xform.xpath.functions.registry import function
from fieldapp.xform.xpath.functions.texts import spread

_MOST_PLACES = 30
_SMALLEST = 5e-324  # Java's Double.MIN_VALUE, with which JavaRosa's max() begins.
_LARGEST = 1.7976931348623157e308
_LONG_MAX, _LONG_MIN = 9.223372036854775807e18, -9.223372036854775808e18
_EXACT = Context(prec=400)
_FINE = Context(prec=40)


@function("number", takes="n", gives=float)
def number(value: float) -> float:
    """Convert to a number."""
    return value


@function("int", takes="n", gives=float)
def integer(value: float) -> float:
    """Cut off the fraction."""
    return to_integer(value)


@function("round", takes="n|n", gives=float)
def rounded(value: float, places: float = 0.0) -> float:
    """Round to places after the point, halves up; before it if negative."""
    if math.isnan(value) or math.isinf(value):
        return value
    digits = java_int(places)
    if abs(digits) > _MOST_PLACES:
        return math.nan
    exact = Decimal(repr(value))
    if digits >= 0:
        method = ROUND_HALF_DOWN if value < 0 else ROUND_HALF_UP
        return float(exact.quantize(Decimal(1).scaleb(-digits), method, _EXACT))
    shifted = float(exact.scaleb(digits, _EXACT)) + 0.5
    whole = int(max(_LONG_MIN, min(_LONG_MAX, shifted)))
    return float(Decimal(repr(float(whole))).scaleb(-digits, _EXACT))


def _defined(compute: Callable[..., float]) -> Callable[..., float]:
    """Wrap a function of `math`: NaN where it is not defined."""

    def body(*values: float) -> float:
        try:
            return compute(*values)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return body


def power(base: float, exponent: float) -> float:
    """Raise to a power, with Java's answers where Python raises errors."""
    if abs(base) == 1 and (math.isinf(exponent) or math.isnan(exponent)):
        return math.nan
    try:
        return math.pow(base, exponent)
    except OverflowError:
        is_odd = math.fmod(exponent, 2) in (1.0, -1.0)
        return -math.inf if base < 0 and is_odd else math.inf
    except ValueError:
        if base:
            return math.nan
        is_odd = math.fmod(exponent, 2) == -1.0
        return math.copysign(math.inf, base) if is_odd else math.inf


def logarithm(method: Callable[[Decimal], Decimal]) -> Callable[[float], float]:
    """Make a logarithm that is right to the last digit, as Java's mostly is."""

    def body(value: float) -> float:
        if 0 < value < math.inf:
            return float(method(Decimal(value)))
        if value == 0:
            return -math.inf
        return value if value > 0 else math.nan

    return body


_ON_ONE_NUMBER: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "acos": arcs.acos,
    "asin": arcs.asin,
    "atan": arcs.atan,
    "cos": math.cos,
    "exp": math.exp,
    "exp10": lambda value: power(10.0, value),
    "log": logarithm(_FINE.ln),
    "log10": logarithm(_FINE.log10),
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
for _name, _compute in _ON_ONE_NUMBER.items():
    function(_name, takes="d", gives=float)(_defined(_compute))
function("atan2", takes="dd", gives=float)(arcs.atan2)
function("pow", takes="dd", gives=float)(power)


@function("pi", takes="", gives=float)
def pi() -> float:
    """Return the number pi."""
    return math.pi


@function("random", takes="", gives=float, volatile=True)
def random() -> float:
    """Return a random number from 0 to below 1."""
    return randomness.random()  # noqa: S311 - Forms draw samples with it, no secrets.


@function("max", takes="r*", gives=float, context=True)
def maximum(evaluation: Evaluation, *values: Any) -> float:
    """Return the largest number; JavaRosa knows none below zero."""
    return _extreme(evaluation, values, max, _SMALLEST)


@function("min", takes="r*", gives=float, context=True)
def minimum(evaluation: Evaluation, *values: Any) -> float:
    """Return the smallest number."""
    return _extreme(evaluation, values, min, _LARGEST)


def _extreme(
    evaluation: Evaluation,
    values: tuple[Any, ...],
    choose: Callable[[float, float], float],
    start: float,
) -> float:
    found = [
        value
        for value in map(to_number, spread(evaluation, values))
        if not math.isnan(value)
    ]
    result = start
    for value in found:
        result = choose(result, value)
    return result if found else math.nan
