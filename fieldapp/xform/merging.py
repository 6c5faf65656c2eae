"""Equal formulas of several nodes are one formula to JavaRosa (`Triggerable`).

It is evaluated once, from where all these nodes are, so that `count(/data/item) > 1`
inside the repeat counts all items if a node outside has the same formula. Formulas
with relative references differ between nodes, or their nodes are siblings.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from fieldapp.xform.definition import Path, Step
from fieldapp.xform.xpath import compile_xpath

_SPACE = re.compile(r"\s+")
_RELATIVE = re.compile(
    r"(?<![\w.)\]])\.|\bcurrent\s*\(|(?<![\w/:.$)\]'\"-])[A-Za-z_][\w-]*\s*/"
)


def merge_steps(steps: Iterable[Step], repeats: frozenset[Path]) -> tuple[Step, ...]:
    """Give equal formulas their common context, where it makes a difference."""
    ordered = tuple(steps)
    groups: dict[tuple[str, str, frozenset[Path]], list[Step]] = {}
    for step in ordered:
        source = _SPACE.sub("", step.expression.source)
        if not _RELATIVE.search(step.expression.source):
            key = (step.kind, source, step.expression.references)
            groups.setdefault(key, []).append(step)
    merged: dict[tuple[Path, str], Step] = {}
    for group in groups.values():
        around = _common([step.path for step in group])
        if len(group) > 1 and any(_is_split(each, around, repeats) for each in group):
            expression = compile_xpath(
                group[0].expression.source, context=around, defer_unknown=True
            )
            for step in group:
                merged[step.path, step.kind] = replace(
                    step, expression=expression, depth=len(around)
                )
    return tuple(merged.get((step.path, step.kind), step) for step in ordered)


def _common(paths: list[Path]) -> Path:
    """Give the path of the closest node around all of some nodes."""
    first, last = min(paths), max(paths)
    depth = 0
    while depth < min(len(first), len(last)) and first[depth] == last[depth]:
        depth += 1
    return first[: max(depth, 1)]


def _is_split(step: Step, around: Path, repeats: frozenset[Path]) -> bool:
    """Tell whether a repeat stands between a node and the common context."""
    return any(
        step.path[:depth] in repeats
        for depth in range(len(around) + 1, len(step.path) + 1)
    )
