"""Judge, and make of the verdict all that the server makes of it."""

import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.evaluate import evaluate, time_of_capture
from fieldapp.xform.explain import explain_judgement
from fieldapp.xform.instance import (
    Instance,
    InstanceUnreadable,
    open_instance,
    read_instance,
)
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.linting import lint
from fieldapp.xform.opening import blank_instance
from fieldapp.xform.record import RecordInvalid, from_record, to_record
from fieldapp.xform.schema import record_schema
from tests.xform.instances import InstanceMaker

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_CHANCE = ("uuid", "random", "randomize")


def judged(form: FormDefinition, xml: bytes) -> Any:
    """Read an entry, judge it, and give the verdict or why it cannot be read."""
    try:
        instance = open_instance(xml)
    except InstanceUnreadable as error:
        return str(error)
    with suppress(InstanceUnreadable):
        read_instance(xml)
    return _verdict(form, instance)


def _verdict(form: FormDefinition, instance: Instance) -> Any:
    random.seed(1)
    time_of_capture(form, instance)
    judgement = evaluate(form, instance, now=NOW)
    told = [*explain_judgement(judgement, "id"), *explain_judgement(judgement, "en")]
    for violation in (*judgement.violations, *judgement.warnings):
        assert violation.message["id"]
        assert violation.message["en"]
    found = {
        "told": told,
        "calculated": judgement.calculated,
        "record": _record(judgement),
        "village": judgement.village_code,
        "about": judgement.subjects,
        "files": judgement.attachment_names,
        "captured_at": judgement.captured_at,
    }
    written = orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS)
    is_steady = not any(
        name in step.expression.source for step in form.steps for name in _CHANCE
    )
    return written if is_steady else None


def _record(judgement: Judgement) -> Any:
    """Dump the record as the server answers it, and write it back as XML."""
    form = judgement.definition
    record = to_record(judgement)
    dumped = record_schema(form)().dump(record)
    with suppress(RecordInvalid):
        open_instance(from_record(form, record))
    return dumped


def verdict_on(form: FormDefinition) -> Any:
    """Judge the form's own blank entry, and check the form as for publishing it."""
    random.seed(1)
    judgement = evaluate(form, blank_instance(form), now=NOW)
    lint(form)
    return [*explain_judgement(judgement, "id")]


def verdict_of_form(form: FormDefinition) -> Any:
    """Judge the blank entry, and a rough one."""
    chance = random.Random(1)  # noqa: S311 - It must be repeatable, not secret.
    xml = InstanceMaker(form, chance).make(0.5)
    verdict_on(form)
    return judged(form, xml.encode("utf-8", "replace"))
