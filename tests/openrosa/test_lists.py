"""What a phone is offered: forms, manifests and the lists cut to its owner's area."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.permissions import Role
from fieldapp.web import clock
from tests.entries import VERSION, publish_small_form
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    SEMEDO,
    TAJURHALANG,
    make_area,
    make_grant,
    make_person,
)
from tests.form_factories import publish_form
from tests.openrosa.phone import Phone, make_phone, shown

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"

PLAIN_FORM = """| survey |
| | type | name | label | bind::fieldapp:role |
| | text | village | Desa | village |
| settings |
| | form_id | form_title | version | namespaces |
| | {form_id} | Catatan & <lain> | 7 | fieldapp="http://fieldapp.id/xforms" |
"""


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    publish_form(PLAIN_FORM.format(form_id="catatan"))
    make_area(SEMEDO)
    make_area(BUMISARI)
    make_area(TAJURHALANG)
    return make_person(Role.FACILITATOR, BANYUMAS)


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> Phone:
    return make_phone(client, siti)


def listed(response: TestResponse) -> dict[str, dict[str, str]]:
    assert response.status_code == 200
    assert response.content_type == "text/xml; charset=utf-8"
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Date"].endswith(" GMT")
    root = etree.fromstring(response.data)
    assert root.tag == f"{LIST}xforms"
    entries = [
        {child.tag.removeprefix(LIST): child.text or "" for child in form}
        for form in root.iterchildren(f"{LIST}xform")
    ]
    return {entry["formID"]: entry for entry in entries}


def files_in(response: TestResponse) -> dict[str, dict[str, str]]:
    assert response.status_code == 200
    assert response.headers["X-OpenRosa-Version"] == "1.0"
    root = etree.fromstring(response.data)
    assert root.tag == f"{MANIFEST}manifest"
    files = [
        {child.tag.removeprefix(MANIFEST): child.text or "" for child in file}
        for file in root.iterchildren(f"{MANIFEST}mediaFile")
    ]
    return {file["filename"]: file for file in files}


def fetch(phone: Phone, url: str) -> TestResponse:
    assert url.startswith(f"http://localhost{phone.address}/")
    return phone.client.get(f"{url}?deviceID=collect%3Ax")


def hash_of(content: bytes) -> str:
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def villages(phone: Phone) -> bytes:
    manifest_url = listed(phone.get("/formList"))["setoran"]["manifestUrl"]
    (file,) = files_in(fetch(phone, manifest_url)).values()
    response = fetch(phone, file["downloadUrl"])
    assert file["hash"] == hash_of(response.data)
    return bytes(response.data)


def test_each_form_is_listed_with_the_hash_of_the_very_bytes_served(
    phone: Phone,
) -> None:
    forms = listed(phone.get("/formList?deviceID=collect%3Ax"))

    assert list(forms) == ["catatan", "setoran"]
    for form in forms.values():
        xml = fetch(phone, form["downloadUrl"]).data
        assert form["hash"] == hash_of(xml)
        assert etree.fromstring(xml).tag == "{http://www.w3.org/1999/xhtml}html"


def test_names_with_markup_in_them_do_not_break_the_list(phone: Phone) -> None:
    assert listed(phone.get("/formList"))["catatan"]["name"] == "Catatan & <lain>"


def test_only_forms_with_files_name_a_manifest(phone: Phone) -> None:
    forms = listed(phone.get("/formList"))

    assert "manifestUrl" not in forms["catatan"]
    url = forms["setoran"]["manifestUrl"]
    assert url.endswith(f"/forms/setoran/v/{VERSION}/manifest")


def test_the_last_saved_record_is_the_phones_own_and_in_no_manifest(
    phone: Phone,
) -> None:
    source = PLAIN_FORM.replace("| label |", "| label | default |")
    source = source.replace("| Desa |", "| Desa | ${{last-saved#village}} |")
    publish_form(source.format(form_id="seperti_tadi"))

    form = listed(phone.get("/formList"))["seperti_tadi"]

    assert b"jr://instance/last-saved" in fetch(phone, form["downloadUrl"]).data
    assert "manifestUrl" not in form


def test_the_list_of_villages_is_cut_to_where_the_person_may_send(
    phone: Phone,
) -> None:
    lines = villages(phone).decode().splitlines()

    assert lines == [
        "name,label,district,regency",
        f"{SEMEDO},Semedo,Pekuncen,Kabupaten Banyumas",
    ]


def test_the_list_of_villages_is_the_same_bytes_each_time(
    phone: Phone, siti: User
) -> None:
    make_grant(siti, area_code=TAJURHALANG)

    assert villages(phone) == villages(phone)
    assert len(villages(phone).splitlines()) == 3


def test_another_area_changes_the_hash_so_that_phones_fetch_the_list(
    phone: Phone, siti: User
) -> None:
    url = f"/forms/setoran/v/{VERSION}/manifest"
    before = files_in(phone.get(url))["villages.csv"]["hash"]

    make_grant(siti, area_code=TAJURHALANG)

    assert files_in(phone.get(url))["villages.csv"]["hash"] != before


def test_enketo_gets_one_form_by_its_id_or_an_empty_list(phone: Phone) -> None:
    assert list(listed(phone.get("/formList?formID=setoran"))) == ["setoran"]
    assert listed(phone.get("/formList?formID=lain")) == {}


def test_head_on_the_list_is_answered_like_get(phone: Phone) -> None:
    response = phone.client.head(f"{phone.address}/formList?formID=setoran")

    assert response.status_code == 200
    assert response.data == b""
    assert response.headers["X-OpenRosa-Version"] == "1.0"


def test_a_phone_that_has_the_list_already_gets_304(phone: Phone) -> None:
    for path in ("/formList", f"/forms/setoran/v/{VERSION}.xml"):
        etag = phone.get(path).headers["ETag"]
        response = phone.client.get(
            f"{phone.address}{path}", headers={"If-None-Match": etag}
        )

        assert response.status_code == 304
        assert response.headers["X-OpenRosa-Version"] == "1.0"


def test_addresses_are_those_that_the_phone_used(phone: Phone) -> None:
    response = phone.client.get(
        f"{phone.address}/formList",
        base_url="https://data.desa.id:8443",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    )

    url = listed(response)["setoran"]["downloadUrl"]
    assert url.startswith(f"https://data.desa.id:8443{phone.address}/forms/")


@pytest.mark.parametrize("host", ['a b"<', "a&b<c>", ""])
def test_a_list_without_a_host_in_its_addresses_is_never_sent(
    phone: Phone, host: str
) -> None:
    response = phone.client.get(f"{phone.address}/formList", headers={"Host": host})

    assert response.status_code == 400
    assert shown(response)


def test_old_versions_can_still_be_fetched_and_only_the_newest_is_listed(
    phone: Phone,
) -> None:
    publish_small_form("2026112201")

    assert listed(phone.get("/formList"))["setoran"]["version"] == "2026112201"
    assert phone.get(f"/forms/setoran/v/{VERSION}.xml").status_code == 200


def test_a_closed_form_is_no_longer_listed(phone: Phone) -> None:
    db.session.get_one(Form, "setoran").state = FormState.CLOSED
    db.session.commit()

    assert list(listed(phone.get("/formList"))) == ["catatan"]


def test_forms_of_another_programme_are_neither_listed_nor_found(
    client: FlaskClient, siti: User
) -> None:
    assert siti
    phone = make_phone(
        client, make_person(Role.FACILITATOR, SEMEDO, programme_id="desa-devisa")
    )

    assert listed(phone.get("/formList")) == {}
    for path in (f"{VERSION}.xml", f"{VERSION}/manifest", "9.xml"):
        response = phone.get(f"/forms/setoran/v/{path}")
        assert response.status_code == 404
        assert "bukan untuk Anda" in shown(response)


@pytest.mark.parametrize(
    "path",
    [
        "/forms/setoran/v/1.xml",
        "/forms/setoran/v/1/manifest",
        "/forms/lain/v/1.xml",
        f"/forms/setoran/v/{VERSION}/files/lain.csv",
        f"/forms/setoran/v/{VERSION}/files/..%2Fvillages.csv",
        "/forms/%00/v/1.xml",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_answered_404_in_xml(phone: Phone, path: str) -> None:
    response = phone.get(path)

    assert response.status_code == 404
    assert shown(response)


def test_a_person_whose_role_was_taken_gets_403_and_no_empty_list(
    phone: Phone, siti: User
) -> None:
    for grant in db.session.query(RoleGrant).filter_by(user_id=siti.id):
        grant.revoked_at = clock.now()
    db.session.commit()

    response = phone.get("/formList")

    assert response.status_code == 403
    assert "belum punya tugas" in shown(response)


@contextmanager
def failing_table(name: str) -> Iterator[None]:
    """Make a table unreadable, as when the database goes away."""
    engine = db.session.connection().engine

    def fail(*arguments: object) -> None:
        if name in str(arguments[2]):
            raise OperationalError("select", {}, Exception("server closed"))

    event.listen(engine, "before_cursor_execute", fail)
    yield
    event.remove(engine, "before_cursor_execute", fail)


def test_an_error_is_answered_503_and_never_with_an_empty_list(phone: Phone) -> None:
    with failing_table("form_version"):
        response = phone.get("/formList")

    assert response.status_code == 503
    assert "Data di HP tetap aman" in shown(response)
