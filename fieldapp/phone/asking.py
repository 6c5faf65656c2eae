"""What a form asks at this moment, and what it thinks of an answer."""

from collections.abc import Iterator

from fieldapp.xform.definition import BodyStep, Control, NodeDefinition, Path
from fieldapp.xform.evaluate import context_of
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.node import Node
from fieldapp.xform.run import definition_of
from fieldapp.xform.xpath import Expression, XPathError


def questions(judgement: Judgement) -> Iterator[tuple[Node, Control]]:
    """Go through the questions that are asked now, in the order of the body."""
    yield from _asked(judgement.definition.body, [judgement.root], judgement)


def _asked(
    steps: tuple[BodyStep, ...], items: list[Node], judgement: Judgement
) -> Iterator[tuple[Node, Control]]:
    for step in steps:
        if step.kind == "repeat":
            parent = _below(items[step.anchor], step.names[:-1])
            for item in parent.by_name.get(step.names[-1], ()) if parent else ():
                if item.is_relevant:
                    yield from _asked(step.children, [*items, item], judgement)
            continue
        node = _below(items[step.anchor], step.names)
        if node is None or not (node.is_relevant or step.node is None):
            continue
        if step.control is None:
            yield from _asked(step.children, items, judgement)
        elif _is_open(judgement, node):
            yield node, step.control


def _below(node: Node, names: Path) -> Node | None:
    found: Node | None = node
    for name in names:
        below = found.by_name.get(name) if found is not None else None
        found = below[0] if below else None
    return found


def _is_open(judgement: Judgement, node: Node) -> bool:
    """Tell whether a person can answer: notes and calculations are only shown."""
    bind = definition_of(node).bind
    if bind.calculate is not None:
        return False
    return bind.readonly is None or not _holds(judgement, node, bind.readonly)


def is_required(judgement: Judgement, node: Node) -> bool:
    """Tell whether a question must be answered now."""
    required = definition_of(node).bind.required
    return required is not None and _holds(judgement, node, required)


def _holds(judgement: Judgement, node: Node, expression: Expression) -> bool:
    context = context_of(judgement)
    context.node = node
    try:
        return expression.boolean(context)
    except XPathError:
        return False


def lets_through(
    judgement: Judgement, node: Node, constraint: Expression | None, text: str
) -> bool:
    """Tell whether a text is of the question's type and keeps a constraint."""
    value = definition_of(node).value_type.read(text, judgement.now)
    if value is None or value == "":
        return False
    if constraint is None:
        return True
    context = context_of(judgement)
    context.node, context.dot = node, value
    try:
        return constraint.boolean(context)
    except XPathError:
        return False


def repeat_parents(root: Node) -> Iterator[Node]:
    """Give the nodes that apply and may hold items, the outer ones first."""
    pending = [root]
    while pending:
        node = pending.pop(0)
        if node.is_relevant and definition_of(node).children:
            yield node
            pending.extend(node.children)


def expressions(definition: NodeDefinition | None) -> Iterator[Expression]:
    """Give what decides whether a node's value is right, or what it is."""
    if definition is None:
        return
    bind = definition.bind
    for expression in (bind.constraint, bind.calculate, bind.required):
        if expression is not None:
            yield expression
