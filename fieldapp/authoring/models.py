"""The tables of drafts; nothing in them counts anywhere."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class FormDraft(Base):
    """A form file that may become the next version of a form; one for each form."""

    __tablename__ = "form_draft"

    form_id: Mapped[str] = mapped_column(primary_key=True)
    """As the file says; there may be no such form yet."""
    version: Mapped[str]
    title: Mapped[dict[str, Any]]
    """By language code."""
    programme_id: Mapped[str | None]
    """As the file says; there may be no such programme yet."""
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    """Whose villages the phone that tries it is offered."""
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    md5: Mapped[str]
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_name: Mapped[str]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the token in the address that phones try it at."""
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("user.id"))


class DraftFile(Base):
    """A file that goes with a draft."""

    __tablename__ = "draft_file"

    form_id: Mapped[str] = mapped_column(
        ForeignKey("form_draft.form_id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    md5: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class TrialEntry(Base):
    """What a phone sent to try a draft; goes when the draft goes."""

    __tablename__ = "trial_entry"
    __table_args__ = (
        UniqueConstraint("form_id", "instance_id"),
        Index("ix_trial_entry_received_at", "form_id", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(
        ForeignKey("form_draft.form_id", ondelete="CASCADE")
    )
    instance_id: Mapped[str]
    xml: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[dict[str, Any]]
    """The size of each file that came, by name; the files themselves are not kept."""
    client: Mapped[str]
    received_at: Mapped[datetime]
