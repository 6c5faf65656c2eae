"""Signing in with a name and a password."""

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.passwords import hash_password, is_outdated, is_right
from fieldapp.identity.problems import AccountClosed, SignInFailed
from fieldapp.identity.tokens import TokenPair, start_family


def sign_in(username: str, password: str) -> TokenPair:
    """Open a session for whoever knows a name and its password.

    :raises SignInFailed: if either is wrong, without telling which.
    :raises AccountClosed: if both are right and the account is deactivated.
    """
    return start_family(prove(username, password).id)


def prove(username: str, password: str) -> User:
    """Find the person who knows a name and its password.

    :raises SignInFailed: if either is wrong, without telling which.
    :raises AccountClosed: if both are right and the account is deactivated.
    """
    user = db.session.scalar(select(User).where(User.username == username))
    if not is_right(password, user.password_hash if user else None) or user is None:
        raise SignInFailed
    if not user.is_active:
        raise AccountClosed
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    return user
