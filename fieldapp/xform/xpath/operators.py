"""Closures for the operators, with short ways for what forms write most."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from fieldapp.xform.xpath.code import (
    Closure,
    Code,
    as_boolean,
    as_number,
    computed,
    failing,
)
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import EPSILON, equals, to_number
from fieldapp.xform.xpath.errors import XPathTypeError


def chain(operators: tuple[str, ...], operands: list[Code]) -> Code:
    """Join operands of one precedence level, from left to right."""
    first = operators[0]
    if first == "|":
        return failing("a union of nodesets is not supported", XPathTypeError)
    if first in ("or", "and"):
        join = _any_of if first == "or" else _all_of
        tests = [as_boolean(operand) for operand in operands]
        return computed(bool, join(tests), operands)
    if first in _ARITHMETIC:
        numbers = [as_number(operand) for operand in operands]
        return computed(float, _arithmetic(operators, numbers), operands)
    if len(operators) == 1:
        left, right = operands
        return computed(bool, _comparison(first, left, right), operands)
    return computed(bool, _comparisons(operators, operands), operands)


def negative(operand: Code) -> Code:
    """Negate a number."""
    number = as_number(operand)
    return computed(float, lambda evaluation: -number(evaluation), [operand])


def _any_of(tests: list[Closure]) -> Closure:
    if len(tests) == 2:  # noqa: PLR2004 - The commonest number of operands.
        left, right = tests
        return lambda evaluation: left(evaluation) or right(evaluation)

    def any_of(evaluation: Evaluation) -> bool:
        return any(test(evaluation) for test in tests)

    return any_of


def _all_of(tests: list[Closure]) -> Closure:
    if len(tests) == 2:  # noqa: PLR2004 - The commonest number of operands.
        left, right = tests
        return lambda evaluation: left(evaluation) and right(evaluation)

    def all_of(evaluation: Evaluation) -> bool:
        return all(test(evaluation) for test in tests)

    return all_of


def _comparison(operator: str, left: Code, right: Code) -> Closure:
    if operator in ("=", "!="):
        return equality(operator, left, right)
    if right.literal is not None:
        return _LIMITS[operator](left.value, to_number(right.literal))
    return _ORDERS[operator](as_number(left), as_number(right))


def _comparisons(operators: tuple[str, ...], operands: list[Code]) -> Closure:
    """Compare from left to right: `3 > 2 > 1` compares true with 1."""
    start = operands[0].value
    steps = [
        (_VALUES[operator], operand.value)
        for operator, operand in zip(operators, operands[1:], strict=True)
    ]

    def compare(evaluation: Evaluation) -> Any:
        result = start(evaluation)
        for holds, value in steps:
            result = holds(result, value(evaluation))
        return result

    return compare


_VALUES: dict[str, Callable[[Any, Any], bool]] = {
    "=": equals,
    "!=": lambda left, right: not equals(left, right),
    "<": lambda left, right: to_number(left) < to_number(right),
    "<=": lambda left, right: to_number(left) <= to_number(right),
    ">": lambda left, right: to_number(left) > to_number(right),
    ">=": lambda left, right: to_number(left) >= to_number(right),
}


def equality(operator: str, left: Code, right: Code) -> Closure:
    """Return the closure of `=` or `!=`."""
    wanted = operator == "="
    if left.literal is not None:
        left, right = right, left
    value = left.value
    if isinstance(right.literal, str):
        return _equal_to_text(value, right.literal, wanted=wanted)
    if isinstance(right.literal, float):
        return _equal_to_number(value, right.literal, wanted=wanted)
    other = right.value
    if wanted:
        return lambda evaluation: equals(value(evaluation), other(evaluation))
    return lambda evaluation: not equals(value(evaluation), other(evaluation))


def _equal_to_text(value: Closure, text: str, *, wanted: bool) -> Closure:
    def equal(evaluation: Evaluation) -> bool:
        found = value(evaluation)
        return found == text if found.__class__ is str else equals(found, text)

    def unequal(evaluation: Evaluation) -> bool:
        found = value(evaluation)
        return found != text if found.__class__ is str else not equals(found, text)

    return equal if wanted else unequal


def _equal_to_number(value: Closure, number: float, *, wanted: bool) -> Closure:
    def equal(evaluation: Evaluation) -> bool:
        found = value(evaluation)
        if found.__class__ is not float:
            return equals(found, number) is wanted
        return (abs(found - number) < EPSILON) is wanted

    return equal


def _below(value: Closure, limit: float) -> Closure:
    def below(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return (found if found.__class__ is float else to_number(found)) < limit

    return below


def _at_most(value: Closure, limit: float) -> Closure:
    def at_most(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return (found if found.__class__ is float else to_number(found)) <= limit

    return at_most


def _above(value: Closure, limit: float) -> Closure:
    def above(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return (found if found.__class__ is float else to_number(found)) > limit

    return above


def _at_least(value: Closure, limit: float) -> Closure:
    def at_least(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return (found if found.__class__ is float else to_number(found)) >= limit

    return at_least


_LIMITS = {"<": _below, "<=": _at_most, ">": _above, ">=": _at_least}
_ORDERS: dict[str, Callable[[Closure, Closure], Closure]] = {
    "<": lambda left, right: lambda e: left(e) < right(e),
    "<=": lambda left, right: lambda e: left(e) <= right(e),
    ">": lambda left, right: lambda e: left(e) > right(e),
    ">=": lambda left, right: lambda e: left(e) >= right(e),
}


def divide(left: float, right: float) -> float:
    """Divide as IEEE 754: by zero is infinite, or not a number."""
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """Return the remainder with the sign of the left operand, as XPath's mod."""
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "times": lambda left, right: left * right,
    "div": divide,
    "mod": remainder,
}


def _arithmetic(operators: tuple[str, ...], numbers: list[Closure]) -> Closure:
    first = numbers[0]
    if len(operators) == 1:
        second = numbers[1]
        if operators[0] == "+":
            return lambda evaluation: first(evaluation) + second(evaluation)
        if operators[0] == "-":
            return lambda evaluation: first(evaluation) - second(evaluation)
        if operators[0] == "times":
            return lambda evaluation: first(evaluation) * second(evaluation)
    steps = [
        (_ARITHMETIC[operator], number)
        for operator, number in zip(operators, numbers[1:], strict=True)
    ]

    def total(evaluation: Evaluation) -> float:
        result: float = first(evaluation)
        for combine, number in steps:
            result = combine(result, number(evaluation))
        return result

    return total
