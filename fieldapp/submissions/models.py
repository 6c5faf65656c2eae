"""The tables of submissions, their revisions and files, and of held entries."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class SubmissionState(StrEnum):
    """Where a submission stands in review (design.md, section 6)."""

    RECEIVED = "received"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"


class HeldReason(StrEnum):
    """Why an entry could not simply be counted (design.md, section 5)."""

    CONFLICT = "conflict"
    AREA = "area"
    FORM = "form"


class HeldState(StrEnum):
    """What became of a held entry."""

    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


PRIORITY = (
    "case when violation_count > 0 then 0 "
    "when warning_count > 0 or cardinality(flags) > 0 then 1 else 2 end"
)


class Submission(Base):
    """An accepted entry: the sum of its revisions, by its first instance id."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_area_code", "area_code", "received_at", "id"),
        Index("ix_submission_received_at", "received_at", "id"),
        Index("ix_submission_author_id", "author_id", "updated_at"),
        Index(
            "ix_submission_queue",
            "priority",
            "received_at",
            "id",
            postgresql_where=text("state = 'received'"),
        ),
        Index(
            "ix_submission_assigned_to",
            "assigned_to",
            postgresql_where=text("assigned_to is not null"),
        ),
        Index(
            "ix_submission_flags",
            "flags",
            postgresql_using="gin",
            postgresql_where=text("cardinality(flags) > 0"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    """The instance id of the first revision."""
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    state: Mapped[SubmissionState]
    revision_number: Mapped[int]
    revision_id: Mapped[str]
    """The instance id of the current revision."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    """Who sent the current revision."""
    title: Mapped[str | None]
    """The entry's own name (``instanceName``)."""
    violation_count: Mapped[int]
    warning_count: Mapped[int]
    captured_at: Mapped[datetime | None]
    """When the phone says that the current revision was filled in."""
    captured_on: Mapped[date]
    """The village's local day of ``captured_at`` (of ``received_at`` without one)."""
    received_at: Mapped[datetime]
    """When the first revision came."""
    updated_at: Mapped[datetime]
    """When the last revision, decision or comment came."""
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    """Goes into every digest in the log; erasing it makes them unguessable."""
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_sealed: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The current revision is encrypted: it can be kept, but not read or counted."""
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """The codes of its quality flags that nobody has looked into yet."""
    priority: Mapped[int] = mapped_column(
        SmallInteger, Computed(PRIORITY, persisted=True)
    )
    """Its place in the queue: 0 breaks rules, 1 has warnings or flags, 2 has none."""
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Who is asked to review it; others may all the same."""


class Revision(Base):
    """One state of an entry as a phone sent it; never changed."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    """Its instance id."""
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    number: Mapped[int]
    """Counted from 1."""
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    """Byte for byte as it was sent."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of ``xml``."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))
    client: Mapped[str]
    """What the client calls itself: user agent and device id, unproven."""
    door: Mapped[str]
    """``openrosa`` or ``sync``."""
    received_at: Mapped[datetime]
    captured_at: Mapped[datetime | None]
    violations: Mapped[list[dict[str, Any]]]
    warnings: Mapped[list[dict[str, Any]]]


class HeldEntry(Base):
    """An entry that is kept but counts nowhere until a person decides."""

    __tablename__ = "held_entry"
    __table_args__ = (
        UniqueConstraint("sender_id", "digest"),
        Index("ix_held_entry_received_at", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[HeldReason]
    explanation: Mapped[dict[str, Any]]
    """What happened and what to do, by language code."""
    detail: Mapped[dict[str, Any]]
    """What a person needs to decide: digests, codes, versions."""
    instance_id: Mapped[str]
    form_id: Mapped[str]
    form_version: Mapped[str]
    area_codes: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    """The sender's own areas when it came: their coordinators see it."""
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))
    client: Mapped[str]
    door: Mapped[str]
    received_at: Mapped[datetime]
    state: Mapped[HeldState]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]


class Attachment(Base):
    """A file that an entry names or that came with it, by its content's SHA-256."""

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("revision_id", "name"),
        UniqueConstraint("held_id", "name"),
        CheckConstraint("num_nonnulls(revision_id, held_id) = 1", name="one_owner"),
        CheckConstraint(
            "num_nonnulls(digest, size) in (0, 2)", name="digest_with_size"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    revision_id: Mapped[str | None] = mapped_column(ForeignKey("revision.id"))
    held_id: Mapped[UUID | None] = mapped_column(ForeignKey("held_entry.id"))
    name: Mapped[str]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None while the entry names the file but the phone has not sent it yet."""
    size: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str | None]
    received_at: Mapped[datetime | None]


class Tally(Base):
    """How many submissions of a form stand in a state, by village and local day."""

    __tablename__ = "tally"
    __table_args__ = (
        Index(
            "ix_tally_waiting",
            "form_id",
            "area_code",
            "captured_on",
            postgresql_where=text("state = 'received' and number > 0"),
        ),
    )

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"), primary_key=True)
    area_code: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), primary_key=True
    )
    captured_on: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[SubmissionState] = mapped_column(primary_key=True)
    number: Mapped[int]
