"""One connection, kept open as okhttp keeps it, and what comes back byte for byte."""

import gzip
import socket
from dataclasses import dataclass, field
from http.client import HTTPResponse

PATIENCE = 30


@dataclass(frozen=True)
class RawAnswer:
    """An answer with its header lines as they came."""

    status: int
    lines: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Give every line of a header."""
        return [value for each, value in self.lines if each.lower() == name]

    def one(self, name: str) -> str | None:
        """Give the first line of a header."""
        return next(iter(self.all(name)), None)


@dataclass
class Line:
    """A connection that is made when it is needed."""

    port: int
    _socket: socket.socket | None = field(default=None)

    def ask(self, request: bytes, method: str) -> RawAnswer:
        """Send a request and read its answer; the connection stays."""
        connection = self._connected()
        connection.sendall(request)
        response = HTTPResponse(connection, method=method)
        response.begin()
        body = response.read()
        packed = response.getheader("Content-Encoding") == "gzip"
        lines = tuple(response.getheaders())
        if response.will_close:
            self.close()
        return RawAnswer(
            response.status, lines, gzip.decompress(body) if packed else body
        )

    def break_off(self, request: bytes, *, at: str) -> None:
        """Lose the connection in the middle of a request, or before its answer."""
        connection = self._connected()
        share = {"early": 0.1, "half": 0.5, "late": 0.95, "answer": 1.0}[at]
        connection.sendall(request[: int(len(request) * share)])
        if at == "answer":
            # The first byte tells that the server is done; nobody reads the rest.
            connection.recv(1)
        self.close()

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            address = ("127.0.0.1", self.port)
            self._socket = socket.create_connection(address, timeout=PATIENCE)
        return self._socket
