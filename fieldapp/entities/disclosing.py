"""What of an entity a reader is shown who does not work with the people in it.

Auditors read entities as they read entries: without what tells of a person. Labels are
what most lists are searched and ordered by, so neither may tell what is not shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from fieldapp.entities.models import Entity
from fieldapp.entities.registers import properties_of, reaches_entities
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.masking.masks import mask
from fieldapp.xform.roles import PERSONAL

IN_FULL = (Permission.READ_PERSONAL, Permission.SUBMIT)
"""Who works with the people of an area."""


@dataclass(frozen=True)
class Disclosed:
    """What a reader is shown of the entities of a register."""

    masked: Mapping[str, str] = field(default_factory=dict)
    """The properties that tell of a person, with the role that masks each."""
    in_full: frozenset[UUID] = field(default_factory=frozenset)
    """The entities that are shown whole all the same."""

    def values(self, entity_id: UUID, values: Mapping[str, str]) -> dict[str, str]:
        """Give what is shown of some values of an entity."""
        if entity_id in self.in_full:
            return dict(values)
        return {
            name: mask(self.masked[name], text) if name in self.masked else text
            for name, text in values.items()
        }


def disclosed(actor: Actor, entities: Sequence[Entity]) -> Disclosed:
    """Tell what a person is shown of some entities of one register that they see."""
    if not entities:
        return Disclosed()
    masked = masked_properties(entities[0].register_name)
    if not masked or reads_all_in_full(actor):
        return Disclosed()
    opened = select(Entity.id).where(
        Entity.id.in_([each.id for each in entities]),
        or_(False, *reaches_entities(actor, IN_FULL)),
    )
    return Disclosed(masked, frozenset(db.session.scalars(opened)))


def masked_properties(register_name: str) -> dict[str, str]:
    """Give the properties of a register, its label too, that tell of a person.

    What two forms save in different roles is withheld.
    """
    return {
        each.name: next(iter(each.roles)) if len(each.roles) == 1 else PERSONAL
        for each in properties_of(register_name)
        if each.roles
    }


def reads_all_in_full(actor: Actor) -> bool:
    """Tell whether a person is shown all entities that they see whole."""
    grants = (
        *actor.grants_for(Permission.READ_SUBMISSIONS),
        *actor.grants_for(Permission.SUBMIT),
    )
    return all(any(grant.gives(each) for each in IN_FULL) for grant in grants)
