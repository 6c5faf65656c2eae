"""Verdicts that were read from JavaRosa 5.1, kept so that no Java is needed."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.findings import is_same
from fieldapp.xform.instance import open_instance
from fieldapp.xform.parse import parse_form

KEPT = json.loads(
    Path(__file__).with_name("javarosa_verdicts.json").read_text(encoding="utf-8")
)
ASKED_AT = datetime.fromisoformat(KEPT["asked_at"])


@pytest.mark.parametrize("form", KEPT["forms"], ids=lambda form: str(form["name"]))
def test_kept_instances_get_javarosas_verdict(form: dict[str, Any]) -> None:
    definition = parse_form(form["form"].encode())

    for case in form["cases"]:
        instance = open_instance(case["xml"].encode())
        judgement = evaluate(definition, instance, now=ASKED_AT)

        found = {(each.path, each.rule) for each in judgement.violations}
        asked = {each for each in found if each[1] in {"required", "constraint"}}
        dropped = {each for each in found if each[1] in {"type", "choice"}}
        assert asked == {tuple(each) for each in case["rules"]}, case["xml"]
        assert dropped == {tuple(each) for each in case["dropped"]}, case["xml"]
        assert judgement.calculated.keys() == case["calculated"].keys()
        for path, text in case["calculated"].items():
            ours = judgement.calculated[path]
            assert ours == text or is_same(ours, text), (path, case["xml"])
