"""`fieldapp form …`: check, try and compare forms without a server or a database."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from fieldapp.xform.comparison import compare
from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.evaluate import evaluate, time_of_capture
from fieldapp.xform.explain import (
    explain_comparison,
    explain_form,
    explain_judgement,
)
from fieldapp.xform.files import OpenedForm, open_form, read_media
from fieldapp.xform.instance import InstanceUnreadable, open_instance
from fieldapp.xform.lines import judge_line, load_line, utc_now
from fieldapp.xform.linting import Check, examine
from fieldapp.xform.parse import parse_form
from fieldapp.xform.translations import SHOWN
from fieldapp.xform.trial import Trial

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MEDIA = click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the form's lists; the form's own folder if left out.",
)
LANGUAGE = click.option("--language", default="id", show_default=True, help="id or en")
ZONE = click.option(
    "--tz",
    default="UTC",
    show_default=True,
    callback=lambda _context, _option, name: _zone(name),
    help="Zone of the device: Asia/Jakarta.",
)
LINES = click.argument("lines", type=click.File("r", encoding="utf-8"), default="-")
_EMPTY = (
    '<html xmlns="http://www.w3.org/2002/xforms"><model><instance>'
    '<data id="empty"/></instance></model></html>'
)

_checks: list[Check] = []


def register_check(check: Check) -> None:
    """Have a package above add its remarks to `fieldapp form check`."""
    if check not in _checks:
        _checks.append(check)


@click.group("form")
def form_commands() -> None:
    """Periksa dan coba formulir. / Check and try forms."""


@form_commands.command("check")
@click.argument("file", type=FILE)
@LANGUAGE
@MEDIA
def check(file: Path, language: str, media: Path | None) -> None:
    """Compile a form, explain it and tell what is wrong; fails if it is refused."""
    files = read_media(media or file.parent, besides=file)
    source = file.read_bytes()
    examined = examine(source, file.name, media=files, checks=_checks)
    for line in explain_form(examined, language):
        click.echo(line)
    sys.exit(1 if examined.errors else 0)


@form_commands.command("compare")
@click.argument("older", type=FILE)
@click.argument("newer", type=FILE)
@LANGUAGE
def compare_versions(older: Path, newer: Path, language: str) -> None:
    """Tell what a form asks otherwise than before; fails if a type changes."""
    forms = _open(older, None).definition, _open(newer, None).definition
    comparison = compare(*forms)
    for line in explain_comparison(comparison, language):
        click.echo(line)
    sys.exit(1 if comparison.retyped else 0)


@form_commands.command("try")
@click.argument("file", type=FILE)
@click.argument("instance", type=FILE)
@LANGUAGE
@MEDIA
def try_instance(file: Path, instance: Path, language: str, media: Path | None) -> None:
    """Judge one instance and give the reasons; fails if it breaks a rule."""
    definition = _open(file, media).definition
    try:
        read = open_instance(instance.read_bytes())
    except InstanceUnreadable as unreadable:
        raise click.ClickException(str(unreadable)) from unreadable
    now = time_of_capture(definition, read) or utc_now()
    judgement = evaluate(definition, read, now=now)
    for line in explain_judgement(judgement, language):
        click.echo(line)
    sys.exit(0 if judgement.is_ok else 1)


@form_commands.command("judge")
@click.argument("file", type=FILE)
@LINES
@MEDIA
@ZONE
def judge(file: Path, lines: TextIO, media: Path | None, tz: ZoneInfo) -> None:
    """Judge NDJSON lines of {"id", "xml"}; one verdict a line."""
    definition = _open(file, media).definition
    _answer_lines(
        lines, lambda line: judge_line(definition, line, now=utc_now().astimezone(tz))
    )


@form_commands.command("eval")
@click.argument("file", type=FILE, required=False)
@LINES
@click.option("--instance", type=FILE, help="Evaluate on this instance of the form.")
@MEDIA
@ZONE
def evaluate_lines(
    file: Path | None,
    lines: TextIO,
    instance: Path | None,
    media: Path | None,
    tz: ZoneInfo,
) -> None:
    """Evaluate NDJSON lines of {"expr", "context", "instance", "dot", "as"}."""
    definition = _open(file, media).definition if file else _empty_form()
    text = instance.read_text("utf-8", "replace") if instance else None
    trial = Trial(definition, now=utc_now().astimezone(tz), default_xml=text)
    _answer_lines(lines, trial.answer)


@form_commands.command("load")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@MEDIA
def load(files: tuple[Path, ...], media: Path | None) -> None:
    """Load forms; one line each: what it is, or why it is refused."""
    for path in _paths(files):
        _write(load_line(path, media, now=utc_now()))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise click.BadParameter(f"{name!r} is no time zone") from error


def _open(file: Path, media: Path | None) -> OpenedForm:
    try:
        return open_form(file, media)
    except FormError as error:
        told = "\n".join(error.told(language) for language in SHOWN)
        raise click.ClickException(told) from error


def _empty_form() -> FormDefinition:
    return parse_form(_EMPTY.encode())


def _paths(files: tuple[Path, ...]) -> Iterator[Path]:
    """Go through the names given; `-` stands for names on standard input."""
    for path in files:
        if str(path) == "-":
            yield from (Path(line.strip()) for line in sys.stdin if line.strip())
        else:
            yield path


def _answer_lines(
    lines: TextIO, answer: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Answer each line at once; a line that is no JSON object gets an error."""
    for text in lines:
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            _write({"ok": False, "error": f"not JSON: {error}"})
            continue
        if isinstance(line, dict):
            _write(answer(line))
        else:
            _write({"ok": False, "error": "not a JSON object"})


def _write(line: dict[str, Any]) -> None:
    click.echo(json.dumps(line, ensure_ascii=False))
