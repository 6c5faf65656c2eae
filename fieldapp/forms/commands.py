"""The command line of forms that are stored on this server."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from fieldapp.extensions import db
from fieldapp.forms.publishing import publish
from fieldapp.web.problems import Problem


@click.group("forms")
def forms_commands() -> None:
    """Publish forms on this server."""


@forms_commands.command("publish")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@with_appcontext
def publish_files(files: tuple[Path, ...]) -> None:
    """Publish XLSForm files (.xlsx or .md); versions already there stay."""
    for path in files:
        try:
            publication = publish(path.read_bytes(), path.name)
        except Problem as problem:
            raise click.ClickException(problem.detail.en) from problem
        db.session.commit()
        what = "published" if publication.is_new else "already published"
        click.echo(f"{publication.form_id} {publication.version}: {what}")
        for warning in publication.warnings:
            click.echo(f"  warning: {warning}")
