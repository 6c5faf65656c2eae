"""The command line of places."""

import time

import click
from flask.cli import AppGroup

from fieldapp.extensions import db
from fieldapp.places.importing import Imported, import_areas

places_commands = AppGroup("places", help="The list of areas.")


@places_commands.command("import")
def import_command() -> None:
    """Import all provinces, regencies, districts and villages; again if need be."""
    import_with_progress()


def import_with_progress() -> Imported:
    """Import the areas, telling the terminal how far it is."""
    started = time.monotonic()
    imported = import_areas(_report)
    db.session.commit()
    seconds = time.monotonic() - started
    click.echo(
        f"\r{imported.villages:,} desa dan kelurahan / villages, "
        f"{imported.changed:,} baru atau berubah / new or changed, {seconds:.1f} s"
    )
    return imported


def _report(province: str, villages: int) -> None:
    click.echo(f"\r{villages:>7,}  {province:<40}", nl=False)
