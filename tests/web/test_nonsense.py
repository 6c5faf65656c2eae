"""Whatever is sent to whichever address, the answer says what is wrong."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.identity.permissions import Role
from tests.factories import auth_headers, make_grant, make_user

SEGMENTS = ("%00", "a%00b", "%ff", "x" * 5000, "..%2f", "33.02.16.2007%00")
TEXTS = ("\x00", "x" * 10_000, "' or 1=1 --", "\ud800")
BODIES: tuple[Any, ...] = ({}, [], "text", 7, {"items": [{"xml": "\x00"}]})


@pytest.fixture
def careless(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application as it runs in production, where a mistake becomes a 500."""
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return app


def operations(client: FlaskClient) -> Iterator[tuple[str, str, list[str]]]:
    document = json.loads(client.get("/api/v1/openapi.json").data)
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"get", "post", "put", "patch", "delete"}:
            parameters = methods[method].get("parameters", [])
            names = [each["name"] for each in parameters if each.get("in") == "query"]
            yield method, path, names


@pytest.mark.usefixtures("careless")
def test_nonsense_is_never_the_servers_mistake(client: FlaskClient) -> None:
    person = make_user()
    for role in (Role.ADMINISTRATOR, Role.FACILITATOR):
        make_grant(person, role, "ID")
    headers = auth_headers(person)

    broken = []
    for method, path, names in operations(client):
        for number, segment in enumerate(SEGMENTS):
            address = re.sub(r"\{[^}]+\}", segment, path)
            text = TEXTS[number % len(TEXTS)]
            response = client.open(
                address,
                method=method,
                headers=headers,
                query_string=dict.fromkeys(names, text.encode("utf-8", "replace")),
                json=BODIES[number % len(BODIES)],
            )
            if response.status_code >= 500:
                broken.append(f"{method} {address[:80]} {text[:10]!r}")

    assert broken == []
