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


@dataclass(slots=True)
class _Pattern:
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


@lru_cache(maxsize=512)
def _pattern(source: str) -> _Pattern:
    part = read_pattern(source)
    try:
        return _Pattern(part, re.compile(to_python(part)))
    except (re.error, OverflowError):  # A look behind of changing width.
        return _Pattern(part, None)


def matches(source: str, text: str, steps: int) -> tuple[bool, int]:
    """Tell whether a pattern matches a whole text, and how many steps it took.

    :raises XPathTypeError: if the pattern cannot be read.
    :raises XPathLimit: if it takes more steps than are left.
    """
    pattern = _pattern(source)
    if pattern.quick is not None and pattern.may_backtrack(len(text)):
        return pattern.quick.fullmatch(text) is not None, 1
    if pattern.machine is None:
        captures = has_backreference(pattern.part)
        pattern.machine = Machine.of(pattern.part, captures=captures)
    budget = Budget(min(steps, MAX_STEPS))
    end = pattern.machine.run(text, 0, budget, end=len(text))
    return end is not None, budget.used
