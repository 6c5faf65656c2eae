"""A facilitator who corrects their own entry by a link, as Enketo does it for them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from tests.enketo.standin import Enketo
from tests.entries import entry_xml, new_id
from tests.factories import SEMEDO, Headers, auth_headers, make_person
from tests.openrosa.phone import (
    ENKETO,
    Part,
    Phone,
    body_of,
    enketo_xml_part,
    file_part,
    make_phone,
    xml_part,
)

PHOTO = "phöto one-20_46_22.png"
CONTENT = b"\x89PNG photo"


@dataclass(frozen=True)
class Corrector:
    """Who has sent an entry, and what is in their hands."""

    client: FlaskClient
    enketo: Enketo
    user: User
    headers: Headers
    phone: Phone
    entry_id: str

    def ask(self, instance_id: str | None = None, **body: Any) -> TestResponse:
        """Ask for a link."""
        address = f"/api/v1/submissions/{quote(instance_id or self.entry_id)}/edit-link"
        return self.client.post(address, json=body, headers=self.headers)

    def link(self) -> "Link":
        """Get a link to the entry, and see what Enketo was handed."""
        answer = self.ask()
        assert answer.status_code == 201, answer.text
        given = self.enketo.instances[answer.get_json()["instance_id"]]
        return Link(self.client, given)

    def read(self) -> Any:
        """Read the entry as it is now."""
        answer = self.client.get(
            f"/api/v1/submissions/{quote(self.entry_id)}", headers=self.headers
        )
        assert answer.status_code == 200
        return answer.get_json()


@dataclass(frozen=True)
class Link:
    """What Enketo was handed, and the server behind the address in it."""

    client: FlaskClient
    given: dict[str, Any]

    @property
    def address(self) -> str:
        """Give the OpenRosa address, as a path."""
        return urlsplit(str(self.given["server_url"])).path

    def get(self, path: str, method: str = "GET") -> TestResponse:
        """Ask for something below the address."""
        return self.client.open(
            f"{self.address}{path}", method=method, headers=ENKETO, buffered=True
        )

    def post(self, xml: bytes, *files: Part) -> TestResponse:
        """Send as Enketo pipes it."""
        boundary = str(uuid4())
        return self.client.post(
            f"{self.address}/submission",
            data=body_of([enketo_xml_part(xml), *files], boundary),
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={**ENKETO, "Cookie": "__enketo_meta_uid=abc"},
        )

    def correct(self, kg: str = "13.5", photo: str = PHOTO) -> TestResponse:
        """Change the weight; only new files are sent."""
        return self.post(
            entry_xml(
                new_id(),
                kg=kg,
                photo=photo,
                deprecated_id=self.given["instance_id"],
            )
        )


def make_corrector(client: FlaskClient, enketo: Enketo) -> Corrector:
    """Make a facilitator of Semedo who has sent an entry with a photo."""
    user = make_person(Role.FACILITATOR, SEMEDO)
    phone = make_phone(client, user)
    id_ = new_id()
    answer = phone.post(
        xml_part(entry_xml(id_, photo=PHOTO)), file_part(PHOTO, CONTENT)
    )
    assert answer.status_code == 201
    return Corrector(client, enketo, user, auth_headers(user), phone, id_)
