"""Read references to nodes as JavaRosa reads them, and name where they lead."""

from collections.abc import Mapping
from dataclasses import dataclass

from fieldapp.xform.definition import Path
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.refusals import refusal
from fieldapp.xform.xpath.compiler import compile_tree
from fieldapp.xform.xpath.errors import XPathError, XPathTypeError
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.paths import Route, find_route
from fieldapp.xform.xpath.scope import Findings, Scope
from fieldapp.xform.xpath.syntax import Path as PathTree
from fieldapp.xform.xpath.syntax import Tree

MAX_REFERENCE = 8_000


def read_route(source: str, context: Path) -> Route:
    """Read a reference that stands at a node; `context` is that node's path.

    :raises FormError: if it is more than a path, or leads above the root.
    """
    if len(source) > MAX_REFERENCE:
        raise refusal("reference-too-long", context, text=source[:40])
    try:
        return route_of(parse(source), source, context)
    except XPathError as error:
        raise refusal("no-path", context, text=source) from error


def route_of(
    tree: Tree, source: str, context: Path, instance: str | None = None
) -> Route:
    """Give the route of a syntax tree that is a path.

    :raises XPathError: if it is none, or JavaRosa has no such paths.
    """
    if not isinstance(tree, PathTree):
        raise XPathTypeError("no path")
    scope = Scope(source, Findings(), compile_tree, context=context, instance=instance)
    route = find_route(tree, scope)
    if not context and route.up:
        raise XPathTypeError("a path that leads above the root")
    return route


def names_of(route: Route) -> Path:
    """Give the whole path of a route, an attribute at its end as `@name`."""
    if route.attribute is None:
        return route.path
    return (*route.path, f"@{route.attribute}")


def is_filtered(route: Route) -> bool:
    """Tell whether a route has predicates; those of the root count for nothing."""
    levels = route.levels[1:] if route.up is None else route.levels
    return any(level.predicates for level in levels)


@dataclass(frozen=True, slots=True)
class PrimaryNames:
    """The names in the primary instance, and the prefixes under which they are known.

    JavaRosa compares the local name, and the prefix where a reference has one: it is
    the prefix that the document's root element gives to the node's namespace.
    """

    root_name: str
    prefixes: Mapping[Path, frozenset[str]]

    def read(self, source: str, context: Path) -> Path:
        """Read a reference to a node of the primary instance.

        JavaRosa does not compare the first name with the root's: neither do we.

        :raises FormError: if it is none.
        """
        route = read_route(source, context)
        if route.instance is not None or is_filtered(route):
            raise refusal("no-path", context, text=source)
        return self.plain(names_of(route))

    def plain(self, names: Path) -> Path:
        """Take the prefixes off names, where they are those of the nodes."""
        path: Path = (self.root_name,) if names else ()
        for name in names[1:]:
            prefix, colon, local = name.rpartition(":")
            below = (*path, local)
            is_known = not colon or prefix.lstrip("@") in self.prefixes.get(below, ())
            path = below if is_known else (*path, name)
        return path


def names_in(primary: Element, prefix_by_uri: Mapping[str, str]) -> PrimaryNames:
    """Collect the names of a primary instance."""
    found: dict[Path, set[str]] = {}
    pending: list[tuple[Element, Path]] = [(primary, (local_name(primary),))]
    while pending:
        element, path = pending.pop()
        tag: str = element.tag
        uri = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        known = found.setdefault(path, set())
        if uri in prefix_by_uri:
            known.add(prefix_by_uri[uri])
        pending.extend(
            (child, (*path, local_name(child))) for child in element.iterchildren("*")
        )
    prefixes = {path: frozenset(known) for path, known in found.items()}
    return PrimaryNames(local_name(primary), prefixes)
