"""The command line of the registers."""

import click
from flask.cli import with_appcontext

from fieldapp.entities.rebuild import rebuild
from fieldapp.extensions import db


@click.group("entities")
def entities_commands() -> None:
    """Prove the registers."""


@entities_commands.command("rebuild")
@click.option("--check", is_flag=True, help="Change nothing; fail where not equal.")
@with_appcontext
def rebuild_registers(*, check: bool) -> None:
    """Read all approved revisions again, and compare the registers with them."""
    found = rebuild()
    if check:
        db.session.rollback()
    else:
        db.session.commit()
    click.echo(
        f"{found.entries} approved entries; {found.missing} were not in the registers, "
        f"{found.surplus} should not have been, {found.wrong} entities were wrong"
    )
    if found.is_equal:
        click.echo("EQUAL: the registers were exactly what the revisions say")
    elif check:
        raise click.ClickException("not equal; nothing was changed")
    else:
        click.echo("NOT EQUAL: the registers were put right")
