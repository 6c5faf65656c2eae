"""Webhooks that tests set up, and how they are worked."""

from collections.abc import Iterable

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.notices.models import EventKind, Webhook, WebhookDelivery
from fieldapp.notices.visiting import visit_next
from fieldapp.notices.webhooks import NewWebhook, create_webhook
from tests.factories import SEMEDO, actor_of, make_person


def make_webhook(
    url: str,
    *,
    owner: User | None = None,
    area_code: str = SEMEDO,
    programme_id: str | None = None,
    events: Iterable[EventKind] = tuple(EventKind),
) -> Webhook:
    """Set a webhook up, and commit."""
    owner = owner or make_person(
        Role.ADMINISTRATOR, area_code, programme_id=programme_id
    )
    new = NewWebhook(url, area_code, programme_id, tuple(events))
    webhook = create_webhook(actor_of(owner), new)
    db.session.commit()
    return webhook


def work() -> int:
    """Visit all webhooks that are due; say how many visits that took."""
    visits = 0
    while visit_next():
        visits += 1
    return visits


def log_of(webhook: Webhook) -> list[WebhookDelivery]:
    """Read the deliveries of a webhook as they are stored, by position."""
    statement = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id)
        .order_by(WebhookDelivery.area_code, WebhookDelivery.position)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))
