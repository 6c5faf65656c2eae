"""Phones that speak for their owner through a token in the address."""

import base64
import secrets
from uuid import UUID, uuid4

from sqlalchemy import Select, select

from fieldapp.extensions import db
from fieldapp.identity.models import Device, User
from fieldapp.identity.people import can_act_for, is_in_sight
from fieldapp.identity.permissions import Actor
from fieldapp.identity.queries import token_digest
from fieldapp.phone.settings import PhoneSettings
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here

TOKEN_BYTES = 20


def devices_of(actor: Actor, user_id: UUID) -> Select[Device]:
    """Select the devices of oneself, or of a person in the actor's area.

    :raises NotFound: if the person is neither.
    """
    if user_id != actor.user_id and not is_in_sight(actor, user_id):
        raise nothing_here()
    return (
        select(Device)
        .where(Device.user_id == user_id)
        .order_by(Device.created_at.desc(), Device.id)
    )


def add_device(actor: Actor, user_id: UUID, label: str) -> tuple[Device, str]:
    """Give a phone its token, which is shown this once and kept only as a digest.

    A token can do all that its owner may send, so an administrator gives one only
    to people whose every role lies in their area.

    :raises NotFound: if the person is neither oneself nor such a person.
    """
    if user_id != actor.user_id and not can_act_for(actor, user_id):
        raise nothing_here()
    return issue_device(user_id, label)


def issue_device(user_id: UUID, label: str) -> tuple[Device, str]:
    """Make a device with a new token, for whoever has been checked already."""
    token = new_token()
    device = Device(
        id=uuid4(),
        user_id=user_id,
        label=label,
        token_digest=token_digest(token),
        created_at=clock.now(),
    )
    db.session.add(device)
    return device, token


def phone_settings(device: Device, server_url: str) -> PhoneSettings:
    """Say how a phone is to be set up; people who share one tell it by the name."""
    owner = db.session.get_one(User, device.user_id)
    return PhoneSettings(
        server_url=server_url,
        project_name=owner.name,
        language=owner.language,
        username=owner.username,
    )


def revoke_device(actor: Actor, device_id: UUID) -> None:
    """End a device's token; its next request is refused.

    :raises NotFound: if it is neither one's own nor of a person in one's area.
    """
    device = db.session.get(Device, device_id)
    if device is None:
        raise nothing_here()
    if device.user_id != actor.user_id and not is_in_sight(actor, device.user_id):
        raise nothing_here()
    device.revoked_at = device.revoked_at or clock.now()


def new_token() -> str:
    """Make a token for an address: 160 random bits, in letters that none confuse."""
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().lower()
