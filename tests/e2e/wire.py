"""Clients over real connections: a phone, and a person who is signed in."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from tests.e2e.entries import Entry
from tests.factories import PASSWORD
from tests.openrosa.phone import COLLECT, DEVICE, INCOMPLETE, Part, body_of

TIMEOUT = 30
RETRY_SECONDS = 0.1
GIVE_UP_SECONDS = 120
AWAY = 503

Acknowledge = Callable[[str, str | None], None]
"""Told the instance id, and the file's name, of what was answered with 201."""


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Phone:
    """A phone with ODK Collect, set to an address with a token."""

    port: int
    token: str

    def get(self, url: str) -> Answer:
        """Get an address below the phone's own, or one that the server named."""
        path = urlsplit(url).path if "://" in url else f"/v1/key/{self.token}{url}"
        return ask(self.port, "GET", path, headers=COLLECT)

    def announce(self) -> Answer:
        """Ask whether entries may be posted here."""
        path = f"/v1/key/{self.token}/submission?{DEVICE}"
        return ask(self.port, "HEAD", path, headers=COLLECT)

    def post(self, *parts: Part) -> Answer:
        """Post one body."""
        boundary = str(uuid4())
        kind = f"multipart/form-data; boundary={boundary}"
        return ask(
            self.port,
            "POST",
            f"/v1/key/{self.token}/submission?{DEVICE}",
            body=body_of(list(parts), boundary),
            headers={**COLLECT, "Content-Type": kind},
        )

    def send(self, entry: Entry) -> list[Answer]:
        """Send an entry as Collect does: HEAD, then a body for each of its files."""
        assert self.announce().status == 204
        return [self.post(*parts) for _, parts in bodies(entry)]

    def send_until_taken(self, entry: Entry, acknowledge: Acknowledge) -> None:
        """Send all of an entry again and again, until all of it was answered 201."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not self._sends(entry, acknowledge):
            if time.monotonic() > deadline:
                raise TimeoutError(entry.id)
            time.sleep(RETRY_SECONDS)

    def _sends(self, entry: Entry, acknowledge: Acknowledge) -> bool:
        for name, parts in bodies(entry):
            try:
                answer = self.post(*parts)
            except (OSError, HTTPException):
                return False
            if answer.status == AWAY:
                return False
            assert answer.status == 201, (answer.status, answer.body)
            acknowledge(entry.id, name)
        return True


@dataclass(frozen=True)
class Reader:
    """Somebody who has signed in."""

    port: int
    token: str

    @classmethod
    def signed_in(cls, port: int, username: str) -> "Reader":
        """Sign in."""
        body = json.dumps({"username": username, "password": PASSWORD}).encode()
        headers = {"Content-Type": "application/json"}
        answer = ask(port, "POST", "/api/v1/auth/login", body=body, headers=headers)
        assert answer.status == 200, answer.body
        return cls(port, answer.json["access_token"])

    def get(self, path: str) -> Answer:
        """Get an address of the API."""
        return ask(self.port, "GET", f"/api/v1{path}", headers=self._headers())

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """Post JSON, or bytes that were packed already."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = {**self._headers(), "Content-Type": "application/json", **headers}
        return ask(self.port, "POST", f"/api/v1{path}", body=sent, headers=all_headers)

    def entry(self, instance_id: str) -> Any:
        """Read an entry whole."""
        answer = self.get(f"/submissions/{quote(instance_id)}")
        assert answer.status == 200, answer.body
        return answer.json

    def pages(self, path: str) -> Iterator[Any]:
        """Read a list, page after page."""
        cursor = ""
        while cursor is not None:
            page = self.get(f"{path}&cursor={quote(cursor)}" if cursor else path).json
            yield from page["items"]
            cursor = page["next_cursor"]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def bodies(entry: Entry) -> Iterator[tuple[str | None, list[Part]]]:
    """Split an entry: the XML in every body, one file in each."""
    xml: Part = ("xml_submission_file", "entry.xml", "text/xml", entry.xml)
    names = list(entry.files)
    if not names:
        yield None, [xml]
    for name in names:
        file: Part = (name, name, "image/jpeg", entry.files[name])
        is_last = name == names[-1]
        yield name, [xml, file] if is_last else [xml, INCOMPLETE, file]


def ask(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str],
) -> Answer:
    """Send one request over a connection of its own, to this machine."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, response.read())
    finally:
        connection.close()
