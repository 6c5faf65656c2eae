"""Names of files: each letter counts, as the entry writes it."""

import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from tests.entries import new_id
from tests.factories import SEMEDO, Headers, auth_headers, make_person
from tests.form_factories import publish_form
from tests.openrosa.phone import COLLECT, ENKETO, Phone, file_part, make_phone, xml_part

FORM = """
| survey |
| | type | name | label |
| | image | first | Foto |
| | image | second | Foto lain |
| settings |
| | form_id | form_title | version |
| | dua_foto | Dua foto | 1 |
"""

COMPOSED = unicodedata.normalize("NFC", "phöto é Å 각.jpg")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)

TWINS = [
    (COMPOSED, DECOMPOSED),
    ("foto.jpg", "FOTO.jpg"),
    ("foto.jpg", "foto.JPG"),
    ("ﬁle.jpg", "file.jpg"),
    ("Kä.jpg", "KÄ.jpg"),
    ("straße.jpg", "STRASSE.jpg"),
    ("①.jpg", "1.jpg"),
    ("a b.jpg", "a\u00a0b.jpg"),
    ("a b.jpg", "a  b.jpg"),
    ("foto.jpg", "foto.jpg."),
    ("foto.jpg", "\u200efoto.jpg"),
    ("а.jpg", "a.jpg"),
    ("i.jpg", "ı.jpg"),
]
"""Pairs that a file system, a database or a browser could take for one name."""

ODD = [
    "phöto one-20_46_22.png",
    'foto "satu".jpg',
    "foto 'dua'.jpg",
    "صورة المنتج-20_46_22.jpg",
    "\u202etxt.jpg",
    "foto\u200d👩\u200d🌾.jpg",
    "%41%2F.jpg",
    "100%.jpg",
    "a+b&c=d;e.jpg",
    "<foto>.jpg",
    "#1?.jpg",
    "...jpg",
    ".foto",
    "foto",
    "CON",
    "~$foto.jpg",
    "=1+1.jpg",
    "a:b*c|d.jpg",
    "x" * 251 + ".jpg",
    "界" * 83 + ".jpg",
]


@pytest.fixture(autouse=True)
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of this test alone."""
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return tmp_path


@pytest.fixture
def siti(client: FlaskClient) -> User:
    assert client
    publish_form(FORM)
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> Phone:
    return make_phone(client, siti)


@pytest.fixture
def headers(siti: User) -> Headers:
    return auth_headers(siti)


def xml_of(first: str, second: str = "", *, deprecated_id: str = "") -> bytes:
    deprecated = f"<deprecatedID>{deprecated_id}</deprecatedID>" * bool(deprecated_id)
    return (
        f'<data id="dua_foto" version="1"><first>{escape(first)}</first>'
        f"<second>{escape(second)}</second>"
        f"<meta><instanceID>{new_id()}</instanceID>{deprecated}</meta></data>"
    ).encode()


def id_of(xml: bytes) -> str:
    return xml.decode().partition("<instanceID>")[2].partition("<")[0]


def served(client: FlaskClient, headers: Headers, xml: bytes) -> dict[str, Any]:
    """Get each file of an entry by the address that the entry gives for it."""
    entry = client.get(f"/api/v1/submissions/{id_of(xml)}", headers=headers)
    assert entry.status_code == 200, entry.text
    return {
        each["name"]: each["url"]
        and client.get(each["url"], headers=headers, buffered=True).data
        for each in entry.get_json()["attachments"]
    }


def quoted(name: str) -> str:
    """Write a name as browsers and okhttp do inside a header."""
    return name.replace('"', "%22")


def test_names_that_only_look_alike_are_two_files(
    phone: Phone, headers: Headers
) -> None:
    for one, other in TWINS:
        xml = xml_of(one, other)

        answer = phone.post(
            xml_part(xml), file_part(one, b"satu"), file_part(other, b"dua")
        )

        assert answer.status_code == 201
        found = served(phone.client, headers, xml)
        assert found == {one: b"satu", other: b"dua"}


def test_a_file_under_the_look_alike_of_a_name_is_not_the_one_that_is_missing(
    phone: Phone, headers: Headers
) -> None:
    for one, other in TWINS:
        xml = xml_of(one)

        phone.post(xml_part(xml), file_part(other, b"dua"))

        assert served(phone.client, headers, xml) == {one: None, other: b"dua"}
        phone.post(xml_part(xml), file_part(one, b"satu"))
        found = served(phone.client, headers, xml)
        assert found == {one: b"satu", other: b"dua"}


@pytest.mark.parametrize("sender", [COLLECT, ENKETO], ids=["Collect", "Enketo"])
def test_odd_names_are_kept_letter_by_letter(
    phone: Phone, headers: Headers, sender: Headers
) -> None:
    for name in ODD:
        xml = xml_of(name)

        answer = phone.post(
            xml_part(xml), file_part(quoted(name), b"foto"), headers=sender
        )

        assert answer.status_code == 201
        assert served(phone.client, headers, xml) == {name: b"foto"}


def test_a_correction_carries_over_the_file_of_just_that_name(
    phone: Phone, headers: Headers
) -> None:
    xml = xml_of(COMPOSED, DECOMPOSED)
    phone.post(
        xml_part(xml), file_part(COMPOSED, b"satu"), file_part(DECOMPOSED, b"dua")
    )
    correction = xml_of(DECOMPOSED, deprecated_id=id_of(xml))

    phone.post(xml_part(correction), headers=ENKETO)

    assert served(phone.client, headers, correction) == {DECOMPOSED: b"dua"}


def test_our_own_client_adds_look_alikes_as_two_files(
    phone: Phone, headers: Headers
) -> None:
    xml = xml_of(COMPOSED, DECOMPOSED)
    phone.post(xml_part(xml))

    for name, content in ((COMPOSED, b"satu"), (DECOMPOSED, b"dua")):
        answer = phone.client.put(
            f"/api/v1/sync/submissions/{id_of(xml)}/attachments/{name}",
            data=content,
            headers=headers,
        )
        assert answer.status_code == 201, answer.text

    found = served(phone.client, headers, xml)
    assert found == {COMPOSED: b"satu", DECOMPOSED: b"dua"}
