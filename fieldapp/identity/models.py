"""The tables of people and of what lets them in."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.identity.permissions import Role
from fieldapp.places.models import AreaCode


class User(Base):
    """A person who signs in."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_lower"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str] = mapped_column(unique=True)
    """In lower case, ASCII."""
    name: Mapped[str]
    password_hash: Mapped[str]
    """argon2id."""
    language: Mapped[str] = mapped_column(default="id")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """A role of one person on one area, and where asked for in one programme."""

    __tablename__ = "role_grant"
    __table_args__ = (Index("ix_role_grant_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    role: Mapped[Role]
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"))
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """None where the command line granted it."""
    revoked_at: Mapped[datetime | None]


class Device(Base):
    """A phone that speaks for its owner through a token in the address."""

    __tablename__ = "device"
    __table_args__ = (Index("ix_device_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    label: Mapped[str]
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the token, which has 160 random bits: no salt is needed."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshFamily(Base):
    """One sign-in: the line of refresh tokens that came from it (RFC 9700, 4.14.2)."""

    __tablename__ = "refresh_family"
    __table_args__ = (Index("ix_refresh_family_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    current_jti: Mapped[UUID]
    """The only refresh token of the family that is still good."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInWindow(Base):
    """How often a name or an address failed to sign in since a moment."""

    __tablename__ = "sign_in_window"

    key: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    failures: Mapped[int]
