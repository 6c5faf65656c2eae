"""Phones that sign in with a name and their own password, by Digest or Basic."""

import base64
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldapp.extensions import db
from fieldapp.identity import device_passwords
from fieldapp.identity.device_passwords import NONCE_HOURS, md5, new_nonce
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.identity.throttle import NAME_LIMIT
from fieldapp.submissions.models import Attachment, Revision
from fieldapp.web import clock
from tests.conftest import SECRET
from tests.entries import entry_xml, publish_small_form
from tests.factories import PASSWORD, SEMEDO, auth_headers, make_person
from tests.openrosa.phone import (
    COLLECT,
    DEVICE,
    Part,
    body_of,
    file_part,
    shown,
    xml_part,
)

SECURE = "https://localhost"
OPEN = "http://localhost"
NONCE = re.compile(r'nonce="([^"]+)"')
ADDRESS = "{http://openrosa.org/xforms/xformsList}"


@dataclass(frozen=True)
class SigningPhone:
    """A phone that knows a name and a password, and answers as Collect does."""

    client: FlaskClient
    username: str
    password: str
    base: str = OPEN

    def ask(
        self,
        method: str,
        path: str,
        *,
        nonce: str | None = None,
        spoilt: dict[str, str] | None = None,
        **options: Any,
    ) -> TestResponse:
        """Ask with Digest, for which a nonce is fetched where none is given."""
        nonce = nonce or self.challenged()
        values = self._digest(method, path, nonce) | (spoilt or {})
        written = ", ".join(f'{name}="{each}"' for name, each in values.items())
        headers = {**COLLECT, "Authorization": f"Digest {written}"}
        return self.client.open(
            path, method=method, headers=headers, base_url=self.base, **options
        )

    def basic(self, method: str, path: str) -> TestResponse:
        """Ask with Basic."""
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = {**COLLECT, "Authorization": f"Basic {pair}"}
        return self.client.open(
            path, method=method, headers=headers, base_url=self.base
        )

    def post(self, *parts: Part) -> TestResponse:
        """Post parts, signed."""
        return self.ask(
            "POST",
            f"/v1/submission?{DEVICE}",
            data=body_of(list(parts), "b1"),
            content_type="multipart/form-data; boundary=b1",
        )

    def challenged(self) -> str:
        """Get a nonce."""
        response = self.client.head("/v1/submission", base_url=self.base)
        found = NONCE.search(response.headers["WWW-Authenticate"])
        assert found is not None
        return found[1]

    def _digest(self, method: str, path: str, nonce: str) -> dict[str, str]:
        ha1 = md5(f"{self.username}:fieldapp:{self.password}")
        ha2 = md5(f"{method}:{path}")
        return {
            "username": self.username,
            "realm": "fieldapp",
            "nonce": nonce,
            "uri": path,
            "qop": "auth",
            "nc": "00000001",
            "cnonce": "7f3a",
            "response": md5(f"{ha1}:{nonce}:00000001:7f3a:auth:{ha2}"),
        }


@pytest.fixture(autouse=True)
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return tmp_path


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


def set_up(client: FlaskClient, owner: User) -> tuple[SigningPhone, str]:
    """Set up a phone by hand; give it and where it is revoked."""
    device = client.post(
        "/api/v1/devices", json={"label": "HP"}, headers=auth_headers(owner)
    ).get_json()
    assert device["sign_in_url"] == "http://localhost/v1"
    phone = SigningPhone(client, device["username"], device["password"])
    return phone, f"/api/v1/devices/{device['id']}"


@pytest.fixture
def phone(client: FlaskClient, siti: User) -> SigningPhone:
    return set_up(client, siti)[0]


def challenges(response: TestResponse) -> list[str]:
    return response.headers.getlist("WWW-Authenticate")


def entries() -> int:
    return db.session.scalar(select(func.count()).select_from(Revision)) or 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/formList"),
        ("HEAD", "/v1/formList"),
        ("HEAD", "/v1/submission"),
        ("POST", "/v1/submission"),
        ("GET", "/v1/forms/setoran/v/1.xml"),
        ("GET", "/v1/forms/setoran/v/1/manifest"),
        ("GET", "/v1/forms/setoran/v/1/files/villages.csv"),
    ],
)
def test_without_credentials_everything_is_challenged_alike(
    client: FlaskClient, method: str, path: str
) -> None:
    openly = client.open(path, method=method, base_url=OPEN)
    securely = client.open(path, method=method, base_url=SECURE)

    assert openly.status_code == securely.status_code == 401
    (digest,) = challenges(openly)
    assert digest.startswith('Digest realm="fieldapp", qop="auth", algorithm=MD5, ')
    first, second = challenges(securely)
    assert first.startswith("Digest ")
    assert second.startswith('Basic realm="fieldapp"')
    assert openly.headers["X-OpenRosa-Version"] == "1.0"
    if method != "HEAD":
        assert "kata sandi HP" in shown(openly)


def test_a_phone_that_signs_in_does_all_that_one_with_a_token_does(
    phone: SigningPhone,
) -> None:
    listed = phone.ask("GET", f"/v1/formList?{DEVICE}")
    url = etree.fromstring(listed.data).findtext(f".//{ADDRESS}downloadUrl") or ""
    path = url.removeprefix(OPEN)

    form = phone.ask("GET", f"{path}?{DEVICE}")
    manifest = phone.ask("GET", path.replace(".xml", "/manifest"))
    villages = phone.ask("GET", path.replace(".xml", "/files/villages.csv"))
    head = phone.ask("HEAD", f"/v1/submission?{DEVICE}")
    sent = phone.post(
        xml_part(entry_xml("uuid:one", photo="a.jpg")), file_part("a.jpg")
    )

    assert url.startswith("http://localhost/v1/forms/setoran/v/")
    answers = (listed, form, manifest, villages, head, sent)
    assert [each.status_code for each in answers] == [200, 200, 200, 200, 204, 201]
    assert f"{OPEN}/v1/forms/" in manifest.text
    assert SEMEDO in villages.text
    assert db.session.get_one(Revision, "uuid:one").device_id is not None
    assert db.session.scalars(select(Attachment.name)).all() == ["a.jpg"]


def test_basic_is_taken_over_https_and_never_in_the_open(phone: SigningPhone) -> None:
    openly = phone.basic("GET", "/v1/formList")
    securely = replace(phone, base=SECURE).basic("GET", "/v1/formList")

    assert openly.status_code == 401
    assert len(challenges(openly)) == 1
    assert securely.status_code == 200


def test_a_nonce_serves_for_hours_and_an_old_one_is_told_to_be_stale(
    phone: SigningPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = phone.challenged()
    start = clock.now()
    ages = (timedelta(hours=NONCE_HOURS - 1), timedelta(hours=NONCE_HOURS + 1))

    answers = []
    for age in ages:
        monkeypatch.setattr(clock, "now", lambda age=age: start + age)
        answers.append(phone.ask("GET", "/v1/formList", nonce=nonce))
    stranger = replace(phone, password="x").ask("GET", "/v1/formList", nonce=nonce)

    assert [each.status_code for each in answers] == [200, 401]
    assert ", stale=true" in challenges(answers[1])[0]
    assert stranger.status_code == 401
    assert "stale" not in challenges(stranger)[0]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"uri": "/v1/submission"},
        {"uri": "/v1/formList?deviceID=other"},
        {"uri": "//["},
        {"response": "0" * 32},
        {"response": "ñ"},
        {"username": "somebody"},
        {"username": "a\u00ff"},
        {"nonce": "AAAA"},
        {"nonce": "ñ" * 40},
        {"realm": "other"},
        {"qop": "auth-int"},
        {"algorithm": "SHA-256"},
        {"nc": "00000002"},
        {"cnonce": "other"},
    ],
)
def test_credentials_of_another_request_or_kind_let_nobody_in(
    phone: SigningPhone, spoilt: dict[str, str]
) -> None:
    response = phone.ask("GET", f"/v1/formList?{DEVICE}", spoilt=spoilt)

    assert response.status_code == 401
    assert challenges(response)[0].startswith("Digest ")


@pytest.mark.parametrize(
    "header",
    ["Digest", "Digest x", "Basic", "Basic !", "Basic YQ==", "Bearer x", "\xff"],
)
def test_what_is_no_credentials_at_all_is_challenged(
    client: FlaskClient, header: str
) -> None:
    response = client.get(
        "/v1/formList", headers={"Authorization": header}, base_url=SECURE
    )

    assert response.status_code == 401
    assert len(challenges(response)) == 2


def test_a_wrong_password_keeps_nothing(phone: SigningPhone, files: Path) -> None:
    response = replace(phone, password="wrong").post(
        xml_part(entry_xml()), file_part("a.jpg")
    )

    assert response.status_code == 401
    assert "Bukan kata sandi akun" in shown(response)
    assert entries() == 0
    assert not [path for path in files.rglob("*") if path.is_file()]


def test_the_password_of_the_account_opens_no_phones_door(phone: SigningPhone) -> None:
    account = replace(phone, password=PASSWORD)

    assert account.ask("GET", "/v1/formList").status_code == 401
    secure = replace(account, base=SECURE)
    assert secure.basic("GET", "/v1/formList").status_code == 401


def test_each_phone_has_a_password_of_its_own_and_is_revoked_alone(
    client: FlaskClient, siti: User
) -> None:
    (lost, address), (kept, _) = set_up(client, siti), set_up(client, siti)
    assert lost.password != kept.password
    assert lost.ask("GET", "/v1/formList").status_code == 200

    client.delete(address, headers=auth_headers(siti))

    refused = lost.ask("GET", "/v1/formList")
    assert refused.status_code == 403
    assert "dicabut" in shown(refused)
    assert kept.ask("GET", "/v1/formList").status_code == 200


def test_a_phone_of_a_closed_account_is_refused(
    phone: SigningPhone, siti: User
) -> None:
    siti.is_active = False
    db.session.commit()

    assert phone.ask("HEAD", "/v1/submission").status_code == 403


def test_a_keyboard_that_writes_names_large_does_no_harm(phone: SigningPhone) -> None:
    large = replace(phone, username=phone.username.capitalize())

    assert large.ask("GET", "/v1/formList").status_code == 200


def test_who_guesses_is_turned_away_and_shuts_out_neither_phone_nor_owner(
    client: FlaskClient, phone: SigningPhone, siti: User
) -> None:
    guesser = replace(phone, password="guess")
    nonce = phone.challenged()

    statuses = [
        guesser.ask("GET", "/v1/formList", nonce=nonce).status_code
        for _ in range(NAME_LIMIT + 1)
    ]

    assert statuses == [401] * NAME_LIMIT + [429]
    assert phone.ask("GET", "/v1/formList", nonce=nonce).status_code == 200
    login = {"username": siti.username, "password": PASSWORD}
    assert client.post("/api/v1/auth/login", json=login).status_code == 200


def test_what_is_not_there_is_answered_in_xml_without_a_challenge(
    client: FlaskClient,
) -> None:
    for path in ("/v1/nothing", "/v1/key/abc", "/v1/projects/7/formList"):
        response = client.get(path)

        assert response.status_code == 404
        assert shown(response)
        assert challenges(response) == []


def test_a_token_in_the_address_is_never_asked_for_a_password(
    client: FlaskClient,
) -> None:
    response = client.get(f"/v1/key/{'a' * 32}/formList")

    assert response.status_code == 403
    assert challenges(response) == []


def test_nonces_of_another_key_are_not_ours() -> None:
    now = clock.now().timestamp()

    nonce = new_nonce("another secret, as long as it must be", now)

    assert device_passwords.age_of_nonce(SECRET, nonce, now) is None
    assert (
        device_passwords.age_of_nonce(SECRET, new_nonce(SECRET, now), now) is not None
    )
