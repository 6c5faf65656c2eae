"""The engine line by line: one JSON object in, one out, for comparison with others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fieldapp.xform.calculation import store, text_of_value
from fieldapp.xform.definition import FormDefinition, FormError
from fieldapp.xform.evaluate import context_of, evaluate
from fieldapp.xform.files import open_form
from fieldapp.xform.instance import Instance, InstanceUnreadable, open_instance
from fieldapp.xform.judgement import Judgement, Violation
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.values import VALUE_TYPES
from fieldapp.xform.xpath import Evaluation, Expression, XPathError, compile_xpath
from fieldapp.xform.xpath.conversions import to_boolean, to_number, to_string, unpack

_KINDS = ((bool, "boolean"), (float, "number"), (str, "string"), (list, "nodeset"))


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
    judgement = evaluate(definition, instance, now=now)
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


def blank_judgement(definition: FormDefinition, *, now: datetime) -> Judgement:
    """Judge the form's own blank instance: what an expression reads by default."""
    instance = Instance(
        definition.blank, "", "", "", "", "", is_encrypted=False, size=0
    )
    return evaluate(definition, instance, now=now)


def eval_line(judgement: Judgement, line: Mapping[str, Any]) -> dict[str, Any]:
    """Answer `{"expr", "context"?, "dot"?, "dotType"?, "as"?}` with the value.

    `{"parse": type, "value"}` asks what a text means under a bind type.
    """
    echoed = {key: line[key] for key in ("id", "expr", "context", "dot") if key in line}
    if "parse" in line:
        return {**echoed, **_parse(judgement, str(line["parse"]), str(line["value"]))}
    stage = "context"
    try:
        node = _find(judgement.root, str(line.get("context", "")))
        stage = "parse"
        expression = compile_xpath(
            str(line.get("expr", "")),
            context=node.path,
            repeats=judgement.definition.repeats,
            defer_unknown=True,
        )
        stage = "eval"
        context = _context(judgement, node, line)
        return {**echoed, **_answer(expression, context, line)}
    except (XPathError, LookupError) as error:
        return {**echoed, "ok": False, "stage": stage, "error": str(error)}


def _context(judgement: Judgement, node: Node, line: Mapping[str, Any]) -> Evaluation:
    context = context_of(judgement)
    context.node = node
    if "dot" in line:
        kind = VALUE_TYPES.get(
            str(line.get("dotType", "string")), VALUE_TYPES["string"]
        )
        dot = kind.read(str(line["dot"]), judgement.now)
        context.dot = "" if dot is None else dot
    return context


def _answer(
    expression: Expression, context: Evaluation, line: Mapping[str, Any]
) -> dict[str, Any]:
    value = expression.evaluate(context)
    answer: dict[str, Any] = {"type": _kind(value), "ok": True}
    if isinstance(value, list):
        answer["nodes"] = [to_string(node.value) for node in value]
    try:
        plain = unpack(expression.value(context))
    except XPathError as error:
        return {**answer, "unpack_error": str(error)}
    answer["string"] = to_string(plain)
    answer["number"] = to_string(to_number(plain))
    answer["boolean"] = "true" if to_boolean(plain) else "false"
    for kind in dict.fromkeys(("string", str(line.get("as", "string")))):
        name = "as_text" if kind == "string" else f"as_{kind}"
        try:
            stored = store(plain, kind, context.now)
            answer[name] = text_of_value(stored, kind) or None
        except XPathError as error:
            answer[f"{name}_error"] = str(error)
    return answer


def _kind(value: XPathValue) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "date")


def _parse(judgement: Judgement, kind: str, text: str) -> dict[str, Any]:
    asked = {"parse": kind, "value": text}
    value_type = VALUE_TYPES.get(kind)
    if value_type is None:
        return {**asked, "ok": False, "error": "unknown type"}
    value = value_type.read(text, judgement.now)
    if value is None or (value == "" and not text):
        return {**asked, "ok": False, "read": None}
    return {**asked, "ok": True, "read": text_of_value(value, kind)}


def _find(root: Node, path: str) -> Node:
    """Find a node by a path with positions: `/data/item[2]/price`."""
    node = root
    for part in [each for each in path.split("/") if each][1:]:
        name, _, index = part.partition("[")
        node = node.by_name[name][int(index.rstrip("]") or 1) - 1]
    return node


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
    judgement = blank_judgement(definition, now=now)
    for each in judgement.violations:
        if each.rule == "expression":
            return {
                "file": str(path),
                "ok": False,
                "failed_at": "initialize",
                "error": f"{each.path}: {dict(each.detail)}",
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
