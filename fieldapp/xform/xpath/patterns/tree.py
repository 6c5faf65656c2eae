"""The parts of a regular expression, and what they cost a backtracking matcher."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

UNBOUNDED = 1 << 30
_MANY_WAYS = 1e9


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a class; `source` is its fragment in Python's syntax."""

    source: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts that follow each other; none is the empty expression."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, the first preferred."""

    options: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A quantified part; `mode` is "" (greedy), "?" (lazy) or "+" (possessive)."""

    part: Part
    least: int
    most: int
    mode: str


@dataclass(frozen=True, slots=True)
class Group:
    """A capturing group, numbered from 1."""

    part: Part
    number: int


@dataclass(frozen=True, slots=True)
class Backreference:
    """The text that a group has captured."""

    number: int


@dataclass(frozen=True, slots=True)
class Atomic:
    """A part that is never entered again once it has matched."""

    part: Part


@dataclass(frozen=True, slots=True)
class Look:
    """A condition on what follows, or with `behind` on what stands before."""

    part: Part
    behind: bool
    wanted: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A condition on the place; `source` is its assertion in Python's syntax."""

    source: str


Part: TypeAlias = (
    Character
    | Sequence
    | Choice
    | Repeat
    | Group
    | Backreference
    | Atomic
    | Look
    | Edge
)


def to_python(part: Part) -> str:
    """Write a part in the syntax of Python's `re`."""
    if isinstance(part, Character | Edge):
        return part.source
    if isinstance(part, Sequence):
        return "".join(map(to_python, part.parts))
    if isinstance(part, Choice):
        return f"(?:{'|'.join(map(to_python, part.options))})"
    if isinstance(part, Repeat):
        most = "" if part.most >= UNBOUNDED else str(part.most)
        return f"(?:{to_python(part.part)}){{{part.least},{most}}}{part.mode}"
    if isinstance(part, Backreference):
        return f"(?:\\{part.number})"
    return f"({_group_kind(part)}{to_python(part.part)})"


def _group_kind(part: Group | Atomic | Look) -> str:
    if isinstance(part, Look):
        return f"?{'<' * part.behind}{'=' if part.wanted else '!'}"
    return "" if isinstance(part, Group) else "?>"


def cost(part: Part, length: int) -> float:
    """Bound the ways in which a backtracking matcher can try a part on a text."""
    if isinstance(part, Sequence):
        return math.prod(cost(inner, length) for inner in part.parts)
    if isinstance(part, Choice):
        return sum(cost(option, length) for option in part.options)
    if isinstance(part, Repeat):
        return _repeat_cost(part, length)
    if isinstance(part, Group | Atomic | Look):
        return cost(part.part, length)
    return math.inf if isinstance(part, Backreference) else 1.0


def _repeat_cost(repeat: Repeat, length: int) -> float:
    times = min(repeat.most, length + 1)
    if isinstance(repeat.part, Character):
        return float(max(times - repeat.least, 0) + 1)
    inner = cost(repeat.part, length)
    if inner == 1.0 and _is_fixed(repeat.part):
        return float(max(times - repeat.least, 0) + 1)
    if times >= 20 or inner > _MANY_WAYS:  # noqa: PLR2004 - Too many, whatever follows.
        return math.inf
    return (inner + 1.0) ** times


def _is_fixed(part: Part) -> bool:
    """Tell whether a part always matches the same, positive number of characters."""
    if isinstance(part, Sequence):
        return bool(part.parts) and all(map(_is_fixed, part.parts))
    if isinstance(part, Group | Atomic):
        return _is_fixed(part.part)
    if isinstance(part, Repeat):
        return part.least == part.most > 0 and _is_fixed(part.part)
    return isinstance(part, Character)


def has_backreference(part: Part) -> bool:
    """Tell whether a part depends on what a group has captured."""
    if isinstance(part, Sequence):
        return any(map(has_backreference, part.parts))
    if isinstance(part, Choice):
        return any(map(has_backreference, part.options))
    if isinstance(part, Repeat | Group | Atomic | Look):
        return has_backreference(part.part)
    return isinstance(part, Backreference)
