"""The table of links that open an entry in Enketo."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base


class EditLink(Base):
    """An address for Enketo: one person, one revision to correct, one day."""

    __tablename__ = "edit_link"
    __table_args__ = (Index("ix_edit_link_expires_at", "expires_at"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """SHA-256 of the token, which has 160 random bits: no salt is needed."""
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    """In whose name the correction comes."""
    revision_id: Mapped[str] = mapped_column(ForeignKey("revision.id"))
    """What was handed over to be corrected."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
