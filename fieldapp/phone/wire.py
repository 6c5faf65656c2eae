"""HTTP as ODK Collect speaks it: its headers, its patience, one thing at a time."""

import gzip
import http.client
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from types import MappingProxyType
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from fieldapp.phone.credentials import Credentials

UNAUTHORIZED = 401
TIMEOUT = 60
"""Seconds that Collect waits for an answer."""
MAX_REDIRECTS = 5
MAX_ANSWER = 256 * 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = "org.odk.collect.android/v2026.2.3 fieldapp-simulate"
DEVICE = "collect:fieldappSimulate"


class WireError(Exception):
    """No answer came; says why."""


@dataclass(frozen=True)
class Answer:
    """What a server answered; header names are in lower case."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    redirects: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()
    is_signed: bool = False
    """Credentials went with the request."""


@dataclass
class Wire:
    """A phone's connection: never more than one request at a time."""

    timeout: float = TIMEOUT
    credentials: Credentials | None = None
    requests: int = 0
    _open: dict[tuple[str, str], http.client.HTTPConnection] = field(
        default_factory=dict
    )

    def get(self, url: str) -> Answer:
        """Download something, following redirects as Collect does.

        :raises WireError: if no answer comes.
        """
        return self._follow("GET", url)

    def head(self, url: str) -> Answer:
        """Ask what a server says about an address.

        :raises WireError: if no answer comes.
        """
        return self._follow("HEAD", url)

    def post(self, url: str, body: bytes, content_type: str) -> Answer:
        """Send something; a redirect is no success, so it is not followed.

        :raises WireError: if no answer comes.
        """
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        return self._send("POST", url, body, headers)

    def close(self) -> None:
        """Hang up."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _follow(self, method: str, url: str) -> Answer:
        passed: list[str] = []
        while True:
            answer = self._send(method, url, None, MappingProxyType({}))
            place = answer.headers.get("location")
            if answer.status not in REDIRECTS or place is None:
                break
            passed.append(url)
            url = urljoin(url, place)
            if len(passed) > MAX_REDIRECTS:
                raise WireError(f"more than {MAX_REDIRECTS} redirects")
        return replace(answer, redirects=tuple(passed))

    def _send(
        self, method: str, url: str, body: bytes | None, extra: Mapping[str, str]
    ) -> Answer:
        """Send a request; once more, signed, where the server asks for that."""
        parts = address_of(url)
        if parts is None:
            raise WireError(f"{url} is no address of the web")
        answer = self._send_once(method, parts, body, extra)
        if answer.status != UNAUTHORIZED or not self._may_sign(answer, parts):
            return answer
        return self._send_once(method, parts, body, extra)

    def _may_sign(self, answer: Answer, parts: SplitResult) -> bool:
        given = self.credentials
        return (
            given is not None
            and given.host == parts.netloc
            and given.take(answer.challenges, is_secure=parts.scheme == "https")
        )

    def _signature(self, method: str, parts: SplitResult) -> dict[str, str]:
        given = self.credentials
        if given is None or given.host != parts.netloc:
            return {}
        return given.header(method, _target(parts))

    def _send_once(
        self,
        method: str,
        parts: SplitResult,
        body: bytes | None,
        extra: Mapping[str, str],
    ) -> Answer:
        """Send it; a connection that the server has closed is opened again."""
        is_reused = (parts.scheme, parts.netloc) in self._open
        started = time.monotonic()
        try:
            try:
                return self._once(method, parts, body, extra)
            except (ConnectionResetError, BrokenPipeError):
                if not is_reused:
                    raise
                return self._once(method, parts, body, extra)
        except (OSError, http.client.HTTPException) as error:
            seconds = time.monotonic() - started
            raise WireError(f"{_reason(error)} ({seconds:.1f} s)") from error

    def _once(
        self,
        method: str,
        parts: SplitResult,
        body: bytes | None,
        extra: Mapping[str, str],
    ) -> Answer:
        connection = self._connection(parts)
        signature = self._signature(method, parts)
        headers = {**_headers(), **extra, **signature}
        self.requests += 1
        started = time.monotonic()
        try:
            connection.request(method, _target(parts), body, headers)
            response = connection.getresponse()
            read = response.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException):
            connection.close()
            self._open.pop((parts.scheme, parts.netloc), None)
            raise
        if len(read) > MAX_ANSWER:
            raise WireError("the answer has no end")
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(
            url=parts.geturl(),
            status=response.status,
            reason=response.reason,
            headers=told,
            body=_unpacked(read, told.get("content-encoding", "")),
            seconds=time.monotonic() - started,
            challenges=tuple(response.headers.get_all("WWW-Authenticate") or ()),
            is_signed=bool(signature),
        )

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        key = (parts.scheme, parts.netloc)
        if key not in self._open:
            host = parts.hostname or ""
            self._open[key] = (
                http.client.HTTPSConnection(
                    host,
                    parts.port,
                    timeout=self.timeout,
                    context=ssl.create_default_context(),
                )
                if parts.scheme == "https"
                else http.client.HTTPConnection(host, parts.port, timeout=self.timeout)
            )
        return self._open[key]


def address_of(url: str) -> SplitResult | None:
    """Take an address of the web apart; None if it is none."""
    try:
        parts = urlsplit(url)
        is_address = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return None
    return parts if is_address and parts.scheme in {"http", "https"} else None


def _headers() -> dict[str, str]:
    return {
        "X-OpenRosa-Version": "1.0",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "gzip",
        "Date": formatdate(usegmt=True),
    }


def _target(parts: SplitResult) -> str:
    """Give path and query, with the device's name added as Collect does."""
    device = f"deviceID={quote(DEVICE, safe='')}"
    query = f"{parts.query}&{device}" if parts.query else device
    path = quote(parts.path or "/", safe="/%!$&'()*+,;=:@~")
    return f"{path}?{query}"


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding.lower() != "gzip" or not body:
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise WireError("the answer says that it is gzip, and is not") from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
