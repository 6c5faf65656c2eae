"""Visit a webhook: note what is new, then tell it what is due.

One worker at a time visits a webhook, by a lease in its row: what takes long, the
sending, holds neither a transaction nor a lock. A worker that dies leaves its lease
to run out, and the next one sends again what may have been sent: at least once.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import orjson
from flask import current_app
from sqlalchemy import delete, or_, select

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.permissions import Permission
from fieldapp.identity.queries import load_actor
from fieldapp.ledger.chain import timestamp
from fieldapp.notices.following import follow
from fieldapp.notices.models import (
    DeliveryState,
    DisabledReason,
    Webhook,
    WebhookDelivery,
)
from fieldapp.notices.sending import Message, TryResult, send
from fieldapp.notices.webhooks import disable
from fieldapp.web import clock

POLL = timedelta(seconds=2)
SHARE_OF_REST = 10
"""Looking takes a tenth of a worker's time at most, however large the country is."""

LONGEST_VISIT = timedelta(seconds=30)
LEASE = timedelta(seconds=120)
"""Longer than a visit, with a last name that is looked up and a last try."""

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=1)
JITTER = 0.2

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)
MOST_DOUBLINGS = 10
"""How long a webhook is left alone after failures in a row."""

DISABLE_AFTER = timedelta(days=3)
DISABLE_AFTER_TRIES = 20
KEPT_FOR = timedelta(days=30)

_random = secrets.SystemRandom()

Stopping = Callable[[], bool]


def visit_next(is_stopping: Stopping = lambda: False) -> bool:
    """Visit the webhook that has waited longest; False where none is due."""
    webhook_id = _claim()
    if webhook_id is None:
        return False
    began_at = clock.now()
    has_more = _note_new(webhook_id)
    looked_for = clock.now() - began_at
    is_failing = False
    while has_more and not is_failing:
        if is_stopping() or clock.now() - began_at > LONGEST_VISIT:
            break
        result = _tell_next(webhook_id)
        has_more = result is not None
        is_failing = result is not None and not result.is_success
    # What is left is for whoever comes next, at once; else the webhook rests.
    pause = timedelta() if has_more else max(POLL, SHARE_OF_REST * looked_for)
    _leave(webhook_id, pause, is_failing=is_failing)
    return True


def forget_old() -> None:
    """Remove deliveries that ended so long ago that nobody asks for them."""
    before = clock.now() - KEPT_FOR
    for webhook_id in db.session.scalars(select(Webhook.id)).all():
        db.session.execute(
            delete(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id)
            .where(WebhookDelivery.created_at < before)
            .where(WebhookDelivery.state != DeliveryState.WAITING)
        )
        db.session.commit()


def wait_after(tried_for: timedelta) -> timedelta:
    """Say how long to wait for the next try, given how long it was tried.

    Twice as long as it took so far, so that each wait is about three times the last:
    ten seconds, half a minute, a minute and a half, up to six hours.
    """
    wait = min(max(2 * tried_for, FIRST_WAIT), LONGEST_WAIT)
    return _random.uniform(1 - JITTER, 1 + JITTER) * wait


def _claim() -> UUID | None:
    now = clock.now()
    statement = (
        select(Webhook)
        .where(Webhook.is_enabled, Webhook.next_visit_at <= now)
        .where(or_(Webhook.leased_until.is_(None), Webhook.leased_until <= now))
        .order_by(Webhook.next_visit_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    webhook = db.session.scalars(statement).one_or_none()
    claimed = None
    if webhook is not None:
        webhook.leased_until = now + LEASE
        claimed = webhook.id
    db.session.commit()
    return claimed


def _note_new(webhook_id: UUID) -> bool:
    """Note what is to be told; False where the webhook tells nothing any more."""
    has_more = True
    while has_more:
        webhook = _locked(webhook_id)
        if webhook is None or not webhook.is_enabled:
            db.session.rollback()
            return False
        if not _has_right(webhook):
            disable(webhook, DisabledReason.OWNER_WITHOUT_RIGHT)
            db.session.commit()
            return False
        has_more = follow(webhook)
        db.session.commit()
    return True


def _has_right(webhook: Webhook) -> bool:
    owner = load_actor(webhook.owner_id)
    return owner is not None and owner.may(
        Permission.MANAGE_WEBHOOKS, webhook.area_code, webhook.programme_id
    )


@dataclass(frozen=True)
class _Due:
    delivery_id: UUID
    url: str
    message: Message


def _tell_next(webhook_id: UUID) -> TryResult | None:
    """Send what is due first, outside any transaction, and note what came of it."""
    due = _next_due(webhook_id)
    db.session.rollback()
    if due is None:
        return None
    config: Config = current_app.config["FIELDAPP"]
    at = clock.now()
    result = send(due.url, due.message, allowed=config.webhook_allowed, at=at)
    _note_result(webhook_id, due.delivery_id, result, at=at)
    db.session.commit()
    return result


def _next_due(webhook_id: UUID) -> _Due | None:
    statement = (
        select(WebhookDelivery, Webhook.url, Webhook.secret)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.webhook_id == webhook_id, Webhook.is_enabled)
        .where(WebhookDelivery.state == DeliveryState.WAITING)
        .where(WebhookDelivery.next_try_at <= clock.now())
        .order_by(
            WebhookDelivery.next_try_at,
            WebhookDelivery.area_code,
            WebhookDelivery.position,
        )
        .limit(1)
    )
    row = db.session.execute(statement).one_or_none()
    if row is None:
        return None
    delivery, url, secret = row
    body = {
        "type": delivery.event.value,
        "timestamp": timestamp(delivery.occurred_at),
        "data": delivery.content,
    }
    message = Message(f"msg_{delivery.id.hex}", orjson.dumps(body), secret)
    return _Due(delivery.id, url, message)


def _note_result(
    webhook_id: UUID, delivery_id: UUID, result: TryResult, *, at: datetime
) -> None:
    webhook = _locked(webhook_id)
    delivery = db.session.get(
        WebhookDelivery, delivery_id, populate_existing=True, with_for_update=True
    )
    if webhook is None or delivery is None:
        return
    delivery.tries += 1
    delivery.tried_at = at
    delivery.last_status, delivery.last_error = result.status, result.error
    if result.is_success:
        delivery.state = DeliveryState.DELIVERED
        webhook.failures, webhook.failing_since = 0, None
        return
    _put_off(delivery)
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or at
    if webhook.is_enabled and (reason := _reason_to_disable(webhook, result)):
        disable(webhook, reason)


def _put_off(delivery: WebhookDelivery) -> None:
    """Say when it is tried again; after a day of trying, never."""
    now = clock.now()
    tried_for = now - delivery.due_since
    if delivery.state is not DeliveryState.WAITING or tried_for >= GIVE_UP_AFTER:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.next_try_at = now + wait_after(tried_for)


def _reason_to_disable(webhook: Webhook, result: TryResult) -> DisabledReason | None:
    if result.status == HTTPStatus.GONE:
        return DisabledReason.GONE
    since = webhook.failing_since or clock.now()
    is_long = clock.now() - since >= DISABLE_AFTER
    if is_long and webhook.failures >= DISABLE_AFTER_TRIES:
        return DisabledReason.FAILING
    return None


def _leave(webhook_id: UUID, pause: timedelta, *, is_failing: bool) -> None:
    """Give the lease back, and say when the next visit is due."""
    webhook = _locked(webhook_id)
    if webhook is not None:
        rest = _pause(webhook) if is_failing else pause
        webhook.next_visit_at = clock.now() + rest
        webhook.leased_until = None
    db.session.commit()


def _pause(webhook: Webhook) -> timedelta:
    doublings = min(max(webhook.failures - 1, 0), MOST_DOUBLINGS)
    return min(int(2**doublings) * FIRST_PAUSE, LONGEST_PAUSE)


def _locked(webhook_id: UUID) -> Webhook | None:
    return db.session.get(
        Webhook, webhook_id, populate_existing=True, with_for_update=True
    )
