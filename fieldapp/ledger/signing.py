"""The key that signs the heads of logs (Ed25519, RFC 8032)."""

import base64
import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fieldapp.ledger.chain import Head, head_statement


@dataclass(frozen=True)
class SignedHead:
    """A statement about a head, and the signature over its canonical JSON."""

    statement: dict[str, Any]
    signature: str
    public_key: str

    def as_dict(self) -> dict[str, Any]:
        """Give the head as it is published."""
        return {
            "head": self.statement,
            "public_key": self.public_key,
            "signature": self.signature,
        }


def sign_head(
    key: Ed25519PrivateKey, area_code: str, head: Head, *, at: datetime
) -> SignedHead:
    """Sign what a log's end is at this moment."""
    return sign(key, head_statement(area_code, head, at=at))


def sign(key: Ed25519PrivateKey, statement: dict[str, Any]) -> SignedHead:
    """Sign a statement."""
    signature = key.sign(rfc8785.dumps(statement))
    return SignedHead(statement, _text(signature), public_text(key))


@cache
def ledger_key(path: Path) -> Ed25519PrivateKey:
    """Read the installation's key; made at the first use, for its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} is not an Ed25519 key.") from None
        return key
    key = Ed25519PrivateKey.generate()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key


def public_text(key: Ed25519PrivateKey) -> str:
    """Give the public half as base64 of its 32 bytes."""
    return _text(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
