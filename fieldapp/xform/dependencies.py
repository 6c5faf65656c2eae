"""Order calculates and relevances so that each finds settled what it reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fieldapp.xform.definition import (
    FormDefinition,
    FormError,
    NodeDefinition,
    Path,
    Step,
    StepKind,
    path_text,
)
from fieldapp.xform.refusals import refusal
from fieldapp.xform.xpath import Expression

Key = tuple[Path, StepKind]

MAX_LINKS = 1_000_000
"""Links between formulas, and nodes looked through for references with `*`."""


def order_steps(nodes: Mapping[Path, NodeDefinition]) -> tuple[Step, ...]:
    """Give all conditions and calculates in an order that serves each its input.

    Whether a node is required or read-only may not depend on the node itself either.

    :raises FormError: if some depend on themselves; names the way around.
    """
    steps = {
        (node.path, kind): Step(node.path, kind, expression, node)
        for node in nodes.values()
        for kind, expression in _formulas(node)
        if expression is not None and not _is_always(expression)
    }
    inputs = _Inputs(steps, nodes)
    waits = {key: inputs.of(step) for key, step in steps.items()}
    order: list[Step] = []
    state: dict[Key, bool] = {}
    for key in steps:
        _settle(key, waits, state, steps, order)
    return tuple(order)


def _formulas(
    node: NodeDefinition,
) -> tuple[tuple[StepKind, Expression | None], ...]:
    bind = node.bind
    return (
        ("relevant", bind.relevant),
        ("calculate", bind.calculate),
        ("required", bind.required),
        ("readonly", bind.readonly),
    )


def _is_always(expression: Expression) -> bool:
    """Tell a condition that is none: JavaRosa does not evaluate `true()`."""
    return expression.source.strip() == "true()"


def _settle(
    start: Key,
    waits: Mapping[Key, tuple[Key, ...]],
    state: dict[Key, bool],
    steps: Mapping[Key, Step],
    order: list[Step],
) -> None:
    """Settle one step after all that it waits for; a stack, for deep chains."""
    if start in state:
        return
    state[start] = False
    stack = [(start, iter(waits[start]))]
    while stack:
        key, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            state[key] = True
            order.append(steps[key])
            stack.pop()
        elif following not in state:
            state[following] = False
            stack.append((following, iter(waits[following])))
        elif not state[following]:
            raise _cycle([entry for entry, _ in stack], following)


def _cycle(open_keys: list[Key], back_to: Key) -> FormError:
    around = [*open_keys[open_keys.index(back_to) :], back_to]
    named = tuple((path_text(path), kind) for path, kind in around)
    return refusal("circle", back_to[0], attribute=back_to[1], around=named)


class _Inputs:
    """Names the steps whose outcome a step reads; each path is looked up once."""

    def __init__(
        self, steps: Mapping[Key, Step], nodes: Mapping[Path, NodeDefinition]
    ) -> None:
        self.steps = steps
        self.nodes = nodes
        self.known: dict[Path, tuple[Key, ...]] = {}
        self.left = MAX_LINKS

    def of(self, step: Step) -> tuple[Key, ...]:
        found: dict[Key, None] = {}
        self.spend(_patterns(step.expression) * len(self.nodes))
        for path in expand_references(step.expression, self.nodes):
            keys = self.known.get(path)
            if keys is None:
                keys = self.known[path] = tuple(self.behind(path))
            self.spend(len(keys))
            found.update(dict.fromkeys(keys))
        return tuple(found)

    def behind(self, path: Path) -> Iterator[Key]:
        kind: StepKind
        for kind in ("calculate", "required", "readonly"):
            if (path, kind) in self.steps:
                yield path, kind
        for depth in range(1, len(path) + 1 if path in self.nodes else 0):
            if (path[:depth], "relevant") in self.steps:
                yield path[:depth], "relevant"

    def spend(self, links: int) -> None:
        self.left -= links
        if self.left < 0:
            raise refusal("too-many-links")


def _patterns(expression: Expression) -> int:
    return sum("*" in path for path in expression.references)


def expand_references(
    expression: Expression, nodes: Mapping[Path, NodeDefinition]
) -> Iterable[Path]:
    """Give the nodes that an expression may read, wildcards resolved."""
    root = next(iter(nodes), ())[:1]
    for written in expression.references:
        reference = written if written[:1] in {("*",), ("**",)} else root + written[1:]
        if "*" in reference or "**" in reference:
            yield from (path for path in nodes if matches(path, reference))
        else:
            yield reference


def matches(path: Path, pattern: Path) -> bool:
    """Tell whether a path fits a pattern with `*` (one step) and `**` (any)."""
    reached = {0}
    reached = _skip(reached, pattern)
    for name in path:
        following = {at for at in reached if pattern[at : at + 1] == ("**",)}
        following |= {
            at + 1 for at in reached if pattern[at : at + 1] in {(name,), ("*",)}
        }
        reached = _skip(following, pattern)
    return len(pattern) in reached


def _skip(reached: set[int], pattern: Path) -> set[int]:
    """Step over `**`, which may stand for nothing."""
    pending = list(reached)
    while pending:
        at = pending.pop()
        if pattern[at : at + 1] == ("**",) and at + 1 not in reached:
            reached.add(at + 1)
            pending.append(at + 1)
    return reached


def readers_of(
    steps: Sequence[Step], nodes: Mapping[Path, NodeDefinition]
) -> dict[Path, list[int]]:
    """Give the places of the steps that read each node."""
    readers: dict[Path, list[int]] = {}
    for place, step in enumerate(steps):
        for path in set(expand_references(step.expression, nodes)):
            readers.setdefault(path, []).append(place)
    return readers


def affected_by(path: Path, form: FormDefinition) -> list[Step]:
    """Give the steps that an answer bears on, directly or through others, in order.

    For JavaRosa a node changes with its conditions too, not only with its value.
    """
    steps = (*form.steps, *form.conditions)
    affected: set[int] = set()
    changed = {path}
    pending = [path]
    while pending:
        for place in form.readers.get(pending.pop(), ()):
            if place not in affected:
                affected.add(place)
                new = set(_changed_with(steps[place])) - changed
                changed |= new
                pending += new
    return [steps[place] for place in sorted(affected)]


def _changed_with(step: Step) -> Iterator[Path]:
    pending = [step.node]
    while pending:
        node = pending.pop()
        yield node.path
        if step.kind == "relevant":
            pending += node.children
