"""All heads under one signature, for outsiders to keep.

A file of lines, the first a signed statement and each other one the digest of a head:

    {"head":{"at":…,"format":"fieldapp-heads-1","heads":"<sha256 of the rest>"},…}
    <hex>
    …

The digests are sorted, and name neither area nor position: the last entry of a log has
both in it, so whoever sees the log can tell that its digest was published, and whoever
does not learns nothing about any village (docs/decisions/0009-dossiers.md).
"""

import hashlib
from dataclasses import dataclass
from threading import Lock
from time import monotonic

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.ledger.chain import timestamp
from fieldapp.ledger.models import LedgerHead
from fieldapp.ledger.signing import sign
from fieldapp.ledger.verify import HEADS
from fieldapp.web.clock import now

FRESH_SECONDS = 60.0
"""How old a list may be: reading 83,762 heads is not for every request."""


@dataclass(frozen=True)
class HeadsList:
    """A list as it is published."""

    content: bytes
    sha256: str
    """Of the digests alone: the same heads are the same list, whoever signs when."""


class HeadsPublisher:
    """Makes a list when the last one is no longer fresh; one thread at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: tuple[float, HeadsList] | None = None

    def current(self, key: Ed25519PrivateKey) -> HeadsList:
        """Give a list that is at most ``FRESH_SECONDS`` old."""
        with self._lock:
            if self._made is None or monotonic() - self._made[0] > FRESH_SECONDS:
                self._made = monotonic(), list_heads(key)
            return self._made[1]

    def forget(self) -> None:
        """Make a new list for whoever asks next; for tests."""
        self._made = None


def list_heads(key: Ed25519PrivateKey) -> HeadsList:
    """List all heads as they are now, under one signature."""
    at = now()
    digests = db.session.scalars(
        select(LedgerHead.digest)
        .where(LedgerHead.position > 0)
        .order_by(LedgerHead.digest)
    )
    lines = b"".join(digest.hex().encode() + b"\n" for digest in digests)
    db.session.rollback()
    sha256 = hashlib.sha256(lines).hexdigest()
    statement = {"at": timestamp(at), "format": HEADS, "heads": sha256}
    signed = rfc8785.dumps(sign(key, statement).as_dict())
    return HeadsList(signed + b"\n" + lines, sha256)


heads_publisher = HeadsPublisher()
