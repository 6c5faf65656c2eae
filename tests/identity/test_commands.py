from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.commands import identity_commands
from fieldapp.identity.device_passwords import password_of
from fieldapp.identity.models import Device, RoleGrant, User
from fieldapp.identity.passwords import is_right
from fieldapp.identity.permissions import Role
from fieldapp.identity.queries import find_device_actor
from fieldapp.identity.tokens import start_family
from fieldapp.ledger.models import LedgerEntry
from fieldapp.places.models import COUNTRY
from tests.factories import SEMEDO, make_area, make_device, make_user

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    runner = app.test_cli_runner()

    def invoke(*arguments: str) -> Result:
        return runner.invoke(identity_commands, list(arguments))

    return invoke


def test_the_first_administrator_comes_from_the_command_line(run: Run) -> None:
    make_area(COUNTRY)

    result = run(
        "create-admin", "ibu.kades", "--name", "Ibu Kades", "--password", "p" * 10
    )

    assert result.exit_code == 0, result.output
    user = db.session.scalars(select(User)).one()
    grant = db.session.scalars(select(RoleGrant)).one()
    assert is_right("p" * 10, user.password_hash)
    assert (grant.user_id, grant.role, grant.area_code, grant.granted_by) == (
        user.id,
        Role.ADMINISTRATOR,
        COUNTRY,
        None,
    )
    entry = db.session.scalars(select(LedgerEntry)).one()
    assert b'"actor":"operator"' in entry.body
    assert b"Kades" not in entry.body


@pytest.mark.parametrize(
    "arguments",
    [
        ("Ibu Kades", "--name", "Ibu Kades", "--password", "p" * 10),
        ("ibu.kades", "--name", "Ibu Kades", "--password", "pendek"),
        ("ibu.kades", "--name", "Ibu", "--password", "p" * 10, "--area", "99"),
    ],
)
def test_what_is_not_valid_opens_no_account(
    run: Run, arguments: tuple[str, ...]
) -> None:
    make_area(COUNTRY)

    result = run("create-admin", *arguments)

    assert result.exit_code != 0
    assert " / " in result.output
    db.session.rollback()
    assert db.session.scalars(select(User)).all() == []


def test_a_taken_name_is_told(run: Run) -> None:
    make_area(COUNTRY)
    make_user("ibu.kades")

    result = run("create-admin", "ibu.kades", "--name", "x", "--password", "p" * 10)

    assert result.exit_code == 1
    assert "Choose another user name" in result.output


def test_a_new_password_ends_the_old_sessions(run: Run) -> None:
    user = make_user("siti")
    start_family(user.id)
    db.session.commit()

    result = run("reset-password", "siti", "--password", "kelapa genjah")

    assert result.exit_code == 0
    db.session.refresh(user)
    assert is_right("kelapa genjah", user.password_hash)


def test_a_role_is_granted_from_the_command_line(run: Run) -> None:
    user = make_user("siti")
    make_area(SEMEDO)

    result = run("grant", "siti", "facilitator", SEMEDO)

    assert result.exit_code == 0
    grant = db.session.scalars(select(RoleGrant)).one()
    assert (grant.user_id, grant.role) == (user.id, Role.FACILITATOR)
    assert run("grant", "siti", "facilitator", "33.99").exit_code == 1
    assert run("grant", "siti", "raja", SEMEDO).exit_code == 2
    assert run("grant", "budi", "facilitator", SEMEDO).exit_code == 1


def test_a_phone_is_set_up_from_the_command_line(run: Run) -> None:
    user = make_user("siti")

    result = run("device", "siti", "HP Siti", "--server", "https://desa.example/")

    address, *code = result.output.splitlines()
    actor = find_device_actor(address.removeprefix("https://desa.example/v1/key/"))
    assert actor is not None
    assert actor.user_id == user.id
    assert len(code) > 30
    assert {len(line) for line in code} == {len(code[0])}
    assert len(code[0]) <= 80


def test_the_code_of_a_phone_is_drawn_into_a_file_that_others_cannot_read(
    run: Run, tmp_path: Path
) -> None:
    make_user("siti")
    picture = tmp_path / "siti.png"

    result = run(
        "device", "siti", "HP", "--server", "http://10.0.0.2", "--png", str(picture)
    )

    assert result.output.startswith("http://10.0.0.2/v1/key/")
    assert len(result.output.splitlines()) == 1
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_mode & 0o777 == 0o600


def test_a_phone_that_is_set_up_by_hand_gets_a_name_and_a_password(
    app: Flask, run: Run
) -> None:
    make_user("siti")

    result = run("device", "siti", "HP", "--server", "https://a.example", "--password")

    device = db.session.scalars(select(Device)).one()
    password = password_of(app.config["FIELDAPP"].secret_key, device.id)
    assert result.output.splitlines() == ["https://a.example/v1", "siti", password]


@pytest.mark.parametrize("server", [(), ("--server", "desa.example")])
def test_without_an_address_that_phones_reach_no_phone_is_set_up(
    run: Run, server: tuple[str, ...]
) -> None:
    make_user("siti")

    result = run("device", "siti", "HP", *server)

    assert result.exit_code == 2
    assert "http" in result.output or "--server" in result.output
    assert db.session.scalars(select(Device)).all() == []


def test_a_closed_account_is_refused_until_it_is_opened_again(run: Run) -> None:
    _, token = make_device(make_user("siti"))

    assert run("deactivate", "siti").exit_code == 0
    assert find_device_actor(token) is None

    assert run("activate", "siti").exit_code == 0
    assert find_device_actor(token) is not None
