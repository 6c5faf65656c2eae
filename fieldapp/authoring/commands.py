"""The command line of forms that are stored on this server."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState
from fieldapp.forms.publishing import publish_file, set_state
from fieldapp.submissions.intake import accept_held_for
from fieldapp.web.problems import Problem


@click.group("forms")
def forms_commands() -> None:
    """Publish, list and retire forms on this server."""


@forms_commands.command("publish")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of the files that go with the forms.",
)
@with_appcontext
def publish_files(files: tuple[Path, ...], media: Path | None) -> None:
    """Publish XLSForm files (.xlsx or .md); versions already there stay."""
    named = {
        path.name: path.read_bytes()
        for path in (sorted(media.iterdir()) if media else ())
        if path.is_file()
    }
    for path in files:
        try:
            publication = publish_file(path.read_bytes(), path.name, media=named)
        except Problem as problem:
            raise click.ClickException(problem.detail.en) from problem
        db.session.commit()
        what = "published" if publication.is_new else "already published"
        click.echo(f"{publication.form_id} {publication.version}: {what}")
        for remark in publication.remarks:
            click.echo(f"  {remark.severity}: {remark.told('en')}")
        if taken_in := accept_held_for(publication.form_id):
            click.echo(f"  held entries taken in: {taken_in}")


@forms_commands.command("list")
@with_appcontext
def list_forms() -> None:
    """List the forms, with the state of each."""
    for form in db.session.scalars(select(Form).order_by(Form.id)):
        click.echo(f"{form.id}\t{form.state.value}\t{form.programme_id or '-'}")


@forms_commands.command("set-state")
@click.argument("form_id")
@click.argument("state", type=click.Choice([state.value for state in FormState]))
@click.option("--reason", required=True, help="Stands beside the state, for people.")
@with_appcontext
def change_state(form_id: str, state: str, reason: str) -> None:
    """Retire a form, close it, or open it again."""
    form = db.session.get(Form, form_id)
    if form is None:
        raise click.ClickException(f"There is no form {form_id}.")
    set_state(form, FormState(state), changed_by=None, reason=reason)
    db.session.commit()
    if form.state is not FormState.CLOSED and (taken_in := accept_held_for(form_id)):
        click.echo(f"held entries taken in: {taken_in}")
    click.echo("OK")
