"""The tables of quality flags: all derived from the revisions, save what people say."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class FlagCode(StrEnum):
    """What can be odd about an entry (docs/flags.md)."""

    SAME_NIK = "same-nik"
    SAME_PERSON = "same-person"
    SAME_POINT = "same-point"
    SAME_PHOTO = "same-photo"
    TOO_MANY = "too-many"
    TOO_FAST = "too-fast"
    TRAVEL = "travel"
    NIK_BIRTH_YEAR = "nik-birth-year"
    POINT_OUTSIDE = "point-outside"
    POINT_FAR = "point-far"
    NUMBER_FAR = "number-far"
    CLOCK_AHEAD = "clock-ahead"
    CLOCK_CHANGED = "clock-changed"


class FlagPosition(Base):
    """Up to where the log of an area was read for flags; none is before the first."""

    __tablename__ = "flag_position"

    area_code: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger)


class EntryProfile(Base):
    """What a revision is compared by with others of its village, or of its author."""

    __tablename__ = "entry_profile"
    __table_args__ = (
        Index("ix_entry_profile_village", "area_code", "form_id", "position"),
        Index("ix_entry_profile_submission_id", "submission_id"),
        Index(
            "ix_entry_profile_way",
            "author_id",
            "ended_at",
            "submission_id",
            postgresql_where=text("latitude is not null"),
        ),
    )

    revision_id: Mapped[str] = mapped_column(
        ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True
    )
    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE")
    )
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    position: Mapped[int] = mapped_column(BigInteger)
    """Where the log of the village tells that it came."""
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    """Where that log tells that it is no longer what the entry says."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    """Where the phone was, by the first point that it measured itself."""
    numbers: Mapped[dict[str, Any]]
    """Positive numbers by the path of their question."""
    points: Mapped[dict[str, Any]]
    """``[latitude, longitude]`` by the path of their question."""
    findings: Mapped[list[dict[str, Any]]]
    """The flags that no later entry changes."""


class EntryTrait(Base):
    """What of an entry's current revision should be no other entry's, as a digest."""

    __tablename__ = "entry_trait"
    __table_args__ = (
        Index("ix_entry_trait_kind_digest", "kind", "digest"),
        Index("ix_entry_trait_submission_id", "submission_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE")
    )
    kind: Mapped[FlagCode]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """HMAC-SHA256: nothing can be read from it, nor tried out without the key."""
    holder: Mapped[bytes] = mapped_column(LargeBinary)
    """Whose it is: entries that may share it have the same, such as one's visits."""
    path: Mapped[str]
    most: Mapped[int]
    """How many holders are still nothing odd."""


class Flag(Base):
    """Something odd about the current revision of an entry."""

    __tablename__ = "flag"
    __table_args__ = (Index("ix_flag_submission_id", "submission_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Derived from what it is about: the same when all is derived again."""
    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE")
    )
    revision_id: Mapped[str]
    code: Mapped[FlagCode]
    path: Mapped[str]
    """The question, with the item of a repeat; empty for the entry as a whole."""
    detail: Mapped[dict[str, Any]]
    """What was compared: numbers, times and ids; nothing that names a person."""
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What it shares with other entries, where it does."""
    raised_at: Mapped[datetime]


class FlagDismissal(Base):
    """A reviewer's word that a flag was looked into; never changed."""

    __tablename__ = "flag_dismissal"
    __table_args__ = (Index("ix_flag_dismissal_submission_id", "submission_id"),)

    flag_id: Mapped[UUID] = mapped_column(primary_key=True)
    """It may go and come again; the word stands."""
    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE")
    )
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str]
    dismissed_at: Mapped[datetime]
