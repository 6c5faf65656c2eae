"""Send one signed message: no redirects, no proxies, little time, little read.

Signed as Standard Webhooks 1.0 says, so that its libraries verify what we send.
"""

import base64
import hashlib
import hmac
import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from fieldapp.config import AllowedTargets
from fieldapp.notices.models import TryError
from fieldapp.notices.targets import (
    Refusal,
    Target,
    TargetRefusedError,
    checked_addresses,
    parse_target,
)

SECONDS = 10
"""For everything after the name is looked up: connect, send, and be answered."""

MAX_ANSWER_BYTES = 16 * 1024
"""Of head and body together; nothing of it is kept."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - What a secret begins with.


@dataclass(frozen=True)
class Message:
    """What a receiver is told, and how it is proved."""

    id: str
    body: bytes
    secret: bytes


@dataclass(frozen=True)
class TryResult:
    """What came of one try: a status, or why there is none."""

    status: int | None
    error: TryError | None

    @property
    def is_success(self) -> bool:
        """Say whether the receiver has taken the message."""
        return self.error is None


def shown_secret(secret: bytes) -> str:
    """Write a secret as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(message: Message, *, at: datetime) -> dict[str, str]:
    """Give the headers that prove a message: its id, the time of the try, both signed.

    The id has no full stop, since that parts what is signed.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message.id.encode(), timestamp.encode(), message.body))
    digest = hmac.new(message.secret, signed, hashlib.sha256).digest()
    return {
        "webhook-id": message.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def send(
    url: str, message: Message, *, allowed: AllowedTargets, at: datetime
) -> TryResult:
    """Send a message to an address, checked once more, and tell what came of it."""
    try:
        status = _send(url, message, allowed=allowed, at=at)
    except (TargetRefusedError, OSError, HTTPException, ValueError) as error:
        return TryResult(None, _kind_of(error))
    is_taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return TryResult(status, None if is_taken else TryError.STATUS)


def _send(url: str, message: Message, *, allowed: AllowedTargets, at: datetime) -> int:
    target = parse_target(url)
    addresses = checked_addresses(target, allowed)
    headers = {
        "Host": target.authority,
        "User-Agent": "fieldapp",
        "Content-Type": "application/json",
        "Connection": "close",
        **signed_headers(message, at=at),
    }
    deadline = time.monotonic() + SECONDS
    with _connected(target, addresses, deadline) as wire:
        return _post(wire, target, headers, message.body, deadline)


def _kind_of(error: Exception) -> TryError:
    if isinstance(error, TargetRefusedError):
        is_unknown = error.refusal is Refusal.UNKNOWN_HOST
        return TryError.UNKNOWN_HOST if is_unknown else TryError.TARGET_REFUSED
    kinds = {
        TimeoutError: TryError.TIMEOUT,
        ssl.SSLError: TryError.TLS,
        OSError: TryError.CONNECTION,
    }
    for kind, told in kinds.items():
        if isinstance(error, kind):
            return told
    return TryError.ANSWER


def _connected(
    target: Target, addresses: Sequence[str], deadline: float
) -> socket.socket:
    """Connect to the first of the checked addresses that answers, by its number."""
    failure: OSError = ConnectionError("no address")
    for address in addresses:
        try:
            wire = _connect(address, target.port, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            failure = error
            continue
        return _with_tls(wire, target, deadline) if target.is_secure else wire
    raise failure


def _connect(address: str, port: int, deadline: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    wire = socket.socket(family, socket.SOCK_STREAM)
    try:
        wire.settimeout(_left(deadline))
        wire.connect((address, port))
    except OSError:
        wire.close()
        raise
    return wire


def _with_tls(plain: socket.socket, target: Target, deadline: float) -> socket.socket:
    """Speak TLS with a receiver that proves to have the name that we asked for."""
    with plain:
        plain.settimeout(_left(deadline))
        return _tls().wrap_socket(plain, server_hostname=target.host)


def _post(
    wire: socket.socket,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    deadline: float,
) -> int:
    connection = HTTPConnection(target.host, target.port)
    bounded: Any = _BoundedSocket(wire, deadline)
    connection.sock = bounded
    connection.request("POST", target.path, body=body, headers=dict(headers))
    with connection.getresponse() as response:
        # The status says all; the rest is read so that the receiver may end its answer.
        with suppress(OSError, HTTPException):
            response.read(MAX_ANSWER_BYTES)
        return response.status


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _BoundedSocket:
    """What ``http.client`` needs of a socket, until a deadline and up to a size.

    A socket's own timeout begins anew with each byte: a receiver that answers one
    byte each second would hold a worker for hours.
    """

    def __init__(self, wire: socket.socket, deadline: float) -> None:
        self._wire = wire
        self._deadline = deadline

    def sendall(self, content: bytes) -> None:
        self._wire.settimeout(_left(self._deadline))
        self._wire.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._wire, self._deadline))

    def close(self) -> None:
        """Leave the closing to who opened it."""


class _BoundedReader(io.RawIOBase):
    def __init__(self, wire: socket.socket, deadline: float) -> None:
        super().__init__()
        self._wire = wire
        self._deadline = deadline
        self._size_left = MAX_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._wire.settimeout(_left(self._deadline))
        view = memoryview(buffer)[: self._size_left]
        size = self._wire.recv_into(view) if len(view) else 0
        self._size_left -= size
        return size
