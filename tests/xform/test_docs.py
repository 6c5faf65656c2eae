"""What the engine can say is described in docs/evaluation.md and docs/forms.md."""

from pathlib import Path
from typing import get_args

import pytest

from fieldapp.xform.instance import UnreadableCode
from fieldapp.xform.judgement import Rule
from fieldapp.xform.lintrules import TEXTS
from fieldapp.xform.messages import RULE_MESSAGES

FORMS = (Path(__file__).parents[2] / "docs/forms.md").read_text(encoding="utf-8")
PAGE = (Path(__file__).parents[2] / "docs/evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", get_args(Rule))
def test_rule_is_described_and_has_its_words_in_both_languages(rule: str) -> None:
    assert f"`{rule}`" in PAGE
    assert RULE_MESSAGES[rule].keys() == {"id", "en"}


@pytest.mark.parametrize("code", get_args(UnreadableCode))
def test_code_of_an_unreadable_entry_is_described(code: str) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("code", TEXTS)
def test_code_of_a_remark_on_a_form_is_described(code: str) -> None:
    assert f"`{code}`" in FORMS
