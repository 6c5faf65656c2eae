"""Add versions to entities; each changes the token of its register's lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.entities.declarations import LABEL
from fieldapp.entities.models import (
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    RegisterCount,
    VersionKind,
)
from fieldapp.extensions import db

MAX_LABEL = 250


@dataclass(frozen=True)
class Maker:
    """By whose decision a version is made, and when."""

    user_id: UUID | None
    """None where the registers are put right from the command line."""
    at: datetime


def find_locked(entity_id: UUID) -> Entity | None:
    """Find an entity, and keep others from changing it meanwhile."""
    return db.session.get(
        Entity, entity_id, with_for_update=True, populate_existing=True
    )


def get_locked(entity_id: UUID) -> Entity:
    """Get an entity that is there, and keep others from changing it meanwhile."""
    entity = find_locked(entity_id)
    if entity is None:
        raise LookupError(entity_id)
    return entity


def insert_entity(change: EntityChange, maker: Maker) -> Entity | None:
    """Make the entity that a change creates; None where another one has its id.

    It has no version yet, and is not listed.
    """
    statement = (
        upsert(Entity)
        .values(
            id=UUID(change.entity_id),
            register_name=change.register_name,
            area_code=change.area_code,
            state=EntityState.WITHDRAWN,
            version=0,
            label="",
            values={},
            updated_at=maker.at,
        )
        .on_conflict_do_nothing()
        .returning(Entity)
    )
    return db.session.scalars(statement).one_or_none()


def versions_of(entity: Entity) -> Sequence[EntityVersion]:
    """Read all versions of an entity, the newest first."""
    return db.session.scalars(
        select(EntityVersion)
        .where(EntityVersion.entity_id == entity.id)
        .order_by(EntityVersion.number.desc())
    ).all()


def standing_values(versions: Sequence[EntityVersion]) -> dict[str, str]:
    """Add up what versions that stand have changed, the oldest first."""
    values: dict[str, str] = {}
    for version in versions:
        values |= version.changed
    return values


def add_version(
    entity: Entity,
    kind: VersionKind,
    values: Mapping[str, str],
    maker: Maker,
    *,
    change: EntityChange | None = None,
    changed: Mapping[str, str] | None = None,
) -> None:
    """Give an entity its next version, and its list another token.

    Where it comes from a change it stands as long as the change's entry is approved.
    """
    entity.version += 1
    entity.values = dict(values)
    entity.label = (values.get(LABEL) or str(entity.id))[:MAX_LABEL]
    entity.updated_at = maker.at
    version = EntityVersion(
        entity_id=entity.id,
        number=entity.version,
        kind=kind,
        values=dict(values),
        changed=dict(changed or {}),
        is_standing=change is not None,
        branch_id="",
        made_by=maker.user_id,
        made_at=maker.at,
    )
    if change is not None:
        version.submission_id = change.submission_id
        version.revision_id = change.revision_id
        version.change_id = change.id
        version.branch_id = change.branch_id
        version.base_version = change.base_version
    db.session.add(version)
    count_change(entity.register_name, entity.area_code)
    db.session.flush()


def count_change(register_name: str, area_code: str) -> None:
    """Count one change of a register in a village."""
    statement = upsert(RegisterCount).values(
        register_name=register_name, area_code=area_code, number=1
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["register_name", "area_code"],
            set_={"number": RegisterCount.number + 1},
        )
    )
