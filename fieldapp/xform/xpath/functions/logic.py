"""Functions that decide: conditions, checklists, constants."""

import random as randomness
import string
import uuid as identifiers
from typing import Any

from fieldapp.xform.xpath.code import Closure, Code, as_boolean, sole_value
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import java_int, to_boolean, to_number
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.functions.registry import function, special
from fieldapp.xform.xpath.functions.texts import spread
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call


@function("true", takes="", gives=bool)
def true() -> bool:
    """Return true."""
    return True


@function("false", takes="", gives=bool)
def false() -> bool:
    """Return false."""
    return False


@function("boolean", takes="b", gives=bool)
def boolean(value: bool) -> bool:  # noqa: FBT001 - XPath passes arguments by place.
    """Convert to true or false."""
    return value


@function("not", takes="b", gives=bool)
def negation(value: bool) -> bool:  # noqa: FBT001 - XPath passes arguments by place.
    """Return the opposite."""
    return not value


@special("if", 3, 3)
def build_if(scope: Scope, call: Call) -> Code:
    """Compile if(): only the branch that is chosen is evaluated."""
    condition, then, otherwise = (scope.compile(item) for item in call.arguments)
    test = as_boolean(condition)
    kind = then.kind if then.kind is otherwise.kind else None
    value = _branch(test, then.value, otherwise.value)
    raw = _branch(test, then.raw, otherwise.raw)
    operands = (condition, then, otherwise)
    reads_context = any(operand.reads_context for operand in operands)
    return Code(kind, value, raw, reads_context=reads_context)


def _branch(test: Closure, then: Closure, otherwise: Closure) -> Closure:
    def branch(evaluation: Evaluation) -> Any:
        return then(evaluation) if test(evaluation) else otherwise(evaluation)

    return branch


@special("coalesce", 2, 2)
def build_coalesce(scope: Scope, call: Call) -> Code:
    """Compile coalesce(): the first value, unless it is empty or NaN."""
    first, second = (scope.compile(item) for item in call.arguments)

    def prefer(fallback: Closure, *, unpacked: bool) -> Closure:
        raw = first.raw

        def coalesce(evaluation: Evaluation) -> Any:
            value = first.value(evaluation)
            if value in ("", None) or value != value:  # noqa: PLR0124 - NaN.
                return fallback(evaluation)
            return value if unpacked else raw(evaluation)

        return coalesce

    return Code(
        None,
        prefer(second.value, unpacked=True),
        prefer(second.raw, unpacked=False),
        reads_context=first.reads_context or second.reads_context,
    )


@function("checklist", takes="nnr*", gives=bool, context=True)
def checklist(evaluation: Evaluation, least: float, most: float, *factors: Any) -> bool:
    """Tell whether so many factors are true; below zero is no limit."""
    count = sum(map(to_boolean, spread(evaluation, factors)))
    low, high = java_int(least), java_int(most)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


@function("weighted-checklist", takes="nnrrr*", gives=bool, context=True)
def weighted_checklist(
    evaluation: Evaluation, least: float, most: float, *pairs: Any
) -> bool:
    """Tell whether the weights of the true factors add up to between two limits."""
    if len(pairs) % 2:
        raise XPathTypeError("weighted-checklist() takes a weight for each factor")
    factors, weights = pairs[::2], pairs[1::2]
    if len(pairs) == 2 and all(isinstance(part, list) for part in pairs):  # noqa: PLR2004
        factors = spread(evaluation, factors)
        weights = spread(evaluation, weights)
        if len(factors) != len(weights):
            raise XPathTypeError("weighted-checklist() takes nodesets of equal length")
    total = 0.0
    for factor, weight in zip(factors, weights, strict=True):
        number = to_number(sole_value(evaluation, weight))
        if to_boolean(sole_value(evaluation, factor)):
            total += number
    return least <= total <= most


@special("depend", 1, None)
def build_depend(scope: Scope, call: Call) -> Code:
    """Compile depend(): the first argument; the others only have to be evaluated."""
    first, *others = (scope.compile(item) for item in call.arguments)
    closures = [other.raw for other in others]

    def after(evaluate: Closure) -> Closure:
        def depend(evaluation: Evaluation) -> Any:
            for closure in closures:
                closure(evaluation)
            return evaluate(evaluation)

        return depend

    reads_context = any(code.reads_context for code in (first, *others))
    return Code(None, after(first.value), after(first.raw), reads_context=reads_context)


@function("uuid", takes="|n", gives=str, context=True, volatile=True)
def uuid(_evaluation: Evaluation, length: float | None = None) -> str:
    """Return a random identifier; digits and capitals if a length is given."""
    if length is None:
        return str(identifiers.uuid4())
    wanted = min(java_int(length), _LONGEST_IDENTIFIER)
    return "".join(randomness.choices(_CHARACTERS, k=max(wanted, 0)))  # noqa: S311


_CHARACTERS = string.digits + string.ascii_uppercase
_LONGEST_IDENTIFIER = 32_768


@function("version", takes="", gives=str, context=True)
def version(evaluation: Evaluation) -> str:
    """Return the form's version."""
    return evaluation.form_version


@function("property", takes="s", gives=str, context=True, volatile=True)
def device_property(evaluation: Evaluation, name: str) -> str:
    """Return a property of the device, which only the device knows."""
    return evaluation.device_property(name)
