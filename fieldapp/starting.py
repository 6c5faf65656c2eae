"""What a start does before it serves: tables, areas, forms, and the demo."""

from pathlib import Path

import click
import flask_migrate
from flask import current_app
from sqlalchemy import select

from fieldapp import demo
from fieldapp.config import Config, ConfigError
from fieldapp.extensions import db
from fieldapp.forms.publishing import publish_folder
from fieldapp.identity.models import User
from fieldapp.ledger.checking import damaged_ends
from fieldapp.places.commands import import_with_progress
from fieldapp.places.importing import is_imported
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.intake import accept_held_for
from fieldapp.web.health import MIGRATIONS, run_checks

DEMO = """
CONTOH / DEMO: orang dan entri rekaan / invented people and entries
{people}

ODK Collect, alamat server / server address:
  {url}/v1/key/{token}
Kode QR / QR code: fieldapp people device fasilitator HP --server {url}

Coba / try:
  curl -s '{url}/v1/key/{token}/formList'
  T=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
      -d '{{"username":"koordinator","password":"koordinator-contoh"}}' \\
      | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
  curl -s {url}/api/v1/areas/33.02.16.2007/report -H "Authorization: Bearer $T"
"""


def prepare(forms: Path) -> None:
    """Bring an installation up to date; what is there already is left alone."""
    config: Config = current_app.config["FIELDAPP"]
    config.files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    flask_migrate.upgrade(str(MIGRATIONS))
    if not is_imported():
        import_with_progress()
    published = [each.form_id for each in publish_folder(forms) if each.is_new]
    db.session.commit()
    for form_id in published:
        click.echo(f"Formulir terbit / published: {form_id}")
        accept_held_for(form_id)


def refuse_unready() -> None:
    """Refuse to serve with something missing, or with accounts that all know.

    :raises ConfigError: with what to do.
    """
    for check in run_checks(current_app.config["FIELDAPP"]):
        if not check.is_ok:
            raise ConfigError(f"{check.name}: {check.remedy}")
    demo = db.session.scalars(
        select(User.username).where(User.is_demo, User.is_active)
    ).all()
    if demo:
        raise ConfigError(
            f"Demo accounts with well-known passwords are open: {', '.join(demo)}. "
            "Close each with: fieldapp people deactivate NAME"
        )


def tell_damaged_logs() -> None:
    """Say which logs do not end as their heads say; nothing is written into those."""
    for damage in damaged_ends():
        click.secho(f"RUSAK / DAMAGED  {damage}", fg="red", err=True)


def release_connections() -> None:
    """Leave no connection open: the workers make their own."""
    db.session.remove()
    db.engine.dispose()


def show_demo(public_url: str) -> None:
    """Load the demo, and tell how to sign in and what to try."""
    demo.add_people()
    token = demo.phone_token(current_app.config["FIELDAPP"].data_dir / "demo-phone")
    db.session.commit()
    outcomes = demo.send_entries()
    if any(outcome.status is OutcomeStatus.CREATED for outcome in outcomes):
        decided = demo.decide_entries()
        db.session.commit()
        click.echo(
            f"Contoh / demo: {len(outcomes)} entri rekaan / invented entries, "
            f"{decided} diputuskan / decided"
        )
    click.echo(DEMO.format(url=public_url, token=token, people=_people()))


def _people() -> str:
    return "\n".join(
        f"  {person.username:<12} {person.password:<20} "
        f"{person.role.value}: {', '.join(person.area_codes)}"
        for person in demo.PEOPLE
    )
