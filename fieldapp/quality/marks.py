"""Keyed digests: what tells that two things are the same, and nothing else.

The key is derived from the server's secret, as those of phones' passwords are
(docs/decisions/0003-passwords-of-phones.md): who has the database alone cannot try out
all the identity numbers there are.
"""

import hmac
import re
import unicodedata
from uuid import UUID

HONORIFICS = frozenset(
    {"bu", "ibu", "pak", "bapak", "bpk", "sdr", "sdri", "h", "hj", "kh", "haji"}
)
NIK = re.compile(r"\d{16}", re.ASCII)
WORDS = re.compile(r"[^\W_]+")


def digest_of(secret_key: str, *parts: str) -> bytes:
    """Digest texts for this installation alone."""
    key = hmac.digest(secret_key.encode(), b"fieldapp quality flags", "sha256")
    message = b"".join(
        len(part.encode()).to_bytes(8, "big") + part.encode() for part in parts
    )
    return hmac.digest(key, message, "sha256")


def flag_id(secret_key: str, *parts: str) -> UUID:
    """Name a flag by what it is about: the same when it is derived again."""
    return UUID(bytes=digest_of(secret_key, "flag", *parts)[:16])


def clean_nik(text: str) -> str | None:
    """Read an identity number; None where it is not one, by its length."""
    digits = re.sub(r"[\s.-]", "", text)
    return digits if NIK.fullmatch(digits) else None


def clean_name(text: str) -> str:
    """Write a name as it is compared: no case, no titles, no signs."""
    words = WORDS.findall(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(word for word in words if word not in HONORIFICS)
