"""Closures that follow a route through the nodes of an instance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldapp.xform.node import Node
from fieldapp.xform.xpath.code import Closure, Code
from fieldapp.xform.xpath.context import Evaluation, spend
from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.filtering import Filter, make_filter
from fieldapp.xform.xpath.paths import WILDCARD, Level, Route
from fieldapp.xform.xpath.scope import Scope

Nodes = Callable[[Evaluation], list[Node]]
Start = Callable[[Evaluation], Node]
Walk = Callable[[Evaluation, list[Node]], list[Node]]

_ABOVE = "a path that leads above the root"
_OF_ATTRIBUTES = -3  # What position() gives in JavaRosa.


def follow(route: Route, scope: Scope) -> Code:
    """Compile a route into closures for its nodes and for its single value."""
    start, levels, reads_context = _start(route, scope)
    names = tuple(level.name for level in levels)
    is_plain = WILDCARD not in names and not any(
        level.predicates or level.bound for level in levels
    )
    if route.attribute is None and is_plain:
        nodes = _plain_nodes(start, names)
    else:
        nodes = _all_nodes(route, scope, start, levels)
    may_be_context = route.path == scope.context or not scope.context
    if may_be_context and route.attribute is None:
        value = _self_value if _is_self(route) else _candidate_value(nodes)
    elif route.attribute is None and is_plain:
        value = _plain_value(start, names, nodes)
    else:
        value = _only_value(nodes)
    return Code(list, value, nodes, nodes, reads_context=reads_context)


def _is_self(route: Route) -> bool:
    return route.up == 0 and not route.levels and not route.from_current


def _start(route: Route, scope: Scope) -> tuple[Start, tuple[Level, ...], bool]:
    """Return where to begin, the levels that are left, and if the context matters."""
    if route.up is not None:
        return _climb(route.up, from_current=route.from_current), route.levels, True
    bound = 0
    while bound < len(route.levels) and route.levels[bound].bound:
        bound += 1
    reads_context = any(level.bound for level in route.levels[1:])
    if bound > 1 and route.instance == scope.instance:
        climb = _climb(len(scope.context) - bound, from_current=False)
        return climb, route.levels[bound:], True
    return _root(route.instance), route.levels[1:], reads_context


def _root(instance: str | None) -> Start:
    if instance is None:

        def primary(evaluation: Evaluation) -> Node:
            return evaluation.root

        return primary

    def secondary(evaluation: Evaluation) -> Node:
        root = evaluation.instances.get(instance)
        if root is None:
            raise XPathTypeError(f"there is no instance {instance!r}")
        return root

    return secondary


def _climb(up: int, *, from_current: bool) -> Start:
    if from_current:

        def from_original(evaluation: Evaluation) -> Node:
            return ancestor(evaluation.current or evaluation.node, up)

        return from_original

    def above(evaluation: Evaluation) -> Node:
        return ancestor(evaluation.node, up)

    return _SHORT_CLIMBS.get(up, above)


def _context(evaluation: Evaluation) -> Node:
    return evaluation.node


def _parent(evaluation: Evaluation) -> Node:
    found = evaluation.node.parent
    if found is None:
        raise XPathTypeError(_ABOVE)
    return found


_SHORT_CLIMBS: dict[int, Start] = {0: _context, 1: _parent}


def ancestor(node: Node, up: int) -> Node:
    """Return the node so many levels up.

    :raises XPathTypeError: if there is none.
    """
    for _ in range(up):
        parent = node.parent
        if parent is None:
            raise XPathTypeError(_ABOVE)
        node = parent
    return node


def _self_value(evaluation: Evaluation) -> Any:
    node = evaluation.node
    if not node.is_relevant:
        return ""
    return node.value if evaluation.dot is None else evaluation.dot


def _candidate_value(nodes: Nodes) -> Closure:
    """Return the value of a path that may lead to the context node itself."""

    def value(evaluation: Evaluation) -> Any:
        found = nodes(evaluation)
        if not found:
            return ""
        if len(found) > 1:
            raise _repeated(found)
        if evaluation.dot is not None and found[0] is evaluation.node:
            return evaluation.dot
        return found[0].value

    return value


def _only_value(nodes: Nodes) -> Closure:
    def value(evaluation: Evaluation) -> Any:
        found = nodes(evaluation)
        if not found:
            return ""
        if len(found) > 1:
            raise _repeated(found)
        return found[0].value

    return value


def _repeated(nodes: list[Node]) -> XPathTypeError:
    return XPathTypeError(f"{nodes[0].name} is repeated: say which one is meant")


def _plain_value(start: Start, names: tuple[str, ...], nodes: Nodes) -> Closure:
    """Return the value of a path of names: the commonest, and the fastest."""
    several = _only_value(nodes)
    if len(names) == 1:
        return _child_value(start, names[0], several)

    def value(evaluation: Evaluation) -> Any:
        node = start(evaluation)
        for name in names:
            found = node.by_name.get(name)
            if found is None:
                return ""
            if len(found) > 1:
                return several(evaluation)
            node = found[0]
        return node.value if node.is_relevant else ""

    return value


def _child_value(start: Start, name: str, several: Closure) -> Closure:
    def value(evaluation: Evaluation) -> Any:
        found = start(evaluation).by_name.get(name)
        if found is None:
            return ""
        if len(found) > 1:
            return several(evaluation)
        node = found[0]
        return node.value if node.is_relevant else ""

    return value


def _plain_nodes(start: Start, names: tuple[str, ...]) -> Nodes:
    def nodes(evaluation: Evaluation) -> list[Node]:
        found = [start(evaluation)]
        for name in names:
            if len(found) == 1:
                found = found[0].by_name.get(name, _NOTHING)
            else:
                found = [
                    child for node in found for child in node.by_name.get(name, ())
                ]
            spend(evaluation, len(found))
        return [node for node in found if node.is_relevant]

    return nodes


_NOTHING: list[Node] = []


def _all_nodes(
    route: Route, scope: Scope, start: Start, levels: tuple[Level, ...]
) -> Nodes:
    base = len(route.path) - len(levels)
    walks = [
        walk_down(level, base + index, route, scope)
        for index, level in enumerate(levels)
    ]
    attribute = route.attribute

    def nodes(evaluation: Evaluation) -> list[Node]:
        found = [start(evaluation)]
        for walk in walks:
            found = walk(evaluation, found)
            spend(evaluation, len(found))
        if attribute is not None:
            found = attributes_of(found, attribute)
        return [node for node in found if node.is_relevant]

    return nodes


def attributes_of(nodes: list[Node], name: str) -> list[Node]:
    """Return the attributes of a name, as nodes."""
    found = []
    for node in nodes:
        text = node.attributes.get(name)
        if text is not None:
            attribute = Node(name, text)
            attribute.parent = node
            attribute.position = _OF_ATTRIBUTES
            attribute.is_relevant = node.is_relevant
            found.append(attribute)
    return found


def walk_down(level: Level, place: int, route: Route, scope: Scope) -> Walk:
    """Return a step down from many nodes to their children of one level."""
    name = level.name
    if level.bound:
        climb = len(scope.context) - 1 - place
        return _walk_bound(name, climb)
    filters = _filters(level, place, route, scope)
    if name == WILDCARD:
        return _walk_wildcard(filters)

    def walk(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            children = node.by_name.get(name, _NOTHING)
            for keep in filters:
                children = keep(evaluation, children)
            found += children
        return found

    return walk


def _filters(level: Level, place: int, route: Route, scope: Scope) -> list[Filter]:
    if not level.predicates:
        return []
    inner = scope.inside(route.path[: place + 1], route.instance)
    outer = scope if route.instance is not None and place == 1 else None
    return [
        make_filter(predicate, inner, level.name, None if index else outer)
        for index, predicate in enumerate(level.predicates)
    ]


def _walk_bound(name: str, climb: int) -> Walk:
    def walk(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        position = ancestor(evaluation.node, climb).position
        return nth_children(nodes, name, position)

    return walk


def nth_children(nodes: list[Node], name: str, position: int) -> list[Node]:
    """Return the child of a name at a position, of each node that has it."""
    return [
        children[position - 1]
        for node in nodes
        if len(children := node.by_name.get(name, _NOTHING)) >= position
    ]


def _walk_wildcard(filters: list[Filter]) -> Walk:
    def walk(evaluation: Evaluation, nodes: list[Node]) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            children = node.children
            if len(node.by_name) > 1:
                # JavaRosa counts all children as one repeat, and gives up here.
                raise XPathTypeError("* meets children of several names")
            for keep in filters:
                children = keep(evaluation, children)
            found += children
        return found

    return walk
