"""The command line of the indicators."""

import click
from flask.cli import with_appcontext

from fieldapp.extensions import db
from fieldapp.indicators.rebuild import rebuild


@click.group("indicators")
def indicators_commands() -> None:
    """Prove the indicators."""


@indicators_commands.command("rebuild")
@click.option("--check", is_flag=True, help="Change nothing; fail where not equal.")
@with_appcontext
def rebuild_indicators(*, check: bool) -> None:
    """Derive all facts and sums again from the approved revisions, and compare."""
    found = rebuild()
    if check:
        db.session.rollback()
    else:
        db.session.commit()
    click.echo(f"{found.submissions} approved entries, {found.facts} facts")
    for comparison in found.comparisons:
        click.echo(
            f"{comparison.table}: equal"
            if comparison.is_equal
            else f"{comparison.table}: {comparison.missing} rows were missing, "
            f"{comparison.surplus} should not have been there"
        )
    if found.is_equal:
        click.echo("EQUAL: the report was exactly what the revisions say")
    elif check:
        raise click.ClickException("not equal; nothing was changed")
    else:
        click.echo("NOT EQUAL: the report was replaced by what the revisions say")
