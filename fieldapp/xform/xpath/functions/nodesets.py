"""Functions on nodesets and repeats."""

import hashlib
import math
import random as randomness
from collections.abc import Callable
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.code import Closure, Code, as_number, chosen, computed
from fieldapp.xform.xpath.context import Evaluation, spend
from fieldapp.xform.xpath.conversions import java_int, to_number, to_string, unpack
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.functions.registry import function, special
from fieldapp.xform.xpath.functions.texts import spread
from fieldapp.xform.xpath.paths import WILDCARD, Route, find_route
from fieldapp.xform.xpath.scope import Scope
from fieldapp.xform.xpath.syntax import Call, Path
from fieldapp.xform.xpath.walking import (
    ancestor,
    attributes_of,
    nth_children,
    walk_down,
)


def nodes_of(value: Any, name: str) -> list[Node]:
    """Return a nodeset.

    :raises XPathTypeError: if the value is none.
    """
    if isinstance(value, list):
        return value
    raise XPathTypeError(f"{name}() takes a nodeset")


@function("count", takes="r", gives=float)
def count(value: Any) -> float:
    """Count the nodes."""
    return float(len(nodes_of(value, "count")))


@function("count-non-empty", takes="r", gives=float, context=True)
def count_non_empty(evaluation: Evaluation, value: Any) -> float:
    """Count the nodes that have a value or children; of the primary instance only."""
    nodes = nodes_of(value, "count-non-empty")
    if nodes and _root_of(nodes[0]) is not evaluation.root:
        raise XPathTypeError("count-non-empty() counts in the record only")
    return float(sum(bool(node.children) or node.value != "" for node in nodes))


def _root_of(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


@function("sum", takes="r", gives=float, context=True)
def total(evaluation: Evaluation, value: Any) -> float:
    """Add up what is a number."""
    nodes = nodes_of(value, "sum")
    result = 0.0
    for item in spread(evaluation, (nodes,)):
        number = item if item.__class__ is float else to_number(item)
        if not math.isnan(number):
            result += number
    return result


@special("position", 0, 1)
def build_position(scope: Scope, call: Call) -> Code:
    """Compile position(): in the nodeset that is filtered, else among siblings."""
    if not call.arguments:
        return Code(float, _own_position, _own_position, reads_context=True)
    operand = scope.compile(call.arguments[0])
    nodes = operand.raw

    def position(evaluation: Evaluation) -> float:
        found = nodes_of(nodes(evaluation), "position")
        return float(found[0].position) if found else 0.0

    return computed(float, position, [operand])


def _own_position(evaluation: Evaluation) -> float:
    position = evaluation.position
    return float(evaluation.node.position if position is None else position)


@special("indexed-repeat", 3, 11)
def build_indexed_repeat(scope: Scope, call: Call) -> Code:
    """Compile indexed-repeat(field, repeat, index, ...)."""
    if len(call.arguments) % 2 == 0:
        raise XPathTypeError("indexed-repeat() takes pairs of repeat and index")
    target = _route(scope, call, 0)
    indexes: list[tuple[int, Closure]] = []
    operands: list[Code] = []
    for place in range(1, len(call.arguments), 2):
        group = _route(scope, call, place)
        _check_ancestor(group, target, place, scope)
        operand = scope.compile(call.arguments[place + 1])
        operands.append(operand)
        indexes.append((len(group.path) - 1, as_number(operand)))
    scope.findings.references.add(target.path)
    raw = _indexed(scope, target, indexes)
    return chosen(raw, [*operands, Code(None, raw, raw, reads_context=True)])


def _route(scope: Scope, call: Call, place: int) -> Route:
    argument = call.arguments[place]
    if not isinstance(argument, Path):
        raise XPathTypeError(f"argument {place + 1} of indexed-repeat() is no path")
    return find_route(argument, scope)


def _bound(route: Route, scope: Scope) -> list[bool]:
    """Tell for each level whether the context node decides its position."""
    if route.up is None:
        return [level.bound for level in route.levels]
    kept = len(scope.context) - route.up
    return [place < kept for place in range(len(route.path))]


def _check_ancestor(group: Route, target: Route, place: int, scope: Scope) -> None:
    length = len(group.path)
    depth = len(target.path) + (target.attribute is not None)
    contains = length < depth and group.path == target.path[:length]
    # The context cannot decide an item of the group that the field filters.
    flags = zip(_bound(group, scope)[1:], _bound(target, scope)[1:], strict=False)
    if not contains or any(of_group and not of_field for of_group, of_field in flags):
        raise XPathTypeError(
            f"argument {place + 1} of indexed-repeat() does not contain the field"
        )


def _indexed(
    scope: Scope, target: Route, indexes: list[tuple[int, Closure]]
) -> Closure:
    bound = _bound(target, scope)
    chosen_places = {place for place, _ in indexes}
    is_own = target.attribute is None and all(
        bound[place] or place in chosen_places for place in range(1, len(bound))
    )
    walks = [_step(scope, target, place, bound) for place in range(1, len(bound))]

    def raw(evaluation: Evaluation) -> list[Node]:
        wanted: dict[int, int] = {}
        for place, index in indexes:
            wanted[place] = max(java_int(index(evaluation)), 1)
        found = [evaluation.root]
        for place, walk in enumerate(walks, 1):
            found = walk(evaluation, found, wanted.get(place))
            spend(evaluation, len(found))
        if target.attribute is not None:
            found = attributes_of(found, target.attribute)
        found = [node for node in found if node.is_relevant]
        if is_own and found and evaluation.dot is not None:
            # JavaRosa takes the constrained field of each repeat for the candidate.
            return [_with_value(found[0], evaluation.dot)]
        return found

    return raw


def _step(
    scope: Scope, target: Route, place: int, bound: list[bool]
) -> Callable[[Evaluation, list[Node], int | None], list[Node]]:
    """Return a step down: to the index given, else as the target has it.

    What has predicates is filtered by them alone.
    """
    name = target.path[place]
    own = place - (len(target.path) - len(target.levels))
    level = target.levels[own] if own >= 0 else None
    climb = len(scope.context) - 1 - place
    walk = None
    if level is not None and (level.predicates or level.name == WILDCARD):
        walk = walk_down(level, place, target, scope)

    def step(
        evaluation: Evaluation, nodes: list[Node], index: int | None
    ) -> list[Node]:
        if walk is not None:
            return walk(evaluation, nodes)
        if index is None and bound[place]:
            index = ancestor(evaluation.node, climb).position
        if index is not None:
            return nth_children(nodes, name, index)
        return [child for node in nodes for child in node.by_name.get(name, ())]

    return step


def _with_value(node: Node, value: Any) -> Node:
    """Return a stand-in for a node, with another value."""
    stand_in = Node(node.name, node.text, value=value)
    stand_in.parent, stand_in.position = node.parent, node.position
    return stand_in


_MODULUS = 2_147_483_647.0
_MULTIPLIER = 16_807.0


@function("randomize", takes="r|v", gives=list, context=True, volatile=True)
def randomize(_evaluation: Evaluation, value: Any, seed: Any = None) -> list[Node]:
    """Shuffle a nodeset, always in the same way if a seed is given."""
    nodes = nodes_of(value, "randomize")
    if seed is None:
        return randomness.sample(nodes, len(nodes))
    return shuffled(nodes, _seed(seed))


def _seed(value: Any) -> int:
    """Return the seed of a number; of a text, from its SHA-256 digest."""
    number = to_number(value)
    if not math.isnan(number):
        limit = 2.0**63
        return int(max(-limit, min(limit - 1, number)))
    if not isinstance(value, str):
        raise XPathTypeError("randomize() takes a number or a text for its seed")
    text = value
    if not text:
        return 0
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def shuffled(nodes: list[Node], seed: int) -> list[Node]:
    """Shuffle as JavaRosa: Fisher-Yates inside out, drawn by Park and Miller."""
    state = math.fmod(float(seed), _MODULUS)
    if state <= 0:
        state += _MODULUS - 1
    result: list[Node] = []
    for place, node in enumerate(nodes):
        state = math.fmod(state * _MULTIPLIER, _MODULUS)
        drawn = (java_int(state) - 1) / (_MODULUS - 1)
        chosen_place = java_int(drawn * (place + 1))
        if chosen_place == place:
            result.append(node)
        else:
            result.append(result[chosen_place])
            result[chosen_place] = node
    return result


@special("once", 1, 1)
def build_once(scope: Scope, call: Call) -> Code:
    """Compile once(): the context node's own value, if it has one."""
    operand = scope.compile(call.arguments[0])
    scope.findings.is_volatile = True

    raw = operand.raw

    def once(evaluation: Evaluation) -> Any:
        new = raw(evaluation)
        node = evaluation.node
        own = node.value if evaluation.dot is None else evaluation.dot
        return own if node.is_relevant and to_string(own) != "" else new

    return chosen(once, [Code(None, once, once, reads_context=True)])


@special("pulldata", 4, 4)
def build_pulldata(scope: Scope, call: Call) -> Code:
    """Compile pulldata('instance', 'column', 'key column', key), as Collect has it."""
    operands = [scope.compile(argument) for argument in call.arguments]
    texts: list[Callable[[Evaluation], str]] = [
        _text_of(operand.value) for operand in operands
    ]
    name = operands[0].literal
    if isinstance(name, str):
        scope.findings.instances.add(name.removesuffix(".csv"))

    def pulldata(evaluation: Evaluation) -> str:
        instance, column, key_column, key = [text(evaluation) for text in texts]
        root = evaluation.instances.get(instance.removesuffix(".csv"))
        if root is None:
            raise XPathTypeError(f"there is no instance {instance!r}")
        return _pulled(evaluation, root, (column, key_column, key))

    return computed(str, pulldata, operands)


def _text_of(value: Closure) -> Callable[[Evaluation], str]:
    return lambda evaluation: to_string(value(evaluation))


def _pulled(evaluation: Evaluation, root: Node, wanted: tuple[str, str, str]) -> str:
    column, key_column, key = wanted
    index = root.indexes.get(("pulldata", key_column)) if root.indexes else None
    if index is None:
        index = {}
        spend(evaluation, len(root.children))
        for row in root.children:
            for cell in row.by_name.get(key_column, ()):
                index.setdefault(to_string(cell.value), []).append(row)
        if root.indexes is not None:
            root.indexes[("pulldata", key_column)] = index
    rows = index.get(key)
    cells = rows[0].by_name.get(column) if rows else None
    return to_string(unpack(cells)) if cells else ""
