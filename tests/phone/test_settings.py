"""The QR code that sets up ODK Collect."""

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from fieldapp.phone.settings import (
    NAME_LENGTH,
    PhoneSettings,
    SettingsCodeError,
    png,
    server_url_in,
    settings_text,
    terminal,
)

URL = "https://data.example.org/v1/key/abcdefghijklmnopqrstuvwxyz234567"
COLLECTS_LIMIT = 4000


def settings(**changes: Any) -> PhoneSettings:
    values = {"server_url": URL, "project_name": "Siti Aminah", "username": "siti"}
    return PhoneSettings(**{**values, **changes})


def document_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return found


def test_the_code_says_what_collect_needs_and_locks_nothing() -> None:
    document = document_of(settings_text(settings()))

    assert document["admin"] == {}
    assert document["project"] == {"name": "Siti Aminah"}
    assert document["general"] == {
        "protocol": "odk_default",
        "server_url": URL,
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": "every_six_hours",
        "autosend": "wifi_and_cellular",
        "delete_send": False,
        "app_language": "in",
        "analytics": False,
        "metadata_username": "siti",
    }


def test_a_phone_that_tries_a_draft_looks_for_a_newer_one_often() -> None:
    general = document_of(settings_text(settings(is_trial=True)))["general"]

    assert general["periodic_form_updates_check"] == "every_fifteen_minutes"


def test_the_same_settings_give_the_same_text_and_picture() -> None:
    text = settings_text(settings())

    assert text == settings_text(settings())
    assert png(text) == png(text)


def test_the_longest_names_fit_into_a_code_that_phones_can_read() -> None:
    text = settings_text(settings(project_name="😀ñ" * 100, username="x1._-" * 12))

    name = document_of(text)["project"]["name"]
    width, height = struct.unpack(">II", png(text)[16:24])
    assert len(name) == NAME_LENGTH
    assert len(text) < COLLECTS_LIMIT
    assert "\n" not in text
    assert width == height < 700


def test_a_terminal_of_eighty_columns_shows_the_code_light_on_dark() -> None:
    lines = terminal(settings_text(settings())).splitlines()

    for line in lines:
        assert line.startswith("\x1b[97;40m")
        assert line.endswith("\x1b[0m")
        assert len(line) - len("\x1b[97;40m\x1b[0m") <= 80


def test_the_server_is_read_back_from_a_codes_text() -> None:
    assert server_url_in(f"{settings_text(settings())}\n") == URL


def code(written: str) -> str:
    return base64.b64encode(zlib.compress(written.encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        URL,
        "aGFsbG8=",
        base64.b64encode(zlib.compress(b"[]")).decode(),
        base64.b64encode(zlib.compress(b'{"general": {"server_url": 1}}')).decode(),
        code('{"general": {"server_url": 1}, "admin": {}}'),
        code('{"general": {"server_url": "http://x"}}'),
        code('{"general": {"server_url": "http://x"}, "admin": []}'),
        code('{"general": null, "admin": {}}'),
        code("[" * 50_000),
        settings_text(settings())[:40],
        f"{settings_text(settings())[:40]}\n{settings_text(settings())[40:]}",
        base64.b64encode(zlib.compress(b" " * 10_000_000)).decode(),
    ],
)
def test_what_is_no_settings_code_is_told(text: str) -> None:
    with pytest.raises(SettingsCodeError):
        server_url_in(text)
