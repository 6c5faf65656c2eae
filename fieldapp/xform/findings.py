"""What is wrong with answers beyond the questions' own rules, and what is odd."""

from collections.abc import Iterator, Mapping
from datetime import UTC

from fieldapp.xform.definition import NodeDefinition
from fieldapp.xform.judgement import Rule, Violation
from fieldapp.xform.messages import own_or_rule, rule_message
from fieldapp.xform.node import Node
from fieldapp.xform.populate import Surplus
from fieldapp.xform.run import Run, definition_of, path_of, read_by
from fieldapp.xform.times import read_date_time
from fieldapp.xform.values import read_double
from fieldapp.xform.walk import Walk
from fieldapp.xform.xpath import XPathError, XPathLimit

_TOLERANCE = 1e-9


def find_wrong_values(run: Run) -> Iterator[Violation]:
    """Flag what JavaRosa silently drops: unreadable values and surplus elements.

    Where the place itself does not apply, nothing depends on it: that is a warning.
    """
    for node in run.populated.lost:
        if node.is_relevant:
            yield _lost(run, node)
    for surplus in run.populated.surplus:
        if surplus.parent.is_relevant and surplus.text:
            yield _surplus(run, surplus)


def find_warnings(
    run: Run, walk: Walk, calculated: Mapping[str, str]
) -> Iterator[Violation]:
    """Flag what a coordinator should look at, and a phone would let pass."""
    yield from _soft_rules(run, walk)
    yield from _differing(run, calculated)
    yield from _inapplicable(run)
    yield from _absent(run)


def _lost(run: Run, node: Node) -> Violation:
    definition = definition_of(node)
    if definition.offered is not None:
        return _about(run, node, "choice", rule_message("choice"))
    kind = definition.bind.type
    return _about(run, node, "type", rule_message("type", kind=kind))


def _surplus(run: Run, surplus: Surplus) -> Violation:
    rule: Rule = "duplicate" if surplus.is_known else "unknown"
    path = path_of(surplus.parent, run.definition.repeats)
    if surplus.name:
        path += f"/{surplus.name}"
    label = {"id": surplus.name, "en": surplus.name}
    return Violation(path, rule, label, rule_message(rule), surplus.text[:500], {})


def _soft_rules(run: Run, walk: Walk) -> Iterator[Violation]:
    context = run.context
    for definition in run.definition.warned:
        warn = definition.bind.warn
        if warn is None or not run.can_judge(warn):
            continue
        for node in run.populated.slots[definition.index]:
            if not node.is_relevant or node.value == "":
                continue
            context.node, context.dot = node, node.value
            try:
                is_usual = warn.boolean(context)
            except XPathLimit:
                raise
            except XPathError:
                is_usual = True
            finally:
                context.dot = None
            if not is_usual:
                message = walk.fill(
                    node, own_or_rule(definition.bind.warn_message, "warn")
                )
                detail = read_by(warn, node, run.definition.repeats)
                yield _about(run, node, "warn", message, detail)


def _differing(run: Run, calculated: Mapping[str, str]) -> Iterator[Violation]:
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
                message = rule_message("calculate", computed=computed or "–")
                yield _about(run, node, "calculate", message)


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
    numbers = read_double(sent), read_double(computed)
    if numbers[0] is not None and numbers[1] is not None:
        return abs(numbers[0] - numbers[1]) < _TOLERANCE
    moments = read_date_time(sent, UTC), read_date_time(computed, UTC)
    return moments[0] is not None and moments[0] == moments[1]


def _inapplicable(run: Run) -> Iterator[Violation]:
    """Flag answers to questions that do not apply; missing ones were never sent."""
    missing = set(run.populated.missing)
    for slot in run.populated.slots:
        for node in slot:
            if node.text and not node.is_relevant and not _is_under(node, missing):
                yield _about(run, node, "irrelevant", rule_message("irrelevant"))


def _is_under(node: Node, nodes: set[Node]) -> bool:
    step: Node | None = node
    while step is not None:
        if step in nodes:
            return True
        step = step.parent
    return False


def _absent(run: Run) -> Iterator[Violation]:
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
            yield _about(run, node, "missing", rule_message("missing"))


def _about(
    run: Run,
    node: Node,
    rule: Rule,
    message: Mapping[str, str],
    detail: Mapping[str, str] | None = None,
) -> Violation:
    path = path_of(node, run.definition.repeats)
    labels = definition_of(node).labels
    return Violation(path, rule, labels, message, node.text, detail or {})
