"""What a view says about who may call it, and who is calling."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from flask_jwt_extended import get_current_user, verify_jwt_in_request

from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.problems import NotPermitted
from fieldapp.web.problems import nothing_here

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "fieldapp_access"


@dataclass(frozen=True)
class Access:
    """Who may call a view: whoever holds one of the permissions, or for a reason."""

    permissions: frozenset[Permission] = frozenset()
    reason: str = ""


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Let in who has one of the permissions anywhere; the scope says where.

    Stands above ``blueprint.arguments``, so that a stranger's body is not read.
    An address that names a thing answers a stranger as if there were none.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            verify_jwt_in_request()
            actor = current_actor()
            if not any(actor.grants_for(permission) for permission in permissions):
                raise nothing_here() if request.view_args else NotPermitted()
            return view(*args, **kwargs)

        return cast("View", marked(guarded, Access(frozenset(permissions))))

    return decorate


def signed_in(reason: str) -> Callable[[View], View]:
    """Let in whoever is signed in, whatever their roles; the reason says why."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            verify_jwt_in_request()
            return view(*args, **kwargs)

        return cast("View", marked(guarded, Access(reason=reason)))

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Let in everybody; the reason says why, or who checks instead."""

    def decorate(view: View) -> View:
        return marked(view, Access(reason=reason))

    return decorate


def access_of(view: Callable[..., Any]) -> Access | None:
    """Tell who may call a view; None where nobody has said it."""
    return cast("Access | None", getattr(view, _MARK, None))


def current_actor() -> Actor:
    """Tell who is calling; only in views, below ``requires`` or ``signed_in``."""
    return cast("Actor", get_current_user())


def marked(view: View, access: Access) -> View:
    """Say on a view who may call it."""
    setattr(view, _MARK, access)
    return view
