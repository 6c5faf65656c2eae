"""The command line of notices: the worker."""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from fieldapp.config import ConfigError
from fieldapp.extensions import db
from fieldapp.notices.working import THREADS, stop_on_signals, work_until
from fieldapp.web.health import run_checks


@click.command("work")
@click.option(
    "--threads",
    default=THREADS,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many webhooks are told something at the same time.",
)
@with_appcontext
def work(*, threads: int) -> None:
    """Raise flags, tell webhooks, send digests, make exports; many share the work."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask documents it so for threads.
    for check in run_checks(app.config["FIELDAPP"]):
        if not check.is_ok:
            raise ConfigError(f"{check.name}: {check.remedy}")
    # The threads have sessions of their own: this one is done, and must not stay in
    # a transaction for as long as the worker lives.
    db.session.remove()
    work_until(stop_on_signals(), app, threads=threads)
