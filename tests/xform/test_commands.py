"""The command line judges without a server or a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fieldapp.xform.commands import form_commands
from tests.xform.small_forms import entry, form_xml

FORM = form_xml(
    "<kg/><total/><item><n/></item>",
    '<bind nodeset="/data/kg" type="int" required="true()" constraint=". &gt; 0" '
    'jr:constraintMsg="Lebih dari nol"/>'
    '<bind nodeset="/data/total" calculate="sum(/data/item/n)"/>'
    '<bind nodeset="/data/item/n" type="int"/>',
    '<input ref="/data/kg"><label>Berat</label></input><group ref="/data/item">'
    '<repeat nodeset="/data/item"><input ref="/data/item/n"/></repeat></group>',
)
ANSWERS = "<kg>{}</kg><total>3</total><item><n>1</n></item><item><n>2</n></item>"


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "form.xml"
    path.write_bytes(FORM)
    return path


def run(*arguments: object, lines: list[object] | None = None) -> Result:
    text = "\n".join(json.dumps(line) for line in lines or [])
    return CliRunner().invoke(
        form_commands, [str(each) for each in arguments], input=text
    )


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.output.splitlines()]


def test_judge_answers_each_line_with_its_verdict(form: Path) -> None:
    lines = [
        {"id": "good", "xml": entry(ANSWERS.format(5)).decode()},
        {"id": "bad", "xml": entry(ANSWERS.format(-5)).decode()},
        {"id": "cut", "xml": "<data"},
    ]

    good, bad, cut = answers(run("judge", form, lines=[*lines]))

    assert good["ok"]
    assert good["calculated"] == {"/data/total": "3"}
    assert not bad["ok"]
    assert bad["violations"][0]["path"] == "/data/kg"
    assert bad["violations"][0]["rule"] == "constraint"
    assert bad["violations"][0]["message"] == "Lebih dari nol"
    assert cut["violations"][0]["rule"] == "unreadable"


def test_eval_reads_an_instance_of_the_form(form: Path, tmp_path: Path) -> None:
    instance = tmp_path / "entry.xml"
    instance.write_bytes(entry(ANSWERS.format(5)))
    lines = [
        {"id": 1, "expr": "sum(/data/item/n)", "as": "int"},
        {"id": 2, "expr": "../n", "context": "/data/item[2]/n"},
        {"id": 3, "expr": ". > 4", "context": "/data/kg", "dot": "9", "dotType": "int"},
        {"id": 4, "expr": "1 +"},
        {"id": 5, "expr": "1", "context": "/data/nowhere"},
        {"parse": "date", "value": "2024-1-2"},
    ]

    found = answers(run("eval", form, "--instance", instance, lines=[*lines]))

    assert (found[0]["type"], found[0]["string"], found[0]["as_int"]) == (
        "number",
        "3",
        "3",
    )
    assert (found[1]["type"], found[1]["nodes"]) == ("nodeset", ["2"])
    assert (found[2]["type"], found[2]["boolean"]) == ("boolean", "true")
    assert (found[3]["ok"], found[3]["stage"]) == (False, "parse")
    assert (found[4]["ok"], found[4]["stage"]) == (False, "context")
    assert found[5]["read"] == "2024-01-02"


def test_eval_reads_the_instance_that_a_line_brings(form: Path) -> None:
    other = entry(ANSWERS.format(7)).decode()
    lines = [
        {"expr": "/data/kg", "instance": other, "as": "string"},
        {"expr": "/data/kg"},
        {"expr": "/data/kg", "instance": "<data"},
        {"expr": "/data/kg", "instance": None},
        {"expr": "((", "context": "/nowhere"},
    ]

    found = answers(run("eval", form, lines=[*lines]))

    assert (found[0]["nodes"], found[0]["as_text"], found[0]["as_string"]) == (
        ["7"],
        "7",
        "7",
    )
    assert found[1]["nodes"] == [""]
    assert [each.get("stage") for each in found[2:]] == [
        "instance",
        "instance",
        "parse",
    ]


def test_eval_works_in_the_zone_of_the_device(form: Path) -> None:
    lines = [{"expr": "date-time('2024-05-01T00:00Z')"}]

    (found,) = answers(run("eval", form, "--tz", "Asia/Jakarta", lines=[*lines]))
    unknown = run("eval", form, "--tz", "Asia/Nowhere", lines=[*lines])

    assert found["as_text"] == "2024-05-01T07:00:00.000+07:00"
    assert unknown.exit_code == 2


def test_eval_shows_an_expression_that_has_no_value(form: Path) -> None:
    (found,) = answers(run("eval", form, lines=[{"expr": "$x", "dot": 5}]))

    assert found == {"expr": "$x", "dot": 5, "type": "null", "ok": True}


def test_eval_takes_json_values_and_types_by_javas_names(form: Path) -> None:
    lines: list[object] = [
        {"expr": ".", "context": "/data/kg", "dot": 5, "dotType": "INTEGER"},
        {"expr": ".", "context": "/data/kg", "dot": True, "dotType": "text"},
        {"expr": ".", "context": "/data/kg", "dot": [], "dotType": "int"},
        {"expr": "1", "as": "nothing"},
        {"expr": "property('deviceid')"},
        {"expr": "today()", "as": "geopoint"},
        {"expr": "date('2024-02-29')", "as": "choice"},
        {"expr": "1", "context": "/data/item[0]"},
    ]

    found = answers(run("eval", form, lines=lines))

    assert [each["string"] for each in found[:3]] == ["5", "true", ""]
    assert (found[3]["ok"], found[3]["stage"]) == (False, "eval")
    assert found[4]["string"] == "prop:deviceid"
    assert "as_geopoint_error" in found[5]
    assert found[6]["as_choice"] == "Thu Feb 29 00:00:00 UTC 2024"
    assert found[7]["stage"] == "context"


@pytest.mark.parametrize(
    ("kind", "text", "read", "java_class"),
    [
        ("int", " 1 ", "1", "IntegerData"),
        ("double", "5", "5.0", "DecimalData"),
        ("select", "a  b", "a b", "MultipleItemsData"),
        ("date", "24-1-1", "24-01-01", "DateData"),
        ("barcode", " a ", " a ", "StringData"),
        ("int", "x", None, None),
        ("boolean", "", None, None),
        ("nothing", "x", None, None),
    ],
)
def test_eval_tells_what_a_text_means_under_a_type(
    kind: str, text: str, read: str | None, java_class: str | None
) -> None:
    (found,) = answers(run("eval", lines=[{"parse": kind, "value": text}]))

    assert found["ok"] is (read is not None)
    assert (found.get("read"), found.get("class")) == (read, java_class)


def test_eval_needs_no_form() -> None:
    (found,) = answers(run("eval", lines=[{"expr": "1 + 1"}]))

    assert found["string"] == "2"


def test_load_tells_what_each_form_is_or_why_it_is_refused(
    form: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_bytes(FORM.replace(b"/data/kg", b"/data/gone"))

    good, bad, gone = answers(run("load", form, broken, tmp_path / "nothing.xml"))

    assert (good["ok"], good["id"], good["questions"]) == (True, "uji", 2)
    assert not bad["ok"]
    assert "/data/gone" in bad["error"]
    assert not gone["ok"]


def test_check_explains_a_form_and_what_deserves_a_look(form: Path) -> None:
    result = run("check", form)

    assert result.exit_code == 0
    assert "Uji [uji" in result.output
    assert "village" in result.output


def test_check_fails_for_a_form_that_does_not_compile(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text("| survey | |\n| | type |\n| | text |\n")

    assert run("check", path).exit_code == 1


XLSFORM = """\
| survey | | | | | |
| | type | name | label::Indonesia (id) | constraint | bind::fieldapp:role |
| | text | desa | Desa | | village |
| | integer | kg | Berat | {} | |

| settings | | |
| | form_id | version |
| | timbang | 7 |
"""


def test_check_explains_a_form_in_numbers(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(XLSFORM.format(". < 5"))

    result = run("check", path)

    assert result.exit_code == 0
    assert "pertanyaan/questions: 2" in result.output
    assert "village: /data/desa" in result.output
    assert "! lembar survey, baris berkas 4, kolom constraint: " in result.output


def test_check_fails_naming_the_cell_in_the_asked_language(tmp_path: Path) -> None:
    path = tmp_path / "form.md"
    path.write_text(XLSFORM.format(". <"))

    indonesian, english = run("check", path), run("check", path, "--language", "en")

    assert (indonesian.exit_code, english.exit_code) == (1, 1)
    assert "✗ lembar survey, baris berkas 4, kolom constraint:" in indonesian.output
    assert "✗ sheet survey, line 4, column constraint:" in english.output


def test_try_gives_the_reasons_in_plain_words(form: Path, tmp_path: Path) -> None:
    instance = tmp_path / "entry.xml"
    instance.write_bytes(entry(ANSWERS.format(-5)))

    indonesian = run("try", form, instance)
    english = run("try", form, instance, "--language", "en")

    assert indonesian.exit_code == 1
    assert "1 MASALAH" in indonesian.output
    assert "Lebih dari nol" in indonesian.output
    assert "1 PROBLEMS" in english.output


def test_try_accepts_a_good_entry(form: Path, tmp_path: Path) -> None:
    instance = tmp_path / "entry.xml"
    instance.write_bytes(entry(ANSWERS.format(5)))

    result = run("try", form, instance)

    assert result.exit_code == 0
    assert "DITERIMA" in result.output


def test_line_that_is_no_json_harms_no_other(form: Path) -> None:
    good = json.dumps({"id": 1, "xml": entry(ANSWERS.format(5)).decode()})

    result = CliRunner().invoke(
        form_commands, ["judge", str(form)], input=f"nonsense\n[1]\n{good}\n"
    )

    first, second, third = answers(result)
    assert "error" in first
    assert "error" in second
    assert third["ok"]
