"""How often a name and an address may fail to sign in.

An attempt is counted before the password is looked at and given back when it was
right, so that many at once get no more tries than one after the other. Attempts that
are turned away are not counted: a window always ends. And whoever signed in from an
address before has tries of their own there, so that strangers who keep failing with
a name cannot shut its owner out.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from fieldapp.extensions import db
from fieldapp.identity.models import SignInWindow
from fieldapp.identity.problems import TooManySignIns
from fieldapp.web import clock

WINDOW = timedelta(minutes=5)
NAME_LIMIT = 10
ADDRESS_LIMIT = 50
KNOWN_FOR = timedelta(days=90)
KEPT_FOR = timedelta(days=1)
HOUSEHOLD_BITS = 64
"""An IPv6 household has this many bits of addresses to itself."""


def count_attempt(username: str, address: str) -> None:
    """Count an attempt to sign in against its name and its address.

    :raises TooManySignIns: if either has failed too often in its window.
    """
    for key, limit in _limits(username, address).items():
        _count(key, limit)


def give_back(username: str, address: str) -> None:
    """Take back a counted attempt that was right, and remember the address."""
    now = clock.now()
    for key in _limits(username, address):
        db.session.execute(
            update(SignInWindow)
            .where(SignInWindow.key == key)
            .values(failures=func.greatest(SignInWindow.failures - 1, 0))
        )
    known = insert(SignInWindow).values(
        key=_known_key(username, address), started_at=now, failures=0
    )
    db.session.execute(
        known.on_conflict_do_update(
            index_elements=[SignInWindow.key], set_={"started_at": now}
        )
    )
    _forget_old(now)


def _limits(username: str, address: str) -> Mapping[str, int]:
    pair = "own" if _is_known(username, address) else "name"
    value = f"{username} {_household(address)}" if pair == "own" else username
    return {
        _key(pair, value): NAME_LIMIT,
        _key("address", _household(address)): ADDRESS_LIMIT,
    }


def _is_known(username: str, address: str) -> bool:
    since = clock.now() - KNOWN_FOR
    return (
        db.session.scalar(
            select(SignInWindow.key)
            .where(SignInWindow.key == _known_key(username, address))
            .where(SignInWindow.started_at > since)
        )
        is not None
    )


def _count(key: str, limit: int) -> None:
    now = clock.now()
    is_over = SignInWindow.started_at <= now - WINDOW
    statement = insert(SignInWindow).values(key=key, started_at=now, failures=1)
    failures, started_at = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[SignInWindow.key],
            set_={
                "failures": case((is_over, 1), else_=SignInWindow.failures + 1),
                "started_at": case((is_over, now), else_=SignInWindow.started_at),
            },
        ).returning(SignInWindow.failures, SignInWindow.started_at)
    ).one()
    if failures > limit:
        left = started_at + WINDOW - now
        raise TooManySignIns(max(1, ceil(left.total_seconds())))


def _forget_old(now: datetime) -> None:
    is_known = SignInWindow.key.startswith("known:")
    old = (
        select(SignInWindow.key)
        .where(
            or_(
                SignInWindow.started_at < now - KNOWN_FOR,
                and_(~is_known, SignInWindow.started_at < now - KEPT_FOR),
            )
        )
        .with_for_update(skip_locked=True)
    )
    db.session.execute(delete(SignInWindow).where(SignInWindow.key.in_(old)))


def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> HOUSEHOLD_BITS)
    return str(parsed)


def _known_key(username: str, address: str) -> str:
    return _key("known", f"{username} {_household(address)}")


def _key(kind: str, value: str) -> str:
    """Hash what was typed: people type passwords into the wrong field."""
    return f"{kind}:{hashlib.sha256(value.encode()).hexdigest()}"
