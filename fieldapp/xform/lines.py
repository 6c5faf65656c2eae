"""The engine line by line: one JSON object in, one out, for comparison with others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.files import open_form
from fieldapp.xform.instance import InstanceUnreadable, open_instance
from fieldapp.xform.judgement import Violation
from fieldapp.xform.opening import open_blank


def judge_line(
    definition: FormDefinition, line: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Answer `{"id", "xml"}` with the verdict."""
    try:
        instance = open_instance(str(line.get("xml", "")).encode("utf-8", "replace"))
    except InstanceUnreadable as unreadable:
        wrong = {"path": "", "rule": "unreadable", "message": str(unreadable)}
        return {
            "id": line.get("id"),
            "ok": False,
            "violations": [wrong],
            "warnings": [],
            "calculated": {},
        }
    judgement = evaluate(definition, instance, now=now, time_zone=now.tzinfo or UTC)
    return {
        "id": line.get("id"),
        "ok": judgement.is_ok,
        "violations": [_violation(each) for each in judgement.violations],
        "warnings": [_violation(each) for each in judgement.warnings],
        "calculated": {
            path: text or None for path, text in judgement.calculated.items()
        },
    }


def _violation(violation: Violation) -> dict[str, Any]:
    return {
        "path": violation.path,
        "rule": violation.rule,
        "message": violation.message["en"],
        "value": violation.value,
    }


def load_line(path: Path, media: Path | None, *, now: datetime) -> dict[str, Any]:
    """Tell whether a form loads, or why it is refused."""
    try:
        definition = open_form(path, media).definition
    except FormError as error:
        return {
            "file": str(path),
            "ok": False,
            "failed_at": "parse",
            "error": str(error),
        }
    try:
        open_blank(definition, now=now)
    except FormError as error:
        return {
            "file": str(path),
            "ok": False,
            "failed_at": "initialize",
            "error": str(error),
        }
    return {
        "file": str(path),
        "ok": True,
        "title": definition.title,
        "id": definition.form_id,
        "version": definition.version,
        "root": definition.root.name,
        "questions": sum(bool(node.controls) for node in definition.nodes.values()),
        "missing_external_instances": sorted(definition.missing_instances),
        "warnings": [str(each) for each in definition.warnings],
    }


def utc_now() -> datetime:
    """Give the moment at which a command judges."""
    return datetime.now(UTC)
