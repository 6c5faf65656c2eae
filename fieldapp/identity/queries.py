"""Reading people: who is asking, with the grants that stand at this moment."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from fieldapp.extensions import db
from fieldapp.identity.models import RefreshFamily, RoleGrant, User
from fieldapp.identity.permissions import Actor, Grant, Role
from fieldapp.pipeline import read_alone

USERNAME = re.compile(r"[a-z0-9._-]{3,64}", re.ASCII)
DEVICE_TOKEN = re.compile(r"[a-z2-7]{32}", re.ASCII)

_WHO = (
    User.id.label("user_id"),
    User.username,
    User.name,
    User.language,
    RoleGrant.role,
    RoleGrant.area_code,
    RoleGrant.programme_id,
)
_STANDING_GRANT = and_(RoleGrant.user_id == User.id, RoleGrant.revoked_at.is_(None))

# Built once: these run on every request, and only their parameters change.
_BY_USER = (
    select(*_WHO)
    .select_from(User)
    .outerjoin(RoleGrant, _STANDING_GRANT)
    .where(User.id == bindparam("user_id"), User.is_active)
)
_BY_SESSION = (
    select(*_WHO, User.is_active, RefreshFamily.revoked_at)
    .select_from(RefreshFamily)
    .join(User, User.id == RefreshFamily.user_id)
    .outerjoin(RoleGrant, _STANDING_GRANT)
    .where(RefreshFamily.id == bindparam("family_id"), User.id == bindparam("user_id"))
)
_BY_DEVICE: LiteralString = """
    select d.id, u.id, u.username, u.name, u.language,
           g.role, g.area_code, g.programme_id
    from device d
    join "user" u on u.id = d.user_id
    left join role_grant g on g.user_id = u.id and g.revoked_at is null
    where d.token_digest = %(digest)s and d.revoked_at is null and u.is_active
"""
_BY_NAME: LiteralString = """
    select d.id, u.id, u.username, u.name, u.language,
           g.role, g.area_code, g.programme_id,
           d.revoked_at is null and u.is_active
    from "user" u
    join device d on d.user_id = u.id
    left join role_grant g on g.user_id = u.id and g.revoked_at is null
    where u.username = %(username)s
    order by d.created_at, d.id
"""


@dataclass(frozen=True)
class DeviceOfName:
    """A phone of a person, whether or not it is revoked."""

    actor: Actor
    id: UUID
    is_good: bool


@dataclass(frozen=True)
class Session:
    """A sign-in as it stands now: who, and whether it still lets them in."""

    actor: Actor
    is_active: bool
    is_revoked: bool


def load_actor(user_id: UUID) -> Actor | None:
    """Read a person with their grants; None where there is none, or not active."""
    rows = db.session.execute(_BY_USER, {"user_id": user_id}).all()
    return _actor(rows) if rows else None


def find_session(user_id: UUID, family_id: UUID) -> Session | None:
    """Read a sign-in, its person and the grants in one query."""
    parameters = {"user_id": user_id, "family_id": family_id}
    rows = db.session.execute(_BY_SESSION, parameters).all()
    if not rows:
        return None
    first = rows[0]
    return Session(_actor(rows), first.is_active, first.revoked_at is not None)


def find_device_actor(token: str) -> Actor | None:
    """Read whose device a token is, in one query; every request of a phone does.

    Enketo lower-cases addresses, so the case of a token says nothing.
    """
    token = token.lower()
    if not DEVICE_TOKEN.fullmatch(token):
        return None
    rows = read_alone(_BY_DEVICE, {"digest": token_digest(token)})
    if not rows:
        return None
    return _device_actor(rows)


def devices_of_name(username: str) -> list[DeviceOfName]:
    """Read all phones of a person by the name that one gave, in one query.

    Keyboards write the first letter large, so its case says nothing.
    """
    if not USERNAME.fullmatch(username.lower()):
        return []
    rows = read_alone(_BY_NAME, {"username": username.lower()})
    return [
        DeviceOfName(_device_actor(of_device), device_id, of_device[0][8])
        for device_id, found in groupby(rows, itemgetter(0))
        if (of_device := list(found))
    ]


def token_digest(token: str) -> bytes:
    """Give the form in which a device's token is kept."""
    return hashlib.sha256(token.encode()).digest()


def _device_actor(rows: Sequence[Any]) -> Actor:
    device_id, user_id, username, name, language = rows[0][:5]
    grants = tuple(Grant(Role(row[5]), *row[6:8]) for row in rows if row[5] is not None)
    return Actor(user_id, username, name, language, grants, device_id)


def _actor(rows: Sequence[Any]) -> Actor:
    first = rows[0]
    return Actor(
        user_id=first.user_id,
        username=first.username,
        name=first.name,
        language=first.language,
        grants=tuple(
            Grant(row.role, row.area_code, row.programme_id)
            for row in rows
            if row.role is not None
        ),
    )
