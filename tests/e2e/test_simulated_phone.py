"""`fieldapp phone simulate` against this server, over real connections."""

import re
from uuid import uuid4

import pytest
from click.testing import CliRunner

from fieldapp.extensions import db
from fieldapp.identity.device_passwords import password_of
from fieldapp.identity.permissions import Role
from fieldapp.phone.commands import phone_commands
from fieldapp.phone.settings import PhoneSettings, settings_text
from tests.e2e.conftest import villages
from tests.e2e.installation import Installation
from tests.e2e.wire import Phone
from tests.factories import make_device, make_grant, make_user

ANSWERED = re.compile(r"^201 .*submission (\d+)/(\d+) +(.*)$", re.MULTILINE)
CLEAN = "Diterima. / Received."


def simulate(place: Installation, phone: Phone, *options: str) -> str:
    address = f"{place.address}/v1/key/{phone.token}"
    result = CliRunner().invoke(phone_commands, ["simulate", address, *options])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("seed", range(3))
def test_a_simulated_phone_finds_nothing_wrong_and_nothing_is_wrong_with_its_entries(
    place: Installation, phone: Phone, seed: int
) -> None:
    told = simulate(place, phone, "--seed", str(seed), "--split", "--photo-kb", "20")

    first = [words for number, _, words in ANSWERED.findall(told) if number == "1"]
    assert first[:4] == [CLEAN] * 4
    assert "✗" not in told
    assert "! " not in told
    assert phone.token not in told


def test_a_simulated_phone_signs_in_with_its_own_password(place: Installation) -> None:
    with place.app.app_context():
        user = make_user()
        make_grant(user, Role.FACILITATOR, villages()[0])
        device, _ = make_device(user)
        password = password_of(place.app.config["FIELDAPP"].secret_key, device.id)
        username = user.username
        db.session.remove()
    options = ["--username", username, "--password", password, "--split"]

    result = CliRunner().invoke(
        phone_commands, ["simulate", f"{place.address}/v1", *options]
    )

    assert result.exit_code == 0, result.output
    assert password not in result.output


def test_a_code_of_another_server_is_told_in_words_and_nothing_is_sent(
    place: Installation,
) -> None:
    url = f"{place.address}/v1/key/{uuid4().hex}/projects/7"
    code = settings_text(PhoneSettings(server_url=url, project_name="Lain"))

    result = CliRunner().invoke(phone_commands, ["simulate", code, "--language", "en"])

    assert result.exit_code == 1
    assert "The server refuses with 403" in result.output
    assert "Ask the coordinator for a new QR code" in result.output
    assert "0 entries made, 0 sent" in result.output
    assert "login" not in result.output


def test_a_server_that_is_no_fieldapp_at_all_is_told(place: Installation) -> None:
    result = CliRunner().invoke(phone_commands, ["simulate", f"{place.address}/lain"])

    assert result.exit_code == 1
    assert "404" in result.output


def test_an_entry_broken_on_purpose_is_taken_and_flagged(
    place: Installation, phone: Phone
) -> None:
    told = simulate(place, phone, "--seed", "1", "--broken", "constraint")

    first = [words for number, _, words in ANSWERED.findall(told) if number == "1"]
    assert all("melanggar aturan" in words for words in first[:4])
