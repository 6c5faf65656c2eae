"""The calculates and relevances of one instance, run in order."""

from dataclasses import dataclass, field

from fieldapp.xform.calculation import store
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path, Step
from fieldapp.xform.dependencies import affected_by
from fieldapp.xform.judgement import indexed_path
from fieldapp.xform.node import Node
from fieldapp.xform.populate import LONG_TEXT, Populated
from fieldapp.xform.xpath import Evaluation, Expression, XPathError, XPathLimit

MAX_NODES_AGAIN = 1_000_000
"""How many nodes may be gone through again because answers changed on the way."""

MAX_PARTS = 30_000_000
"""How many parts of formulas may be evaluated for one entry."""

CHARACTERS_PER_PART = 100
"""A long text of so many characters is as much work as one more part."""


@dataclass(slots=True)
class Failure:
    """An expression that has no value here."""

    node: Node
    expression: Expression
    reason: str


@dataclass(slots=True)
class Run:
    """The working state of one evaluation."""

    definition: FormDefinition
    populated: Populated
    context: Evaluation
    known_instances: frozenset[str]
    late_instances: frozenset[str]
    hidden: set[Node]
    failures: dict[tuple[Node, str], Failure] = field(default_factory=dict)
    required: set[Node] = field(default_factory=set)
    nodes_left: int = MAX_NODES_AGAIN
    parts_left: int = MAX_PARTS

    def take_up(self, expression: Expression, path: Path, times: int = 1) -> None:
        """Count the parts of a node's expression that is evaluated so many times.

        :raises XPathLimit: if the instance makes it too much work.
        """
        parts = expression.size
        if self.populated.long_texts:
            parts = self.work_of(expression, path)
        self.parts_left -= parts * times
        if self.parts_left < 0:
            raise XPathLimit("the formulas are too much work on this entry")

    def work_of(self, expression: Expression, path: Path) -> int:
        """Give the parts of an expression; each may go through a long text it reads."""
        length = self._length_read(expression, path)
        return expression.size * (1 + length // CHARACTERS_PER_PART)

    def _length_read(self, expression: Expression, path: Path) -> int:
        """Add up the long texts that a formula reads: one of each item, or all."""
        length = 0
        for place, (longest, total) in self.populated.long_texts.items():
            if place in expression.references:
                around = place[:-1]
                length += longest if path[: len(around)] == around else total
        if any("*" in place for place in expression.references):
            length += sum(total for _, total in self.populated.long_texts.values())
        return length

    def may_settle_again(self) -> bool:
        """Tell whether there is work left for one more time, and take it."""
        self.nodes_left -= sum(map(len, self.populated.slots))
        return self.nodes_left > 0

    def settle(self) -> None:
        """Work out everything, each after what it reads.

        :raises XPathLimit: if the instance makes it too much work.
        """
        self._run_steps(self.definition.steps)
        self._check_conditions(self.definition.conditions)

    def settle_after(self, anchor: Node) -> None:
        """Work out again what an answer bears on, in its own items of repeats.

        :raises XPathLimit: if the instance makes it too much work.
        """
        steps = affected_by(definition_of(anchor).path, self.definition)
        is_value = {"calculate", "relevant"}.__contains__
        self._run_steps(tuple(each for each in steps if is_value(each.kind)), anchor)
        self._check_conditions(
            tuple(each for each in steps if not is_value(each.kind)), anchor
        )

    def _run_steps(self, steps: tuple[Step, ...], anchor: Node | None = None) -> None:
        """Calculate and decide relevance, each after what it reads."""
        for step in steps:
            nodes = self._nodes(step.node, anchor)
            if nodes and self.can_judge(step.expression):
                self.take_up(step.expression, step.path, len(nodes))
                if step.kind == "calculate":
                    self._calculate(step, nodes)
                else:
                    self._decide_relevance(step, nodes)

    def _nodes(self, definition: NodeDefinition, anchor: Node | None) -> list[Node]:
        """Give all nodes of a definition, or those in the anchor's repeat items."""
        nodes = self.populated.slots[definition.index]
        if anchor is None or not definition.is_in_repeat:
            return nodes
        shared = 0
        for own, other in zip(definition.path, anchor.path, strict=False):
            if own != other:
                break
            shared += 1
        around = _ancestor(anchor, shared)
        return [node for node in nodes if _ancestor(node, shared) is around]

    def can_judge(self, expression: Expression) -> bool:
        """Tell whether all lists that an expression reads are at hand."""
        return not expression.instances or expression.instances <= self.known_instances

    def _calculate(self, step: Step, nodes: list[Node]) -> None:
        context, value_of = self.context, step.expression.value
        type_name = step.node.bind.type
        is_text = type_name == "string"
        depth = step.depth
        for node in nodes:
            context.node = _ancestor(node, depth) if depth else node
            try:
                value = value_of(context)
                if isinstance(value, str) and len(value) > LONG_TEXT:
                    self.populated.note_length(step.node, len(value))
                if is_text and value.__class__ is str:
                    node.value = value
                else:
                    node.value = store(value, type_name, context.now)
            except XPathLimit:
                raise
            except XPathError as error:
                self.fail(node, step.expression, error)

    def _decide_relevance(self, step: Step, nodes: list[Node]) -> None:
        context, decide = self.context, step.expression.boolean
        depth = step.depth
        for node in nodes:
            context.node = _ancestor(node, depth) if depth else node
            try:
                is_relevant = decide(context)
            except XPathLimit:
                raise
            except XPathError as error:
                self.fail(node, step.expression, error)
            else:
                if is_relevant is (node in self.hidden):
                    self._set_relevance(node, is_relevant=is_relevant)

    def _check_conditions(
        self, steps: tuple[Step, ...], anchor: Node | None = None
    ) -> None:
        """Decide what is required, before the questions are asked.

        Whether a node is read-only only matters if that cannot be decided: JavaRosa
        does not open such an entry at all.
        """
        for step in steps:
            nodes = self._nodes(step.node, anchor)
            if nodes and self.can_judge(step.expression):
                self.take_up(step.expression, step.path, len(nodes))
                is_required = step.kind == "required"
                for node in nodes:
                    if self._holds(node, step) and is_required:
                        self.required.add(node)
                    elif is_required:
                        self.required.discard(node)

    def _holds(self, node: Node, step: Step) -> bool:
        self.context.node = _ancestor(node, step.depth) if step.depth else node
        try:
            return step.expression.boolean(self.context)
        except XPathLimit:
            raise
        except XPathError as error:
            self.fail(node, step.expression, error)
            return False

    def is_required(self, node: Node, expression: Expression) -> bool:
        """Tell whether a node must have an answer."""
        return expression.literal is True or node in self.required

    def fail(self, node: Node, expression: Expression, error: XPathError) -> None:
        """Note that an expression has no value for a node."""
        self.failures[node, expression.source] = Failure(node, expression, str(error))

    def _set_relevance(self, node: Node, *, is_relevant: bool) -> None:
        """Show or hide a node; what is below it inherits that."""
        if is_relevant:
            self.hidden.discard(node)
        else:
            self.hidden.add(node)
        parent = node.parent
        shown = is_relevant and (parent is None or parent.is_relevant)
        if shown is not node.is_relevant:
            self._inherit(node, shown=shown)

    def _inherit(self, node: Node, *, shown: bool) -> None:
        node.is_relevant = shown
        for child in node.children:
            visible = shown and child not in self.hidden
            if visible is not child.is_relevant:
                self._inherit(child, shown=visible)


def _ancestor(node: Node, depth: int) -> Node:
    """Give the ancestor (or the node itself) at a depth; the root has depth 1."""
    step = node
    for _ in range(len(definition_of(node).path) - depth):
        if step.parent is not None:
            step = step.parent
    return step


def definition_of(node: Node) -> NodeDefinition:
    """Give what the form says about a node of a populated instance."""
    return node.definition  # type: ignore[return-value] # All of them have one.


def path_of(node: Node, repeats: frozenset[tuple[str, ...]]) -> str:
    """Write where a node stands; without an index outside of repeats."""
    definition = definition_of(node)
    if definition.is_in_repeat:
        return indexed_path(node, repeats)
    return definition.text_path


def near_node(start: Node, path: tuple[str, ...]) -> Node | None:
    """Find the node at a path that shares as many repeat items as it can."""
    own = start.path
    shared = 0
    while shared < min(len(own), len(path)) and own[shared] == path[shared]:
        shared += 1
    node: Node | None = start
    for _ in range(len(own) - shared):
        node = node.parent if node is not None else None
    for name in path[shared:]:
        found = node.by_name.get(name) if node is not None else None
        node = found[0] if found else None
    return node
