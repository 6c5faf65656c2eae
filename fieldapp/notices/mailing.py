"""Send the digests that are due, one person at a time.

A lease in the person's row keeps other workers away; no transaction is open while
mail is sent. What a digest tells begins where the last one that was sent ended: what
could not be sent today is told tomorrow, and nothing twice.
"""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import or_, select

from fieldapp.config import Config, Mail, MailSecurity
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.identity.queries import load_actor
from fieldapp.notices.digests import gather
from fieldapp.notices.letters import write_letter
from fieldapp.notices.models import DigestFrequency, DigestSubscription, MailError
from fieldapp.notices.subscriptions import digest_zone, next_due
from fieldapp.web import clock

SECONDS = 20
LEASE = timedelta(minutes=10)
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
MOST_DOUBLINGS = 8

PERMANENT = 500
"""From here on, a mail server's answer says that trying again is of no use."""


@dataclass(frozen=True)
class _Claim:
    user_id: UUID
    email: str
    frequency: DigestFrequency
    since: datetime


def send_next_digest() -> bool:
    """Send the digest that is due longest; False where none is due."""
    config: Config = current_app.config["FIELDAPP"]
    claim = _claim() if config.mail is not None else None
    if claim is None or config.mail is None:
        return False
    until = clock.now()
    actor = load_actor(claim.user_id)
    letter = _letter(claim, actor, until, config) if actor else None
    db.session.rollback()
    error = _send(config.mail, letter) if letter else None
    _note(claim, actor, error, until, is_sent=letter is not None and error is None)
    return True


def _claim() -> _Claim | None:
    now = clock.now()
    statement = (
        select(DigestSubscription)
        .where(DigestSubscription.next_at <= now)
        .where(
            or_(
                DigestSubscription.leased_until.is_(None),
                DigestSubscription.leased_until <= now,
            )
        )
        .order_by(DigestSubscription.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    row = db.session.scalars(statement).one_or_none()
    claim = None
    if row is not None:
        row.leased_until = now + LEASE
        claim = _Claim(row.user_id, row.email, row.frequency, row.covered_until)
    db.session.commit()
    return claim


def _letter(
    claim: _Claim, actor: Actor, until: datetime, config: Config
) -> EmailMessage | None:
    """Write the digest; None where there is nothing to tell."""
    digest = gather(actor, claim.frequency, since=claim.since, until=until)
    if digest.is_empty or config.mail is None:
        return None
    letter = write_letter(
        digest,
        language=actor.language,
        zone=ZoneInfo(digest_zone(actor)),
        url=config.public_url or "",
    )
    letter["From"] = config.mail.sender
    letter["To"] = claim.email
    # The same in every try: a mail server may drop what it has already.
    domain = parseaddr(config.mail.sender)[1].rpartition("@")[2]
    name = uuid5(claim.user_id, claim.since.isoformat())
    letter["Message-ID"] = f"<{name}@{domain}>"
    return letter


def _send(mail: Mail, letter: EmailMessage) -> MailError | None:
    """Hand a letter to the mail server; say why, where it does not take it."""
    try:
        with _server(mail) as server:
            if mail.user:
                server.login(mail.user, mail.password)
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        is_final = all(code >= PERMANENT for code in codes)
        return MailError.RECIPIENT_REFUSED if is_final else MailError.SERVER
    except (smtplib.SMTPException, OSError):
        current_app.logger.warning("the mail server took no digest", exc_info=True)
        return MailError.SERVER
    return None


def _server(mail: Mail) -> smtplib.SMTP:
    if mail.security is MailSecurity.TLS:
        return smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=SECONDS, context=ssl.create_default_context()
        )
    server = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    if mail.security is MailSecurity.STARTTLS:
        try:
            server.starttls(context=ssl.create_default_context())
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server


def _note(
    claim: _Claim,
    actor: Actor | None,
    error: MailError | None,
    until: datetime,
    *,
    is_sent: bool,
) -> None:
    """Note what came of it, unless the person has changed their mind meanwhile."""
    row = db.session.get(
        DigestSubscription, claim.user_id, populate_existing=True, with_for_update=True
    )
    if row is not None:
        row.leased_until = None
        row.last_error = error
        if error is MailError.SERVER:
            row.next_at = clock.now() + _wait(row.tries)
            row.tries += 1
        else:
            row.tries = 0
            row.covered_until = until
            row.next_at = _next(row, actor, after=until)
        if is_sent:
            row.sent_at = until
    db.session.commit()


def _next(row: DigestSubscription, actor: Actor | None, *, after: datetime) -> datetime:
    if actor is None:
        return after + timedelta(days=1)
    return next_due(actor, row.frequency, after=after)


def _wait(tries: int) -> timedelta:
    return min(int(2 ** min(tries, MOST_DOUBLINGS)) * FIRST_WAIT, LONGEST_WAIT)
