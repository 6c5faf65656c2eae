"""Answers read from JavaRosa 5.1.0, the engine of ODK Collect, for each expression."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from fieldapp.xform import times
from fieldapp.xform.node import Node, XPathValue
from fieldapp.xform.xpath import (
    Evaluation,
    XPathError,
    XPathTypeError,
    compile_xpath,
    to_boolean,
    to_number,
    to_string,
)
from tests.xform.xpath.record import make_evaluation, make_record

RECORD = make_record()
CASES = Path(__file__).parent / "javarosa"


@pytest.mark.parametrize("corpus", sorted(path.stem for path in CASES.glob("*.ndjson")))
def test_expressions_have_the_answers_of_javarosa(corpus: str) -> None:
    lines = (CASES / f"{corpus}.ndjson").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]

    wrong = [
        (case, given) for case in cases if (given := answer(case)) != expected(case)
    ]

    assert len(cases) >= 200
    assert wrong == []


def expected(case: dict[str, Any]) -> dict[str, Any]:
    asked = {"expr", "context", "dot", "dotType"}
    return {key: item for key, item in case.items() if key not in asked}


def answer(case: dict[str, Any]) -> dict[str, Any]:
    evaluation = make_evaluation(case.get("context", "/data"), RECORD)
    if "dot" in case:
        evaluation.dot = read(case["dot"], case["dotType"])
    try:
        expression = compile_xpath(
            case["expr"], context=evaluation.node.path, defer_unknown=True
        )
        found: Any = expression.evaluate(evaluation)
        if found is None:
            return {"type": "null"}
        given = {"type": kind_of(found)}
        if isinstance(found, list):
            given["nodes"] = [own_string(node, evaluation) for node in found]
            try:
                found = expression.value(evaluation)
            except XPathTypeError:
                return given
        return given | coercions(found)
    except XPathError:
        return {"error": True}


def read(text: str, kind: str) -> XPathValue:
    if kind in ("int", "decimal"):
        return float(text)
    if kind == "date":
        return times.read_date(text) or ""
    if kind == "dateTime":
        return times.read_date_time(text, UTC) or ""
    return text


def own_string(node: Node, evaluation: Evaluation) -> str:
    is_candidate = evaluation.dot is not None and node is evaluation.node
    return to_string(evaluation.dot if is_candidate else node.value)


def kind_of(found: XPathValue) -> Any:
    kinds = {float: "number", bool: "boolean", str: "string", list: "nodeset"}
    return kinds.get(type(found), "date")


def coercions(found: Any) -> dict[str, Any]:
    return {
        "string": to_string(found),
        "number": to_string(to_number(found)),
        "boolean": to_string(to_boolean(found)),
    }


def test_dates_and_moments_are_told_apart_from_other_values() -> None:
    assert kind_of(date(2024, 2, 29)) == "date"
    assert kind_of(datetime(2024, 2, 29, tzinfo=UTC)) == "date"
