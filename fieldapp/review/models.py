"""The table of decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base


class DecisionKind(StrEnum):
    """What a reviewer can decide (design.md, section 6)."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    REOPEN = "reopen"


class Decision(Base):
    """One reviewer's decision on one revision; never changed."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_submission_id", "submission_id", "decided_at"),
        Index("ix_decision_decided_at", "decided_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("revision.id"))
    kind: Mapped[DecisionKind]
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str | None]
    questions: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """The paths of the questions that the note speaks of."""
    is_override: Mapped[bool] = mapped_column(default=False)
    """Whether it approves an entry that breaks its form's rules."""
    decided_at: Mapped[datetime]


class Comment(Base):
    """What somebody says about an entry, in the order of time; never changed."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_submission_id", "submission_id", "written_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"))
    revision_id: Mapped[str] = mapped_column(ForeignKey("revision.id"))
    """The revision that was current."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str]
    questions: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """The paths of the questions that it speaks of."""
    written_at: Mapped[datetime]


class SavedFilter(Base):
    """A list of submissions that a person comes back to, under a name."""

    __tablename__ = "saved_filter"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    query: Mapped[dict[str, Any]]
    """The query of the list, as it is asked."""
