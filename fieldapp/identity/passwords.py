"""Passwords: argon2id, and the same time spent whether a name exists or not."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 256

# The lighter of OWASP's two settings: 19 MiB for each sign-in at the same moment.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a new password."""
    return _HASHER.hash(password)


def is_right(password: str, password_hash: str | None) -> bool:
    """Check a password; without a hash, spend the same time and say no."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other settings than today's."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")
