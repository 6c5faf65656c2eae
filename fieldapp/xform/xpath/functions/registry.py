"""The registry of functions: each with its name, arity, and how it is compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.code import (
    Closure,
    Code,
    as_boolean,
    as_number,
    as_string,
    chosen,
    computed,
    constant,
)
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import to_number
from fieldapp.xform.xpath.dates import local_days_since_epoch
from fieldapp.xform.xpath.errors import XPathError
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the dialect, and how many arguments it takes (None: any)."""

    name: str
    minimum: int
    maximum: int | None
    build: Callable[[Scope, Call], Code]

    def takes(self, count: int) -> bool:
        """Tell whether the function can be called with so many arguments."""
        return self.minimum <= count and (self.maximum is None or count <= self.maximum)


FUNCTIONS: dict[str, Function] = {}


def register(function: Function) -> None:
    """Enter a function.

    :raises ValueError: if its name is taken.
    """
    if function.name in FUNCTIONS:
        raise ValueError(f"the function {function.name} is registered twice")
    FUNCTIONS[function.name] = function


Build = Callable[[Scope, Call], Code]


def special(name: str, minimum: int, maximum: int | None) -> Callable[[Build], Build]:
    """Register a function that compiles its own arguments."""

    def decorate(build: Build) -> Build:
        register(Function(name, minimum, maximum, build))
        return build

    return decorate


def function(
    *names: str,
    takes: str,
    gives: type | None,
    context: bool = False,
    volatile: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a plain Python function.

    `takes` has a letter for each argument: s text, n number, b boolean, d number or
    a date's days, v the unpacked value, r the raw value or nodeset. After `|` they
    may be missing; the last one before a final `*` may stand any number of times.
    With `context`, the function gets the evaluation first.
    """
    required, _, optional = takes.partition("|")
    repeated = takes[-2] if takes.endswith("*") else ""
    letters = (required + optional).removesuffix(f"{repeated}*" if repeated else "")
    minimum = len(required.removesuffix(f"{repeated}*" if repeated else ""))
    maximum = None if repeated else len(letters)

    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        def build(scope: Scope, call: Call) -> Code:
            operands = [scope.compile(argument) for argument in call.arguments]
            wanted = letters.ljust(len(operands), repeated or " ")
            closures = [
                _CONVERSIONS[letter](operand)
                for letter, operand in zip(wanted, operands, strict=False)
            ]
            if volatile:
                scope.findings.is_volatile = True
            if gives is list:
                return chosen(_call_with(body, closures), operands)
            if context:
                return computed(gives, _call_with(body, closures), operands)
            code = computed(gives, _call(body, closures), operands)
            return code if volatile else _folded(code, body, closures, operands)

        for name in names:
            register(Function(name, minimum, maximum, build))
        return body

    return decorate


def _as_days(code: Code) -> Closure:
    """Return the operand as a number, a date as days with their fraction.

    JavaRosa counts whole days where the date is a node's (XPathFuncExpr.toDouble).
    """
    if code.kind is list:
        return as_number(code)
    raw = code.raw

    def days(evaluation: Evaluation) -> float:
        found = raw(evaluation)
        if isinstance(found, date):
            return local_days_since_epoch(found, evaluation.zone)
        return to_number(found)

    return days


def _value(code: Code) -> Closure:
    return code.value


def _raw(code: Code) -> Closure:
    return code.raw


_CONVERSIONS: dict[str, Callable[[Code], Closure]] = {
    "s": as_string,
    "n": as_number,
    "b": as_boolean,
    "d": _as_days,
    "v": _value,
    "r": _raw,
}


def _call(body: Callable[..., Any], closures: list[Closure]) -> Closure:
    if not closures:
        return lambda _evaluation: body()
    if len(closures) == 1:
        (only,) = closures
        return lambda evaluation: body(only(evaluation))
    if len(closures) == 2:  # noqa: PLR2004 - As common as one.
        first, second = closures
        return lambda evaluation: body(first(evaluation), second(evaluation))
    return lambda evaluation: body(*[closure(evaluation) for closure in closures])


def _call_with(body: Callable[..., Any], closures: list[Closure]) -> Closure:
    if not closures:
        return body
    return lambda evaluation: body(
        evaluation, *[closure(evaluation) for closure in closures]
    )


_NOWHERE = Evaluation(Node(""), Node(""))


def _folded(
    code: Code,
    body: Callable[..., Any],
    closures: list[Closure],
    operands: list[Code],
) -> Code:
    """Compute a call on literals once, unless it fails: then it shall fail later.

    The days of a date depend on the zone, and so on the evaluation.
    """
    literals = [operand.literal for operand in operands]
    if any(literal is None or isinstance(literal, date) for literal in literals):
        return code
    try:
        return constant(body(*[closure(_NOWHERE) for closure in closures]))
    except XPathError:
        return code
