"""Signing in, who I am, devices, people and their roles."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_jwt_extended import get_jwt, verify_jwt_in_request
from flask_smorest import Blueprint
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity import devices, sign_in, throttle, tokens
from fieldapp.identity import people as people_service
from fieldapp.identity.access import current_actor, public, requires, signed_in
from fieldapp.identity.device_passwords import password_of
from fieldapp.identity.models import Device, RoleGrant, User
from fieldapp.identity.permissions import ROLES, Actor, Grant, Permission
from fieldapp.identity.problems import RefreshTokenReused
from fieldapp.identity.schemas import (
    DeviceQuery,
    DeviceRequest,
    DevicesResponse,
    GrantRequest,
    GrantResponse,
    LoginRequest,
    MeResponse,
    NewDeviceResponse,
    PeoplePage,
    PersonRequest,
    PersonResponse,
    TokenPairResponse,
)
from fieldapp.phone.settings import set_up
from fieldapp.places.models import Area
from fieldapp.web.fields import PageQuery
from fieldapp.web.paging import fetch_page

blueprint = Blueprint(
    "identity",
    __name__,
    url_prefix="/api/v1",
    description="People, their sessions, devices and roles.",
)


@blueprint.post("/auth/login")
@public("Signing in is how one stops being a stranger.")
@blueprint.arguments(LoginRequest)
@blueprint.response(200, TokenPairResponse)
def login(body: dict[str, str]) -> tokens.TokenPair:
    """Sign in with a name and a password."""
    username, address = body["username"].lower(), request.remote_addr or ""
    throttle.count_attempt(username, address)
    db.session.commit()
    pair = sign_in.sign_in(username, body["password"])
    throttle.give_back(username, address)
    db.session.commit()
    return pair


@blueprint.post("/auth/refresh")
@public("The refresh token in the header is what is checked here.")
@blueprint.response(200, TokenPairResponse)
def refresh() -> tokens.TokenPair:
    """Change a refresh token (in the header) for a new pair; it is good once."""
    verify_jwt_in_request(refresh=True)
    pair = tokens.rotate(get_jwt())
    db.session.commit()
    if pair is None:
        raise RefreshTokenReused
    return pair


@blueprint.post("/auth/logout")
@public("Either token of the session, in the header, is what is checked here.")
@blueprint.response(204)
def logout() -> None:
    """End the session that the token in the header belongs to, at once."""
    verify_jwt_in_request(verify_type=False)
    tokens.end_family(get_jwt())
    db.session.commit()


@blueprint.get("/me")
@signed_in("Everybody may know who they are and what they may do.")
@blueprint.response(200, MeResponse)
def me() -> dict[str, Any]:
    """Tell who the caller is, with their roles."""
    actor = current_actor()
    codes = {grant.area_code for grant in actor.grants}
    statement = select(Area.code, Area.name).where(Area.code.in_(codes))
    names = {row.code: row.name for row in db.session.execute(statement)}
    return {
        "id": actor.user_id,
        "username": actor.username,
        "name": actor.name,
        "language": actor.language,
        "permissions": _permissions(actor),
        "grants": [
            {**asdict(grant), "area_name": names[grant.area_code]}
            for grant in actor.grants
        ],
    }


@blueprint.get("/devices")
@signed_in("Everybody has devices of their own.")
@blueprint.arguments(DeviceQuery, location="query")
@blueprint.response(200, DevicesResponse)
def list_devices(query: dict[str, Any]) -> dict[str, Any]:
    """List one's own devices, or those of a person in one's area."""
    actor = current_actor()
    statement = devices.devices_of(actor, query["user_id"] or actor.user_id)
    return {"items": db.session.scalars(statement).all()}


@blueprint.post("/devices")
@signed_in("Everybody may set up a phone of their own.")
@blueprint.arguments(DeviceRequest)
@blueprint.response(201, NewDeviceResponse)
def create_device(body: dict[str, Any]) -> dict[str, Any]:
    """Give a phone its token, and the QR code to scan; both are shown this once."""
    actor = current_actor()
    user_id = body["user_id"] or actor.user_id
    device, token = devices.add_device(actor, user_id, body["label"])
    db.session.commit()
    return _set_up(device, token)


@blueprint.delete("/devices/<uuid:device_id>")
@signed_in("Everybody may revoke a phone of their own.")
@blueprint.response(204)
def delete_device(device_id: UUID) -> None:
    """Revoke a device at once: one's own, or of a person in one's area."""
    devices.revoke_device(current_actor(), device_id)
    db.session.commit()


@blueprint.get("/users")
@requires(Permission.MANAGE_PEOPLE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, PeoplePage)
def list_people(query: dict[str, Any]) -> dict[str, Any]:
    """List the people who have, or had, a role in the caller's area."""
    actor = current_actor()
    page = fetch_page(people_service.people(actor), [User.username], **query)
    return {
        "items": _with_roles(actor, page.items),
        "next_cursor": page.next_cursor,
    }


@blueprint.post("/users")
@requires(Permission.MANAGE_PEOPLE)
@blueprint.arguments(PersonRequest)
@blueprint.response(201, PersonResponse)
def create_person(body: dict[str, Any]) -> dict[str, Any]:
    """Open an account with its first roles, inside the caller's own."""
    actor = current_actor()
    grants = body.pop("grants")
    person = people_service.NewPerson(**body)
    user = people_service.create_person(actor, person, grants)
    db.session.commit()
    return _with_roles(actor, [user])[0]


@blueprint.post("/users/<uuid:user_id>/grants")
@requires(Permission.MANAGE_PEOPLE)
@blueprint.arguments(GrantRequest)
@blueprint.response(201, GrantResponse)
def create_grant(grant: Grant, user_id: UUID) -> RoleGrant:
    """Give a person a role, inside the caller's own."""
    row = people_service.give_role(current_actor(), user_id, grant)
    db.session.commit()
    return row


@blueprint.delete("/users/<uuid:user_id>/grants/<uuid:grant_id>")
@requires(Permission.MANAGE_PEOPLE)
@blueprint.response(204)
def delete_grant(user_id: UUID, grant_id: UUID) -> None:
    """Take a role away; the person's next request is answered without it."""
    people_service.take_role(current_actor(), user_id, grant_id)
    db.session.commit()


def _permissions(actor: Actor) -> list[str]:
    return sorted({each for grant in actor.grants for each in ROLES[grant.role]})


def _with_roles(actor: Actor, users: Sequence[User]) -> list[dict[str, Any]]:
    statement = people_service.roles_of(actor, [user.id for user in users])
    roles = db.session.scalars(statement).all()
    return [
        {
            "id": user.id,
            "username": user.username,
            "name": user.name,
            "language": user.language,
            "is_active": user.is_active,
            "grants": [role for role in roles if role.user_id == user.id],
        }
        for user in users
    ]


def _set_up(device: Device, token: str) -> dict[str, Any]:
    config = current_app.config["FIELDAPP"]
    base = config.public_url or request.host_url.rstrip("/")
    settings = devices.phone_settings(device, f"{base}/v1/key/{token}")
    return {
        "id": device.id,
        "user_id": device.user_id,
        "label": device.label,
        "created_at": device.created_at,
        "revoked_at": device.revoked_at,
        "token": token,
        **set_up(settings),
        "username": settings.username,
        "password": password_of(config.secret_key, device.id),
        "sign_in_url": f"{base}/v1",
    }
