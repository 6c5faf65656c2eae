"""Judge an instance by the rules of its form, as JavaRosa would."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice
from types import MappingProxyType
from weakref import proxy

from fieldapp.xform.calculation import text_of_value
from fieldapp.xform.choicenames import choice_name
from fieldapp.xform.definition import FormDefinition, Path, path_text
from fieldapp.xform.findings import find_warnings, find_wrong_values
from fieldapp.xform.instance import Instance
from fieldapp.xform.judgement import Judgement, Violation, nodes_at
from fieldapp.xform.markup import Element, local_name
from fieldapp.xform.messages import rule_message
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.populate import populate
from fieldapp.xform.reasons import Reasons
from fieldapp.xform.refusals import formula_refusal, refusal
from fieldapp.xform.run import Run, path_of
from fieldapp.xform.times import read_date_time
from fieldapp.xform.translations import complete
from fieldapp.xform.walk import MAX_FINDINGS, Walk
from fieldapp.xform.xpath import (
    Evaluation,
    Expression,
    XPathError,
    XPathLimit,
    compile_xpath,
)

MAX_STEPS = 2_000_000
_NAME = re.compile(r"\$\{\s*([^\s{}]+)\s*\}")
_NO_INSTANCES: Mapping[str, Node] = MappingProxyType({})


def evaluate(
    definition: FormDefinition,
    instance: Instance,
    *,
    now: datetime,
    instances: Mapping[str, Node] = _NO_INSTANCES,
    time_zone: tzinfo = UTC,
) -> Judgement:
    """Judge one instance; nothing but the arguments bears on the verdict.

    `now` is what `today()` and `now()` give: the time of capture, best of all.
    `time_zone` is the device's, for times without an offset. `instances` are lists
    that came after the form, such as the villages of one area.
    """
    moment = now.astimezone(time_zone)
    given = {**definition.instances, **instances} if instances else definition.instances
    if instance.is_encrypted or local_name(instance.root) != definition.root.name:
        return _unread(definition, instance, given, moment)
    try:
        populated = populate(definition, instance.root, moment)
    except XPathLimit as limit:
        wrong = _too_much(definition, str(limit))
        return _unread(definition, instance, given, moment, wrong)
    context = _context(definition, populated.root, given, moment)
    run = Run(
        definition,
        populated,
        context,
        known_instances=frozenset(given),
        late_instances=frozenset(instances),
        hidden=set(populated.missing),
    )
    findings = _find(run)
    _restore_volatile(run)
    return Judgement(
        definition=definition,
        instance=instance,
        root=populated.root,
        violations=findings.violations,
        warnings=findings.warnings,
        calculated=findings.calculated,
        irrelevant=_irrelevant(run),
        instances=given,
        now=moment,
    )


def settled(
    definition: FormDefinition, instance: Instance, *, now: datetime
) -> Evaluation:
    """Work an instance out as it is right after loading, before anything is asked.

    :raises XPathLimit: if the instance makes it too much work.
    """
    populated = populate(definition, instance.root, now)
    context = _context(definition, populated.root, definition.instances, now)
    run = Run(
        definition,
        populated,
        context,
        known_instances=frozenset(definition.instances),
        late_instances=frozenset(),
        hidden=set(populated.missing),
    )
    run.settle()
    return _context(definition, populated.root, definition.instances, now)


@dataclass(frozen=True, slots=True)
class _Findings:
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    calculated: Mapping[str, str]


def _find(run: Run) -> _Findings:
    """Work everything out, then ask the questions; stop where it gets too much."""
    reasons = Reasons(run)
    walk = Walk(run, reasons)
    calculated: Mapping[str, str] = {}
    warnings: tuple[Violation, ...] = ()
    try:
        run.settle()
        calculated = _calculated(run)
        wrong = list(islice(find_wrong_values(run, reasons), MAX_FINDINGS))
        warnings = tuple(islice(find_warnings(run, reasons, calculated), MAX_FINDINGS))
        walk.go(run.definition.body, [run.populated.root])
    except XPathLimit as limit:
        wrong = [_too_much(run.definition, str(limit))]
    failures = islice(_failures(run, reasons), MAX_FINDINGS)
    violations = (*wrong, *walk.violations, *failures)
    return _Findings(violations[:MAX_FINDINGS], warnings, calculated)


def compile_over(
    definition: FormDefinition, source: str, *, context: Path | None = None
) -> Expression:
    """Compile an XPath to be read over judged records, such as an indicator's.

    `${name}` stands for the question with that name. `context` is the path of the
    node that it is evaluated on: a repeat, or (by default) the root.

    :raises FormError: if it does not compile, or names no question.
    """
    path = context or definition.root.path
    try:
        return compile_xpath(
            _expand(definition, source), context=path, repeats=definition.repeats
        )
    except XPathError as error:
        raise formula_refusal(error, path) from error


def _expand(definition: FormDefinition, source: str) -> str:
    """Write `${name}` as the path of the question with that name."""

    def path_named(found: re.Match[str]) -> str:
        name = found.group(1)
        paths = [path for path in definition.nodes if path[-1] == name]
        if len(paths) != 1:
            raise refusal("two-questions" if paths else "no-question", name=name)
        return f" {path_text(paths[0])} "

    return _NAME.sub(path_named, source)


def evaluate_over(
    judgement: Judgement, expression: Expression, node: Node
) -> XPathValue:
    """Evaluate an expression on a judged record, at its root or at a repeat's item.

    A node comes out as its value; use `expression.evaluate` by `context_of` for nodes.

    :raises XPathError: if it has no value there.
    """
    context = context_of(judgement)
    context.node = node
    found = expression.value(context)
    return "" if found is None else found  # type: ignore[return-value] # Unpacked.


def context_of(judgement: Judgement) -> Evaluation:
    """Make the context in which expressions read a judged record."""
    return _context(
        judgement.definition, judgement.root, judgement.instances, judgement.now
    )


def items_of(judgement: Judgement, path: Path) -> Iterator[Node]:
    """Give the relevant nodes at a path: the items over which to evaluate."""
    return (node for node in nodes_at(judgement.root, path) if node.is_relevant)


def time_of_capture(definition: FormDefinition, instance: Instance) -> datetime | None:
    """Read when a phone finished (else began) an entry, before judging it."""
    for path in (definition.end_path, definition.start_path):
        element: Element | None = instance.root
        for name in path[1:] if path else ():
            if element is not None:
                element = next(element.iterchildren("{*}" + name), None)
        text = (element.text or "").strip() if path and element is not None else ""
        found = read_date_time(text, UTC) if text else None
        if found is not None:
            return found
    return None


def _context(
    definition: FormDefinition,
    root: Node,
    instances: Mapping[str, Node],
    now: datetime,
) -> Evaluation:
    context = Evaluation(
        node=root, root=root, instances=instances, now=now, steps=MAX_STEPS
    )
    context.choice_name = choice_name(definition, proxy(context))  # Not a circle.
    context.itext = definition.text
    context.form_version = definition.version
    return context


def _calculated(run: Run) -> dict[str, str]:
    """Write all relevant calculates as a submission would have them."""
    repeats = run.definition.repeats
    found: dict[str, str] = {}
    for definition in run.definition.calculated:
        type_name = definition.bind.type
        for node in run.populated.slots[definition.index]:
            if node.is_relevant:
                text = text_of_value(node.value, type_name)
                found[path_of(node, repeats)] = text
    return found


def _restore_volatile(run: Run) -> None:
    """Give back what the phone made at random or by its clock, for the record."""
    for step in run.definition.steps:
        if step.kind == "calculate" and step.expression.is_volatile:
            for node in run.populated.slots[step.node.index]:
                if node.text:
                    run.populated.read(node, step.node, node.text)


def _failures(run: Run, reasons: Reasons) -> Iterator[Violation]:
    """Tell which formulas failed; their text is for who wrote the form."""
    for failure in run.failures.values():
        yield reasons.about(
            failure.node,
            "expression",
            rule_message("expression"),
            cause=failure.expression,
            detail={failure.expression.source: failure.reason},
        )


def _irrelevant(run: Run) -> frozenset[str]:
    repeats = run.definition.repeats
    return frozenset(
        path_of(node, repeats)
        for slot in run.populated.slots
        for node in slot
        if not node.is_relevant
    )


def _too_much(definition: FormDefinition, reason: str) -> Violation:
    return Violation(
        path=definition.root.text_path,
        rule="expression",
        label=complete(definition.titles, definition.form_id),
        message=rule_message("limit"),
        value="",
        detail={"limit": reason},
    )


def _unread(
    definition: FormDefinition,
    instance: Instance,
    instances: Mapping[str, Node],
    now: datetime,
    wrong: Violation | None = None,
) -> Judgement:
    """Judge what cannot be looked into: sealed, of another form, or too large."""
    name = local_name(instance.root)
    wrong = wrong or Violation(
        path=f"/{name}",
        rule="root",
        label=complete(definition.titles, definition.form_id),
        message=rule_message("root"),
        value=name,
        detail={},
    )
    return Judgement(
        definition=definition,
        instance=instance,
        root=Node(definition.root.name, definition=definition.root),
        violations=() if instance.is_encrypted else (wrong,),
        warnings=(),
        calculated={},
        irrelevant=frozenset(),
        instances=instances,
        now=now,
    )
