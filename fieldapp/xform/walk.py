"""Ask each question of the body in turn, as finalising on a phone does.

`FormDef.validate` goes through the questions that people see: required, constraint
and choices are checked there, and nowhere else.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from fieldapp.xform.definition import (
    BodyStep,
    Control,
    ItemSet,
    NodeDefinition,
    Path,
)
from fieldapp.xform.judgement import Rule, Violation
from fieldapp.xform.node import Node
from fieldapp.xform.offers import child_text
from fieldapp.xform.reasons import Reasons
from fieldapp.xform.run import Run, definition_of, near_node
from fieldapp.xform.translations import Translations
from fieldapp.xform.values import read_double
from fieldapp.xform.xpath import Expression, XPathError, XPathLimit
from fieldapp.xform.xpath.conversions import to_string

MAX_NEW_ITEMS = 1_000
MOST_ITEMS = (1 << 31) - 1
MAX_FINDINGS = 1_000
"""How many violations, and how many warnings, a verdict tells at most."""


@dataclass(slots=True)
class Walk:
    """Collects what the questions of one instance have against its answers."""

    run: Run
    reasons: Reasons
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
                if step.node is None:
                    self.go(step.children, items)
                elif node.is_relevant:
                    if step.control is not None:
                        self._ask(node, step.node, step.control)
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
            self._add(
                lambda: self.reasons.miscounted(parent, definition, present, wanted)
            )
            return
        for _ in range(wanted - present):
            run.populated.add_default(definition, parent)
        run.settle()

    def _wanted(self, parent: Node, definition: NodeDefinition) -> int:
        """Read `jr:count` as JavaRosa does: what is no number asks for nothing."""
        path = definition.repeat.count if definition.repeat else None
        node = near_node(parent, path) if path else None
        value = node.value if node is not None else ""
        number = read_double(value) if isinstance(value, str) else value
        if not isinstance(number, float) or math.isnan(number):
            return 0
        return int(min(number, MOST_ITEMS))

    def _answer(self, node: Node) -> None:
        """Work out what follows from an answer, once a choice has been dropped.

        Nothing follows from a single choice that was dropped, as JavaRosa then sets
        no answer; it shows when a later answer bears on the same.
        """
        if self.run.may_settle_again():
            self.run.settle_after(node)

    def _ask(self, node: Node, definition: NodeDefinition, control: Control) -> None:
        """Check one answer as `FormEntryController.answerQuestion` does."""
        bind = definition.bind
        is_cleared = False
        if control.itemset is not None and control.is_select:
            failures = len(self.run.failures)
            is_cleared = self._check_choices(node, definition, control)
            self.is_stale |= is_cleared
            if len(self.run.failures) > failures:
                return
        if node.value == "" and self._is_empty(node, control, is_cleared=is_cleared):
            if bind.required is not None and self.run.is_required(node, bind.required):
                self._break(node, "required", bind.required_message, bind.required)
                return
        elif bind.constraint is not None and not self._holds(
            node, definition, bind.constraint
        ):
            self._break(node, "constraint", bind.constraint_message, bind.constraint)
            return
        is_set = node.value != "" or (is_cleared and control.kind != "select1")
        if self.is_stale and is_set:
            self._answer(node)

    def _break(
        self, node: Node, rule: Rule, own: Translations, cause: Expression
    ) -> None:
        """Add that a rule with a message of its own is broken."""
        self._add_for(node, rule, lambda: self.reasons.broken(node, rule, own, cause))

    def _is_empty(self, node: Node, control: Control, *, is_cleared: bool) -> bool:
        """Tell no answer from one whose text is empty, such as the point of zeros.

        A selection of several that lost them all is still an answer.
        """
        if not node.text:
            return True
        if is_cleared or node in self.run.populated.lost:
            return control.kind == "select1" or not control.is_select
        return definition_of(node).bind.calculate is not None

    def _holds(
        self, node: Node, definition: NodeDefinition, constraint: Expression
    ) -> bool:
        """Evaluate a constraint; what cannot be judged here is left to the phone."""
        run = self.run
        if not run.can_judge(constraint):
            return True
        run.take_up(constraint, definition.path)
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

    def _check_choices(
        self, node: Node, definition: NodeDefinition, control: Control
    ) -> bool:
        """Flag what the list does not offer, and drop it as phones do.

        Lists whose content is not at hand are taken as given. Without an answer a list
        can but fail, as phones look it up to show it.
        """
        itemset, path = control.itemset, definition.path
        if itemset is None:
            return False
        if node.value == "":
            if path in self.run.definition.fallible_lists:
                self._offered(node, path, itemset, ())
            return False
        fixed = self._fixed(path, itemset)
        is_one = control.kind == "select1"
        if is_one and fixed is not None and node.value in fixed:
            return False
        value = to_string(node.value)
        items = [value] if is_one else value.split(" ")
        sent = [node.text] if is_one and node.text else node.text.split()
        offered = fixed
        if fixed is None:
            offered = self._offered(node, path, itemset, (*items, *sent))
        if offered is None or offered.issuperset(items):
            return False
        if not offered.issuperset(sent):
            self._add_for(
                node,
                "choice",
                lambda: self.reasons.not_offered(node, offered, itemset.nodeset),
            )
        node.value = " ".join(item for item in items if item in offered)
        return True

    def _fixed(self, path: Path, itemset: ItemSet) -> frozenset[str] | None:
        """Give what a list offers where no answer and no late list cuts it."""
        run = self.run
        fixed = run.definition.fixed_offers.get(path)
        is_late = not run.late_instances.isdisjoint(itemset.nodeset.instances)
        return None if is_late else fixed

    def _offered(
        self, node: Node, path: Path, itemset: ItemSet, asked: tuple[str, ...]
    ) -> frozenset[str] | None:
        """Give those of the asked values that the list offers, or None if unknown."""
        run = self.run
        if not run.can_judge(itemset.nodeset):
            return None
        run.context.node = node
        run.take_up(itemset.nodeset, path)
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
        return frozenset(asked).intersection(
            [child_text(each, value) for each in items]
        )

    def _add_for(self, node: Node, rule: Rule, tell: Callable[[], Violation]) -> None:
        """Add a violation at a node, once for each rule."""
        if (node, rule) not in self.seen:
            self.seen.add((node, rule))
            self._add(tell)

    def _add(self, tell: Callable[[], Violation]) -> None:
        if len(self.violations) < MAX_FINDINGS:
            self.violations.append(tell())
