"""The tables of webhooks, with what each was told, and of digests by mail."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.extensions import Base
from fieldapp.places.models import AreaCode


class EventKind(StrEnum):
    """What a webhook can tell of."""

    ENTRY_RECEIVED = "entry.received"
    ENTRY_CORRECTED = "entry.corrected"
    ENTRY_RETURNED = "entry.returned"
    ENTRY_APPROVED = "entry.approved"
    ENTRY_REJECTED = "entry.rejected"
    ENTRY_REOPENED = "entry.reopened"
    FORM_PUBLISHED = "form.published"


class DisabledReason(StrEnum):
    """Why a webhook tells nothing any more."""

    BY_PERSON = "by-person"
    FAILING = "failing"
    GONE = "gone"
    OWNER_WITHOUT_RIGHT = "owner-without-right"


class DeliveryState(StrEnum):
    """Whether a receiver has an event."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class TryError(StrEnum):
    """Why a receiver did not get an event."""

    TARGET_REFUSED = "target-refused"
    UNKNOWN_HOST = "unknown-host"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    ANSWER = "answer"
    """It was no answer in HTTP."""
    STATUS = "status"
    """The answer's status was not 2xx."""
    DISABLED = "disabled"
    """The webhook was disabled while the event waited."""


class DigestFrequency(StrEnum):
    """How often a person wants a digest."""

    DAILY = "daily"
    WEEKLY = "weekly"


class MailError(StrEnum):
    """Why a digest could not be sent."""

    RECIPIENT_REFUSED = "recipient-refused"
    SERVER = "server"
    """The mail server is away, or does not take what we send."""


class Webhook(Base):
    """An address of another program that is told what happens in an area."""

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_area_code", "area_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"))
    """Only entries and forms of this programme; of all where None."""
    url: Mapped[str]
    description: Mapped[str | None]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """The kinds of events that it tells of."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """What its messages are signed with; it cannot be kept as a digest."""
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    """Who made or changed it last: it tells only while they have the right."""
    created_at: Mapped[datetime]
    is_enabled: Mapped[bool]
    disabled_reason: Mapped[DisabledReason | None]
    disabled_at: Mapped[datetime | None]
    next_visit_at: Mapped[datetime]
    """When a worker looks again whether there is something to tell."""
    leased_until: Mapped[datetime | None]
    """A worker is at it until then, or has died."""
    failures: Mapped[int]
    """How many tries failed since the last one that did not."""
    failing_since: Mapped[datetime | None]


class WebhookPosition(Base):
    """Up to where a webhook has read the log of an area; none is before the first."""

    __tablename__ = "webhook_position"

    webhook_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True
    )
    area_code: Mapped[AreaCode] = mapped_column(
        ForeignKey("area.code"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger)


class WebhookDelivery(Base):
    """One event for one webhook, with what came of telling it."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "area_code", "position"),
        Index("ix_webhook_delivery_created_at", "webhook_id", "created_at", "id"),
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "next_try_at",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    """What the receiver knows it by (``webhook-id``), the same in every try."""
    webhook_id: Mapped[UUID] = mapped_column(
        ForeignKey("webhook.id", ondelete="CASCADE")
    )
    area_code: Mapped[AreaCode] = mapped_column(ForeignKey("area.code"))
    position: Mapped[int] = mapped_column(BigInteger)
    """Where the event stands in the log of the area."""
    event: Mapped[EventKind]
    occurred_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    """The member ``data`` of what is sent: identifiers and states alone."""
    state: Mapped[DeliveryState]
    created_at: Mapped[datetime]
    due_since: Mapped[datetime]
    """When it was first due, or was asked for again: it is tried for a day."""
    next_try_at: Mapped[datetime]
    tries: Mapped[int]
    tried_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[TryError | None]


class DigestSubscription(Base):
    """Where a person wants digests, and which one is next."""

    __tablename__ = "digest_subscription"
    __table_args__ = (Index("ix_digest_subscription_next_at", "next_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    email: Mapped[str]
    frequency: Mapped[DigestFrequency]
    covered_until: Mapped[datetime]
    """Up to when the last digest told; the next one begins there."""
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    """A worker is at it until then, or has died."""
    tries: Mapped[int]
    """How many tries at the next one failed."""
    sent_at: Mapped[datetime | None]
    last_error: Mapped[MailError | None]
