"""What is known where a part of an expression stands, and what it was found to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fieldapp.xform.xpath.code import Code
from fieldapp.xform.xpath.errors import XPathLimit
from fieldapp.xform.xpath.syntax import Tree

MAX_SIZE = 10_000

NodePath = tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """What a whole expression was found to use, collected while compiling."""

    references: set[NodePath] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    is_volatile: bool = False
    size: int = 0

    def count(self, parts: int = 1) -> None:
        """Count compiled parts; nested predicates are compiled twice each.

        :raises XPathLimit: if there are too many.
        """
        self.size += parts
        if self.size > MAX_SIZE:
            raise XPathLimit("an expression of too many parts")


@dataclass(frozen=True, slots=True)
class Scope:
    """The static surroundings of a subexpression.

    `context` is the path of its context node in the tree `instance` (None is the
    primary instance); `current` and `current_instance` the same for `current()`.
    """

    source: str
    findings: Findings
    compiler: Callable[[Tree, Scope], Code]
    context: NodePath = ()
    instance: str | None = None
    current: NodePath = ()
    defer_unknown: bool = False
    is_predicate: bool = False

    def compile(self, tree: Tree) -> Code:
        """Compile a subexpression of the same scope."""
        return self.compiler(tree, self)

    def inside(self, context: NodePath, instance: str | None) -> Scope:
        """Return the scope of a predicate on the nodes at a path."""
        current = self.current if self.is_predicate else self.context
        return replace(
            self,
            context=context,
            instance=instance,
            current=current,
            is_predicate=True,
        )
