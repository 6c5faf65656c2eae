"""From a path's syntax to where it leads, as JavaRosa's TreeReference would.

Absolute and relative references alike are *contextualised*: as far as the names of
an absolute path agree with the context node's own path, the context node's ancestors
are meant, not all the repeats of that name (TreeReference.contextualize).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.scope import NodePath, Scope
from fieldapp.xform.xpath.syntax import Call, Path, Step, Text, Tree

WILDCARD = "*"
_UNSUPPORTED = "only child::name, attribute::name, . and .. can be steps of a path"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a route: name, predicates, and whether the context decides it.

    A `bound` level means the node at the position of the context node's ancestor.
    """

    name: str
    predicates: tuple[Tree, ...] = ()
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where a path leads.

    `up` is how far above the context node (or, `from_current`, above `current()`) it
    starts; None is the root of `instance`, which `levels` then begins with.
    `path` is the whole route's static path.
    """

    instance: str | None
    from_current: bool
    up: int | None
    levels: tuple[Level, ...]
    attribute: str | None
    path: NodePath


def find_route(path: Path, scope: Scope) -> Route:
    """Resolve a path in its scope.

    :raises XPathTypeError: if JavaRosa has no such paths; it fails when evaluating.
    """
    absolute, instance, from_current = _start(path)
    up, levels, attribute = _levels(path.steps, absolute=absolute)
    if absolute:
        if not levels:
            raise XPathTypeError("the root of a document has no value")
        bound = _bind(levels, scope.context)
        names = tuple(level.name for level in bound)
        return Route(instance, False, None, bound, attribute, names)
    base = scope.current if from_current and scope.is_predicate else scope.context
    return _relative(scope, base, Route(None, from_current, up, levels, attribute, ()))


def _start(path: Path) -> tuple[bool, str | None, bool]:
    """Tell whether a path is absolute, in which instance, or from `current()`."""
    start = path.start
    if start is None:
        return path.is_absolute, None, False
    if isinstance(start, Call) and start.name == "instance":
        if len(start.arguments) == 1 and isinstance(start.arguments[0], Text):
            return True, start.arguments[0].value, False
        raise XPathTypeError("instance() takes one text, written in quotes")
    if isinstance(start, Call) and start.name == "current":
        return False, None, True
    raise XPathTypeError("a path can begin with instance() or current() only")


def _levels(
    steps: tuple[Step, ...], *, absolute: bool
) -> tuple[int, tuple[Level, ...], str | None]:
    """Split steps into steps up and levels down; JavaRosa moves all `..` in front."""
    up = 0
    levels: list[Level] = []
    attribute: str | None = None
    displaced = False
    parents_allowed = not absolute
    for step in steps:
        if step.axis == "self" and step.test == "node()":
            displaced = True
        elif step.axis == "parent" and step.test == "node()" and parents_allowed:
            up += not absolute
            displaced = displaced or absolute
        elif step.axis == "attribute" and _is_name(step.test):
            levels.append(Level(f"@{step.test}", step.predicates))
            parents_allowed = False
        elif step.axis == "child" and (step.test == WILDCARD or _is_name(step.test)):
            levels.append(Level(step.test, step.predicates))
            parents_allowed = True
        else:
            raise XPathTypeError(_UNSUPPORTED)
        if step.predicates and displaced:
            raise XPathTypeError("a predicate after . or .. is not supported")
    if levels and levels[-1].name.startswith("@"):
        attribute = levels.pop().name[1:]
    return up, tuple(levels), attribute


def _is_name(test: str) -> bool:
    return not test.endswith(("*", ")"))


def _bind(levels: tuple[Level, ...], context: NodePath) -> tuple[Level, ...]:
    """Contextualise the levels of an absolute path."""
    bound = list(levels)
    for index, (level, name) in enumerate(zip(levels, context, strict=False)):
        if level.name not in (name, WILDCARD):
            break
        bound[index] = replace(level, name=name, bound=not level.predicates)
    return tuple(bound)


def _relative(scope: Scope, base: NodePath, route: Route) -> Route:
    up = route.up or 0
    if base and up > len(base):
        raise XPathTypeError("a path that leads above the root")
    if base and up == len(base):
        if not route.levels:
            raise XPathTypeError("the root of a document has no value")
        names = tuple(level.name for level in route.levels)
        return replace(route, up=None, from_current=False, path=names)
    kept = base[: len(base) - up]
    levels = list(route.levels)
    for index, level in enumerate(route.levels):
        place = len(kept) + index
        if place >= len(base) or level.name not in (base[place], WILDCARD):
            break
        levels[index] = replace(level, name=base[place])
    names = kept + tuple(level.name for level in levels)
    inside = None if route.from_current else scope.instance
    return replace(route, levels=tuple(levels), path=names, instance=inside)
