"""Apply a change to its entity, or say why it waits or needs a person."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from fieldapp.entities.merging import Merge, find_base, is_in_branch, merge
from fieldapp.entities.models import (
    ChangeKind,
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    VersionKind,
)
from fieldapp.entities.reading import UUID_V4
from fieldapp.entities.versions import (
    Maker,
    add_version,
    find_locked,
    insert_entity,
    versions_of,
)
from fieldapp.extensions import db

FAULTS = frozenset({"bad-id", "no-label"})
"""What no state of the register cures."""


@dataclass(frozen=True)
class Obstacle:
    """Why a change cannot be applied now."""

    state: ChangeState
    reason: str
    clashes: tuple[str, ...] = ()


ID_IN_USE = Obstacle(ChangeState.CONFLICT, "id-in-use")
DELETED = Obstacle(ChangeState.CONFLICT, "deleted")
BASE_UNKNOWN = Obstacle(ChangeState.CONFLICT, "base-unknown")
BASE_MISSING = Obstacle(ChangeState.WAITING, "base-missing")
NOT_HERE = Obstacle(ChangeState.WAITING, "not-here")
"""An entity of another village is answered about as one that does not exist."""


def settle(change: EntityChange, maker: Maker) -> Entity | None:
    """Apply a change where that can be done; gives the entity if it was changed."""
    outcome = _attempt(change, maker)
    if isinstance(outcome, Entity):
        return outcome
    change.state, change.reason = outcome.state, outcome.reason
    change.clashes = list(outcome.clashes)
    db.session.flush()
    return None


def settle_waiting(entity: Entity, maker: Maker) -> None:
    """Apply what has waited for this state of an entity, until nothing more fits."""
    statement = (
        select(EntityChange)
        .where(EntityChange.entity_id == str(entity.id))
        .where(EntityChange.area_code == entity.area_code)
        .where(EntityChange.state == ChangeState.WAITING)
        .order_by(EntityChange.id)
    )
    has_moved = True
    while has_moved:
        waiting = db.session.scalars(statement).all()
        settled = [settle(change, maker) for change in waiting]
        has_moved = any(each is not None for each in settled)


def create(change: EntityChange, entity: Entity, maker: Maker) -> Entity:
    """Have a change make the entity, or make it again after it was taken back."""
    entity.area_code = change.area_code
    entity.state = EntityState.LISTED
    values = dict(change.values)
    _note_applied(change)
    add_version(
        entity, VersionKind.CREATED, values, maker, change=change, changed=values
    )
    return entity


def update(
    change: EntityChange, entity: Entity, changed: dict[str, str], maker: Maker
) -> Entity:
    """Have a change alter some values of an entity."""
    values = {**entity.values, **changed}
    _note_applied(change)
    add_version(
        entity, VersionKind.UPDATED, values, maker, change=change, changed=changed
    )
    return entity


def keep(change: EntityChange, maker: Maker) -> None:
    """Give an entity a new version as it is, after a change of it was refused.

    The phone that made the change has counted it, and keeps its own values as long as
    the register's number is lower.
    """
    if change.kind is ChangeKind.CREATE or not UUID_V4.fullmatch(change.entity_id):
        return
    entity = find_locked(UUID(change.entity_id))
    if (
        entity is not None
        and entity.state is EntityState.LISTED
        and entity.register_name == change.register_name
        and entity.area_code == change.area_code
    ):
        add_version(entity, VersionKind.KEPT, entity.values, maker)


def merged_into(entity: Entity, change: EntityChange) -> Merge | None:
    """Compare a change with an entity; None while what it was made on is missing."""
    base = find_base(change, versions_of(entity))
    if base is None and change.kind is ChangeKind.UPDATE:
        return None
    seen = base.values if base is not None else {}
    return merge(change.values, base=seen, current=entity.values)


def _attempt(change: EntityChange, maker: Maker) -> Entity | Obstacle:
    if change.reason in FAULTS:
        return Obstacle(ChangeState.CONFLICT, str(change.reason))
    entity = find_locked(UUID(change.entity_id))
    if entity is None:
        return _begin(change, None, maker)
    is_other = entity.register_name != change.register_name
    if entity.state is EntityState.WITHDRAWN and not is_other:
        return _begin(change, entity, maker)
    if is_other or entity.area_code != change.area_code:
        return ID_IN_USE if change.kind is ChangeKind.CREATE else NOT_HERE
    return _continue(change, entity, maker)


def _begin(
    change: EntityChange, entity: Entity | None, maker: Maker
) -> Entity | Obstacle:
    if change.kind is ChangeKind.UPDATE:
        return NOT_HERE
    entity = entity or insert_entity(change, maker)
    return ID_IN_USE if entity is None else create(change, entity, maker)


def _continue(change: EntityChange, entity: Entity, maker: Maker) -> Entity | Obstacle:
    if entity.state is EntityState.DELETED:
        return DELETED
    if change.kind is ChangeKind.CREATE:
        return ID_IN_USE
    merged = merged_into(entity, change)
    if merged is None:
        return BASE_MISSING if is_in_branch(change) else BASE_UNKNOWN
    if merged.clashes:
        return Obstacle(ChangeState.CONFLICT, "changed-meanwhile", merged.clashes)
    return update(change, entity, merged.changed, maker)


def _note_applied(change: EntityChange) -> None:
    change.state, change.reason, change.clashes = ChangeState.APPLIED, None, []
