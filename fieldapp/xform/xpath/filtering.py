"""Predicates: closures that keep some of the nodes of one level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.code import Closure
from fieldapp.xform.xpath.context import Evaluation, spend
from fieldapp.xform.xpath.conversions import equals, to_string
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.operators import equality
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call, Chain, Number, Path, Text, Tree

_TEST_STEPS = 4
_PARTS_PER_STEP = 4

Filter = Callable[[Evaluation, list[Node]], list[Node]]


def make_filter(
    predicate: Tree, scope: Scope, name: str, outer: Scope | None = None
) -> Filter:
    """Compile a predicate on siblings called `name`.

    Only what is true is kept: JavaRosa takes a number for no position. `outer` is
    the scope of the whole path where JavaRosa filters rows of a secondary instance
    by index; it then looks up what the predicate compares them with from there
    (EqualityExpressionIndexFilterStrategy, ComparisonExpressionCacheFilterStrategy).
    """
    if outer is not None:
        return _filter_rows(predicate, scope, name, outer)
    if isinstance(predicate, Chain) and predicate.operators == ("=",):
        left, right = predicate.operands
        left_code, right_code = map(scope.compile, predicate.operands)
        for side, wanted in ((left, right_code), (right, left_code)):
            key = _child_name(side)
            if key is not None and not wanted.reads_context:
                return _filter_by_key(name, key, wanted.value)
        return _filter_each(equality("=", left_code, right_code))
    return _filter_each(*_test(predicate, scope))


def _test(predicate: Tree, scope: Scope) -> tuple[Closure, int]:
    """Compile a predicate, and say what it costs to try it on one node."""
    before = scope.findings.size
    test = scope.compile(predicate).raw
    return test, _TEST_STEPS + (scope.findings.size - before) // _PARTS_PER_STEP


def _filter_rows(predicate: Tree, scope: Scope, name: str, outer: Scope) -> Filter:
    each = _filter_each(*_test(predicate, scope))
    parts: tuple[Tree, ...] = (predicate,)
    if isinstance(predicate, Chain) and predicate.operators in (("and",), ("or",)):
        parts = predicate.operands
    sides = [found for part in parts if (found := _sides(part)) is not None]
    if len(sides) != len(parts):
        return each
    wanted = [outer.compile(other).value for _, other in sides]
    if isinstance(predicate, Chain) and predicate.operators == ("=",):
        return _filter_by_index(name, (scope, sides[0][0]), wanted[0], each)
    if all(isinstance(other, Number | Text) for _, other in sides):
        return each

    def keep(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        for value in wanted:
            value(evaluation)
        return each(evaluation, nodes)

    return keep


_COMPARISONS = {"=", "!=", "<", "<=", ">", ">="}
_COMPARING_FUNCTIONS = {
    "regex",
    "starts-with",
    "ends-with",
    "contains",
    "substr",
    "substring-before",
    "substring-after",
    "concat",
    "join",
}


def _sides(part: Tree) -> tuple[Path, Tree] | None:
    """Part a comparison into the row's own path, and what it is compared with."""
    operands: tuple[Tree, ...] = ()
    if isinstance(part, Chain) and len(part.operators) == 1:
        operands = part.operands if part.operators[0] in _COMPARISONS else ()
    elif isinstance(part, Call) and part.name in _COMPARING_FUNCTIONS:
        operands = part.arguments
    if len(operands) != 2:  # noqa: PLR2004 - A comparison has two sides.
        return None
    own, other = operands if _is_relative(operands[0]) else reversed(operands)
    if not isinstance(own, Path) or not _is_relative(own) or _is_relative(other):
        return None
    return (own, other) if isinstance(other, Path | Number | Text) else None


def _is_relative(tree: Tree) -> bool:
    return isinstance(tree, Path) and not tree.is_absolute and tree.start is None


def _filter_by_index(
    name: str, own: tuple[Scope, Path], wanted: Closure, each: Filter
) -> Filter:
    scope, path = own
    key = _child_name(path)
    by_value = _filter_each_equal(scope.compile(path).value)

    def keep(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        value = wanted(evaluation)
        if value.__class__ is not str:
            return each(evaluation, nodes)
        if key is not None and nodes and nodes[0].parent is not None:
            index = _index(nodes[0].parent, nodes, name, key)
            if index is not None:
                return index.get(value, _NOTHING)
        return by_value(value)(evaluation, nodes)

    return keep


def _filter_each_equal(own: Closure) -> Callable[[str], Filter]:
    return lambda wanted: _filter_each(
        lambda evaluation: to_string(own(evaluation)) == wanted
    )


def _filter_each(test: Closure, cost: int = _TEST_STEPS) -> Filter:
    def keep(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        node, position = evaluation.node, evaluation.position
        current = evaluation.current
        if current is None:
            evaluation.current = node
        spend(evaluation, cost * len(nodes))
        kept = []
        try:
            for index, candidate in enumerate(nodes, 1):
                evaluation.node = candidate
                evaluation.position = index
                if test(evaluation) is True:
                    kept.append(candidate)
        finally:
            evaluation.node, evaluation.position = node, position
            evaluation.current = current
        return kept

    return keep


def _child_name(tree: Tree) -> str | None:
    if not isinstance(tree, Path) or not _is_relative(tree):
        return None
    if len(tree.steps) != 1 or tree.steps[0].predicates:
        return None
    step = tree.steps[0]
    is_name = step.axis == "child" and not step.test.endswith(("*", ")"))
    return step.test if is_name else None


def _filter_by_key(name: str, key: str, wanted: Closure) -> Filter:
    """Return a filter that evaluates the wanted value once, and may use an index."""

    def keep(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        if not nodes:
            return nodes
        value = _within(evaluation, nodes[0], wanted)
        if value.__class__ is str and nodes[0].parent is not None:
            index = _index(nodes[0].parent, nodes, name, key)
            if index is not None:
                return index.get(value, _NOTHING)
        spend(evaluation, len(nodes))
        return [node for node in nodes if equals(_key_of(node, key), value)]

    return keep


_NOTHING: list[Node] = []


def _within(evaluation: Evaluation, node: Node, wanted: Closure) -> Any:
    """Evaluate what does not depend on the sibling, once for all of them."""
    outer, current = evaluation.node, evaluation.current
    if current is None:
        evaluation.current = outer
    evaluation.node = node
    try:
        return wanted(evaluation)
    finally:
        evaluation.node, evaluation.current = outer, current


def _key_of(node: Node, key: str) -> Any:
    children = node.by_name.get(key)
    if children is None:
        return ""
    relevant = [child for child in children if child.is_relevant]
    if not relevant:
        return ""
    if len(relevant) > 1:
        raise XPathTypeError(f"{key} is repeated: say which one is meant")
    return relevant[0].value


def _index(
    parent: Node, nodes: list[Node], name: str, key: str
) -> dict[str, list[Node]] | None:
    """Return the nodes by the text of their key, where the tree never changes."""
    if parent.indexes is None or nodes is not parent.by_name.get(name):
        return None
    found = parent.indexes.get((name, key))
    if found is None:
        found = {}
        for node in nodes:
            text = _key_of(node, key)
            if text.__class__ is not str:
                return None
            found.setdefault(text, []).append(node)
        parent.indexes[(name, key)] = found
    return found
