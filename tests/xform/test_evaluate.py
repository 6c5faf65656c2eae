"""An entry is judged by its form's own rules, with reasons that people understand."""

import gc
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fieldapp.xform.definition import FormError
from fieldapp.xform.evaluate import (
    compile_over,
    evaluate,
    evaluate_over,
    items_of,
    time_of_capture,
)
from fieldapp.xform.instance import open_instance
from fieldapp.xform.node import Node
from fieldapp.xform.secondary import list_of_items
from tests.xform.small_forms import entry, judge, make_form, problems, remarks

WEIGHING = make_form(
    "<start/><end/><village/><member/><kilos/><photo/><total/><item><kg/></item>",
    '<bind nodeset="/data/start" type="dateTime" jr:preload="timestamp" '
    'jr:preloadParams="start"/>'
    '<bind nodeset="/data/end" type="dateTime" jr:preload="timestamp" '
    'jr:preloadParams="end"/>'
    '<bind nodeset="/data/village" type="string" fieldapp:role="village"/>'
    '<bind nodeset="/data/member" type="string" fieldapp:role="subject personal" '
    'required="true()" jr:requiredMsg="Isi nama"/>'
    '<bind nodeset="/data/kilos" type="decimal" constraint=". &gt; 0 and . &lt;= 500" '
    'jr:constraintMsg="Harus 0 sampai 500" fieldapp:warn=". &lt; 100" '
    'fieldapp:warnMsg="Berat sekali" fieldapp:warnMsgEn="Very heavy"/>'
    '<bind nodeset="/data/photo" type="binary"/>'
    '<bind nodeset="/data/total" type="string" calculate="sum(/data/item/kg)"/>'
    '<bind nodeset="/data/item/kg" type="int"/>',
    '<input ref="/data/member"><label>Nama</label></input>'
    '<input ref="/data/kilos"><label>Berat</label></input>'
    '<upload ref="/data/photo" mediatype="image/*"><label>Foto</label></upload>'
    '<group ref="/data/item"><label>Isi</label><repeat nodeset="/data/item">'
    '<input ref="/data/item/kg"><label>Kg</label></input></repeat></group>',
)
GOOD = (
    "<start>2026-08-20T08:14:02.517+07:00</start><end>2026-08-20T08:21:47.903+07:00</end>"
    "<village>33.02.16.2007</village><member>Sari</member><kilos>25.5</kilos>"
    "<photo>a.jpg</photo><total>5</total><item><kg>2</kg></item><item><kg>3</kg></item>"
)


def test_good_entry_has_neither_violations_nor_warnings() -> None:
    judgement = judge(WEIGHING, GOOD)

    assert judgement.is_ok
    assert judgement.warnings == ()
    assert judgement.calculated == {"/data/total": "5"}


def test_judgement_tells_the_server_what_it_needs() -> None:
    judgement = judge(WEIGHING, GOOD)

    assert judgement.village_code == "33.02.16.2007"
    assert judgement.subjects == {"/data/member": ("Sari",)}
    assert judgement.attachment_names == ("a.jpg",)
    assert judgement.captured_at == datetime(2026, 8, 20, 1, 21, 47, 903000, UTC)


def test_time_of_capture_is_read_before_judging() -> None:
    instance = open_instance(entry(GOOD))

    captured = time_of_capture(WEIGHING, instance)

    assert captured == datetime(2026, 8, 20, 1, 21, 47, 903000, UTC)
    assert time_of_capture(WEIGHING, open_instance(entry(""))) is None


def test_broken_constraint_names_question_message_and_value() -> None:
    judgement = judge(WEIGHING, GOOD.replace("25.5", "-1"))

    (violation,) = judgement.violations
    assert (violation.path, violation.rule) == ("/data/kilos", "constraint")
    assert violation.label["en"] == "Berat"
    assert violation.message["id"] == "Harus 0 sampai 500"
    assert violation.value == "-1"


def test_missing_answer_gets_the_forms_own_message() -> None:
    judgement = judge(WEIGHING, GOOD.replace("Sari", ""))

    (violation,) = judgement.violations
    assert (violation.path, violation.rule) == ("/data/member", "required")
    assert violation.message["en"] == "Isi nama"


def test_soft_rule_warns_in_both_languages_and_does_not_refuse() -> None:
    judgement = judge(WEIGHING, GOOD.replace("25.5", "250"))

    (warning,) = judgement.warnings
    assert judgement.is_ok
    assert warning.rule == "warn"
    assert warning.message["id"] == "Berat sekali"
    assert warning.message["en"] == "Very heavy"


def test_tampered_calculation_is_noticed() -> None:
    judgement = judge(WEIGHING, GOOD.replace("<total>5", "<total>50"))

    assert judgement.is_ok
    assert remarks(judgement) == [("/data/total", "calculate")]
    assert "5" in judgement.warnings[0].message["id"]


@pytest.mark.parametrize(
    ("sent", "is_noticed"), [("12141789.042064844", False), ("12141789.0421", True)]
)
def test_last_digits_of_a_large_number_are_not_noticed(
    sent: str, *, is_noticed: bool
) -> None:
    bind = '<bind nodeset="/data/a" type="decimal" calculate="12141789.042064846"/>'

    judgement = judge(make_form("<a/>", bind, ""), f"<a>{sent}</a>")

    assert bool(judgement.warnings) is is_noticed


def test_text_in_a_number_is_kept_and_flagged() -> None:
    judgement = judge(WEIGHING, GOOD.replace("<kg>3", "<kg>tiga"))

    assert problems(judgement) == [("/data/item[2]/kg", "type")]
    assert judgement.violations[0].value == "tiga"
    assert judgement.calculated == {"/data/total": "2"}


def test_unknown_and_doubled_elements_are_flagged() -> None:
    judgement = judge(WEIGHING, GOOD + "<hack>1</hack><member>Tuti</member>")

    assert sorted(problems(judgement)) == [
        ("/data/hack", "unknown"),
        ("/data/member", "duplicate"),
    ]


def test_what_clients_add_to_meta_is_no_fault() -> None:
    xml = entry(GOOD).replace(b"</meta>", b"<deprecatedID>uuid:0</deprecatedID></meta>")

    assert evaluate(WEIGHING, open_instance(xml), now=datetime.now(UTC)).is_ok


def test_entry_of_another_form_is_refused_by_its_root() -> None:
    instance = open_instance(b'<other id="uji"><x/></other>')

    judgement = evaluate(WEIGHING, instance, now=datetime.now(UTC))

    assert problems(judgement) == [("/other", "root")]


def test_sealed_entry_is_not_judged() -> None:
    instance = open_instance(b'<data id="uji" encrypted="yes"><x/></data>')

    judgement = evaluate(WEIGHING, instance, now=datetime.now(UTC))

    assert judgement.is_ok
    assert judgement.village_code is None


def test_indicator_expressions_read_the_record_and_its_items() -> None:
    judgement = judge(WEIGHING, GOOD)
    total = compile_over(WEIGHING, "sum(${kg}) * 2")
    each = compile_over(WEIGHING, "${kg} + 1", context=("data", "item"))

    items = list(items_of(judgement, ("data", "item")))

    assert evaluate_over(judgement, total, judgement.root) == 10
    assert [evaluate_over(judgement, each, item) for item in items] == [3, 4]


def test_indicator_that_names_no_question_is_refused() -> None:
    with pytest.raises(FormError, match="no question named 'berat'"):
        compile_over(WEIGHING, "${berat}")


LISTED = make_form(
    "<region/><village/>",
    '<instance id="villages" src="jr://file-csv/villages.csv"/>'
    '<bind nodeset="/data/village" type="string" required="true()"/>',
    '<input ref="/data/region"><label>R</label></input>'
    '<select1 ref="/data/village"><label>D</label>'
    "<itemset nodeset=\"instance('villages')/root/item[region = /data/region]\">"
    '<value ref="name"/><label ref="label"/></itemset></select1>',
)
ROWS = [{"name": "a", "label": "A", "region": "1"}, {"name": "b", "region": "2"}]


def test_list_that_is_not_at_hand_is_taken_as_given() -> None:
    assert judge(LISTED, "<region>1</region><village>zz</village>").is_ok


def test_list_given_with_the_entry_decides_on_its_choices() -> None:
    lists = {"villages": list_of_items(ROWS)}
    answers = "<region>1</region><village>{}</village>"

    good = judge(LISTED, answers.format("a"), instances=lists)
    bad = judge(LISTED, answers.format("b"), instances=lists)

    assert good.is_ok
    assert problems(bad) == [("/data/village", "choice"), ("/data/village", "required")]


def test_list_of_the_form_can_be_replaced_by_a_later_one() -> None:
    form = make_form(
        "<village/>",
        '<instance id="villages"><root><item><name>a</name><label>A</label></item>'
        "</root></instance>",
        '<select1 ref="/data/village"><label>D</label>'
        "<itemset nodeset=\"instance('villages')/root/item\">"
        '<value ref="name"/><label ref="label"/></itemset></select1>',
    )
    later = {"villages": list_of_items([{"name": "b"}])}

    assert judge(form, "<village>a</village>").is_ok
    assert judge(form, "<village>b</village>", instances=later).is_ok
    assert not judge(form, "<village>a</village>", instances=later).is_ok


def test_clock_of_the_phone_is_taken_as_given() -> None:
    form = make_form(
        "<made/>", '<bind nodeset="/data/made" type="dateTime" calculate="now()"/>', ""
    )
    long_ago = "2020-01-01T00:00:00.000Z"

    judgement = judge(form, f"<made>{long_ago}</made>")

    (made,) = judgement.root.by_name["made"]
    assert judgement.is_ok
    assert judgement.warnings == ()
    assert made.value == datetime(2020, 1, 1, tzinfo=UTC)


def test_formula_without_a_value_is_named() -> None:
    form = make_form(
        "<a/><sum/><item><kg/></item>",
        '<bind nodeset="/data/sum" type="string" calculate="/data/item/kg + 1"/>',
        '<group ref="/data/item"><repeat nodeset="/data/item"/></group>',
    )
    answers = "<sum/><item><kg>1</kg></item><item><kg>2</kg></item>"

    judgement = judge(form, answers)

    assert problems(judgement) == [("/data/sum", "expression")]
    assert "/data/item/kg + 1" in judgement.violations[0].detail


def test_label_that_shows_itself_is_named_and_not_followed_for_ever() -> None:
    name = "jr:choice-name(/data/crop, '/data/crop')"
    form = make_form(
        "<crop/><name/>",
        f'<bind nodeset="/data/name" calculate="{name}"/>',
        '<select1 ref="/data/crop"><label>C</label><item>'
        f'<label>Padi <output value="{name}"/></label><value>rice</value>'
        "</item></select1>",
    )

    judgement = judge(form, "<crop>rice</crop><name/>")

    assert problems(judgement) == [("/data/name", "expression")]


def test_count_of_a_billion_items_is_refused_at_once() -> None:
    form = make_form(
        "<n/><item><kg/></item>",
        '<bind nodeset="/data/n" type="int"/>',
        '<group ref="/data/item"><label>I</label>'
        '<repeat nodeset="/data/item" jr:count="/data/n">'
        '<input ref="/data/item/kg"><label>K</label></input></repeat></group>',
    )

    judgement = judge(form, "<n>1000000000</n>")

    assert problems(judgement) == [("/data/item", "repeat-count")]


def test_message_shows_the_values_it_speaks_of() -> None:
    form = make_form(
        "<most/><kg/>",
        '<itext><translation lang="Indonesia"><text id="m"><value>Paling banyak '
        '<output value="/data/most"/> kg</value></text></translation></itext>'
        '<bind nodeset="/data/kg" type="int" constraint=". &lt;= /data/most" '
        "jr:constraintMsg=\"jr:itext('m')\"/>",
        '<input ref="/data/kg"><label>Kg</label></input>',
    )

    judgement = judge(form, "<most>5</most><kg>9</kg>")

    (violation,) = judgement.violations
    assert violation.message["id"] == "Paling banyak 5 kg"
    assert violation.detail == {"/data/most": "5"}


def test_time_zone_of_the_device_places_times_without_offset() -> None:
    form = make_form("<t/>", '<bind nodeset="/data/t" type="dateTime"/>', "")
    jakarta = timezone(timedelta(hours=7))

    judgement = evaluate(
        form,
        open_instance(entry("<t>2026-01-01T07:00</t>")),
        now=datetime.now(UTC),
        time_zone=jakarta,
    )

    (moment,) = judgement.root.by_name["t"]
    assert moment.value == datetime(2026, 1, 1, tzinfo=UTC)


def test_dissolved_judgement_leaves_nothing_to_the_garbage_collector() -> None:
    judge(WEIGHING, GOOD).dissolve()
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, Node) for each in gc.get_objects())
        judge(WEIGHING, GOOD + "<other>1</other>").dissolve()
        after = sum(isinstance(each, Node) for each in gc.get_objects())
    finally:
        gc.enable()

    assert after == before
