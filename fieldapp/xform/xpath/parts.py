"""The parts of an expression, each evaluated alone: to tell why it is false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fieldapp.xform.xpath.code import as_boolean
from fieldapp.xform.xpath.compiler import compile_tree
from fieldapp.xform.xpath.context import Evaluation
from fieldapp.xform.xpath.errors import XPathLimit
from fieldapp.xform.xpath.parser import parse
from fieldapp.xform.xpath.scope import Findings, NodePath, Scope
from fieldapp.xform.xpath.syntax import Tree

REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled subexpression: its value, its truth, and the nodes that it reads."""

    value: Callable[[Evaluation], Any]
    boolean: Callable[[Evaluation], bool]
    references: frozenset[NodePath]
    instances: frozenset[str]


@lru_cache(maxsize=REMEMBERED)
def syntax_tree(source: str) -> Tree:
    """Give the syntax tree of an expression that is known to compile."""
    return parse(source)


@lru_cache(maxsize=REMEMBERED)
def compile_part(tree: Tree, context: NodePath) -> Part:
    """Compile a part of an expression that belongs to the node on a path.

    :raises XPathLimit: if it is too deeply nested.
    """
    findings = Findings()
    scope = Scope("", findings, compile_tree, context=context, defer_unknown=True)
    try:
        code = compile_tree(tree, scope)
    except RecursionError as error:
        raise XPathLimit("an expression nested too deeply") from error
    return Part(
        code.value,
        as_boolean(code),
        frozenset(findings.references),
        frozenset(findings.instances),
    )
