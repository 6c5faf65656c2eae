"""Find which answers tell of a person: by a role, or by what they are worked out from.

A calculation that reads a personal answer may carry it on: a title made of a name, the
sum of wages, a default that repeats what was said before. So whatever reads one, in a
formula, in a default, or as its list of choices, is personal too. Conditions carry
nothing on, and neither does the name of a file, nor a count of items.
"""

from collections.abc import Iterable, Iterator, Mapping

from fieldapp.xform.definition import Action, NodeDefinition, Path
from fieldapp.xform.dependencies import expand_references
from fieldapp.xform.roles import MASKED_ROLES, PERSONAL
from fieldapp.xform.xpath import Expression
from fieldapp.xform.xpath.parts import syntax_tree
from fieldapp.xform.xpath.syntax import Call, Text, Tree, parts_of
from fieldapp.xform.xpath.syntax import Path as XPath


def personal_roles(
    nodes: Mapping[Path, NodeDefinition],
    actions: Iterable[Action],
    last_saved: frozenset[str],
) -> dict[Path, str]:
    """Give the role by which each personal answer is masked, in the form's order.

    It is the question's own, and `personal` for what stands in a group of that role
    and for what is worked out from another. `last_saved` are the ids of the instances
    that hold the entry before this one.
    """
    found = dict(_marked(nodes))
    readers: dict[Path, list[Path]] = {}
    for path, read in _reads(nodes, actions, last_saved):
        readers.setdefault(read, []).append(path)
    pending = [path for path in found if nodes[path].bind.type != "binary"]
    while pending:
        for path in readers.get(pending.pop(), ()):
            if path not in found:
                found[path] = PERSONAL
                pending.append(path)
    return {path: found[path] for path in nodes if path in found}


def _marked(nodes: Mapping[Path, NodeDefinition]) -> Iterator[tuple[Path, str]]:
    for path, node in nodes.items():
        own = sorted(node.bind.roles & MASKED_ROLES, key=_is_general)
        around = (nodes[path[:depth]] for depth in range(1, len(path)))
        if node.is_leaf and own:
            yield path, own[0]
        elif node.is_leaf and any(PERSONAL in each.bind.roles for each in around):
            yield path, PERSONAL


def _is_general(role: str) -> tuple[bool, str]:
    """Order roles so that one with a mask of its own comes before `personal`."""
    return role == PERSONAL, role


def _reads(
    nodes: Mapping[Path, NodeDefinition],
    actions: Iterable[Action],
    last_saved: frozenset[str],
) -> Iterator[tuple[Path, Path]]:
    """Give each node that takes its value from others, with each that it reads."""
    root = next(iter(nodes), ())[:1]
    for path, expression in _formulas(nodes, actions):
        for read in expand_references(expression, nodes):
            yield path, read
        if expression.instances & last_saved:
            for names in _before(syntax_tree(expression.source), last_saved):
                yield path, root + names
    for path, node in nodes.items():
        for itemset in (each.itemset for each in node.controls):
            if itemset is not None and itemset.instance is None:
                below = (name for name in itemset.value.split("/") if name)
                yield path, (*root, *itemset.items_path[1:], *below)


def _formulas(
    nodes: Mapping[Path, NodeDefinition], actions: Iterable[Action]
) -> Iterator[tuple[Path, Expression]]:
    for path, node in nodes.items():
        if node.bind.calculate is not None:
            yield path, node.bind.calculate
    for action in actions:
        if action.value is not None and action.path in nodes:
            yield action.path, action.value


def _before(tree: Tree, last_saved: frozenset[str]) -> Iterator[Path]:
    """Give the paths, below the root, that are read in the entry before this one."""
    match tree:
        case XPath(_, Call("instance", (Text(name),)), steps) if name in last_saved:
            yield tuple(step.test for step in steps[1:])
    for part in parts_of(tree):
        yield from _before(part, last_saved)
