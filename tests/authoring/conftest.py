"""An administrator of all forms, and what uploads need."""

import io
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.identity.permissions import Role
from fieldapp.places.models import COUNTRY
from tests.entries import FORM
from tests.factories import SEMEDO, Headers, auth_headers, make_area, make_person

NAMESPACE = 'fieldapp="http://fieldapp.id/xforms"'


def form_file(version: str, **changes: str) -> bytes:
    """Write the small form with some of its words replaced."""
    source = FORM.read_text().replace("{{version}}", version)
    source = source.replace("{{namespaces}}", NAMESPACE)
    for old, new in changes.items():
        source = source.replace(old, new)
    return source.encode()


@dataclass(frozen=True)
class Author:
    """An administrator at the API."""

    client: FlaskClient
    headers: Headers

    def upload(
        self, source: bytes, name: str = "setoran.md", area: str = SEMEDO
    ) -> TestResponse:
        """Upload a form file."""
        return self.client.post(
            "/api/v1/drafts",
            query_string={"area": area},
            data={"form": (io.BytesIO(source), name)},
            headers=self.headers,
        )

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Call an address of the API."""
        return self.client.open(
            f"/api/v1{path}", method=method, headers=self.headers, **options
        )


@pytest.fixture
def author(client: FlaskClient) -> Author:
    make_area(SEMEDO)
    return Author(client, auth_headers(make_person(Role.ADMINISTRATOR, COUNTRY)))
