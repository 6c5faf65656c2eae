"""HTTP as ODK Collect speaks it: its headers, its patience, one thing at a time."""

import gzip
import http.client
import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from types import MappingProxyType
from urllib.parse import SplitResult, quote, urljoin, urlsplit

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


@dataclass
class Wire:
    """A phone's connection: never more than one request at a time."""

    timeout: float = TIMEOUT
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
        return Answer(
            answer.url,
            answer.status,
            answer.reason,
            answer.headers,
            answer.body,
            answer.seconds,
            tuple(passed),
        )

    def _send(
        self, method: str, url: str, body: bytes | None, extra: Mapping[str, str]
    ) -> Answer:
        """Send a request; a connection that the server has closed is opened again."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise WireError(f"{url} is no address of the web")
        is_reused = (parts.scheme, parts.netloc) in self._open
        started = time.monotonic()
        try:
            try:
                return self._once(method, parts, body, extra)
            except (http.client.RemoteDisconnected, BrokenPipeError):
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
        self.requests += 1
        started = time.monotonic()
        try:
            connection.request(method, _target(parts), body, {**_headers(), **extra})
            response = connection.getresponse()
            read = response.read(MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException):
            connection.close()
            self._open.pop((parts.scheme, parts.netloc), None)
            raise
        if len(read) > MAX_ANSWER:
            raise WireError("the answer has no end")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(
            url=parts.geturl(),
            status=response.status,
            reason=response.reason,
            headers=headers,
            body=_unpacked(read, headers.get("content-encoding", "")),
            seconds=time.monotonic() - started,
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
