"""Programs that send a name and a password with each request, as Excel does.

Basic (RFC 7617), over https alone. Every request counts as an attempt to sign in, so
that guessing is as slow here as anywhere; one that was right is given back.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from flask_jwt_extended import verify_jwt_in_request

from fieldapp.extensions import db
from fieldapp.identity import throttle
from fieldapp.identity.access import Access, current_actor, marked
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.problems import (
    AccountClosed,
    PasswordSignInRequired,
    SignInFailed,
)
from fieldapp.identity.queries import load_actor
from fieldapp.identity.sign_in import prove
from fieldapp.web.fields import is_clean
from fieldapp.web.problems import nothing_here

View = TypeVar("View", bound=Callable[..., Any])


def requires_with_password(*permissions: Permission) -> Callable[[View], View]:
    """Let in who has one of the permissions, by a token or by Basic.

    The view gets the actor as its first argument. A stranger is answered as if there
    were nothing.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor = _actor()
            if not any(actor.grants_for(permission) for permission in permissions):
                raise nothing_here()
            return view(actor, *args, **kwargs)

        return cast("View", marked(guarded, Access(frozenset(permissions))))

    return decorate


def _actor() -> Actor:
    given = request.authorization
    if given is None:
        raise PasswordSignInRequired(is_secure=request.is_secure)
    if given.type != "basic":
        verify_jwt_in_request()
        return current_actor()
    username, password = (given.username or "").lower(), given.password or ""
    if not request.is_secure or not is_clean(username + password):
        raise PasswordSignInRequired(is_secure=request.is_secure)
    return _by_password(username, password)


def _by_password(username: str, password: str) -> Actor:
    address = request.remote_addr or ""
    throttle.count_attempt(username, address)
    db.session.commit()
    try:
        user_id = prove(username, password).id
    except SignInFailed as failure:
        raise PasswordSignInRequired(is_secure=True) from failure
    throttle.give_back(username, address)
    db.session.commit()
    actor = load_actor(user_id)
    if actor is None:
        raise AccountClosed
    return actor
