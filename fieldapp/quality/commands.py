"""The command line of the quality flags."""

import click
from flask.cli import with_appcontext

from fieldapp.quality.working import derive_again, follow_once


@click.group("flags")
def flags_commands() -> None:
    """Quality flags: raise them, or derive them all again."""


@flags_commands.command("follow")
@with_appcontext
def follow_flags() -> None:
    """Raise the flags of all that came since, which the worker does by itself."""
    click.echo(f"{_follow_all()} lines of the logs")


@flags_commands.command("rebuild")
@with_appcontext
def rebuild_flags() -> None:
    """Derive all flags again from the revisions; what reviewers said of them stays."""
    derive_again()
    click.echo(f"{_follow_all()} lines of the logs")


def _follow_all() -> int:
    lines = 0
    while number := follow_once():
        lines += number
    return lines
