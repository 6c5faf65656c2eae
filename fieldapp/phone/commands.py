"""`fieldapp phone …`: a phone played against any server; it needs no database."""

import random
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import Any, get_args
from urllib.parse import urlsplit

import click

from fieldapp.phone.credentials import Credentials
from fieldapp.phone.day import Day, Plan, SimulatedPhone
from fieldapp.phone.downloading import Downloads
from fieldapp.phone.faults import Fault, Faults
from fieldapp.phone.filling import Filled, Rule, Wishes
from fieldapp.phone.sending import Sender
from fieldapp.phone.settings import SettingsCodeError, server_url_in
from fieldapp.phone.wire import Answer, Wire
from fieldapp.web.text import LANGUAGES, Text

WIB = timezone(timedelta(hours=7))
MESSAGE_LENGTH = 200

INVENTED = Text(
    "Entri rekaan akan dikirim dan dihitung seperti entri biasa. Pakai alamat draf, "
    "atau orang yang hanya untuk percobaan.",
    "Invented entries are sent, and count like others. Use the address of a draft, or "
    "of a person who is there for trials only.",
)
SUMMARY = Text(
    "{listed} formulir terdaftar, {downloaded} terunduh, {made} entri dibuat, {sent} "
    "terkirim, {resent} dikirim lagi; {requests} permintaan.",
    "{listed} forms listed, {downloaded} downloaded, {made} entries made, {sent} sent, "
    "{resent} sent again; {requests} requests.",
)
GOOD = Text("HP bisa bekerja di sini.", "A phone can work here.")
BAD = Text("{count} hal menghalangi HP.", "{count} things stop a phone.")
NO_ADDRESS = Text(
    "Beri alamat http(s)://..., atau teks kode QR.",
    "Give an address http(s)://..., or the text of a QR code.",
)


@click.group("phone")
def phone_commands() -> None:
    """Uji server dengan HP tiruan. / Test a server with a simulated phone."""


@phone_commands.command("simulate")
@click.argument("address")
@click.option("--form", "forms", multiple=True, help="A form id; all if left out.")
@click.option(
    "--entries",
    default=1,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="How many for each form.",
)
@click.option(
    "--broken",
    type=click.Choice(get_args(Rule)),
    help="Break this rule in each entry.",
)
@click.option("--photos", is_flag=True, help="Answer questions for photos and sounds.")
@click.option(
    "--photo-kb",
    default=60,
    show_default=True,
    type=click.IntRange(1, 20_000),
    help="How large each is.",
)
@click.option(
    "--split", is_flag=True, help="Send each file in a part of its own, with --photos."
)
@click.option(
    "--send/--no-send", "is_sending", default=True, help="Or only download and fill in."
)
@click.option("--username", help="For a server that asks for a password.")
@click.option(
    "--password", envvar="FIELDAPP_PHONE_PASSWORD", help="Asked for where left out."
)
@click.option("--seed", type=int, help="Makes the same answers again.")
@click.option(
    "--language", default="id", show_default=True, type=click.Choice(LANGUAGES)
)
def simulate(
    address: str,
    *,
    username: str | None,
    password: str | None,
    split: bool,
    seed: int | None,
    language: str,
    **wanted: Any,
) -> None:
    """Play a phone's day at a server ADDRESS; fails where a phone would.

    ADDRESS is what ODK Collect is set to, of this server or any other that speaks
    OpenRosa, or the text of a settings QR code.
    """
    server = _server(address)
    plan = _plan(split=split, **wanted)
    if plan.is_sending:
        click.secho(_in(language, INVENTED), fg="yellow")
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    click.echo(f"--seed {seed}")
    faults = Faults(lambda fault: _tell(fault, language))
    wire = Wire(credentials=_credentials(server, username, password))
    phone = _phone(server, wire, faults, seed, is_splitting=split)
    with closing(wire):
        day = phone.play(plan, datetime.now(WIB))
    _sum_up(day, wire.requests, faults, language)
    sys.exit(1 if faults.hard else 0)


def _plan(*, split: bool, photos: bool, photo_kb: int, **wanted: Any) -> Plan:
    wishes = Wishes(with_photos=photos or split, photo_kilobytes=photo_kb)
    return Plan(wishes=wishes, **wanted)


def _phone(
    server: str, wire: Wire, faults: Faults, seed: int, *, is_splitting: bool
) -> SimulatedPhone:
    downloads = Downloads(server, wire, faults, _log)
    sender = Sender(server, wire, faults, _log, is_splitting=is_splitting)
    chance = random.Random(seed)  # noqa: S311 - Answers, no secrets.
    return SimulatedPhone(downloads, sender, faults, chance, _tell_made)


def _server(address: str) -> str:
    """Take an address as Collect does: without the slashes at its end."""
    if not address.startswith(("http://", "https://")):
        try:
            address = server_url_in(address)
        except SettingsCodeError as error:
            raise click.BadParameter(NO_ADDRESS.both()) from error
    return address.rstrip("/")


def _credentials(
    server: str, username: str | None, password: str | None
) -> Credentials | None:
    if username is None:
        return None
    if password is None:
        password = click.prompt("Kata sandi / Password", hide_input=True)
    return Credentials(urlsplit(server).netloc, username, password)


def _log(where: str, answer: Answer, told: str) -> None:
    """Tell one answer in a line; never the address, which carries the token."""
    words = " ".join(told.split())[:MESSAGE_LENGTH]
    milliseconds = round(answer.seconds * 1000)
    click.echo(f"{answer.status} {milliseconds:>6} ms  {where:<44} {words}".rstrip())


def _tell_made(filled: Filled) -> None:
    """Tell an entry in a line, with the rules that it was made to break."""
    broken = ", ".join(f"{each.path} ({each.rule})" for each in filled.broken)
    size, files = len(filled.xml), len(filled.attachments)
    click.echo(f"  + {filled.form.form_id} {size} B, {files} file(s) {broken}".rstrip())


def _tell(fault: Fault, language: str) -> None:
    mark, colour = ("!", "yellow") if fault.is_remark else ("✗", "red")
    click.secho(f"{mark} {fault.where}: {_in(language, fault.text)}", fg=colour)


def _sum_up(day: Day, requests: int, faults: Faults, language: str) -> None:
    summary = SUMMARY.format(**vars(day), requests=requests)
    click.echo(_in(language, summary))
    verdict = BAD.format(count=len(faults.hard)) if faults.hard else GOOD
    click.secho(_in(language, verdict), bold=True)


def _in(language: str, text: Text) -> str:
    return text.as_dict()[language]
