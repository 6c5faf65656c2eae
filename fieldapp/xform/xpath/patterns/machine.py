"""A matcher that visits each state at each place of a text at most once.

Its time is bounded by the states times the length of the text, whatever the
expression, where a backtracking matcher may take exponential time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from fieldapp.xform.xpath.errors import XPathLimit
from fieldapp.xform.xpath.patterns.tree import (
    UNBOUNDED,
    Atomic,
    Backreference,
    Character,
    Choice,
    Edge,
    Group,
    Look,
    Part,
    Repeat,
    Sequence,
)

MAX_STATES = 5_000

Special = Repeat | Group | Backreference | Look | Atomic
Captures = tuple[tuple[int, int, int], ...]


class State(NamedTuple):
    """One instruction: what to test or do, and which states may follow."""

    kind: str
    follow: int = 0
    other: int = 0
    test: Callable[[str, int], object] | None = None
    machine: Machine | None = None
    number: int = 0
    behind: bool = False


class Budget:
    """The steps that are left for one match."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.used = 0

    def spend(self, steps: int) -> None:
        """Count steps.

        :raises XPathLimit: if none is left.
        """
        self.used += steps
        if self.used > self.steps:
            raise XPathLimit("a regular expression that takes too many steps")


@dataclass(slots=True)
class Machine:
    """A compiled expression: states, built from the last one to the first."""

    captures: bool
    size: list[int]
    states: list[State] = field(default_factory=list)
    start: int = 0

    @classmethod
    def of(
        cls, part: Part, *, captures: bool, size: list[int] | None = None
    ) -> Machine:
        """Compile an expression; machines of its parts share one limit of states."""
        machine = cls(captures, size if size is not None else [0])
        machine.start = machine.add(part, machine.put(State("match")))
        return machine

    def put(self, state: State) -> int:
        """Enter a state and return its place."""
        self.size[0] += 1
        if self.size[0] > MAX_STATES:
            raise XPathLimit("a regular expression of too many parts")
        self.states.append(state)
        return len(self.states) - 1

    def add(self, part: Part, follow: int) -> int:
        """Enter the states of a part that is followed by a state."""
        if isinstance(part, Character | Edge):
            test = _test(part.source)
            kind = "character" if isinstance(part, Character) else "edge"
            return self.put(State(kind, follow, test=test))
        if isinstance(part, Sequence):
            for inner in reversed(part.parts):
                follow = self.add(inner, follow)
            return follow
        if isinstance(part, Choice):
            first, *others = (self.add(option, follow) for option in part.options)
            for other in others:
                first = self.put(State("either", first, other))
            return first
        return self.add_special(part, follow)

    def add_special(self, part: Special, follow: int) -> int:
        """Enter the states of a part that is more than a choice of characters."""
        if isinstance(part, Repeat):
            return self.add_repeat(part, follow)
        if isinstance(part, Group):
            if not self.captures:
                return self.add(part.part, follow)
            end = self.put(State("end", follow, number=part.number))
            begin = self.add(part.part, end)
            return self.put(State("begin", begin, number=part.number))
        if isinstance(part, Backreference):
            return self.put(State("again", follow, number=part.number))
        if isinstance(part, Look):
            inner = Machine.of(part.part, captures=self.captures, size=self.size)
            kind = "look" if part.wanted else "look-not"
            return self.put(State(kind, follow, machine=inner, behind=part.behind))
        return self.add_atomic(part, follow)

    def add_atomic(self, part: Atomic, follow: int) -> int:
        """Enter a part that is matched on its own, and then never again."""
        inner = Machine.of(part.part, captures=self.captures, size=self.size)
        return self.put(State("atomic", follow, machine=inner))

    def add_repeat(self, repeat: Repeat, follow: int) -> int:
        """Write a repetition out: so often as it must, then so often as it may."""
        if repeat.mode == "+":
            greedy = Repeat(repeat.part, repeat.least, repeat.most, "")
            return self.add_atomic(Atomic(greedy), follow)
        lazy = repeat.mode == "?"
        start = follow
        if repeat.most >= UNBOUNDED:
            start = self.put(State("match"))
            inner = self.add(repeat.part, start)
            self.states[start] = _either(inner, follow, lazy=lazy)
        else:
            for _ in range(repeat.most - repeat.least):
                start = self.put(
                    _either(self.add(repeat.part, start), follow, lazy=lazy)
                )
        for _ in range(repeat.least):
            start = self.add(repeat.part, start)
        return start

    def run(
        self, text: str, start: int, budget: Budget, *, end: int | None = None
    ) -> int | None:
        """Return where the preferred match ends; with `end`, it has to end there."""
        seen: set[tuple[int, int, Captures]] = set()
        stack: list[tuple[int, int, Captures]] = [(self.start, start, ())]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            place, index, captures = current
            budget.spend(1 + len(captures))
            state = self.states[place]
            if state.kind == "match":
                if end is None or index == end:
                    return index
            elif state.kind == "either":
                stack.append((state.other, index, captures))
                stack.append((state.follow, index, captures))
            else:
                after = _step(state, text, index, captures, budget)
                if after is not None:
                    stack.append((state.follow, *after))
        return None


@lru_cache(maxsize=1024)
def _test(source: str) -> Callable[[str, int], object]:
    return re.compile(source).match


def _either(inner: int, follow: int, *, lazy: bool) -> State:
    return State("either", follow, inner) if lazy else State("either", inner, follow)


def _step(
    state: State, text: str, index: int, captures: Captures, budget: Budget
) -> tuple[int, Captures] | None:
    """Take one step; None if it does not match here."""
    if state.test is not None:
        if state.test(text, index) is None:
            return None
        return index + (state.kind == "character"), captures
    if state.machine is not None:
        return _inner(state, state.machine, text, (index, captures), budget)
    if state.kind == "again":
        return _repeated(state.number, text, index, captures)
    begin = index
    if state.kind == "end":
        begin = next(item[1] for item in captures if item[0] == state.number)
    end = index if state.kind == "end" else -1
    return index, _captured(captures, (state.number, begin, end))


def _repeated(
    group: int, text: str, index: int, captures: Captures
) -> tuple[int, Captures] | None:
    for number, begin, end in captures:
        if number == group and end >= 0:
            found = text[begin:end]
            if text.startswith(found, index):
                return index + len(found), captures
    return None


def _captured(captures: Captures, new: tuple[int, int, int]) -> Captures:
    return (*(item for item in captures if item[0] != new[0]), new)


def _inner(
    state: State,
    machine: Machine,
    text: str,
    at: tuple[int, Captures],
    budget: Budget,
) -> tuple[int, Captures] | None:
    index, captures = at
    if state.kind == "atomic":
        after = machine.run(text, index, budget)
        return None if after is None else (after, captures)
    starts = range(index, -1, -1) if state.behind else (index,)
    end = index if state.behind else None
    found = any(
        machine.run(text, start, budget, end=end) is not None for start in starts
    )
    return (index, captures) if found is (state.kind == "look") else None
