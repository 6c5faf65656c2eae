"""The command line: start, migrate, and the commands of every package."""

import os
import time
from pathlib import Path

import click
import flask_migrate
from flask import Flask
from flask.cli import AppGroup, ScriptInfo

from fieldapp import create_app, local, starting
from fieldapp.authoring.commands import forms_commands
from fieldapp.config import ConfigError, from_env
from fieldapp.embedded import EmbeddedError
from fieldapp.entities.commands import entities_commands
from fieldapp.identity.commands import identity_commands
from fieldapp.indicators.commands import indicators_commands
from fieldapp.indicators.linting import check_sheet
from fieldapp.ledger.commands import ledger_commands
from fieldapp.notices.commands import work
from fieldapp.notices.working import worker_process
from fieldapp.phone.commands import phone_commands
from fieldapp.places.commands import places_commands
from fieldapp.quality.commands import flags_commands
from fieldapp.serving import WORKERS, refuse_taken, serve
from fieldapp.web.health import MIGRATIONS
from fieldapp.xform.commands import form_commands, register_check

FORMS = Path(__file__).parents[1] / "forms"

HOST = click.option("--host", default="127.0.0.1", show_default=True)
PORT = click.option("--port", default=8000, show_default=True)
WORKER_COUNT = click.option("--workers", default=WORKERS, show_default=True)


@click.group()
@click.version_option(package_name="fieldapp")
def cli() -> None:
    """Fieldapp: data lapangan desa yang diperiksa, dijumlahkan dan dapat dibuktikan.

    Village field data that is checked, added up and provable.
    """


@cli.command()
@HOST
@PORT
@WORKER_COUNT
@click.option(
    "--demo/--no-demo", default=True, help="Load a few invented people and entries."
)
@click.option(
    "--forms",
    default=FORMS,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of XLSForms to publish.",
)
def run(*, host: str, port: int, workers: int, demo: bool, forms: Path) -> None:
    """Start everything on this machine, with PostgreSQL and a demo.

    The first start fills a data folder (.data, or FIELDAPP_DATA_DIR); later ones
    take seconds and lose nothing.
    """
    started = time.monotonic()
    with local.installation(os.environ) as settings:
        refuse_taken(host, port)
        os.environ.update(settings)
        app = create_app(from_env(settings))
        public = app.config["FIELDAPP"].public_url or f"http://{host}:{port}"
        with app.app_context():
            starting.prepare(forms)
            starting.tell_damaged_logs()
            if demo:
                starting.show_demo(public)
            starting.release_connections()
        click.secho(
            f"\n{public}/docs   ({time.monotonic() - started:.1f} s)", bold=True
        )
        click.echo("Ctrl-C: berhenti / stop")
        with worker_process():
            serve(host=host, port=port, workers=workers)


@cli.command("serve")
@HOST
@PORT
@WORKER_COUNT
def serve_command(*, host: str, port: int, workers: int) -> None:
    """Serve in production: settings from the environment, no demo."""
    refuse_taken(host, port)
    app = create_app(from_env())
    with app.app_context():
        starting.refuse_unready()
        starting.tell_damaged_logs()
        starting.release_connections()
    serve(host=host, port=port, workers=workers)


@click.group("db", cls=AppGroup)
def db_commands() -> None:
    """Build and change the tables."""


@db_commands.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the database to the newest tables."""
    flask_migrate.upgrade(str(MIGRATIONS), revision)
    click.echo("OK")


@db_commands.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to an older migration."""
    flask_migrate.downgrade(str(MIGRATIONS), revision)
    click.echo("OK")


@db_commands.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """Write the next migration from what the models have changed."""
    flask_migrate.migrate(str(MIGRATIONS), message=message)


register_check(check_sheet)
for group in (
    db_commands,
    identity_commands,
    places_commands,
    forms_commands,
    form_commands,
    indicators_commands,
    flags_commands,
    entities_commands,
    ledger_commands,
    phone_commands,
):
    cli.add_command(group)
cli.add_command(work)


def main() -> None:
    """Run the command line; what can be put right is told in one line."""
    info = ScriptInfo(
        create_app=_application, set_debug_flag=False, load_dotenv_defaults=False
    )
    try:
        cli.main(obj=info, prog_name="fieldapp", standalone_mode=False)
    except click.exceptions.Abort as error:
        raise SystemExit(130) from error
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except (ConfigError, EmbeddedError) as error:
        click.secho(f"fieldapp: {error}", fg="red", err=True)
        raise SystemExit(1) from error


def _application() -> Flask:
    return create_app(from_env(local.environment(os.environ)))
