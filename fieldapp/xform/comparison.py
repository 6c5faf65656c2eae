"""Tell what one version of a form asks otherwise than another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path, path_text
from fieldapp.xform.translations import Translations
from fieldapp.xform.xpath import Expression

Facts = Mapping[str, str]
"""What a form says of a question, by the name of the saying."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question or a group, as people know it."""

    path: str
    label: Translations
    kind: str
    """The type of its answer (`int`, `select1`, …), or `group` or `repeat`."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that a form says otherwise of a question; empty where it says none."""

    name: str
    """`type`, `relevant`, `constraint`, `label::id`, `choice::other`, …"""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """A question that both versions ask, and what is new about it."""

    question: Question
    aspects: tuple[Aspect, ...]

    @property
    def is_retyped(self) -> bool:
        """Tell whether its answers are of another type than before."""
        return any(aspect.name == "type" for aspect in self.aspects)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a newer version adds, drops and changes; each in its form's order."""

    added: tuple[Question, ...]
    removed: tuple[Question, ...]
    changed: tuple[Change, ...]

    @property
    def retyped(self) -> tuple[Change, ...]:
        """Give the changes that no new version may make (design.md, section 4)."""
        return tuple(change for change in self.changed if change.is_retyped)


def compare(older: FormDefinition, newer: FormDefinition) -> Comparison:
    """Compare two versions of a form by the paths of their questions."""
    before, after = dict(_questions(older)), dict(_questions(newer))
    shared = [path for path in after if path in before]
    changes = (
        Change(_question(after[path]), tuple(_aspects(older, newer, path)))
        for path in shared
    )
    return Comparison(
        added=tuple(_question(after[path]) for path in after if path not in before),
        removed=tuple(_question(before[path]) for path in before if path not in after),
        changed=tuple(change for change in changes if change.aspects),
    )


def _questions(form: FormDefinition) -> Iterator[tuple[Path, NodeDefinition]]:
    """Give all that a form asks, shows or works out; not what belongs to the client."""
    for path, node in form.nodes.items():
        if len(path) > 1 and path[1] != "meta":
            yield path, node


def _question(node: NodeDefinition) -> Question:
    return Question(path_text(node.path), node.labels, _kind(node))


def _kind(node: NodeDefinition) -> str:
    if node.repeat is not None:
        return "repeat"
    return node.bind.type if node.is_leaf else "group"


def _aspects(
    older: FormDefinition, newer: FormDefinition, path: Path
) -> Iterator[Aspect]:
    before, after = _facts(older, path), _facts(newer, path)
    for name in {**before, **after}:
        was, is_now = before.get(name, ""), after.get(name, "")
        if was != is_now:
            yield Aspect(name, was, is_now)


def _facts(form: FormDefinition, path: Path) -> Facts:
    node = form.nodes[path]
    bind, control = node.bind, node.control
    return {
        "type": _kind(node),
        **_texts("label", node.labels),
        **_texts("hint", control.hints if control else {}),
        "appearance": control.appearance if control else "",
        "relevant": _source(bind.relevant),
        "required": _source(bind.required),
        "constraint": _source(bind.constraint),
        **_texts("constraint_message", bind.constraint_message),
        "calculation": _source(bind.calculate),
        "readonly": _source(bind.readonly),
        "warn": _source(bind.warn),
        "default": node.default if node.is_leaf else "",
        "role": " ".join(sorted(bind.roles)),
        "choice_filter": control.itemset.nodeset.source
        if control and control.itemset
        else "",
        **_choices(form, path),
    }


def _choices(form: FormDefinition, path: Path) -> Facts:
    """Write each choice with its labels: a new one has none before."""
    return {
        f"choice::{value}": " / ".join(labels.values()) or value
        for value, labels in form.choice_labels(path).items()
    }


def _texts(name: str, texts: Translations) -> Facts:
    return {f"{name}::{language}": text for language, text in texts.items()}


def _source(expression: Expression | None) -> str:
    return "" if expression is None else expression.source.strip()
