"""Registers, their entities with all versions, and what entries asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class EntityState(StrEnum):
    """Whether an entity stands in its register."""

    LISTED = "listed"
    WITHDRAWN = "withdrawn"
    """The approval that made it was taken back."""
    DELETED = "deleted"


class VersionKind(StrEnum):
    """What made a version."""

    CREATED = "created"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    """An approval was taken back: its values are gone, or the whole entity."""
    KEPT = "kept"
    """A change was refused: phones that show it take the register's values again."""
    DELETED = "deleted"


class ChangeKind(StrEnum):
    """What an entry asks for."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


class ChangeState(StrEnum):
    """What became of what an approved (or rejected) entry asks for."""

    APPLIED = "applied"
    WAITING = "waiting"
    """What it was made on is not there; it is tried again when the entity changes."""
    CONFLICT = "conflict"
    """A person has to decide."""
    DISMISSED = "dismissed"
    REFUSED = "refused"
    """The entry was rejected."""


class Register(Base):
    """A list of entities that forms declare: the farmers, the plots."""

    __tablename__ = "register"

    name: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"))
    """Of the form that declared it first; it then belongs to that programme."""
    created_at: Mapped[datetime]


class RegisterProperty(Base):
    """A question of some version of a form whose answers a register keeps."""

    __tablename__ = "register_property"

    register_name: Mapped[str] = mapped_column(
        ForeignKey("register.name"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    """``label`` is what the entity is called."""
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    """By which it is masked: empty where it tells of no person."""


class Entity(Base):
    """One thing or person of a register, as it is now."""

    __tablename__ = "entity"
    __table_args__ = (
        Index("ix_entity_area_code", "register_name", "area_code", "label", "id"),
        Index(
            "ix_entity_label",
            *("register_name", "label", "id"),
            postgresql_where=text("state = 'listed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    register_name: Mapped[str] = mapped_column(ForeignKey("register.name"))
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    """The village of the entry that made it."""
    state: Mapped[EntityState]
    version: Mapped[int]
    """Only ever grows: a phone keeps what it has where the server's is lower."""
    label: Mapped[str] = mapped_column(Text(collation="C"))
    """As lists show it: cut where it is too long for one."""
    values: Mapped[dict[str, Any]]
    """Its label and properties by name, all texts."""
    updated_at: Mapped[datetime]


class EntityVersion(Base):
    """One state of an entity, and what it came from."""

    __tablename__ = "entity_version"
    __table_args__ = (
        Index(
            "ix_entity_version_submission_id",
            "submission_id",
            postgresql_where=text("is_standing"),
        ),
    )

    entity_id: Mapped[UUID] = mapped_column(ForeignKey("entity.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[VersionKind]
    values: Mapped[dict[str, Any]]
    changed: Mapped[dict[str, Any]]
    """What it changed: the sum of what stands is the entity."""
    is_standing: Mapped[bool]
    """Comes from an entry that is approved."""
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"))
    revision_id: Mapped[str | None] = mapped_column(ForeignKey("revision.id"))
    change_id: Mapped[int | None] = mapped_column(BigInteger)
    branch_id: Mapped[str]
    base_version: Mapped[int | None]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime]

    @property
    def is_creation(self) -> bool:
        """Tell whether the entity began with it."""
        return self.kind is VersionKind.CREATED


class EntityChange(Base):
    """What one ``meta/entity`` of a decided revision asks for, and what became of it.

    Gone when the decision is taken back, as facts are.
    """

    __tablename__ = "entity_change"
    __table_args__ = (
        UniqueConstraint("submission_id", "position"),
        Index("ix_entity_change_entity_id", "entity_id"),
        Index(
            "ix_entity_change_open",
            *("area_code", "id"),
            postgresql_where=text("state in ('waiting', 'conflict')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    register_name: Mapped[str] = mapped_column(ForeignKey("register.name"))
    entity_id: Mapped[str]
    """As the phone wrote it, cut where it is too long to be one."""
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("revision.id"))
    position: Mapped[int]
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    """The village of the entry."""
    kind: Mapped[ChangeKind]
    base_version: Mapped[int | None]
    trunk_version: Mapped[int | None]
    branch_id: Mapped[str]
    values: Mapped[dict[str, Any]]
    state: Mapped[ChangeState]
    reason: Mapped[str | None]
    """Why it is not applied."""
    clashes: Mapped[list[Any]] = mapped_column(JSONB)
    """The properties that somebody else has changed meanwhile."""
    recorded_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]


class RegisterCount(Base):
    """How often a register has changed in a village: the change token of its list."""

    __tablename__ = "register_count"

    register_name: Mapped[str] = mapped_column(
        ForeignKey("register.name"), primary_key=True
    )
    area_code: Mapped[AreaCode] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
