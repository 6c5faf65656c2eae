"""The tables of the logs."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class LedgerHead(Base):
    """The end of one area's chain; its row lock serialises an area's writers."""

    __tablename__ = "ledger_head"

    area_code: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger)
    """How many entries the chain has; the last one stands at this position."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the last entry's body, 32 zero bytes where there is none."""


class LedgerEntry(Base):
    """One line of a log, kept as the very bytes that were hashed."""

    __tablename__ = "ledger_entry"

    area_code: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Counted from 1."""
    recorded_at: Mapped[datetime]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Canonical JSON (RFC 8785)."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of the body."""
