"""The command line of the logs; it needs neither server nor database."""

import json
from pathlib import Path
from typing import BinaryIO

import click

from fieldapp.ledger.chain import Head
from fieldapp.ledger.verify import verify_lines


@click.group("ledger")
def ledger_commands() -> None:
    """Prove the log of a village."""


@ledger_commands.command("verify")
@click.argument("file", type=click.File("rb"))
@click.option("--key", help="The public key that you trust (base64).")
@click.option(
    "--head",
    "heads",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head that you kept from before (the answer of /log/head).",
)
def verify(file: BinaryIO, key: str | None, heads: tuple[Path, ...]) -> None:
    """Check an exported log, and say exactly which entry is wrong."""
    seen = [_read_head(path) for path in heads]
    verdict = verify_lines(file, public_key=key, seen=seen)
    for fault in verdict.faults:
        click.echo(f"FAULT  {fault}")
    if not verdict.is_sound:
        raise SystemExit(1)
    click.echo(
        f"OK  log of {verdict.area_code}: {verdict.head.position} entries, "
        f"last digest {verdict.head.digest.hex()}"
    )
    if key is None:
        click.echo(
            f"    signed with {verdict.public_key}: compare this key with the one "
            "that the operator published, or give it with --key"
        )


def _read_head(path: Path) -> Head:
    try:
        statement = json.loads(path.read_bytes())["head"]
        return Head(int(statement["position"]), bytes.fromhex(statement["digest"]))
    except (ValueError, KeyError, TypeError) as error:
        raise click.BadParameter(f"{path} is not a signed head.") from error
