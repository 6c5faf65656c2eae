"""The typed record: XML and JSON meet in one schema."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import open_instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.record import RecordInvalid, from_record, to_record
from fieldapp.xform.schema import record_schema
from tests.xform.small_forms import NOW, judge, make_form

FORM = make_form(
    "<at/><day/><place/><line/><crops/><hidden/><sum/><item><kg/><price/></item>",
    '<bind nodeset="/data/at" type="dateTime"/><bind nodeset="/data/day" type="date"/>'
    '<bind nodeset="/data/place" type="geopoint"/>'
    '<bind nodeset="/data/line" type="geotrace"/>'
    '<bind nodeset="/data/hidden" relevant="/data/day = \'\'"/>'
    '<bind nodeset="/data/sum" type="int" calculate="sum(/data/item/kg)"/>'
    '<bind nodeset="/data/item/kg" type="int" constraint=". &gt; 0" '
    'jr:constraintMsg="Lebih dari nol"/>'
    '<bind nodeset="/data/item/price" type="decimal"/>',
    '<select ref="/data/crops"><label>C</label>'
    "<item><label>Kopi</label><value>kopi</value></item>"
    "<item><label>Teh</label><value>teh</value></item></select>"
    '<group ref="/data/item"><label>I</label><repeat nodeset="/data/item">'
    '<input ref="/data/item/kg"><label>K</label></input></repeat></group>',
)
ANSWERS = (
    "<at>2026-08-20T08:14:02.517+07:00</at><day>2026-08-20</day>"
    "<place>-7.43 109.25 74.3 4.8</place><line>1 2; 3 4 5 6</line>"
    "<crops>kopi teh</crops><sum>3</sum>"
    "<item><kg>1</kg><price>2.50</price></item><item><kg>2</kg><price/></item>"
)
RECORD = {
    "at": datetime.fromisoformat("2026-08-20T08:14:02.517+07:00"),
    "day": date(2026, 8, 20),
    "place": {
        "latitude": -7.43,
        "longitude": 109.25,
        "altitude": 74.3,
        "accuracy": 4.8,
    },
    "line": [
        {"latitude": 1.0, "longitude": 2.0, "altitude": 0.0, "accuracy": 0.0},
        {"latitude": 3.0, "longitude": 4.0, "altitude": 5.0, "accuracy": 6.0},
    ],
    "crops": ["kopi", "teh"],
    "sum": 3,
    "item": [{"kg": 1, "price": 2.5}, {"kg": 2, "price": None}],
    "meta": {"instanceID": "uuid:1"},
}


def judge_record(record: dict[str, Any]) -> Judgement:
    return evaluate(FORM, open_instance(from_record(FORM, record)), now=NOW)


def test_record_has_the_types_of_the_form() -> None:
    record = to_record(judge(FORM, ANSWERS))

    assert record == RECORD
    assert record["at"].utcoffset() == RECORD["at"].utcoffset()  # type: ignore[attr-defined] # A time.


def test_question_that_does_not_apply_is_left_out() -> None:
    assert "hidden" not in to_record(judge(FORM, ANSWERS))


def test_record_goes_through_json_and_xml_unchanged() -> None:
    schema = record_schema(FORM)()

    loaded = schema.load(schema.dump(RECORD))
    again = to_record(judge_record(loaded))

    assert loaded == RECORD
    assert again == RECORD


def test_unreadable_answer_stays_in_the_record_as_it_came() -> None:
    judgement = judge(FORM, ANSWERS.replace("<kg>1<", "<kg>satu<"))

    record = to_record(judgement)

    assert record["item"][0]["kg"] == "satu"
    assert record_schema(FORM)().dump(record)["item"][0]["kg"] == "satu"


def test_schema_is_compiled_once() -> None:
    assert record_schema(FORM) is record_schema(FORM)


@pytest.mark.parametrize(
    ("record", "errors"),
    [
        ({"day": "kemarin"}, {"day": ["Not a valid date."]}),
        ({"item": [{"kg": "1"}]}, {"item": {0: {"kg": ["Not a valid integer."]}}}),
        ({"nobody": 1}, {"nobody": ["Unknown field."]}),
        ({"at": "2026-08-20T08:14:02"}, {"at": ["Not a valid aware datetime."]}),
        (
            {"place": {"latitude": 1}},
            {"place": {"longitude": ["Missing data for required field."]}},
        ),
    ],
)
def test_wrong_json_names_the_field(
    record: dict[str, Any], errors: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        record_schema(FORM)().load(record)

    assert refused.value.messages == errors


def test_rules_of_the_form_run_inside_the_schema_when_it_has_a_clock() -> None:
    schema = record_schema(FORM)
    record = {"item": [{"kg": 1}, {"kg": -1}]}

    schema().load(record)
    with pytest.raises(ValidationError) as refused:
        schema(now=datetime.now(UTC)).load(record)

    assert refused.value.messages == {"item": {1: {"kg": ["Lebih dari nol"]}}}


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"nobody": 1}, "/data/nobody"),
        ({"item": {"kg": 1}}, "/data/item"),
        ({"item": [5]}, "/data/item"),
        ({"day": object()}, "/data/day"),
        ({"hidden": "a\x00b"}, "/data/hidden"),
        ({"hidden": "\ud800"}, "/data/hidden"),
    ],
)
def test_record_that_does_not_fit_is_refused_at_its_path(
    record: dict[str, Any], path: str
) -> None:
    with pytest.raises(RecordInvalid) as refused:
        from_record(FORM, record)

    assert refused.value.path == path


def test_markup_in_an_answer_stays_an_answer() -> None:
    answer = "</hidden><sum>9</sum> & <b>"

    judgement = judge_record({"hidden": answer})

    assert to_record(judgement)["hidden"] == answer
