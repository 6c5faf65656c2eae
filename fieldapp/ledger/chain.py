"""The form of a log and how it is proved: pure, so that it runs anywhere.

An entry's *body* is canonical JSON (RFC 8785); its *digest* is the SHA-256 of the
body; each body names the digest of the entry before it. The *head* of a log is the
position and digest of its last entry, signed with Ed25519 (RFC 8032).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = bytes(32)
"""What the first entry names as the digest before it."""


@dataclass(frozen=True)
class Head:
    """The end of a chain."""

    position: int = 0
    digest: bytes = GENESIS


@dataclass(frozen=True)
class Deed:
    """What is to be written down: who did what to what, without personal data.

    ``actor`` and ``subject`` are identifiers that mean nothing outside the server;
    ``digests`` are salted where what they speak of could be guessed.
    """

    area_code: str
    kind: str
    actor: str
    subject: str
    digests: Mapping[str, str]
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A deed in its place in the chain."""

    position: int
    recorded_at: datetime
    body: bytes
    digest: bytes

    @property
    def head(self) -> Head:
        """Give the head of the chain that ends here."""
        return Head(self.position, self.digest)


def link(previous: Head, deed: Deed, *, at: datetime) -> Entry:
    """Put a deed behind the end of a chain."""
    position = previous.position + 1
    body = rfc8785.dumps(
        {
            "actor": deed.actor,
            "area": deed.area_code,
            "at": timestamp(at),
            "detail": dict(deed.detail),
            "digests": dict(deed.digests),
            "kind": deed.kind,
            "position": position,
            "previous": previous.digest.hex(),
            "subject": deed.subject,
        }
    )
    return Entry(position, at, body, hashlib.sha256(body).digest())


def timestamp(at: datetime) -> str:
    """Write a moment as the log does: UTC, microseconds, ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def head_statement(area_code: str, head: Head, *, at: datetime) -> dict[str, Any]:
    """Say what a signature over a head speaks of."""
    return {
        "area": area_code,
        "at": timestamp(at),
        "digest": head.digest.hex(),
        "position": head.position,
    }


def chained(deeds: Iterable[Deed], head: Head, *, at: datetime) -> list[Entry]:
    """Put several deeds behind the end of a chain, in order."""
    entries: list[Entry] = []
    for deed in deeds:
        entries.append(link(entries[-1].head if entries else head, deed, at=at))
    return entries
