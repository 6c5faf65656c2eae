"""Open a blank form as a phone does, and refuse one that fails at it."""

from collections.abc import Iterator
from datetime import datetime

from fieldapp.xform.actions import LOAD_EVENTS
from fieldapp.xform.calculation import store, text_of_value
from fieldapp.xform.definition import (
    Action,
    BodyStep,
    FormDefinition,
    FormError,
    Path,
    plain_path,
)
from fieldapp.xform.evaluate import context_of, evaluate
from fieldapp.xform.instance import Instance
from fieldapp.xform.judgement import Judgement, nodes_at
from fieldapp.xform.markup import TEMPLATE, Element
from fieldapp.xform.node import Node
from fieldapp.xform.refusals import refusal
from fieldapp.xform.values import VALUE_TYPES
from fieldapp.xform.xpath import Expression, XPathError


def blank_instance(definition: FormDefinition) -> Instance:
    """Give the form's own blank instance: what an expression reads by default."""
    return Instance(definition.blank, "", "", "", "", "", is_encrypted=False, size=0)


def open_blank(definition: FormDefinition, *, now: datetime) -> None:
    """Open the blank form: its formulas, its actions and its lists have values.

    :raises FormError: naming the first that has none.
    """
    judgement = evaluate(definition, blank_instance(definition), now=now)
    for each in judgement.violations:
        for source, why in each.detail.items() if each.rule == "expression" else ():
            raise _failure(definition, each.path, source, why)
    _check_group_values(judgement)
    for action in definition.actions:
        if action.name == "setvalue" and not LOAD_EVENTS.isdisjoint(action.events):
            _check_action(judgement, action)
    for step in _questions(definition.body):
        _check_offer(judgement, step)


def _failure(
    definition: FormDefinition, path: str, source: str, why: object
) -> FormError:
    """Tell which formula of a node fails; a limit is of the form, not of a formula."""
    node = definition.nodes.get(plain_path(path))
    named = node.expressions() if node else ()
    attribute = next((name for name, each in named if each.source == source), "")
    return refusal("no-value", path, attribute=attribute, name=source, why=why)


def _check_group_values(judgement: Judgement) -> None:
    """Refuse a calculate that gives a group a value."""
    for node in judgement.definition.calculated:
        calculate = node.bind.calculate
        for found in nodes_at(judgement.root, node.path) if node.children else ():
            if calculate is None:
                continue
            if _value(judgement, calculate, found, "calculate") != "":
                raise refusal("group-value", node.path, attribute="calculate")


def _value(
    judgement: Judgement, expression: Expression, node: Node, attribute: str
) -> object:
    context = context_of(judgement)
    context.node = node
    try:
        return expression.value(context)
    except XPathError as error:
        raise refusal(
            "no-value",
            node.path,
            attribute=attribute,
            name=expression.source,
            why=error,
        ) from error


def _can_judge(judgement: Judgement, expression: Expression) -> bool:
    return expression.instances <= judgement.instances.keys()


def _check_action(judgement: Judgement, action: Action) -> None:
    """Refuse a value that cannot be written when the form is opened."""
    definition = judgement.definition.nodes.get(action.path)
    if definition is None:
        return
    count = _count(judgement.definition.blank, action.path)
    if not count:
        return
    if action.is_in_model and count > 1:
        raise refusal(
            "action-target", action.path, attribute="setvalue", name=action.name
        )
    target = nodes_at(judgement.root, action.path)[0]
    value: object = action.text
    if action.value is not None:
        if not _can_judge(judgement, action.value):
            return
        value = _value(judgement, action.value, target, "setvalue")
    if value != "" and definition.children:
        raise refusal("group-value", action.path, attribute="setvalue")
    kind = definition.bind.type
    if value != "" and not _fits(value, kind, judgement.now):
        raise refusal(
            "action-value",
            action.path,
            attribute="setvalue",
            name=action.name,
            text=str(value),
            kind=kind,
        )


def _count(root: Element, path: Path) -> int:
    """Count the nodes of the blank form at a path; a template is none."""
    found = [root]
    for name in path[1:]:
        below = [child for each in found for child in each.iterchildren("{*}" + name)]
        found = [each for each in below if each.get(TEMPLATE) is None]
    return len(found)


def _fits(value: object, kind: str, now: datetime) -> bool:
    """Tell whether JavaRosa, which casts it twice, can write a value into a type."""
    try:
        text = text_of_value(store(value, kind, now), kind)
    except XPathError:
        return False
    return kind != "boolean" and VALUE_TYPES[kind].read(text, now) is not None


def _questions(steps: tuple[BodyStep, ...]) -> Iterator[BodyStep]:
    for step in steps:
        if step.control is not None:
            yield step
        yield from _questions(step.children)


def _check_offer(judgement: Judgement, step: BodyStep) -> None:
    """Refuse a list that cannot be worked out where its question is asked."""
    itemset = step.control.itemset if step.control else None
    if itemset is None or step.node is None:
        return
    if _can_judge(judgement, itemset.nodeset):
        for node in nodes_at(judgement.root, step.node.path):
            if node.is_relevant:
                _find_items(judgement, itemset.nodeset, node)


def _find_items(judgement: Judgement, nodeset: Expression, node: Node) -> None:
    context = context_of(judgement)
    context.node = node
    try:
        nodeset.evaluate(context)
    except XPathError as error:
        raise refusal(
            "no-value",
            node.path,
            attribute="itemset",
            name=nodeset.source,
            why=error,
        ) from error
