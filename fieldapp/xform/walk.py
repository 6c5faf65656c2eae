"""Ask each question of the body in turn, as finalising on a phone does.

`FormDef.validate` goes through the questions that people see: required, constraint
and choices are checked there, and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fieldapp.xform.definition import (
    BodyStep,
    Control,
    ItemSet,
    NodeDefinition,
)
from fieldapp.xform.itext import fill_outputs, outputs_of
from fieldapp.xform.judgement import Rule, Violation
from fieldapp.xform.messages import own_or_rule, rule_message
from fieldapp.xform.node import Node
from fieldapp.xform.offers import child_text
from fieldapp.xform.run import Run, definition_of, near_node, path_of, read_by
from fieldapp.xform.translations import Translations
from fieldapp.xform.xpath import Expression, XPathError, XPathLimit, compile_xpath
from fieldapp.xform.xpath.conversions import to_string

MAX_NEW_ITEMS = 1_000


@dataclass(slots=True)
class Walk:
    """Collects what the questions of one instance have against its answers."""

    run: Run
    violations: list[Violation] = field(default_factory=list)
    seen: set[tuple[Node, str]] = field(default_factory=set)
    is_stale: bool = False

    def go(self, steps: tuple[BodyStep, ...], items: list[Node]) -> None:
        """Walk through a part of the body; `items` are the repeat items around it.

        :raises XPathLimit: if the instance makes it too much work.
        """
        for step in steps:
            if step.kind == "repeat":
                self._repeat(step, items)
                continue
            node = items[step.anchor]
            for name in step.names:
                below = node.by_name.get(name)
                if below is None:
                    break
                node = below[0]
            else:
                if node.is_relevant or step.node is None:
                    if step.control is not None:
                        self._ask(node, step.control)
                    else:
                        self.go(step.children, items)

    def _repeat(self, step: BodyStep, items: list[Node]) -> None:
        parent: Node | None = items[step.anchor]
        for name in step.names[:-1]:
            below = parent.by_name.get(name) if parent is not None else None
            parent = below[0] if below else None
        if parent is None or step.node is None or not parent.is_relevant:
            return
        if step.node.repeat is not None and step.node.repeat.count is not None:
            self._complete(parent, step.node)
        for item in tuple(parent.by_name.get(step.names[-1], ())):
            if item.is_relevant:
                self.go(step.children, [*items, item])

    def _complete(self, parent: Node, definition: NodeDefinition) -> None:
        """Add the items that `jr:count` asks for; surplus ones stay."""
        wanted = self._wanted(parent, definition)
        present = len(parent.by_name.get(definition.name, ()))
        if wanted <= present:
            return
        run = self.run
        if wanted - present > MAX_NEW_ITEMS or not run.may_settle_again():
            message = rule_message("repeat-count", computed=str(wanted))
            path = f"{path_of(parent, run.definition.repeats)}/{definition.name}"
            self._add(path, "repeat-count", definition.labels, message, str(present))
            return
        for _ in range(wanted - present):
            run.populated.add_default(definition, parent)
        run.settle()

    def _wanted(self, parent: Node, definition: NodeDefinition) -> int:
        path = definition.repeat.count if definition.repeat else None
        node = near_node(parent, path) if path else None
        if node is None or node.value == "":
            return 0
        try:
            return int(to_string(node.value))
        except ValueError:
            message = rule_message("expression")
            self._add_for(node, "expression", message, {})
            return 0

    def _answer(self, node: Node) -> None:
        """Work out what follows from an answer, once a choice has been dropped.

        Nothing follows from a single choice that was dropped, as JavaRosa then sets
        no answer; it shows when a later answer bears on the same.
        """
        if self.run.may_settle_again():
            self.run.settle_after(node)

    def _ask(self, node: Node, control: Control) -> None:
        """Check one answer as `FormEntryController.answerQuestion` does."""
        bind = definition_of(node).bind
        failures = len(self.run.failures)
        is_cleared = control.is_select and self._check_choices(node, control)
        self.is_stale |= is_cleared
        if len(self.run.failures) > failures:
            return
        if node.value == "" and self._is_empty(node, control, is_cleared=is_cleared):
            if bind.required is not None and self.run.is_required(node, bind.required):
                message = own_or_rule(bind.required_message, "required")
                self._add_for(node, "required", message, {}, bind.required)
                return
        elif bind.constraint is not None and not self._holds(node, bind.constraint):
            message = own_or_rule(bind.constraint_message, "constraint")
            detail = read_by(bind.constraint, node, self.run.definition.repeats)
            self._add_for(node, "constraint", message, detail, bind.constraint)
            return
        is_set = node.value != "" or (is_cleared and control.kind != "select1")
        if self.is_stale and is_set:
            self._answer(node)

    def _is_empty(self, node: Node, control: Control, *, is_cleared: bool) -> bool:
        """Tell no answer from one whose text is empty, such as the point of zeros.

        A selection of several that lost them all is still an answer.
        """
        if not node.text:
            return True
        if is_cleared or node in self.run.populated.lost:
            return control.kind == "select1" or not control.is_select
        return definition_of(node).bind.calculate is not None

    def _holds(self, node: Node, constraint: Expression) -> bool:
        """Evaluate a constraint; what cannot be judged here is left to the phone."""
        run = self.run
        if not run.can_judge(constraint):
            return True
        context = run.context
        context.node = node
        context.dot = node.value
        try:
            return constraint.boolean(context)
        except XPathLimit:
            raise
        except XPathError as error:
            run.fail(node, constraint, error)
            return True
        finally:
            context.dot = None

    def _check_choices(self, node: Node, control: Control) -> bool:
        """Flag what the list does not offer, and drop it as phones do.

        Lists whose content is not at hand are taken as given.
        """
        itemset = control.itemset
        if itemset is None or node.value == "":
            return False
        value = to_string(node.value)
        is_one = control.kind == "select1"
        items = [value] if is_one else value.split(" ")
        sent = [node.text] if is_one and node.text else node.text.split()
        offered = self._offered(node, itemset, frozenset((*items, *sent)))
        if offered is None or offered.issuperset(items):
            return False
        node.value = " ".join(item for item in items if item in offered)
        if not offered.issuperset(sent):
            self._add_for(node, "choice", rule_message("choice"), {})
        return True

    def _offered(
        self, node: Node, itemset: ItemSet, asked: frozenset[str]
    ) -> frozenset[str] | None:
        """Give those of the asked values that the list offers, or None if unknown."""
        run = self.run
        path = definition_of(node).path
        fixed = run.definition.fixed_offers.get(path)
        if fixed is not None and not itemset.nodeset.instances & run.late_instances:
            return fixed
        if not run.can_judge(itemset.nodeset):
            return None
        run.context.node = node
        try:
            items = itemset.nodeset.evaluate(run.context)
        except XPathLimit:
            raise
        except XPathError as error:
            run.fail(node, itemset.nodeset, error)
            return None
        if not isinstance(items, list):
            return None
        value = itemset.value
        return asked.intersection(child_text(item, value) for item in items)

    def _add_for(
        self,
        node: Node,
        rule: Rule,
        message: Translations,
        detail: Mapping[str, str],
        expression: Expression | None = None,
    ) -> None:
        """Add a violation at a node, once for each rule."""
        if (node, rule) in self.seen:
            return
        self.seen.add((node, rule))
        path = path_of(node, self.run.definition.repeats)
        told = self.fill(node, message)
        labels = definition_of(node).labels
        found = detail if expression is not None else {}
        self._add(path, rule, labels, told, node.text, found)

    def fill(self, node: Node, message: Translations) -> Translations:
        """Put the values that a message shows into it."""
        sources = {source for text in message.values() for source in outputs_of(text)}
        if not sources:
            return message
        values = {source: self._show(node, source) for source in sources}
        return {
            language: fill_outputs(text, values) for language, text in message.items()
        }

    def _show(self, node: Node, source: str) -> str:
        run = self.run
        run.context.node = node
        try:
            expression = compile_xpath(
                source,
                context=definition_of(node).path,
                repeats=run.definition.repeats,
            )
            return to_string(expression.value(run.context))
        except XPathError:
            return "…"

    def _add(
        self,
        path: str,
        rule: Rule,
        label: Translations,
        message: Translations,
        value: str,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        self.violations.append(
            Violation(path, rule, label, message, value, detail or {})
        )
