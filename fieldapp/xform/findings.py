"""What is wrong with answers beyond the questions' own rules, and what is odd."""

from collections.abc import Iterator, Mapping
from datetime import UTC
from math import isclose

from fieldapp.xform.answers import same, shorten, value_words
from fieldapp.xform.definition import NodeDefinition
from fieldapp.xform.judgement import Rule, Violation
from fieldapp.xform.messages import kind_name, rule_message
from fieldapp.xform.node import Node
from fieldapp.xform.populate import Surplus
from fieldapp.xform.reasons import MAX_VALUE, Reasons
from fieldapp.xform.run import Run, definition_of, path_of
from fieldapp.xform.times import read_date_time
from fieldapp.xform.values import read_double
from fieldapp.xform.xpath import Expression, XPathError, XPathLimit

_TOLERANCE = 1e-9
_RELATIVE = 1e-12


def find_wrong_values(run: Run, reasons: Reasons) -> Iterator[Violation]:
    """Flag what JavaRosa silently drops: unreadable values and surplus elements.

    Where the place itself does not apply, nothing depends on it: that is a warning.
    """
    for node in run.populated.lost:
        if node.is_relevant:
            yield _lost(node, reasons)
    for surplus in run.populated.surplus:
        if surplus.parent.is_relevant and surplus.text:
            yield _surplus(run, surplus, reasons)


def find_warnings(
    run: Run, reasons: Reasons, calculated: Mapping[str, str]
) -> Iterator[Violation]:
    """Flag what a coordinator should look at, and a phone would let pass."""
    yield from _soft_rules(run, reasons)
    yield from _differing(run, reasons, calculated)
    yield from _inapplicable(run, reasons)
    yield from _absent(run, reasons)


def _lost(node: Node, reasons: Reasons) -> Violation:
    definition = definition_of(node)
    if definition.offered is None:
        kind = kind_name(definition.bind.type)
        return reasons.about(node, "type", rule_message("type", kind=kind))
    return reasons.not_offered(node, definition.offered)


def _surplus(run: Run, surplus: Surplus, reasons: Reasons) -> Violation:
    """Tell of an element by its question, if it is one that stands there twice."""
    rule: Rule = "duplicate" if surplus.is_known else "unknown"
    parent = surplus.parent
    path = path_of(parent, run.definition.repeats)
    if surplus.name:
        path += f"/{surplus.name}"
    known = definition_of(parent).children_by_name.get(surplus.name)
    if not surplus.name:
        known = definition_of(parent)
    return Violation(
        path=path,
        rule=rule,
        label=known.labels if known else same(surplus.name),
        message=rule_message(rule),
        value=shorten(surplus.text, MAX_VALUE),
        detail={},
        item=reasons.item(parent),
        answer=same(shorten(surplus.text)),
    )


def _soft_rules(run: Run, reasons: Reasons) -> Iterator[Violation]:
    context = run.context
    for definition in run.definition.warned:
        warn = definition.bind.warn
        if warn is None or not run.can_judge(warn):
            continue
        for node in run.populated.slots[definition.index]:
            if not node.is_relevant or node.value == "":
                continue
            context.node, context.dot = node, node.value
            run.take_up(warn, definition.path)
            try:
                is_usual = warn.boolean(context)
            except XPathLimit:
                raise
            except XPathError:
                is_usual = True
            finally:
                context.dot = None
            if not is_usual:
                own = definition.bind.warn_message
                yield reasons.broken(node, "warn", own, warn)


def _differing(
    run: Run, reasons: Reasons, calculated: Mapping[str, str]
) -> Iterator[Violation]:
    """Compare calculated values with those that were sent."""
    repeats = run.definition.repeats
    for definition in run.definition.calculated:
        if not _is_comparable(run, definition):
            continue
        for node in run.populated.slots[definition.index]:
            if not node.is_relevant or not node.text:
                continue
            computed = calculated[path_of(node, repeats)]
            if computed != node.text and not is_same(node.text, computed):
                told = value_words(node.value, definition.bind.type)
                message = rule_message("calculate", computed=told)
                cause = definition.bind.calculate
                yield reasons.about(node, "calculate", message, cause=cause)


def _is_comparable(run: Run, definition: NodeDefinition) -> bool:
    """Leave out what a clock, chance, an action or a list elsewhere decides."""
    expression = definition.bind.calculate
    return (
        expression is not None
        and not expression.is_volatile
        and not definition.is_set_by_action
        and run.can_judge(expression)
    )


def is_same(sent: str, computed: str) -> bool:
    """Tell whether two texts mean the same number or instant."""
    one, other = read_double(sent), read_double(computed)
    if one is not None and other is not None:
        return isclose(one, other, rel_tol=_RELATIVE, abs_tol=_TOLERANCE)
    moments = read_date_time(sent, UTC), read_date_time(computed, UTC)
    return moments[0] is not None and moments[0] == moments[1]


def _inapplicable(run: Run, reasons: Reasons) -> Iterator[Violation]:
    """Flag answers to questions that do not apply; missing ones were never sent."""
    missing = set(run.populated.missing)
    for slot in run.populated.slots:
        for node in slot:
            if node.text and not node.is_relevant and not _is_under(node, missing):
                message = rule_message("irrelevant")
                cause = _hidden_by(run, node)
                yield reasons.about(node, "irrelevant", message, cause=cause)


def _hidden_by(run: Run, node: Node) -> Expression | None:
    """Give the condition that hides a node, or what is around it."""
    step: Node | None = node
    while step is not None:
        relevant = definition_of(step).bind.relevant
        if step in run.hidden and relevant is not None:
            return relevant
        step = step.parent
    return None


def _is_under(node: Node, nodes: set[Node]) -> bool:
    step: Node | None = node
    while step is not None:
        if step in nodes:
            return True
        step = step.parent
    return False


def _absent(run: Run, reasons: Reasons) -> Iterator[Violation]:
    """Flag questions that apply, must be answered, and were left out of the XML.

    JavaRosa takes an absent node for one that does not apply.
    """
    for node in run.populated.missing:
        bind = definition_of(node).bind
        parent = node.parent
        if bind.required is None or bind.relevant is not None:
            continue
        if parent is not None and not parent.is_relevant:
            continue
        if run.is_required(node, bind.required):
            message = rule_message("missing")
            yield reasons.about(node, "missing", message, cause=bind.required)
