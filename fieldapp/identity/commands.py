"""People from the command line: the first administrator, and what nobody else can."""

import re
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import delete, select

from fieldapp.config import Config
from fieldapp.extensions import db
from fieldapp.identity.device_passwords import password_of
from fieldapp.identity.devices import issue_device, phone_settings
from fieldapp.identity.models import SignInWindow, User
from fieldapp.identity.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from fieldapp.identity.people import NewPerson, add_grant, add_person
from fieldapp.identity.permissions import Grant, Role
from fieldapp.identity.schemas import PersonRequest
from fieldapp.identity.tokens import end_all_families
from fieldapp.phone.settings import png as draw_png
from fieldapp.phone.settings import settings_text
from fieldapp.phone.settings import terminal as draw_on_terminal
from fieldapp.places.models import COUNTRY
from fieldapp.web.problems import Problem

identity_commands = AppGroup(
    "people", help="Accounts, roles and devices / Akun, peran dan perangkat."
)


def _checked_password(
    _context: click.Context, _parameter: click.Parameter, password: str
) -> str:
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise click.BadParameter(
            f"{MIN_LENGTH} sampai {MAX_LENGTH} karakter / "
            f"{MIN_LENGTH} to {MAX_LENGTH} characters."
        )
    return password


def _checked_server(
    _context: click.Context, _parameter: click.Parameter, server: str | None
) -> str | None:
    if server is not None and not re.match(r"https?://[^/\s]", server):
        raise click.BadParameter("https://... atau / or http://...")
    return server and server.rstrip("/")


PASSWORD = click.option(
    "--password",
    prompt="Kata sandi / Password",
    hide_input=True,
    confirmation_prompt=True,
    envvar="FIELDAPP_PASSWORD",
    callback=_checked_password,
    help="Asked for where left out; or in FIELDAPP_PASSWORD.",
)
PROGRAMME = click.option("--programme", help="Only in this programme.")


@identity_commands.command("create-admin")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--area", default=COUNTRY, show_default=True, help="An area code.")
@PASSWORD
def create_admin(username: str, name: str, area: str, password: str) -> None:
    """Open an account that may give roles to others."""
    if faults := PersonRequest(only=["username"]).validate({"username": username}):
        raise click.BadParameter("; ".join(faults["username"]))
    try:
        user = add_person(NewPerson(username, name, password))
        add_grant(user.id, Grant(Role.ADMINISTRATOR, area), by=None)
    except Problem as problem:
        raise click.ClickException(problem.detail.both()) from problem
    db.session.commit()
    click.echo(f"{username}: administrator, {area}")


@identity_commands.command("reset-password")
@click.argument("username")
@PASSWORD
def reset_password(username: str, password: str) -> None:
    """Set a new password, end the person's sessions, and let them try again now."""
    user = _user(username)
    user.password_hash = hash_password(password)
    end_all_families(user.id)
    db.session.execute(delete(SignInWindow))
    db.session.commit()
    click.echo(f"{username}: OK")


@identity_commands.command("grant")
@click.argument("username")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("area")
@PROGRAMME
def grant(username: str, role: str, area: str, programme: str | None) -> None:
    """Give a person a role on an area."""
    user = _user(username)
    try:
        add_grant(user.id, Grant(Role(role), area, programme), by=None)
    except Problem as problem:
        raise click.ClickException(problem.detail.both()) from problem
    db.session.commit()
    click.echo(f"{username}: {role}, {area}")


@identity_commands.command("device")
@click.argument("username")
@click.argument("label")
@click.option(
    "--server",
    callback=_checked_server,
    help="How phones reach this server, such as https://data.example.org; "
    "FIELDAPP_PUBLIC_URL where left out.",
)
@click.option(
    "--png",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Draw the QR code into this file, and not on the terminal.",
)
@click.option(
    "--password",
    "with_password",
    is_flag=True,
    help="For a phone set up by hand: a name and a password, and no code.",
)
def device(
    username: str,
    label: str,
    *,
    server: str | None,
    png: Path | None,
    with_password: bool,
) -> None:
    """Give a person's phone its address, shown this once, with the code to scan."""
    user = _user(username)
    config: Config = current_app.config["FIELDAPP"]
    server = server or config.public_url
    if server is None:
        raise click.UsageError(
            "Alamat server tidak diketahui: tambahkan --server. / "
            "The server's address is not known: add --server."
        )
    device, token = issue_device(user.id, label)
    db.session.flush()
    settings = phone_settings(device, f"{server}/v1/key/{token}")
    if with_password:
        password = password_of(config.secret_key, device.id)
        told = f"{server}/v1\n{user.username}\n{password}"
    else:
        told = f"{settings.server_url}\n{_drawn(settings_text(settings), png)}".strip()
    db.session.commit()
    click.echo(told)


def _drawn(text: str, png: Path | None) -> str:
    """Draw a code for the terminal, or into a file that nobody else can read."""
    if png is None:
        return draw_on_terminal(text)
    png.touch(mode=0o600)
    png.write_bytes(draw_png(text))
    return ""


@identity_commands.command("deactivate")
@click.argument("username")
def deactivate(username: str) -> None:
    """Close an account: its sessions and devices are refused at once."""
    user = _user(username)
    user.is_active = False
    end_all_families(user.id)
    db.session.commit()
    click.echo(f"{username}: OK")


@identity_commands.command("activate")
@click.argument("username")
def activate(username: str) -> None:
    """Open a closed account again."""
    _user(username).is_active = True
    db.session.commit()
    click.echo(f"{username}: OK")


def _user(username: str) -> User:
    user = db.session.scalar(select(User).where(User.username == username.lower()))
    if user is None:
        raise click.ClickException(
            f"Tidak ada pengguna {username} / There is no user {username}."
        )
    return user
