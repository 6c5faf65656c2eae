"""Judge an instance as at the moment when the phone finished it.

A rule such as ``. <= today()`` was true or false on the phone, on the day when the
entry was made: judged by the clock of the server, weeks later, it would raise false
alarms, and an approval would judge otherwise than the intake did.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import cast
from zoneinfo import ZoneInfo

from fieldapp.xform.definition import FormDefinition, Path
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import Instance, read_instance
from fieldapp.xform.judgement import Judgement

WESTERN = ZoneInfo("Asia/Jakarta")
CLOCK_TOLERANCE = timedelta(hours=24)


def judge(
    definition: FormDefinition, instance: Instance, *, received_at: datetime
) -> Judgement:
    """Evaluate an instance by its form's rules, as at the time it was made.

    A phone whose clock is ahead of ours by more than a day is judged by ours.
    """
    claimed = captured_at(definition, instance)
    zone = cast("tzinfo", claimed.tzinfo) if claimed else WESTERN
    if claimed is None or claimed > received_at + CLOCK_TOLERANCE:
        claimed = received_at
    return evaluate(definition, instance, now=claimed.astimezone(zone), time_zone=zone)


def judge_again(
    definition: FormDefinition, xml: bytes, *, received_at: datetime
) -> Judgement:
    """Evaluate a stored revision; finds what the intake found."""
    return judge(definition, read_instance(xml), received_at=received_at)


def captured_at(definition: FormDefinition, instance: Instance) -> datetime | None:
    """Read when the phone says that the entry was made: ``end``, else ``start``.

    Without an offset it is no moment, and without a moment there is nothing to say.
    """
    for path in (definition.end_path, definition.start_path):
        text = _text_at(instance, path) if path else None
        if text and (moment := _moment(text)):
            return moment
    return None


def _text_at(instance: Instance, path: Path) -> str | None:
    element = instance.root
    for name in path[1:]:
        child = next(element.iterchildren("{*}" + name), None)
        if child is None:
            return None
        element = child
    return element.text


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            return None
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
