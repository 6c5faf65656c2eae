"""Webhooks and digests over HTTP: set up, look at, change, see what was told."""

from typing import Any
from uuid import UUID

from flask import current_app
from flask_smorest import Blueprint

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires, signed_in
from fieldapp.identity.permissions import Permission
from fieldapp.notices import subscriptions, webhooks
from fieldapp.notices.models import DigestSubscription, Webhook, WebhookDelivery
from fieldapp.notices.schemas import (
    DeliveriesPage,
    DeliveriesQuery,
    DeliveryResponse,
    DigestRequest,
    DigestResponse,
    NewWebhookResponse,
    WebhookChanges,
    WebhookRequest,
    WebhookResponse,
    WebhooksPage,
)
from fieldapp.notices.sending import shown_secret
from fieldapp.web.fields import PageQuery
from fieldapp.web.paging import Page, fetch_page

blueprint = Blueprint(
    "notices",
    __name__,
    url_prefix="/api/v1",
    description="Telling programs and people what happens.",
)


@blueprint.get("/webhooks")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, WebhooksPage)
def list_webhooks(query: dict[str, Any]) -> Page[Webhook]:
    """List the webhooks of the caller's area."""
    statement = webhooks.visible_webhooks(current_actor())
    return fetch_page(statement, [Webhook.created_at, Webhook.id], **query)


@blueprint.post("/webhooks")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.arguments(WebhookRequest)
@blueprint.response(201, NewWebhookResponse)
def create_webhook(new: webhooks.NewWebhook) -> dict[str, Any]:
    """Set up a webhook, and show its secret this once."""
    webhook = webhooks.create_webhook(current_actor(), new)
    db.session.commit()
    shown: dict[str, Any] = {key: getattr(webhook, key) for key in _SHOWN}
    return {**shown, "secret": shown_secret(webhook.secret)}


@blueprint.get("/webhooks/<uuid:webhook_id>")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.response(200, WebhookResponse)
def read_webhook(webhook_id: UUID) -> Webhook:
    """Give a webhook."""
    return webhooks.get_webhook(current_actor(), webhook_id)


@blueprint.patch("/webhooks/<uuid:webhook_id>")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.arguments(WebhookChanges)
@blueprint.response(200, WebhookResponse)
def change_webhook(body: dict[str, Any], webhook_id: UUID) -> Webhook:
    """Change a webhook, disable it, or enable it again from now on."""
    webhook = webhooks.change_webhook(current_actor(), webhook_id, body)
    db.session.commit()
    return webhook


@blueprint.delete("/webhooks/<uuid:webhook_id>")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.response(204)
def delete_webhook(webhook_id: UUID) -> None:
    """Remove a webhook, with the log of what it was told."""
    webhooks.delete_webhook(current_actor(), webhook_id)
    db.session.commit()


@blueprint.get("/webhooks/<uuid:webhook_id>/deliveries")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.arguments(DeliveriesQuery, location="query")
@blueprint.response(200, DeliveriesPage)
def list_deliveries(query: dict[str, Any], webhook_id: UUID) -> Page[WebhookDelivery]:
    """List what a webhook was told in the last thirty days, the newest first."""
    webhook = webhooks.get_webhook(current_actor(), webhook_id)
    statement = webhooks.deliveries_of(webhook)
    if (state := query.pop("state")) is not None:
        statement = statement.where(WebhookDelivery.state == state)
    keys = [WebhookDelivery.created_at, WebhookDelivery.id]
    return fetch_page(statement, keys, newest_first=True, **query)


@blueprint.post("/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/redeliver")
@requires(Permission.MANAGE_WEBHOOKS)
@blueprint.response(200, DeliveryResponse)
def redeliver(webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send a message again, with the same id."""
    delivery = webhooks.redeliver(current_actor(), webhook_id, delivery_id)
    db.session.commit()
    return delivery


@blueprint.get("/me/digest")
@signed_in("Everybody may know whether they get digests.")
@blueprint.response(200, DigestResponse)
def read_digest() -> dict[str, Any]:
    """Tell where one's digests go; 404 where one wants none."""
    return _digest(subscriptions.get_subscription(current_actor().user_id))


@blueprint.put("/me/digest")
@signed_in("A digest tells what one may see, and is empty for who may see nothing.")
@blueprint.arguments(DigestRequest)
@blueprint.response(200, DigestResponse)
def subscribe(body: dict[str, Any]) -> dict[str, Any]:
    """Have digests by mail, or have them otherwise."""
    subscription = subscriptions.subscribe(current_actor(), **body)
    db.session.commit()
    return _digest(subscription)


@blueprint.delete("/me/digest")
@signed_in("Everybody may stop their own digests.")
@blueprint.response(204)
def unsubscribe() -> None:
    """Have no more digests; the address is forgotten."""
    subscriptions.unsubscribe(current_actor())
    db.session.commit()


def _digest(subscription: DigestSubscription) -> dict[str, Any]:
    config: Config = current_app.config["FIELDAPP"]
    return {
        "email": subscription.email,
        "frequency": subscription.frequency,
        "next_at": subscription.next_at,
        "sent_at": subscription.sent_at,
        "last_error": subscription.last_error,
        "is_sending": config.mail is not None,
    }


_SHOWN = tuple(WebhookResponse().fields)
