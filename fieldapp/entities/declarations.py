"""What a form declares about entities: pure (ODK Entities specification 2022.1–2025.1).

pyxform writes a node ``meta/entity`` into the root, or into the repeat whose items are
the entities, and ``entities:saveto`` on the questions whose answers are properties.
"""

from dataclasses import dataclass

from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path

LABEL = "label"
"""What an entity is called; no property may have this name."""
ENTITY = ("meta", "entity")


@dataclass(frozen=True)
class SavedProperty:
    """A question whose answer becomes a property of an entity."""

    name: str
    path: Path
    role: str | None
    """By which it is masked, if it tells of a person (``FormDefinition.personal``)."""


@dataclass(frozen=True)
class Declaration:
    """The entities of one kind that each entry, or each item of a repeat, makes."""

    register: str
    container: Path
    """The root, or the repeat."""
    may_create: bool
    may_update: bool
    properties: tuple[SavedProperty, ...]
    label_role: str | None
    """By which the label is masked, if it is made of what tells of a person."""

    @property
    def label_path(self) -> Path:
        """Give the path of the label."""
        return (*self.container, *ENTITY, LABEL)


def declarations_of(definition: FormDefinition) -> tuple[Declaration, ...]:
    """Read the declarations of a form, by where they stand."""
    nodes = {
        node.path[: -len(ENTITY)]: node
        for node in definition.nodes.values()
        if node.path[-len(ENTITY) :] == ENTITY and node.attributes.get("dataset")
    }
    containers = sorted(nodes, key=len, reverse=True)
    saved: dict[Path, list[SavedProperty]] = {path: [] for path in containers}
    for node in definition.nodes.values():
        home = next((path for path in containers if _is_below(node, path)), None)
        if node.bind.save_to and home is not None:
            name = node.bind.save_to
            role = definition.personal.get(node.path)
            saved[home].append(SavedProperty(name, node.path, role))
    return tuple(
        Declaration(
            register=nodes[path].attributes["dataset"],
            container=path,
            may_create="create" in nodes[path].attributes,
            may_update="update" in nodes[path].attributes,
            properties=tuple(saved[path]),
            label_role=definition.personal.get((*path, *ENTITY, LABEL)),
        )
        for path in sorted(nodes)
    )


def _is_below(node: NodeDefinition, path: Path) -> bool:
    return node.path[: len(path)] == path and node.path != path
