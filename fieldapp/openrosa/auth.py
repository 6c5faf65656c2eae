"""Tell who a phone speaks for, by the token in its address."""

from flask import current_app, request

from fieldapp.config import Config
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.queries import find_device_actor
from fieldapp.openrosa.problems import NoTask, WrongDeviceToken


def device_actor(token: str) -> Actor:
    """Read whose phone it is.

    :raises WrongDeviceToken: if the token is unknown or revoked.
    """
    actor = find_device_actor(token)
    if actor is None:
        raise WrongDeviceToken
    return actor


def collecting_actor(token: str) -> Actor:
    """Read whose phone it is, and that the person may fill in forms somewhere.

    :raises WrongDeviceToken: if the token is unknown or revoked.
    :raises NoTask: if no role of the person lets them send anything.
    """
    actor = device_actor(token)
    if not actor.grants_for(Permission.SUBMIT):
        raise NoTask
    return actor


def base_url(token: str) -> str:
    """Give the address of a phone, up to and with its token.

    It is the operator's public address where that is set, else the one used.
    Behind a proxy it is what the proxy says only where the operator has said how
    many proxies to believe.
    """
    config: Config = current_app.config["FIELDAPP"]
    used = f"{request.host_url.rstrip('/')}{request.root_path.rstrip('/')}"
    return f"{config.public_url or used}/v1/key/{token}"
