"""Digests, encodings and signatures."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fieldapp.xform.xpath.errors import XPathTypeError
from fieldapp.xform.xpath.functions.registry import function

_ALGORITHMS = {"MD5", "SHA1", "SHA256", "SHA384", "SHA512"}
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"[^B-Za-z0-9+/]+\Z")
_SIGNATURE_LENGTH = 64


@function("digest", takes="ss|s", gives=str)
def digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    """Return the digest of a text in hexadecimal or Base64."""
    name = algorithm.upper().replace("-", "")
    if name not in _ALGORITHMS:
        raise XPathTypeError(f"digest() knows no algorithm {algorithm!r}")
    data = text.encode("utf-8", "replace")
    digested = hashlib.new(name.lower(), data, usedforsecurity=False)
    if encoding.upper() == "HEX":
        return digested.hexdigest()
    if encoding.upper() == "BASE64":
        return base64.b64encode(digested.digest()).decode()
    raise XPathTypeError(f"digest() knows no encoding {encoding!r}")


@function("base64-decode", takes="s", gives=str)
def base64_decode(text: str) -> str:
    """Decode Base64 to text; nothing if it is not Base64."""
    return _decoded(text).decode("utf-8", "replace")


def _decoded(text: str) -> bytes:
    """Decode as JavaRosa's Base64: foreign characters are left out, `=` is zero."""
    data = text.encode("utf-8", "replace")
    kept = _FOREIGN.sub(b"", data)
    if len(kept) % 4:
        return b""
    padding = _PADDING.search(data, 1)
    missing = padding[0].count(b"=") if padding else 0
    decoded = base64.b64decode(kept.replace(b"=", b"A"))
    return decoded[: max(len(decoded) - missing, 0)]


@function("extract-signed", takes="ss", gives=str)
def extract_signed(signed: str, public_key: str) -> str:
    """Return the message after an Ed25519 signature, or nothing if it is not valid."""
    content, key = _decoded(signed), _decoded(public_key)
    signature, message = content[:_SIGNATURE_LENGTH], content[_SIGNATURE_LENGTH:]
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return ""
    return message.decode("utf-8", "replace")
