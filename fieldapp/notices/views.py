"""Webhooks over HTTP: set up, look at, change, and see what they were told."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.notices import webhooks
from fieldapp.notices.models import Webhook, WebhookDelivery
from fieldapp.notices.schemas import (
    DeliveriesPage,
    DeliveriesQuery,
    DeliveryResponse,
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
    description="Telling other programs what happens.",
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


_SHOWN = tuple(WebhookResponse().fields)
