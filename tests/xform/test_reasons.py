"""A violation is told so that a coordinator understands it without knowing XPath."""

import pytest

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import open_instance
from fieldapp.xform.itext import plain
from fieldapp.xform.judgement import Violation
from tests.xform.small_forms import NOW, entry, judge, make_form

ITEXT = (
    "<itext>"
    '<translation lang="Bahasa Indonesia (id)" default="true()">'
    '<text id="kg"><value>**Berat** diterima</value></text>'
    '<text id="sent"><value>Berat diserahkan</value></text>'
    '<text id="kg:msg"><value>Paling banyak 500</value></text>'
    '<text id="red"><value>Merah</value></text>'
    '<text id="blue"><value>Biru</value></text>'
    "</translation>"
    '<translation lang="English (en)">'
    '<text id="kg"><value>&lt;b&gt;Weight&lt;/b&gt; received</value></text>'
    '<text id="sent"><value>Weight sent</value></text>'
    '<text id="kg:msg"><value>At most 500</value></text>'
    '<text id="red"><value>Red</value></text>'
    '<text id="blue"><value>-</value></text>'
    "</translation></itext>"
)


def weighing(rule: str, message: str = "") -> FormDefinition:
    """A form with two numbers, two lists, a day and a text, and one constraint."""
    items = (
        "<item><label ref=\"jr:itext('red')\"/><value>r</value></item>"
        "<item><label ref=\"jr:itext('blue')\"/><value>b</value></item>"
    )
    return make_form(
        "<sent/><color/><colors/><day/><code/><kg/>",
        f'{ITEXT}<bind nodeset="/data/sent" type="decimal"/>'
        '<bind nodeset="/data/day" type="date"/>'
        f'<bind nodeset="/data/kg" type="decimal" constraint="{rule}"'
        f"{message and f' jr:constraintMsg={message!r}'}/>",
        '<input ref="/data/sent"><label ref="jr:itext(\'sent\')"/></input>'
        f'<select1 ref="/data/color"><label>Warna</label>{items}</select1>'
        f'<select ref="/data/colors"><label>Warna-warna</label>{items}</select>'
        '<input ref="/data/day"><label>Tanggal</label></input>'
        '<input ref="/data/code"><label>Kode</label></input>'
        '<input ref="/data/kg"><label ref="jr:itext(\'kg\')"/></input>',
    )


ANSWERS = (
    "<sent>12500.50</sent><color>r</color><colors>r b</colors>"
    "<day>2026-08-02</day><code>A1</code><kg>{}</kg>"
)


def broken(rule: str, kg: str = "120", message: str = "") -> Violation:
    judgement = judge(weighing(rule, message), ANSWERS.format(kg))
    (violation,) = judgement.violations
    return violation


def test_forms_own_message_comes_first_and_the_failing_part_beside_it() -> None:
    violation = broken(
        ". &gt;= 0 and . &lt;= 500", "620.5", "jr:itext(&apos;kg:msg&apos;)"
    )

    assert violation.label == {"id": "Berat diterima", "en": "Weight received"}
    assert violation.message["id"] == "Paling banyak 500"
    assert violation.message["en"] == "At most 500"
    assert violation.reason["id"] == "Seharusnya: jawaban ini paling banyak 500."
    assert violation.reason["en"] == "Expected: this answer is at most 500."
    assert violation.value == "620.5"
    assert violation.answer == {"id": "620,5", "en": "620.5"}


def test_message_in_one_language_stands_for_both() -> None:
    assert broken(". &lt; 1", message="Kurang dari satu").message == {
        "id": "Kurang dari satu",
        "en": "Kurang dari satu",
    }


def test_without_a_message_of_the_form_the_reason_stands_in() -> None:
    violation = broken(". &gt; 200")

    assert violation.message == violation.reason
    assert violation.message["en"] == "Expected: this answer is more than 200."


def test_values_that_were_read_are_named_by_their_questions() -> None:
    violation = broken(". &gt;= /data/sent")

    (read,) = violation.readings
    assert read.label == {"id": "Berat diserahkan", "en": "Weight sent"}
    assert read.answer == {"id": "12.500,5", "en": "12,500.5"}
    assert violation.detail == {"/data/sent": "12500.50"}
    assert (
        violation.reason["id"]
        == "Seharusnya: jawaban ini paling sedikit “Berat diserahkan” (12.500,5)."
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("500 &lt; .", "jawaban ini lebih dari 500"),
        ("not(. = 120)", "jawaban ini berbeda dari 120"),
        ("not(. &lt; 500 or . &gt; 600)", "jawaban ini paling sedikit 500"),
        (". mod 2 = 1 and . &gt; 500", "jawaban ini lebih dari 500"),
        (". &lt; 0 or . &gt; 500", "jawaban ini kurang dari 0 atau jawaban ini"),
        ("/data/color = 'b' or . &lt; 5", "jawaban ini kurang dari 5"),
        ("/data/color = 'b'", "“Warna” (Merah) adalah “Biru”"),
        ("not(selected(/data/colors, 'r'))", "(Merah, Biru) tidak memuat “Merah”"),
        ("/data/day &gt; today()", "(2 Agustus 2026) sesudah hari ini (21 November"),
        ("/data/code = ''", "“Kode” (A1) kosong"),
        ("if(/data/color = 'r', . &lt; 9, . &lt; 8)", "jawaban ini kurang dari 9"),
        (
            "string-length(/data/code) = 5",
            "banyaknya huruf pada “Kode” (2) sama dengan",
        ),
        (
            "count-selected(/data/colors) &gt; 2",
            "banyaknya pilihan pada “Warna-warna” (2)",
        ),
        ("regex(/data/code, '^[0-9]{16}$')", "“Kode” (A1) terdiri dari 16 angka"),
        ("regex(/data/code, '[a-z]+')", "ditulis dalam bentuk yang diminta"),
        ("/data/day + 30 &gt; today()", "+ 30 (yaitu 1 September 2026) sesudah"),
        (
            "today() - /data/day &lt; 90",
            "− “Tanggal” (2 Agustus 2026) (yaitu 111 hari)",
        ),
        (
            "/data/day &gt;= date('2026-12-31')",
            "(2 Agustus 2026) paling awal 31 Desember 2026",
        ),
        (". + 2 * /data/sent &lt; 9", "+ (2 × “Berat diserahkan” (12.500,5)) (yaitu"),
    ],
)
def test_common_conditions_are_told_in_plain_words(rule: str, told: str) -> None:
    assert told in broken(rule).reason["id"]


def test_answer_that_does_not_apply_is_not_told_as_a_value() -> None:
    form = make_form(
        "<a/><b/><c/>",
        '<bind nodeset="/data/b" type="int" relevant="/data/a = 1"/>'
        '<bind nodeset="/data/c" type="int" constraint=". &lt; /data/b"/>',
        '<input ref="/data/c"><label>C</label></input>',
    )

    (violation,) = judge(form, "<a>0</a><b>9</b><c>5</c>").violations
    assert violation.readings[0].answer["id"] == "(tidak berlaku)"
    assert "“b” (tidak berlaku)" in violation.reason["id"]


def test_part_is_a_whole_number() -> None:
    assert (
        broken(". = int(.)", "1.5").reason["en"]
        == "Expected: this answer is a whole number."
    )


@pytest.mark.parametrize(
    "rule",
    ["substr(/data/code, 0, 1) = 'B'", ". mod 7 = 3", "boolean(/data/gone)", "false()"],
)
def test_condition_that_has_no_words_still_has_a_message(rule: str) -> None:
    violation = broken(rule)

    assert violation.reason == {}
    assert "tidak memenuhi syarat" in violation.message["id"]
    assert rule not in str(violation)


def test_part_that_was_never_evaluated_is_not_to_blame() -> None:
    violation = broken(". &gt; 500 and date(/data/code) &gt; 3")

    assert violation.reason["id"] == "Seharusnya: jawaban ini lebih dari 500."


NESTED = make_form(
    '<plot jr:template=""><name/><tree jr:template=""><kind/><n/></tree></plot><all/>',
    '<bind nodeset="/data/plot/tree/n" type="int" '
    'constraint=". &lt; 10" fieldapp:warn=". &lt; 5" fieldapp:warnMsg="Banyak"/>'
    '<bind nodeset="/data/plot/tree/kind" required="true()"/>'
    '<bind nodeset="/data/all" type="int" calculate="sum(/data/plot/tree/n)" '
    'fieldapp:warn=". &lt; 3"/>',
    '<group ref="/data/plot"><label>Lahan</label><repeat nodeset="/data/plot">'
    '<input ref="/data/plot/name"><label>Nama</label></input>'
    '<group ref="/data/plot/tree"><label>Tanaman</label>'
    '<repeat nodeset="/data/plot/tree">'
    '<input ref="/data/plot/tree/kind"><label>Jenis</label></input>'
    '<input ref="/data/plot/tree/n"><label>Jumlah <output value="../kind"/> '
    'di <output value="../../name"/></label></input>'
    "</repeat></group></repeat></group>",
)
TREES = (
    "<plot><name>Atas</name><tree><kind>kopi</kind><n>1</n></tree></plot>"
    "<plot><name>Bawah</name><tree><kind>kopi</kind><n>2</n></tree>"
    "<tree><kind>kelapa</kind><n>{}</n></tree></plot><all>{}</all>"
)


def test_question_inside_repeats_tells_which_item() -> None:
    judgement = judge(NESTED, TREES.format(12, 15))

    (violation,) = judgement.violations
    assert violation.path == "/data/plot[2]/tree[2]/n"
    assert violation.item == {
        "id": "Lahan 2 › Tanaman 2",
        "en": "Lahan 2 › Tanaman 2",
    }


def test_label_shows_the_answers_that_it_showed_on_the_phone() -> None:
    (violation,) = judge(NESTED, TREES.format(12, 15)).violations

    assert violation.label["id"] == "Jumlah kelapa di Bawah"


def test_formula_over_a_repeat_names_each_item() -> None:
    warnings = judge(NESTED, TREES.format(3, 6)).warnings

    (total,) = [each for each in warnings if each.path == "/data/all"]
    assert [(read.label["id"], read.answer["id"]) for read in total.readings] == [
        ("Jumlah kopi di Atas (Lahan 1 › Tanaman 1)", "1"),
        ("Jumlah kopi di Bawah (Lahan 2 › Tanaman 1)", "2"),
        ("Jumlah kelapa di Bawah (Lahan 2 › Tanaman 2)", "3"),
    ][: len(total.readings)]
    assert total.message["id"] == "Biasanya: jawaban ini kurang dari 3."


def test_calculation_that_differs_tells_what_it_is_made_of() -> None:
    warnings = judge(NESTED, TREES.format(1, 12500)).warnings

    (total,) = [each for each in warnings if each.rule == "calculate"]
    assert total.message["id"] == "Nilai hitungan berbeda: seharusnya 4."
    assert total.answer["id"] == "12.500"
    assert [read.answer["id"] for read in total.readings] == ["1", "2", "1"]


def test_empty_required_question_is_told_as_empty() -> None:
    answers = TREES.format(1, 4).replace("kelapa", "")

    (violation,) = judge(NESTED, answers).violations
    assert violation.rule == "required"
    assert violation.item["id"] == "Lahan 2 › Tanaman 2"
    assert violation.answer == {"id": "(kosong)", "en": "(empty)"}


CHOOSING = make_form(
    "<region/><store/><why/><born/><at/><photo/><place/><note/>",
    '<instance id="stores"><root><item><name>a</name><label>Gudang A</label>'
    "<in>1</in></item><item><name>b</name><label>Gudang B</label><in>2</in></item>"
    "</root></instance>"
    '<bind nodeset="/data/why" relevant="/data/region = \'2\'"/>'
    '<bind nodeset="/data/born" type="date"/>'
    '<bind nodeset="/data/at" type="dateTime" fieldapp:warn="false()"/>'
    '<bind nodeset="/data/place" type="geopoint" fieldapp:warn="false()"/>'
    '<bind nodeset="/data/photo" type="binary" fieldapp:warn="false()"/>'
    '<bind nodeset="/data/note" required="/data/region = \'1\'" '
    'constraint="string-length(.) &lt; 5"/>',
    '<select1 ref="/data/region"><label>Wilayah</label>'
    "<item><label>Utara</label><value>1</value></item>"
    "<item><label>Selatan</label><value>2</value></item></select1>"
    '<select ref="/data/store"><label>Gudang</label>'
    "<itemset nodeset=\"instance('stores')/root/item[in = /data/region]\">"
    '<value ref="name"/><label ref="label"/></itemset></select>'
    '<input ref="/data/why"><label>Mengapa</label></input>'
    '<input ref="/data/born"><label>Lahir</label></input>'
    '<input ref="/data/note"><label>Catatan</label></input>',
)


def about(answers: str, path: str, rule: str = "") -> Violation:
    judgement = judge(CHOOSING, answers)
    found = [*judgement.violations, *judgement.warnings]
    (one,) = [each for each in found if each.path == path and rule in each.rule]
    return one


def test_choice_that_another_answer_cut_off_is_told_by_its_label() -> None:
    violation = about(
        "<region>1</region><store>a b</store><note>x</note>", "/data/store"
    )

    assert violation.message["id"] == "Pilihan ini tidak ditawarkan: “Gudang B”."
    assert violation.answer["id"] == "Gudang A, Gudang B"
    assert [(each.label["id"], each.answer["id"]) for each in violation.readings] == [
        ("Wilayah", "Utara")
    ]


def test_choice_that_no_list_knows_is_told_as_it_came() -> None:
    violation = about("<region>9</region>", "/data/region")

    assert violation.message["en"] == "This choice is not offered here: “9”."


def test_answer_that_does_not_apply_tells_when_it_would() -> None:
    warning = about("<region>1</region><why>x</why><note>x</note>", "/data/why")

    assert warning.rule == "irrelevant"
    assert (
        warning.reason["id"]
        == "Hanya berlaku bila: “Wilayah” (Utara) adalah “Selatan”."
    )


def test_required_by_another_answer_names_that_answer() -> None:
    violation = about("<region>1</region><note/>", "/data/note")

    assert violation.rule == "required"
    assert [each.answer["id"] for each in violation.readings] == ["Utara"]


def test_text_that_is_no_day_is_told_as_it_came() -> None:
    violation = about("<born>kemarin</born>", "/data/born")

    assert violation.message["id"] == "Jawaban ini tidak bisa dibaca sebagai tanggal."
    assert violation.answer["id"] == "kemarin"


def test_moments_places_and_files_are_written_readably() -> None:
    answers = (
        "<at>2026-08-02T08:14:02.517+00:00</at><photo>a.jpg</photo>"
        "<place>-7.4211119 109.234 12 4.5</place>"
    )

    assert about(answers, "/data/at").answer == {
        "id": "2 Agustus 2026 pukul 08.14",
        "en": "2 August 2026 at 08:14",
    }
    assert about(answers, "/data/place").answer["id"] == (
        "-7.42111, 109.23400 (± 4,5 m)"
    )
    assert about(answers, "/data/photo").answer["id"] == "a.jpg"


def test_long_answer_is_cut() -> None:
    violation = about(f"<note>{'x' * 9000}</note>", "/data/note")

    assert len(violation.answer["id"]) == 200
    assert len(violation.value) == 500


def test_element_that_stands_twice_is_told_by_its_question() -> None:
    violation = about("<born>2026-08-02</born><born>x</born>", "/data/born")

    assert violation.rule == "duplicate"
    assert violation.label["id"] == "Lahir"


def test_formula_that_fails_names_the_question_and_what_it_read() -> None:
    form = make_form(
        "<a/><b/>",
        '<bind nodeset="/data/b" calculate="date(/data/a)"/>',
        '<input ref="/data/a"><label>Tanggal</label></input>',
    )

    violation = next(
        each
        for each in judge(form, "<a>besok</a><b/>").violations
        if each.rule == "expression"
    )

    assert "date(" not in str(violation.message)
    assert violation.readings[0].label["id"] == "Tanggal"
    assert violation.readings[0].answer["id"] == "besok"


def test_entry_of_another_form_is_told_by_the_title_of_this_one() -> None:
    instance = open_instance(
        b'<x id="uji"><meta><instanceID>u:1</instanceID></meta></x>'
    )

    (violation,) = evaluate(CHOOSING, instance, now=NOW).violations

    assert violation.label["id"] == "Uji"


def test_reasons_take_nothing_from_the_work_that_an_entry_may_make() -> None:
    form = make_form(
        "<i><n/></i><j><n/></j>",
        '<bind nodeset="/data/i/n" constraint="sum(/data/j/n) = 0"/>',
        '<group><repeat nodeset="/data/i"><input ref="/data/i/n"/></repeat></group>'
        '<group><repeat nodeset="/data/j"><input ref="/data/j/n"/></repeat></group>',
    )

    judgement = judge(form, "<i><n>1</n></i>" * 2_000 + "<j><n>1</n></j>" * 400)

    assert len(judgement.violations) == 1_000
    assert {each.rule for each in judgement.violations} == {"constraint"}
    assert judgement.violations[0].reason["id"]
    assert judgement.violations[-1].reason == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Berat (kg) < 5", "Berat (kg) < 5"),
        ("**Berat** _bersih_ *kg*", "Berat bersih kg"),
        ("### Bagian `A`", "Bagian `A`"),
        ('<span style="color:red">Awas</span>&nbsp;ya', "Awas ya"),
        ("[panduan](https://contoh.id/a_b) di sini", "panduan di sini"),
        ("a_b_c dan 5 * 3 * 2", "a_b_c dan 5 * 3 * 2"),
        (r"tidak \*tebal\*", "tidak *tebal*"),
        ("**{{ ../a * ../b }}** kg", "{{ ../a * ../b }} kg"),
    ],
)
def test_markup_is_taken_out_of_labels(text: str, told: str) -> None:
    assert plain(text) == told


def test_label_that_one_language_lacks_is_given_in_the_other() -> None:
    form = weighing("true()")

    assert form.choice_labels("/data/color")["b"] == {"id": "Biru", "en": "Biru"}


def test_violation_has_both_languages_throughout() -> None:
    instance = open_instance(entry(ANSWERS.format("x") + "<x>1</x><day>1</day>"))

    for each in evaluate(weighing(". &lt; 1"), instance, now=NOW).violations:
        assert {"id", "en"} <= each.label.keys() & each.message.keys()
        assert {"id", "en"} <= each.answer.keys()
