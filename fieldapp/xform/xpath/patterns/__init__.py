"""Java's regular expressions, without catastrophic backtracking.

A pattern is read into parts first. Where the parts show that backtracking can try
only few ways on a text of this length, Python's `re` matches it; everything else
goes to a machine that visits each state once for each place, on a budget.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from fieldapp.xform.xpath.patterns.machine import Budget, Machine
from fieldapp.xform.xpath.patterns.reading import read_pattern
from fieldapp.xform.xpath.patterns.tree import Part, cost, has_backreference, to_python

MAX_WAYS = 50_000.0
MAX_STEPS = 100_000
_STEPS_PER_STATE = 4
MAX_WRITTEN = 20_000
"""Characters in Python's syntax, where a class of Unicode alone has thousands."""


@dataclass(slots=True)
class Pattern:
    """An expression that was read; it may be shared between threads."""

    part: Part
    quick: re.Pattern[str] | None
    machine: Machine | None = None
    quick_up_to: int = -1

    def may_backtrack(self, length: int) -> bool:
        """Tell whether a text is short enough; the ways only grow with its length."""
        if length <= self.quick_up_to:
            return True
        if cost(self.part, length) * (length + 1) > MAX_WAYS:
            return False
        self.quick_up_to = length
        return True


@lru_cache(maxsize=64)
def read(source: str) -> Pattern:
    """Read an expression.

    :raises XPathTypeError: if Java would not compile it, or we do not know its syntax.
    :raises XPathLimit: if it is too long or too deeply nested.
    """
    part = read_pattern(source)
    written = to_python(part)
    if len(written) > MAX_WRITTEN:
        return Pattern(part, None)
    try:
        return Pattern(part, re.compile(written))
    except (re.error, OverflowError):  # A look behind of changing width.
        return Pattern(part, None)


def matches(source: str | Pattern, text: str, steps: int) -> tuple[bool, int]:
    """Tell whether a pattern matches a whole text, and how many steps it took.

    :raises XPathTypeError: if the pattern cannot be read.
    :raises XPathLimit: if it takes more steps than are left.
    """
    pattern = read(source) if isinstance(source, str) else source
    if pattern.quick is not None and pattern.may_backtrack(len(text)):
        return pattern.quick.fullmatch(text) is not None, 1
    if pattern.machine is None:
        captures = has_backreference(pattern.part)
        pattern.machine = Machine.of(pattern.part, captures=captures)
    budget = Budget(min(steps, MAX_STEPS))
    if isinstance(source, str):
        budget.spend(_STEPS_PER_STATE * pattern.machine.size[0])
    end = pattern.machine.run(text, 0, budget, end=len(text))
    return end is not None, budget.used
