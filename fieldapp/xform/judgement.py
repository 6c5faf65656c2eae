"""What an evaluation finds: the answers in their typed form, and what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, cast

from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path
from fieldapp.xform.instance import Instance
from fieldapp.xform.node import Node
from fieldapp.xform.translations import Translations

Rule = Literal[
    "required",
    "constraint",
    "type",
    "choice",
    "unknown",
    "duplicate",
    "root",
    "expression",
    "irrelevant",
    "missing",
    "calculate",
    "repeat-count",
    "warn",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that a rule read: where, of which question, and what it was."""

    path: str
    label: Translations
    answer: Translations


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that the answers break, in words for the person who decides.

    Texts are by language code and always have `id` and `en`. `label` names the
    question and `item`, inside repeats, which item: `Wadah 2`. `value` is what came,
    `answer` the same as people read it. `message` is the form's own where it has one,
    and `reason` says which part of the condition fails, where that can be said.
    `readings` are the values that the rule read; `detail` the same for programs:
    `{"/data/people": "3"}`.
    """

    path: str
    rule: Rule
    label: Translations
    message: Translations
    value: str
    detail: Mapping[str, str]
    item: Translations = field(default_factory=dict)
    answer: Translations = field(default_factory=dict)
    reason: Translations = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one instance."""

    definition: FormDefinition
    instance: Instance
    root: Node
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    calculated: Mapping[str, str]
    irrelevant: frozenset[str]
    instances: Mapping[str, Node]
    now: datetime

    @property
    def is_ok(self) -> bool:
        """Tell whether no hard rule is broken."""
        return not self.violations

    @property
    def village_code(self) -> str | None:
        """Give the answer to the question with the role `village`."""
        path = self.definition.village_path
        return next(iter(self.values(path)), None) if path else None

    @property
    def subjects(self) -> Mapping[str, tuple[str, ...]]:
        """Give the answers that say whom or what the entry is about, by path."""
        return {
            "/" + "/".join(path): tuple(self.values(path))
            for path in self.definition.subject_paths
        }

    @property
    def attachment_names(self) -> tuple[str, ...]:
        """Name the files that the entry speaks of, each once, in order."""
        names: dict[str, None] = {}
        for path in self.definition.attachment_paths:
            names.update(dict.fromkeys(self.values(path)))
        return tuple(names)

    @property
    def captured_at(self) -> datetime | None:
        """Give when the entry was made: `end`, else `start`."""
        for path in (self.definition.end_path, self.definition.start_path):
            for node in nodes_at(self.root, path) if path else ():
                if isinstance(node.value, datetime):
                    return node.value
        return None

    @property
    def instance_name(self) -> str:
        """Give the title of the entry, as the phone shows it."""
        return self.instance.instance_name

    def values(self, path: Path) -> Iterator[str]:
        """Give the relevant, non-empty answers at a path, in document order."""
        for node in nodes_at(self.root, path):
            if node.is_relevant and node.text:
                yield node.text

    def dissolve(self) -> None:
        """Cut all nodes from their parents, when nobody reads the record any more.

        They hold each other, which only the garbage collector finds out: where entry
        after entry is judged, that is a tenth of the work.
        """
        pending = [self.root]
        while pending:
            node = pending.pop()
            node.parent = None
            pending += node.children


def nodes_at(root: Node, path: Path) -> list[Node]:
    """Find all nodes at a path, through every repeat."""
    found = [root] if path and path[0] == root.name else []
    for name in path[1:]:
        found = [child for node in found for child in node.by_name.get(name, ())]
    return found


def indexed_path(node: Node, repeats: frozenset[Path]) -> str:
    """Write where a node stands, with an index (from 1) on repeats only."""
    text = ""
    step: Node | None = node
    while step is not None:
        definition = cast("NodeDefinition", step.definition)
        index = f"[{step.position}]" if definition.path in repeats else ""
        text = f"/{step.name}{index}{text}"
        step = step.parent
    return text
