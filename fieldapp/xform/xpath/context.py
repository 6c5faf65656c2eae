"""The runtime context of an evaluation, and the compiled expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.xpath.errors import XPathLimit

DEFAULT_STEPS = 1_000_000


def _no_choice_name(_path: tuple[str, ...], _value: str, _node: Node | None) -> str:
    return ""


def _no_text(_name: str) -> str:
    return ""


@dataclass(slots=True, weakref_slot=True)
class Evaluation:
    """Everything that an expression may read while it is evaluated; no globals.

    Reuse one for a whole instance: set `node`, `dot` (and `current`) between calls.
    """

    node: Node
    """The context node: the node that the expression belongs to, on `context`."""

    root: Node
    """The root element of the primary instance."""

    instances: Mapping[str, Node] = field(default_factory=dict)
    """Secondary instances by id: each the *root element* of its document."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    """The moment of evaluation, aware; its zone is the device's zone."""

    dot: XPathValue | None = None
    """The candidate value of `.` in a constraint; None everywhere else."""

    position: int | None = None
    """1-based position in the nodeset that a predicate filters; None outside."""

    current: Node | None = None
    """What `current()` yields inside predicates; None means `node`."""

    steps: int = DEFAULT_STEPS
    """Nodes that may still be visited before XPathLimit is raised."""

    choice_name: Callable[[tuple[str, ...], str, Node | None], str] = _no_choice_name
    """jr:choice-name(): (path of the question, value, its node if any) -> label."""

    itext: Callable[[str], str] = _no_text
    """jr:itext(): text id -> text in the language in use."""

    device_property: Callable[[str], str] = _no_text
    """property(): name -> value, such as `deviceid`."""

    form_version: str = ""
    """version(): the form's version."""

    @property
    def zone(self) -> tzinfo:
        """The device's zone."""
        return self.now.tzinfo or UTC


def spend(evaluation: Evaluation, steps: int) -> None:
    """Take visited nodes off the budget.

    :raises XPathLimit: if it is used up.
    """
    evaluation.steps -= steps + 1
    if evaluation.steps < 0:
        raise XPathLimit("the evaluation takes too many steps")


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A compiled expression; immutable, reusable, safe to share between threads."""

    source: str

    references: frozenset[tuple[str, ...]]
    """Absolute paths of primary-instance nodes that it may read.

    A step `"*"` stands for one element of any name, a step `"**"` for any number of
    elements (none included). Positions and predicates are left out; what predicates
    read is in. `.` and `..` are resolved against `context`. The value of `.` in a
    constraint is reported as the context path.
    """

    is_volatile: bool
    """It calls now(), today(), random(), uuid(), once() or the like."""

    instances: frozenset[str]
    """Ids of the secondary instances that it reads."""

    evaluate: Callable[[Evaluation], XPathValue]
    """The value; a path yields its nodes, in document order.

    :raises XPathTypeError: if a value does not fit an operation.
    :raises XPathLimit: if the step budget is used up.
    """

    value: Callable[[Evaluation], str | float | bool | object]
    """The same, unpacked: "" for no node, the node's value for one.

    :raises XPathTypeError: also if there are several nodes.
    """

    boolean: Callable[[Evaluation], bool]
    """The value as JavaRosa's boolean(); fastest for relevant and constraint."""

    literal: XPathValue | None = None
    """The value, if it is the same in every context; None otherwise."""

    size: int = 1
    """Its parts, predicates included: a measure of the work of one evaluation."""
