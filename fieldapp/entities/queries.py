"""Read registers, their entities with history, and what entries ask of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.entities.declarations import LABEL
from fieldapp.entities.disclosing import IN_FULL, disclosed, reads_all_in_full
from fieldapp.entities.models import (
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    Register,
)
from fieldapp.entities.registers import properties_of, reaches_entities
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.places.codes import within
from fieldapp.submissions.models import Revision, Submission
from fieldapp.submissions.queries import area_names, people_names


@dataclass(frozen=True)
class EntityRow:
    """An entity as its reader is shown it."""

    entity: Entity
    area_name: str
    label: str
    values: dict[str, str]


@dataclass(frozen=True)
class VersionRow:
    """A version of an entity, with the revision that it came from."""

    version: EntityVersion
    values: dict[str, str]
    changed: dict[str, str]
    revision_number: int | None
    made_by: str | None


@dataclass(frozen=True)
class ChangeRow:
    """What an entry asks of a register."""

    change: EntityChange
    area_name: str
    decided_by: str | None


@dataclass(frozen=True)
class ChangeFilters:
    """Which changes are wanted; those that wait for somebody where none is said."""

    area: str | None = None
    register: str | None = None
    submission: str | None = None
    state: ChangeState | None = None


def narrowed_entities(
    actor: Actor,
    statement: Select[Entity],
    *,
    area: str | None,
    search: str | None,
) -> Select[Entity]:
    """Narrow a list of entities to those that are listed, in an area, by label.

    By a label that is not shown nothing is found.
    """
    statement = statement.where(Entity.state == EntityState.LISTED)
    if area is not None:
        statement = statement.where(within(Entity.area_code, area))
    if search is not None:
        label = func.lower(Entity.label)
        statement = statement.where(label.contains(search.lower(), autoescape=True))
        if not reads_all_in_full(actor):
            shown = or_(False, *reaches_entities(actor, IN_FULL))
            statement = statement.where(shown)
    return statement


def narrowed_changes(
    statement: Select[EntityChange], filters: ChangeFilters
) -> Select[EntityChange]:
    """Narrow a list of changes."""
    open_states = (ChangeState.WAITING, ChangeState.CONFLICT)
    states = open_states if filters.state is None else (filters.state,)
    if filters.submission is None or filters.state is not None:
        statement = statement.where(EntityChange.state.in_(states))
    if filters.area is not None:
        statement = statement.where(within(EntityChange.area_code, filters.area))
    equal: tuple[tuple[InstrumentedAttribute[str], str | None], ...] = (
        (EntityChange.register_name, filters.register),
        (EntityChange.submission_id, filters.submission),
    )
    for column, value in equal:
        if value is not None:
            statement = statement.where(column == value)
    return statement


def entity_rows(actor: Actor, entities: Sequence[Entity]) -> list[EntityRow]:
    """Give what a person is shown of entities of one register."""
    names = area_names(entity.area_code for entity in entities)
    shown = disclosed(actor, entities)
    return [
        EntityRow(
            each,
            names[each.area_code],
            shown.values(each.id, {LABEL: each.label})[LABEL],
            shown.values(each.id, each.values),
        )
        for each in entities
    ]


def version_rows(
    actor: Actor, entity: Entity, reached: ColumnElement[bool]
) -> list[VersionRow]:
    """Read the history of an entity, the newest version first.

    ``reached`` says of which entries the reader may know the ids.
    """
    rows = db.session.execute(
        select(EntityVersion, Revision.number)
        .outerjoin(Revision, Revision.id == EntityVersion.revision_id)
        .outerjoin(Submission, Submission.id == EntityVersion.submission_id)
        .where(EntityVersion.entity_id == entity.id)
        .where(or_(EntityVersion.submission_id.is_(None), reached))
        .order_by(EntityVersion.number.desc())
    ).all()
    people = people_names({row[0].made_by for row in rows if row[0].made_by})
    shown = disclosed(actor, [entity])
    return [
        VersionRow(
            version,
            shown.values(entity.id, version.values),
            shown.values(entity.id, version.changed),
            number,
            _name(people, version.made_by),
        )
        for version, number in rows
    ]


def change_rows(changes: Sequence[EntityChange]) -> list[ChangeRow]:
    """Add what lists show of changes."""
    names = area_names(change.area_code for change in changes)
    people = people_names({each.decided_by for each in changes if each.decided_by})
    return [
        ChangeRow(each, names[each.area_code], _name(people, each.decided_by))
        for each in changes
    ]


def register_dict(register: Register) -> dict[str, Any]:
    """Give a register with its properties; the label stands apart."""
    properties = properties_of(register.name)
    return {
        "name": register.name,
        "programme_id": register.programme_id,
        "created_at": register.created_at,
        "label": next((each for each in properties if each.name == LABEL), None),
        "properties": [each for each in properties if each.name != LABEL],
    }


def _name(people: dict[UUID, str], user_id: UUID | None) -> str | None:
    return None if user_id is None else people.get(user_id)
