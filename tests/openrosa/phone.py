"""A phone: the bytes that ODK Collect and Enketo Express really send."""

from dataclasses import dataclass
from uuid import uuid4

from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from fieldapp.identity.models import User
from tests.factories import make_device

COLLECT = {
    "X-OpenRosa-Version": "1.0",
    "User-Agent": "org.odk.collect.android/v2026.2.3 Dalvik/2.1.0 (Linux; Android 13)",
    "Accept-Encoding": "gzip",
    "Date": "Sat, 21 Nov 2026 02:03:59 GMT+07:00",
}
DEVICE = "deviceID=collect%3AaB3dE6gH9jK2mN5p"
ENKETO = {
    "X-OpenRosa-Version": "1.0",
    "User-Agent": "Enketo/7.6.4-p Mozilla/5.0 (X11; Linux x86_64)",
    "Origin": "https://enketo.example",
    "Referer": "https://enketo.example/x/abcd",
    "X-OpenRosa-Instance-Id": "undefined",
    "X-OpenRosa-Deprecated-Id": "",
}

Part = tuple[str, str | None, str | None, bytes]
"""Name, file name, media type, content."""

OPENROSA = "{http://openrosa.org/http/response}"


def body_of(parts: list[Part], boundary: str) -> bytes:
    """Write a body as okhttp and form-data do."""
    written = b""
    for name, filename, media_type, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if filename is not None:
            head += f'; filename="{filename}"'
        if media_type is not None:
            head += f"\r\nContent-Type: {media_type}"
        written += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return written + f"--{boundary}--\r\n".encode()


def xml_part(xml: bytes) -> Part:
    """Make Collect's first part."""
    name = "Setoran_2026-11-21_14-03-59.xml"
    return ("xml_submission_file", name, "text/xml", xml)


def enketo_xml_part(xml: bytes) -> Part:
    """Make Enketo's first part: no declaration, and the part's name as file name."""
    _, _, root = xml.rpartition(b"?>")
    return ("xml_submission_file", "xml_submission_file", "text/xml", root)


def file_part(name: str, content: bytes = b"\xff\xd8 photo") -> Part:
    """Make the part of an attachment."""
    return (name, name, "image/jpeg", content)


INCOMPLETE: Part = ("*isIncomplete*", None, None, b"yes")


@dataclass(frozen=True)
class Phone:
    """A phone that is set to an address with a token."""

    client: FlaskClient
    token: str

    @property
    def address(self) -> str:
        """Give the server address that the phone is set to."""
        return f"/v1/key/{self.token}"

    def get(self, path: str, **options: object) -> TestResponse:
        """Ask for something below the address."""
        return self.client.get(f"{self.address}{path}", headers=COLLECT, **options)

    def post(self, *parts: Part, headers: dict[str, str] | None = None) -> TestResponse:
        """Post parts as a phone does."""
        boundary = str(uuid4())
        return self.post_body(body_of(list(parts), boundary), boundary, headers=headers)

    def post_body(
        self,
        body: bytes,
        boundary: str = "b1",
        *,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Post any bytes."""
        return self.client.post(
            f"{self.address}/submission?{DEVICE}",
            data=body,
            content_type=f"multipart/form-data; boundary={boundary}",
            headers=headers or COLLECT,
        )


def make_phone(client: FlaskClient, user: User) -> Phone:
    """Set up a phone of a person."""
    _, token = make_device(user)
    return Phone(client, token)


def shown(response: TestResponse) -> str:
    """Read the text that a phone shows; fail where Collect could not read it."""
    assert response.data.startswith(b"<?xml")
    assert response.content_type == "text/xml; charset=utf-8"
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert response.headers["Date"].endswith(" GMT")
    root = etree.fromstring(response.data)
    assert root.tag == f"{OPENROSA}OpenRosaResponse"
    return str(root.findtext(f"{OPENROSA}message"))
