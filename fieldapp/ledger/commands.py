"""The command line of the logs; ``verify`` needs neither server nor database."""

import hashlib
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from fieldapp.config import Config
from fieldapp.ledger import verify as verifier
from fieldapp.ledger.checking import damages, logged_areas
from fieldapp.ledger.heads import list_heads
from fieldapp.ledger.signing import ledger_key, public_text


@click.group("ledger")
def ledger_commands() -> None:
    """Prove the log of a village."""


@ledger_commands.command("verify", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Check an exported log or a dossier, and say exactly what is wrong.

    It is the stand-alone program that comes with every dossier:
    FILE [--key KEY] [--head SEEN]… [--area CODE]
    """
    raise SystemExit(verifier.main(list(arguments)))


@ledger_commands.command("verifier")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def copy_verifier(path: Path) -> None:
    """Write the stand-alone verifier to a file, to be handed to auditors."""
    program = verifier.source()
    path.write_bytes(program)
    click.echo(f"{hashlib.sha256(program).hexdigest()}  {path}")


@ledger_commands.command("check")
@click.argument("area_codes", nargs=-1)
@with_appcontext
def check(area_codes: tuple[str, ...]) -> None:
    """Read the logs in the database from end to end; nothing is changed.

    Of all areas, or of those that are named. Where one is damaged, nothing more is
    written into it: take that village back from a backup.
    """
    codes = area_codes or logged_areas()
    found = [damage for code in codes for damage in damages(code)]
    for damage in found:
        click.echo(f"RUSAK / DAMAGED  {damage}")
    if found:
        raise SystemExit(1)
    click.echo(f"OK  {len(codes)} catatan utuh / logs are whole")


@ledger_commands.command("heads")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def publish_heads(path: Path) -> None:
    """Write all current heads, under one signature, to a file to be published."""
    config: Config = current_app.config["FIELDAPP"]
    heads = list_heads(ledger_key(config.ledger_key_file))
    path.write_bytes(heads.content)
    number = heads.content.count(b"\n") - 1
    click.echo(f"{number} kepala / heads, sha256 {heads.sha256}")


@ledger_commands.command("key")
@with_appcontext
def show_key() -> None:
    """Show the public key that auditors verify with: publish it by another way."""
    config: Config = current_app.config["FIELDAPP"]
    click.echo(public_text(ledger_key(config.ledger_key_file)))
