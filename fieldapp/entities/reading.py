"""What an entry says about entities: pure, from the XML as the phone wrote it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fieldapp.entities.declarations import ENTITY, LABEL, Declaration
from fieldapp.xform.definition import Path
from fieldapp.xform.markup import Element, text_of

UUID_V4 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)
"""Collect ignores any other id."""
VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)
TRUE = frozenset({"1", "true"})

Values = Mapping[str, str]
"""The label and the properties of an entity, by name."""
Kind = Literal["create", "update", "upsert"]


@dataclass(frozen=True)
class Action:
    """What one ``meta/entity`` of an entry asks for."""

    register: str
    position: int
    """Its place among all of the entry, from 0."""
    entity_id: str
    """As it stands there: whether it is one is for ``fault`` to say."""
    kind: Kind
    base_version: int | None
    trunk_version: int | None
    """The server's version that the phone's chain of changes began at, if any."""
    branch_id: str
    """Names the chain; empty where the phone had no change of its own."""
    values: Values

    @property
    def fault(self) -> str:
        """Say what is wrong with it in itself; empty where nothing is."""
        if not UUID_V4.fullmatch(self.entity_id):
            return "bad-id"
        if self.kind == "create" and not self.values.get(LABEL):
            return "no-label"
        return ""


def actions_of(
    declarations: tuple[Declaration, ...], root: Element
) -> tuple[Action, ...]:
    """Read the actions of an entry, in the order of its form and of its items."""
    found = [
        (declaration, container, entity)
        for declaration in declarations
        for container in _elements([root], declaration.container[1:])
        for entity in _elements([container], ENTITY)
    ]
    actions = (
        _action(declaration, container, entity, position)
        for position, (declaration, container, entity) in enumerate(found)
    )
    return tuple(action for action in actions if action is not None)


def _action(
    declaration: Declaration, container: Element, entity: Element, position: int
) -> Action | None:
    creates = declaration.may_create and entity.get("create", "").strip() in TRUE
    updates = declaration.may_update and entity.get("update", "").strip() in TRUE
    if not creates and not updates:
        return None
    return Action(
        register=declaration.register,
        position=position,
        entity_id=entity.get("id", "").strip().lower(),
        kind="upsert" if creates and updates else "create" if creates else "update",
        base_version=_version(entity.get("baseVersion", "")),
        trunk_version=_version(entity.get("trunkVersion", "")),
        branch_id=entity.get("branchId", "").strip(),
        values=dict(_values(declaration, container, entity)),
    )


def _values(
    declaration: Declaration, container: Element, entity: Element
) -> Iterator[tuple[str, str]]:
    """Give what is said of each property; one that was not asked is not said."""
    for label in _elements([entity], (LABEL,)):
        yield LABEL, text_of(label).strip()
    depth = len(declaration.container)
    for saved in declaration.properties:
        for element in _elements([container], saved.path[depth:])[:1]:
            yield saved.name, text_of(element)


def _elements(above: list[Element], names: Path) -> list[Element]:
    found = above
    for name in names:
        found = [
            child for element in found for child in element.iterchildren("{*}" + name)
        ]
    return found


def _version(text: str) -> int | None:
    text = text.strip()
    return int(text) if VERSION.fullmatch(text) else None
