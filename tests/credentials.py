"""Headers that must let nobody in."""

from datetime import timedelta

import jwt as pyjwt
from flask.testing import FlaskClient
from flask_jwt_extended import create_access_token, decode_token

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.identity.tokens import start_family
from tests.factories import Headers, auth_headers, make_device, make_grant, make_person


def bad_credentials(owner: User) -> dict[str, Headers]:
    """Make headers of the owner that must let nobody in; the last one closes them."""
    pair = start_family(owner.id)
    db.session.commit()
    claims = decode_token(pair.access_token)
    family = {"family": claims["family"]}
    expired = create_access_token(
        claims["sub"], expires_delta=timedelta(seconds=-1), additional_claims=family
    )
    _, device_token = make_device(owner)
    tokens = {
        "expired": expired,
        "forged": pyjwt.encode(dict(claims), "x" * 40, algorithm="HS256"),
        "unsigned": pyjwt.encode(dict(claims), "", algorithm="none"),
        "cut": pair.access_token[:-1],
        "refresh": pair.refresh_token,
        "device": device_token,
        "of no session": create_access_token(claims["sub"]),
        "empty": "",
    }
    headers = {who: {"Authorization": f"Bearer {each}"} for who, each in tokens.items()}
    return {"none": {}, **headers}


def revoked(client: FlaskClient, owner: User) -> Headers:
    headers = auth_headers(owner)
    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204
    return headers


def deactivated() -> Headers:
    chief = make_person(Role.ADMINISTRATOR, "ID")
    make_grant(chief, Role.FACILITATOR, "ID")
    headers = auth_headers(chief)
    chief.is_active = False
    db.session.commit()
    return headers
