"""Sign in as ODK Collect does: after a challenge, once, and from then on unasked."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from urllib.request import parse_http_list, parse_keqv_list

DIGEST, BASIC = "digest ", "basic "


@dataclass
class Credentials:
    """A name, its password, and the challenge that they answer at the moment.

    They go to one host only.
    """

    host: str
    username: str
    password: str
    _challenge: str = field(default="", init=False)
    _count: int = field(default=0, init=False)

    def take(self, challenges: tuple[str, ...], *, is_secure: bool) -> bool:
        """Take the first challenge that Collect knows; Basic over https only."""
        for challenge in challenges:
            kind = challenge.lower()
            if kind.startswith(DIGEST) or (kind.startswith(BASIC) and is_secure):
                self._challenge, self._count = challenge, 0
                return True
        return False

    def header(self, method: str, target: str) -> dict[str, str]:
        """Give the header for a request; none before the first challenge."""
        if not self._challenge:
            return {}
        if self._challenge.lower().startswith(BASIC):
            pair = f"{self.username}:{self.password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {"Authorization": self._digest(method, target)}

    def _digest(self, method: str, target: str) -> str:
        """Answer a Digest challenge (RFC 7616), in MD5 with `qop=auth`."""
        told = parse_keqv_list(parse_http_list(self._challenge[len(DIGEST) :]))
        self._count += 1
        realm, nonce = told.get("realm", ""), told.get("nonce", "")
        count, own = f"{self._count:08x}", secrets.token_hex(8)
        ha1 = _md5(f"{self.username}:{realm}:{self.password}")
        ha2 = _md5(f"{method}:{target}")
        values = {
            "username": self.username,
            "realm": realm,
            "nonce": nonce,
            "uri": target,
            "response": _md5(f"{ha1}:{nonce}:{count}:{own}:auth:{ha2}"),
            "cnonce": own,
        }
        if "opaque" in told:
            values["opaque"] = told["opaque"]
        quoted = ", ".join(f'{name}="{value}"' for name, value in values.items())
        return f"Digest {quoted}, qop=auth, nc={count}, algorithm=MD5"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
