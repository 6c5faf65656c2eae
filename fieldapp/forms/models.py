"""The tables of forms."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base


class FormState(StrEnum):
    """What becomes of a form's entries, and whether phones are offered it."""

    OPEN = "open"
    RETIRED = "retired"
    """No phone is offered it any more; what phones still have is counted."""
    CLOSED = "closed"
    """The same, and entries that come are held."""


class Form(Base):
    """What is asked: the identity that all versions of a form share."""

    __tablename__ = "form"

    id: Mapped[str] = mapped_column(primary_key=True)
    """The form id as phones know it."""
    title: Mapped[dict[str, Any]]
    """By language code; from the newest version."""
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"))
    state: Mapped[FormState] = mapped_column(default=FormState.OPEN)
    state_reason: Mapped[str | None]
    """Why somebody retired, closed or opened it."""
    created_at: Mapped[datetime]


class FormVersion(Base):
    """One published compile of a form; never changed, always accepted."""

    __tablename__ = "form_version"
    __table_args__ = (UniqueConstraint("form_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    version: Mapped[str]
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    """The XForm, byte for byte as phones get it."""
    md5: Mapped[str]
    """Of ``xml``, in lower-case hex (OpenRosa Form List)."""
    settings: Mapped[dict[str, Any]]
    indicators: Mapped[list[dict[str, Any]]]
    """The rows of the sheet ``indicators``."""
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_name: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))


class FormMedia(Base):
    """A file that goes with a form version (not the lists made for each person)."""

    __tablename__ = "form_media"

    form_version_id: Mapped[int] = mapped_column(
        ForeignKey("form_version.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    md5: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
