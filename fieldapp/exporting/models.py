"""The table of exports that are made in the background."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.masking.clearance import Clearance


class JobState(StrEnum):
    """How far an export has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobError(StrEnum):
    """Why there is no file."""

    NO_RIGHT = "no-right"
    """Who ordered it may not have it any more."""
    BROKEN_OFF = "broken-off"
    """It was begun several times, and never came to its end."""
    NOT_WRITTEN = "not-written"
    """The disk did not take it."""


class ExportJob(Base):
    """A file that a worker makes for a person, kept for a day."""

    __tablename__ = "export_job"
    __table_args__ = (
        Index("ix_export_job_owner_id", "owner_id", "created_at"),
        Index(
            "ix_export_job_pending",
            "created_at",
            postgresql_where=text("state in ('waiting', 'running')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    query: Mapped[dict[str, Any]]
    """As `schemas.ExportQuery` dumps it."""
    areas: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")))
    """What its owner might read of what they asked for."""
    clearance: Mapped[Clearance]
    """How much of personal answers is shown; with other rights there is no file."""
    state: Mapped[JobState] = mapped_column(default=JobState.WAITING)
    error: Mapped[JobError | None]
    created_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    """Until when a worker is believed to be making it."""
    tries: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None] = mapped_column(BigInteger)
    """How many entries it has; None before it is begun."""
    written: Mapped[int] = mapped_column(BigInteger, default=0)
    """How many of them are written."""
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """SHA-256 of the file."""
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When the file is removed."""
