"""Who wants digests, how often, and when the next one is due."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.notices.models import DigestFrequency, DigestSubscription
from fieldapp.places.codes import time_zone
from fieldapp.places.models import COUNTRY
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here

HOUR = time(6)
"""When digests are sent, in the time of the person's own area."""

MONDAY = 0


def get_subscription(user_id: UUID, *, to_change: bool = False) -> DigestSubscription:
    """Get a person's subscription.

    :raises NotFound: if they want no digests.
    """
    subscription = db.session.get(
        DigestSubscription,
        user_id,
        populate_existing=True,
        with_for_update=to_change or None,
    )
    if subscription is None:
        raise nothing_here()
    return subscription


def subscribe(
    actor: Actor, email: str, frequency: DigestFrequency
) -> DigestSubscription:
    """Let a person have digests from now on, or otherwise; the caller commits."""
    now = clock.now()
    subscription = db.session.get(
        DigestSubscription, actor.user_id, populate_existing=True, with_for_update=True
    )
    if subscription is None:
        subscription = DigestSubscription(user_id=actor.user_id, covered_until=now)
        db.session.add(subscription)
    subscription.email = email
    subscription.frequency = frequency
    subscription.next_at = next_due(actor, frequency, after=now)
    subscription.tries = 0
    subscription.last_error = None
    db.session.flush()
    return subscription


def unsubscribe(actor: Actor) -> None:
    """Send a person no more digests, and forget their address; the caller commits.

    :raises NotFound: if they want none already.
    """
    db.session.delete(get_subscription(actor.user_id, to_change=True))
    db.session.flush()


def next_due(actor: Actor, frequency: DigestFrequency, *, after: datetime) -> datetime:
    """Say when the next digest is due: six o'clock there, weekly on a Monday."""
    local = after.astimezone(ZoneInfo(digest_zone(actor)))
    due = datetime.combine(local.date(), HOUR, local.tzinfo)
    if frequency is DigestFrequency.WEEKLY:
        due += timedelta(days=(MONDAY - local.weekday()) % 7)
    step = timedelta(days=7 if frequency is DigestFrequency.WEEKLY else 1)
    return due if due > after else due + step


def digest_zone(actor: Actor) -> str:
    """Name the time zone that a person's digests are in: that of their own area."""
    code = min((grant.area_code for grant in actor.grants), default=COUNTRY)
    return time_zone(code)
