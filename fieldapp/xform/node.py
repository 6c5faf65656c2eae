"""The tree that XPath walks: one node of a primary or a secondary instance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

# What an expression can yield: the XPath 1.0 types, and JavaRosa's Date as
# `date` (a local day) or timezone-aware `datetime` (an instant).
XPathValue: TypeAlias = "str | float | bool | date | list[Node]"

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
_NO_CHILDREN: list[Node] = []
_NO_NAMES: dict[str, list[Node]] = {}


class Node:
    """One element of an instance, with the typed value that expressions see.

    A tree is built downwards with `append`. A leaf shares one empty list and one
    empty dict with all other leaves: never change `children` or `by_name` directly.
    `value` is what XPath reads (set from `text` by bind type): str, float, bool,
    `date` for dates, timezone-aware `datetime` for dateTime and time, in the zone of
    `Evaluation.now`; an unreadable or empty text is the empty string.
    `is_relevant` includes the relevance of all ancestors.
    `indexes` is None in a tree that may change, and a dict in a tree that never
    does again (see `freeze`): lookups by key are then remembered there.
    """

    __slots__ = (
        "attributes",
        "by_name",
        "children",
        "definition",
        "indexes",
        "is_relevant",
        "name",
        "parent",
        "position",
        "text",
        "value",
    )

    def __init__(
        self,
        name: str,
        text: str = "",
        definition: object | None = None,
        *,
        value: XPathValue | None = None,
        attributes: Mapping[str, str] = _NO_ATTRIBUTES,
    ) -> None:
        self.name = name
        self.text = text
        self.value: XPathValue = text if value is None else value
        self.attributes = attributes
        self.definition = definition
        self.parent: Node | None = None
        self.children = _NO_CHILDREN
        self.by_name = _NO_NAMES
        self.is_relevant = True
        self.position = 1
        self.indexes: dict[object, dict[str, list[Node]]] | None = None

    def append(self, child: Node) -> Node:
        """Add the last child, number it among its same-named siblings; return it."""
        if self.children is _NO_CHILDREN:
            self.children = []
            self.by_name = {}
        self.children.append(child)
        child.parent = self
        named = self.by_name.get(child.name)
        if named is None:
            self.by_name[child.name] = [child]
        else:
            named.append(child)
            child.position = len(named)
        return child

    def freeze(self) -> Node:
        """Declare that the tree will not change, so that lookups may be indexed."""
        pending = [self]
        while pending:
            node = pending.pop()
            if node.children:
                node.indexes = {}
                pending.extend(node.children)
        return self

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the root down to this node."""
        names: list[str] = []
        node: Node | None = self
        while node is not None:
            names.append(node.name)
            node = node.parent
        return tuple(reversed(names))

    def __repr__(self) -> str:
        return f"<Node /{'/'.join(self.path)}[{self.position}]>"
