"""A compiled piece of an expression: closures that yield its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.conversions import to_boolean, to_number, to_string, unpack

Closure = Callable[[Evaluation], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """One compiled operand.

    `kind` is the class of what it yields, `list` for a nodeset, None if unknown.
    `value` yields it unpacked, `raw` as it is, `nodes` a nodeset (with `list` only).
    `literal` is set if it is the same everywhere. `reads_context` tells that it
    depends on the context node or position, which a predicate changes.
    """

    kind: type | None
    value: Closure
    raw: Closure
    nodes: Callable[[Evaluation], list[Node]] | None = None
    literal: Any = None
    reads_context: bool = False


def constant(value: Any) -> Code:
    """Return the code of a literal."""

    def literal(_evaluation: Evaluation) -> Any:
        return value

    return Code(type(value), literal, literal, literal=value)


def computed(kind: type | None, value: Closure, operands: list[Code]) -> Code:
    """Return the code of an operation whose result is no nodeset."""
    reads_context = any(operand.reads_context for operand in operands)
    return Code(kind, value, value, reads_context=reads_context)


def value_of(evaluation: Evaluation, node: Node) -> Any:
    """Return a node's value; in a constraint, the candidate's for the context node."""
    if evaluation.dot is not None and node is evaluation.node:
        return evaluation.dot
    return node.value


def sole_value(evaluation: Evaluation, value: Any) -> Any:
    """Unpack a value; in a constraint, the candidate stands for the context node."""
    if isinstance(value, list) and len(value) == 1:
        return value_of(evaluation, value[0])
    return unpack(value)


def chosen(raw: Closure, operands: list[Code], value: Closure | None = None) -> Code:
    """Return the code of an operation that may yield a nodeset."""

    def unpacked(evaluation: Evaluation) -> Any:
        return sole_value(evaluation, raw(evaluation))

    reads_context = any(operand.reads_context for operand in operands)
    return Code(None, value or unpacked, raw, reads_context=reads_context)


def as_number(code: Code) -> Callable[[Evaluation], float]:
    """Return the operand as number() would."""
    value = code.value
    if code.kind is float:
        return value
    if code.literal is not None:
        return constant(to_number(code.literal)).value

    def number(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return found if found.__class__ is float else to_number(found)

    return number


def as_string(code: Code) -> Callable[[Evaluation], str]:
    """Return the operand as string() would."""
    value = code.value
    if code.kind is str:
        return value
    if code.literal is not None:
        return constant(to_string(code.literal)).value

    def string(evaluation: Evaluation) -> Any:
        found = value(evaluation)
        return found if found.__class__ is str else to_string(found)

    return string


def as_boolean(code: Code) -> Callable[[Evaluation], bool]:
    """Return the operand as boolean() would."""
    value = code.value
    if code.kind is bool:
        return value
    if code.literal is not None:
        return constant(to_boolean(code.literal)).value

    def boolean(evaluation: Evaluation) -> bool:
        return to_boolean(value(evaluation))

    return boolean


def failing(reason: str, error: type[Exception]) -> Code:
    """Return the code of what is understood, but has no value in the dialect."""

    def fail(_evaluation: Evaluation) -> Any:
        raise error(reason)

    return Code(None, fail, fail)
