"""Hand an entry to Enketo by its instance API (version 2), and get the link to it.

Only the configured address is called: a redirect is an answer like any other, no
proxy is used, and of the link that Enketo gives only the path is taken.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from fieldapp.config import Enketo
from fieldapp.enketo.problems import (
    EnketoFailed,
    EnketoRefused,
    EnketoUnreachable,
    TooLargeForEnketo,
)

SECONDS = 10
"""For each step: to connect, to send, to be answered."""
MAX_ANSWER_BYTES = 64 * 1024
INSTANCE = "/api/v2/instance"
MADE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
NOT_OURS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class Instance:
    """An entry as Enketo's instance API takes it, by the names of its fields."""

    server_url: str
    """The OpenRosa address where Enketo gets the form and sends the correction."""
    form_id: str
    instance: str
    """The XML."""
    instance_id: str
    instance_attachments: Mapping[str, str]
    """Where Enketo gets each file, by name."""
    return_url: str
    """Where Enketo sends the browser in the end."""


def hand_over(enketo: Enketo, instance: Instance) -> str:
    """Give Enketo an entry to be edited, and get the address of the page.

    Enketo keeps an entry until it is sent or a month has passed, and refuses (405)
    to be given it twice: what it has is then taken back first.

    :raises EnketoUnreachable: if it does not answer in time.
    :raises EnketoRefused: if it takes neither our key nor our address.
    :raises TooLargeForEnketo: if the entry is above its limit.
    :raises EnketoFailed: if it answers anything else that is no link.
    """
    status, told = _ask(enketo, "POST", asdict(instance))
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        given = ("server_url", "form_id", "instance_id")
        _ask(enketo, "DELETE", {name: getattr(instance, name) for name in given})
        status, told = _ask(enketo, "POST", asdict(instance))
    if status in NOT_OURS:
        raise EnketoRefused(status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise TooLargeForEnketo
    if status not in MADE:
        raise EnketoFailed(status)
    return _page(enketo, status, told)


def _ask(enketo: Enketo, method: str, fields: Mapping[str, Any]) -> tuple[int, bytes]:
    """Send JSON: forms would need brackets in names, which names of files may have."""
    parts = urlsplit(enketo.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    key = base64.b64encode(f"{enketo.api_key}:".encode()).decode()
    headers = {
        "Authorization": f"Basic {key}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "fieldapp",
    }
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        path = f"{parts.path}{INSTANCE}"
        connection.request(method, path, body=orjson.dumps(fields), headers=headers)
        with connection.getresponse() as response:
            return response.status, response.read(MAX_ANSWER_BYTES)
    except (OSError, HTTPException) as error:
        raise EnketoUnreachable from error
    finally:
        connection.close()


def _page(enketo: Enketo, status: int, told: bytes) -> str:
    """Read the page's address; its host is ours to say, whatever stands before it."""
    try:
        page = urlsplit(str(orjson.loads(told)["edit_url"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EnketoFailed(status) from error
    if not page.path.startswith("/"):
        raise EnketoFailed(status)
    own = urlsplit(enketo.url)
    return urlunsplit((own.scheme, own.netloc, page.path, page.query, page.fragment))
