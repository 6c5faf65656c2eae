"""The tokens of a session, and what is answered where one lets nobody in.

A sign-in starts a *family*: one line of refresh tokens, of which only the newest is
good (RFC 9700, 4.14.2). Every token names its family; when it ends, all end at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Response, current_app
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    get_jti,
)
from sqlalchemy import update

from fieldapp.extensions import db, jwt
from fieldapp.identity.models import RefreshFamily
from fieldapp.identity.permissions import Actor
from fieldapp.identity.problems import (
    AccountClosed,
    SignInRequired,
    TokenExpired,
    TokenInvalid,
    TokenRevoked,
)
from fieldapp.identity.queries import find_session
from fieldapp.web import clock
from fieldapp.web.problems import problem_response

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class TokenPair:
    """What a client gets: a short token to act with, a long one to renew it."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token is good for."""
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750).


def start_family(user_id: UUID) -> TokenPair:
    """Open a session for somebody who has proved who they are."""
    family_id = uuid4()
    pair, jti = _issue(user_id, family_id)
    now = clock.now()
    db.session.add(
        RefreshFamily(
            id=family_id,
            user_id=user_id,
            current_jti=jti,
            created_at=now,
            expires_at=now + current_app.config["JWT_REFRESH_TOKEN_EXPIRES"],
        )
    )
    return pair


def rotate(claims: Claims) -> TokenPair | None:
    """Change a refresh token for a new pair; it is good for that once.

    None where it was used before: then the whole family is ended, because one of
    the two who hold the token is not its owner.
    """
    user_id, family_id = _session_of(claims)
    now = clock.now()
    pair, jti = _issue(user_id, family_id)
    renewed = db.session.scalar(
        update(RefreshFamily)
        .where(RefreshFamily.id == family_id)
        .where(RefreshFamily.current_jti == UUID(claims["jti"]))
        .where(RefreshFamily.revoked_at.is_(None))
        .values(
            current_jti=jti,
            expires_at=now + current_app.config["JWT_REFRESH_TOKEN_EXPIRES"],
        )
        .returning(RefreshFamily.id)
    )
    if renewed is None:
        end_family(claims)
        return None
    return pair


def end_family(claims: Claims) -> None:
    """End the session that a token belongs to."""
    _, family_id = _session_of(claims)
    db.session.execute(
        update(RefreshFamily)
        .where(RefreshFamily.id == family_id, RefreshFamily.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def end_all_families(user_id: UUID) -> None:
    """End every session of a person."""
    db.session.execute(
        update(RefreshFamily)
        .where(RefreshFamily.user_id == user_id, RefreshFamily.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def _issue(user_id: UUID, family_id: UUID) -> tuple[TokenPair, UUID]:
    claims = {"family": str(family_id)}
    refresh_token = create_refresh_token(str(user_id), additional_claims=claims)
    pair = TokenPair(
        access_token=create_access_token(str(user_id), additional_claims=claims),
        refresh_token=refresh_token,
        expires_in=int(current_app.config["JWT_ACCESS_TOKEN_EXPIRES"].total_seconds()),
    )
    return pair, UUID(get_jti(refresh_token))


def _session_of(claims: Claims) -> tuple[UUID, UUID]:
    try:
        return UUID(claims["sub"]), UUID(claims["family"])
    except (KeyError, ValueError) as error:
        raise TokenInvalid from error


@jwt.user_lookup_loader
def _load_caller(_header: Claims, claims: Claims) -> Actor:
    """Read the caller afresh, so that what was revoked ends with this request."""
    session = find_session(*_session_of(claims))
    if session is None:
        raise TokenInvalid
    if not session.is_active:
        raise AccountClosed
    if session.is_revoked:
        raise TokenRevoked
    return session.actor


@jwt.unauthorized_loader
def _no_token(_reason: str) -> Response:
    return problem_response(SignInRequired())


@jwt.expired_token_loader
def _expired(_header: Claims, _claims: Claims) -> Response:
    return problem_response(TokenExpired())


@jwt.invalid_token_loader
def _invalid(_reason: str) -> Response:
    return problem_response(TokenInvalid())


@jwt.revoked_token_loader
def _revoked(_header: Claims, _claims: Claims) -> Response:
    return problem_response(TokenRevoked())


@jwt.needs_fresh_token_loader
@jwt.token_verification_failed_loader
@jwt.user_lookup_error_loader
def _unusable(_header: Claims, _claims: Claims) -> Response:
    return problem_response(TokenInvalid())
