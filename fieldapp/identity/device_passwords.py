"""Passwords of phones that sign in by name, and the arithmetic of Digest.

A device's password is not stored: it is derived from the secret key and the device's
id, so that the database alone opens nothing (docs/decisions/0003-passwords-of-phones.md
says what else was weighed). It is good as long as the device is not revoked.
"""

import base64
import hashlib
import hmac
from uuid import UUID

REALM = "fieldapp"
GROUP = 4
GROUPS = 6
"""24 letters of 5 bits, in groups that people type without losing their place."""

NONCE_HOURS = 8
"""A phone that sends a large entry with an old nonce sends it twice."""
SECONDS_OF_AN_HOUR = 3600
CLOCKS_DIFFER = 60
TIME_BYTES = 8
MAC_BYTES = 16


def password_of(secret_key: str, device_id: UUID) -> str:
    """Give the password of a device: 120 bits that nobody can guess."""
    mac = _mac(secret_key, b"device password", device_id.bytes)
    letters = base64.b32encode(mac).decode().lower()
    return "-".join(letters[at : at + GROUP] for at in range(0, GROUP * GROUPS, GROUP))


def ha1(username: str, password: str) -> str:
    """Give what stands for a name and its password in Digest (RFC 7616, 3.4.2)."""
    return md5(f"{username}:{REALM}:{password}")


def md5(text: str) -> str:
    """Hash as Digest does; ODK Collect knows no other algorithm."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare secrets in the same time whatever they are."""
    return hmac.compare_digest(one.encode(), other.encode())


def new_nonce(secret_key: str, now: float) -> str:
    """Make a nonce that every process of this installation knows as its own."""
    moment = int(now).to_bytes(TIME_BYTES, "big")
    mac = _mac(secret_key, b"digest nonce", moment)[:MAC_BYTES]
    return base64.urlsafe_b64encode(moment + mac).decode().rstrip("=")


def age_of_nonce(secret_key: str, nonce: str, now: float) -> float | None:
    """Tell how many seconds ago a nonce was made; None if it is not ours."""
    try:
        moment = int.from_bytes(
            base64.urlsafe_b64decode(f"{nonce}==".encode())[:TIME_BYTES], "big"
        )
        ours = new_nonce(secret_key, moment)
    except (ValueError, OverflowError):
        return None
    return now - moment if is_same(ours, nonce) else None


def is_fresh(age: float) -> bool:
    """Say whether a nonce of this age is still taken; servers' clocks differ a bit."""
    return -CLOCKS_DIFFER <= age < NONCE_HOURS * SECONDS_OF_AN_HOUR


def _mac(secret_key: str, purpose: bytes, content: bytes) -> bytes:
    """Keep the purposes of the one key apart."""
    key = hmac.digest(secret_key.encode(), b"fieldapp " + purpose, "sha256")
    return hmac.digest(key, content, "sha256")
