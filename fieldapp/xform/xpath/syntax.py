"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`: parsed, but XForms bind no variables."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Unary minus."""

    operand: Tree


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one precedence level, joined from left to right.

    Kept flat, so that a thousand terms do not need a thousand nested calls.
    """

    operators: tuple[str, ...]
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: tuple[Tree, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: axis, test (a name, `*`, `p:*`, or `node()`), predicates."""

    axis: str
    test: str
    predicates: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A location path; `start` is the filtered expression that it begins with."""

    is_absolute: bool
    start: Tree | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """A primary expression with predicates: `(...)[...]`."""

    primary: Tree
    predicates: tuple[Tree, ...]


Tree: TypeAlias = Number | Text | Variable | Negative | Chain | Call | Path | Filter


def parts_of(tree: Tree) -> tuple[Tree, ...]:
    """Give the expressions directly within an expression."""
    match tree:
        case Negative(operand):
            return (operand,)
        case Chain(_, operands) | Call(_, operands):
            return operands
        case Filter(primary, predicates):
            return (primary, *predicates)
        case Path(_, start, steps):
            inner = tuple(each for step in steps for each in step.predicates)
            return inner if start is None else (start, *inner)
    return ()
