"""Webhooks: set up, change, disable, remove; ask for a message again."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import Select, func, select, update

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.scope import area_condition
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.notices.following import start_here
from fieldapp.notices.models import (
    DeliveryState,
    DisabledReason,
    EventKind,
    TryError,
    Webhook,
    WebhookDelivery,
)
from fieldapp.notices.problems import (
    TooManyWebhooks,
    WebhookDisabled,
    WebhookTargetRefused,
)
from fieldapp.notices.targets import (
    TargetRefusedError,
    checked_addresses,
    parse_target,
)
from fieldapp.places.models import Area
from fieldapp.programmes.models import Programme
from fieldapp.web import clock
from fieldapp.web.problems import FieldError, InvalidRequest, nothing_here
from fieldapp.web.text import Text

SECRET_BYTES = 32
MAX_WEBHOOKS = 20
"""Of one area itself; those of areas inside it are counted apart."""

SERVER = "server"
"""Who acts where no person does."""

NOT_YOURS = Text(
    "Wilayah atau program ini tidak ada, atau di luar kewenangan Anda.",
    "There is no such area or programme, or it is outside your own role.",
)


@dataclass(frozen=True)
class NewWebhook:
    """What is needed to set up a webhook."""

    url: str
    area_code: str
    programme_id: str | None
    events: Iterable[EventKind]
    description: str | None = None


def visible_webhooks(actor: Actor) -> Select[Webhook]:
    """Select the webhooks that a person may look at and change."""
    return select(Webhook).where(
        area_condition(
            actor,
            Permission.MANAGE_WEBHOOKS,
            Webhook.area_code,
            Webhook.programme_id.is_not_distinct_from,
        )
    )


def get_webhook(actor: Actor, webhook_id: UUID, *, to_change: bool = False) -> Webhook:
    """Get a webhook, locked where it is to be changed.

    :raises NotFound: if there is none, or none that the actor may know of.
    """
    statement = visible_webhooks(actor).where(Webhook.id == webhook_id)
    if to_change:
        statement = statement.with_for_update()
    webhook = db.session.scalars(statement).one_or_none()
    if webhook is None:
        raise nothing_here()
    return webhook


def create_webhook(actor: Actor, new: NewWebhook) -> Webhook:
    """Set up a webhook, which tells what happens from now on; the caller commits.

    :raises InvalidRequest: if the area or programme is not the actor's.
    :raises WebhookTargetRefused: if the server may not send there.
    :raises TooManyWebhooks: if the area has enough of them.
    """
    _check_own(actor, new)
    _check_target(new.url)
    lock_heads([new.area_code])
    number = select(func.count()).where(Webhook.area_code == new.area_code)
    if (db.session.scalar(number) or 0) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(MAX_WEBHOOKS)
    now = clock.now()
    webhook = Webhook(
        id=uuid4(),
        area_code=new.area_code,
        programme_id=new.programme_id,
        url=new.url,
        description=new.description,
        events=_sorted(new.events),
        secret=secrets.token_bytes(SECRET_BYTES),
        owner_id=actor.user_id,
        created_at=now,
        is_enabled=True,
        next_visit_at=now,
        failures=0,
    )
    db.session.add(webhook)
    db.session.flush()
    _enter("webhook-created", webhook, by=str(actor.user_id))
    start_here(webhook)
    return webhook


def change_webhook(
    actor: Actor, webhook_id: UUID, changes: Mapping[str, Any]
) -> Webhook:
    """Change what is named; who changes it answers for it from then on.

    One that is enabled again tells what happens from then on. The caller commits.

    :raises NotFound: if the actor may change no such webhook.
    :raises WebhookTargetRefused: if the server may not send there.
    """
    if "url" in changes:
        # Names are looked up before the row is locked: it takes its time.
        get_webhook(actor, webhook_id)
        _check_target(changes["url"])
    webhook = get_webhook(actor, webhook_id, to_change=True)
    webhook.url = changes.get("url", webhook.url)
    webhook.description = changes.get("description", webhook.description)
    if "events" in changes:
        webhook.events = _sorted(changes["events"])
    webhook.owner_id = actor.user_id
    webhook.next_visit_at = clock.now()
    is_enabled = changes.get("is_enabled", webhook.is_enabled)
    if is_enabled and not webhook.is_enabled:
        _enable(webhook)
    elif webhook.is_enabled and not is_enabled:
        stop(webhook, DisabledReason.BY_PERSON)
    db.session.flush()
    _enter("webhook-changed", webhook, by=str(actor.user_id))
    return webhook


def delete_webhook(actor: Actor, webhook_id: UUID) -> None:
    """Remove a webhook with its deliveries; the caller commits.

    :raises NotFound: if the actor may change no such webhook.
    """
    webhook = get_webhook(actor, webhook_id, to_change=True)
    _enter("webhook-deleted", webhook, by=str(actor.user_id))
    db.session.delete(webhook)
    db.session.flush()


def redeliver(actor: Actor, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Let a message be sent again, as soon as can be; the caller commits.

    :raises NotFound: if there is none, or none that the actor may know of.
    :raises WebhookDisabled: if its webhook sends nothing.
    """
    webhook = get_webhook(actor, webhook_id, to_change=True)
    delivery = db.session.scalars(
        deliveries_of(webhook).where(WebhookDelivery.id == delivery_id)
    ).one_or_none()
    if delivery is None:
        raise nothing_here()
    if not webhook.is_enabled:
        raise WebhookDisabled
    now = clock.now()
    delivery.state = DeliveryState.WAITING
    delivery.due_since = delivery.next_try_at = webhook.next_visit_at = now
    return delivery


def deliveries_of(webhook: Webhook) -> Select[WebhookDelivery]:
    """Select what a webhook was told, or is to be told."""
    return select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)


def disable(webhook: Webhook, reason: DisabledReason) -> None:
    """Disable a webhook on the server's own account; the caller commits."""
    stop(webhook, reason)
    db.session.flush()
    _enter("webhook-changed", webhook, by=SERVER)


def stop(webhook: Webhook, reason: DisabledReason) -> None:
    """Let a webhook tell nothing more, not even what waits."""
    webhook.is_enabled = False
    webhook.disabled_reason = reason
    webhook.disabled_at = clock.now()
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id)
        .where(WebhookDelivery.state == DeliveryState.WAITING)
        .values(state=DeliveryState.FAILED, last_error=TryError.DISABLED)
    )


def _enable(webhook: Webhook) -> None:
    webhook.is_enabled = True
    webhook.disabled_reason = webhook.disabled_at = webhook.failing_since = None
    webhook.failures = 0
    start_here(webhook)


def _check_own(actor: Actor, new: NewWebhook) -> None:
    is_own = actor.may(Permission.MANAGE_WEBHOOKS, new.area_code, new.programme_id)
    if not is_own or db.session.get(Area, new.area_code) is None:
        raise _not_yours()
    programme = new.programme_id
    if programme is not None and db.session.get(Programme, programme) is None:
        raise _not_yours()


def _not_yours() -> InvalidRequest:
    return InvalidRequest(NOT_YOURS, errors=[FieldError("area_code", NOT_YOURS)])


def _check_target(url: str) -> None:
    config: Config = current_app.config["FIELDAPP"]
    try:
        checked_addresses(parse_target(url), config.webhook_allowed)
    except TargetRefusedError as error:
        raise WebhookTargetRefused(error.refusal) from error


def _sorted(events: Iterable[EventKind]) -> list[str]:
    return [kind.value for kind in EventKind if kind in set(events)]


def _enter(kind: str, webhook: Webhook, *, by: str) -> None:
    """Log what leaves an area, and to where: of the address only the host.

    What follows the host is often a secret.
    """
    deed = Deed(
        area_code=webhook.area_code,
        kind=kind,
        actor=by,
        subject=str(webhook.id),
        digests={},
        detail={
            "enabled": webhook.is_enabled,
            "events": webhook.events,
            "host": urlsplit(webhook.url).hostname or "",
            "programme": webhook.programme_id,
        },
    )
    append_deeds([deed], at=clock.now())
