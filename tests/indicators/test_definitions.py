from pathlib import Path
from typing import Any

import pytest

from fieldapp.forms.problems import FormRefused
from fieldapp.indicators.cells import SheetError
from fieldapp.indicators.checking import check_indicators
from fieldapp.indicators.definitions import (
    Indicator,
    parse_indicators,
    refuse_changed,
)
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.form_factories import FORMS
from tests.indicators.entries import FORM, publish_weighing

ROW = {
    "row": 7,
    "name": "KG",
    "label::Indonesia (id)": "Berat",
    "label::English (en)": "Weight",
    "unit": "kg",
    "aggregate": "sum",
    "value": "${kg}",
    "over": "${sack}",
}


@pytest.fixture(scope="module")
def definition() -> FormDefinition:
    return parse_form(compile_xlsform(FORM.encode(), filename="timbang.md").xml)


def parse(definition: FormDefinition, **changes: str) -> Indicator:
    (indicator,) = parse_indicators(definition, [{**ROW, **changes}])
    return indicator


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.md")), ids=lambda path: path.stem)
def test_indicators_of_our_forms_compile(path: Path) -> None:
    compiled = compile_xlsform(path)
    rows: list[dict[str, Any]] = [
        {"row": row.row, **row.cells} for row in compiled.indicators
    ]

    indicators = parse_indicators(parse_form(compiled.xml), rows)

    assert len(indicators) == len(rows) > 0


def test_row_becomes_an_indicator_with_labels_in_both_languages(
    definition: FormDefinition,
) -> None:
    indicator = parse(definition, by="sex, ${grade}")

    assert indicator.labels == {"id": "Berat", "en": "Weight"}
    assert indicator.over == ("data", "sack")
    assert [item.name for item in indicator.by] == ["sex", "grade"]
    assert indicator.by[0].choices["P"] == {"id": "Perempuan", "en": "Female"}


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"name": ""}, "name", "must not be empty"),
        ({"name": "1 kg"}, "name", "only letters"),
        ({"unit": ""}, "unit", "must not be empty"),
        ({"label::English (en)": ""}, "label (en)", "must not be empty"),
        ({"aggregate": "total"}, "aggregate", "choose from: count, sum"),
        ({"value": ""}, "value", "must not be empty"),
        ({"value": "${weight}"}, "value", "weight"),
        ({"value": "${kg} +"}, "value", "XPath"),
        ({"value": "sum(1, 2, 3)"}, "value", "sum"),
        ({"value": "random()"}, "value", "would not stay"),
        ({"where": "today() > ${visited_on}"}, "where", "would not stay"),
        ({"weight": "${kg}"}, "weight", "is not used by sum"),
        ({"aggregate": "ratio"}, "weight", "must not be empty"),
        ({"over": "${sex}"}, "over", "is no repeat"),
        ({"over": "${bag}"}, "over", "there is no question 'bag'"),
        ({"by": "color"}, "by", "there is no question 'color'"),
        ({"by": "phone"}, "by", "is personal data"),
        ({"by": "kg"}, "by", "is a decimal"),
        ({"by": "grade", "over": ""}, "by", "inside the repeat sack"),
        ({"by": "sex grade standards store"}, "by", "at most 3"),
        ({"period": "${when}"}, "period", "when"),
        ({"colour": "red"}, "colour", "not known"),
    ],
)
def test_wrong_cell_is_refused_by_sheet_row_and_column(
    definition: FormDefinition, changes: dict[str, str], column: str, reason: str
) -> None:
    with pytest.raises(SheetError) as refusal:
        parse(definition, **changes)

    text = refusal.value.text()
    assert f"sheet indicators, row 7, column {column}: " in text.en
    assert f"lembar indicators, baris 7, kolom {column}: " in text.id
    assert reason in text.en


def test_everything_that_is_wrong_is_told_at_once(definition: FormDefinition) -> None:
    rows = [{**ROW, "unit": "", "aggregate": "total"}, {**ROW, "row": 8}]

    with pytest.raises(SheetError) as refusal:
        parse_indicators(definition, rows)

    places = [(fault.row, fault.column) for fault in refusal.value.faults]
    assert sorted(places) == [(7, "aggregate"), (7, "unit"), (8, "name")]


def test_name_keeps_its_unit_and_aggregate_from_version_to_version(
    definition: FormDefinition,
) -> None:
    older = [parse(definition)]
    row = {**ROW, "row": 4, "unit": "ton"}
    newer = parse_indicators(definition, [row])

    refuse_changed(older, older, [ROW])
    with pytest.raises(
        SheetError, match="row 4, column unit: KG was kg and is now ton"
    ):
        refuse_changed(older, newer, [row])


@pytest.mark.usefixtures("app")
def test_form_that_changes_a_unit_is_refused_before_it_is_published(
    definition: FormDefinition,
) -> None:
    publish_weighing()
    row = {**ROW, "row": 4, "unit": "ton"}

    check_indicators(definition, [ROW])
    with pytest.raises(FormRefused) as refusal:
        check_indicators(definition, [row])

    assert "lembar indicators, baris 4, kolom unit" in refusal.value.detail.id
