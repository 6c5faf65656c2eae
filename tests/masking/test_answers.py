"""What is personal is masked in every form in which an answer is written."""

import json

import pytest

from fieldapp.masking.answers import (
    mask_answer,
    mask_record,
    mask_title,
    mask_xml,
    masked_words,
)
from fieldapp.masking.clearance import Clearance
from fieldapp.masking.findings import mask_findings
from fieldapp.masking.masks import WITHHELD
from fieldapp.masking.notes import MAX_ANSWERS, mask_notes, personal_answers
from fieldapp.submissions.prepare import finding_of
from fieldapp.xform.instance import read_root
from fieldapp.xform.judgement import nodes_at
from fieldapp.xform.parse import parse_form
from fieldapp.xform.record import to_record
from fieldapp.xform.schema import record_schema
from tests.masking.persons import ANSWERS, NAME, NIK, RAW, person_form
from tests.xform.small_forms import entry, form_xml, judge

FORM = person_form()
AUDIT, CERTIFICATION, FULL = (
    Clearance.AUDIT,
    Clearance.CERTIFICATION,
    Clearance.FULL,
)


def shows(text: str) -> list[str]:
    return [each for each in RAW if each in text]


def test_record_is_masked_question_by_question() -> None:
    masked = mask_record(FORM, to_record(judge(FORM, ANSWERS)), AUDIT)

    dumped = record_schema(FORM)().dump(masked)
    assert dumped == {
        "village": "33.02.16.2007",
        "no": "A-12",
        "name": "W. S.",
        "nik": "************0001",
        "phone": "0812****7890",
        "born": "1970–1979",
        "home": {"latitude": -7.41, "longitude": 109.23},
        "pay": "1000000–2000000",
        "faith": WITHHELD,
        "photo": "1732.jpg",
        "plot": [{"shape": WITHHELD, "kg": 12.5}],
        "both": WITHHELD,
        "meta": {"instanceID": "uuid:1"},
    }


def test_record_that_was_dumped_is_masked_alike() -> None:
    record = to_record(judge(FORM, ANSWERS))
    dumped = json.loads(record_schema(FORM)().dumps(record))

    assert shows(json.dumps(dumped)) != []
    assert shows(json.dumps(mask_record(FORM, dumped, AUDIT))) == []


def test_certification_opens_the_geometry_of_plots_and_nothing_else() -> None:
    record = to_record(judge(FORM, ANSWERS))
    masked = mask_record(FORM, record, CERTIFICATION)

    assert masked["plot"][0]["shape"] == record["plot"][0]["shape"]
    assert {**masked, "plot": 0} == {**mask_record(FORM, record, AUDIT), "plot": 0}


def test_full_clearance_changes_nothing() -> None:
    record = to_record(judge(FORM, ANSWERS))

    assert mask_record(FORM, record, FULL) == record
    assert mask_xml(FORM, entry(ANSWERS), FULL) == entry(ANSWERS)


def test_answer_that_is_not_there_stays_away() -> None:
    assert mask_answer(FORM, "/data/nik", None, AUDIT) is None
    assert mask_answer(FORM, ("data", "plot", "shape"), [], AUDIT) == []
    assert mask_answer(FORM, "/data/unknown", "x", AUDIT) == WITHHELD


def test_xml_is_masked_and_what_the_form_does_not_know_is_left_out() -> None:
    secret = "<!-- XYZZY --><extra>XYZZY</extra><no rahasia='XYZZY'>B</no>"
    xml = entry(ANSWERS + secret)

    masked = mask_xml(FORM, xml, AUDIT)

    root = read_root(masked)
    assert shows(masked.decode()) == []
    assert (root.get("id"), root.get("version")) == ("uji", "1")
    assert root.findtext("name") == "W. S."
    assert root.findtext("home") == "-7.41 109.23 0 0"
    assert root.findtext("plot/kg") == "12.5"
    assert root.findtext("meta/instanceID") == "uuid:1"
    assert root.find("extra") is None


def test_xml_of_another_form_keeps_nothing() -> None:
    other = b'<lain id="uji" version="1"><name>XYZZY</name></lain>'

    assert b"XYZZY" not in mask_xml(FORM, other, AUDIT)


def test_words_are_masked() -> None:
    judgement = judge(FORM, ANSWERS)

    def words(name: str) -> str:
        (node,) = nodes_at(judgement.root, ("data", *name.split("/")))
        return masked_words(FORM, node, AUDIT)["id"]

    assert words("name") == "W. S."
    assert words("home") == "-7.41, 109.23"
    assert words("both") == WITHHELD
    assert words("plot/kg") == "12,5"


def test_title_is_withheld_where_it_may_show_a_name() -> None:
    def shown(calculation: str) -> str | None:
        xml = form_xml(
            "<name/><no/>",
            '<bind nodeset="/data/name" fieldapp:role="name"/>'
            f'<bind nodeset="/data/meta/instanceName" calculate="{calculation}"/>',
            "",
        ).replace(b"<instanceID/>", b"<instanceID/><instanceName/>")
        return mask_title(parse_form(xml), "judul", AUDIT)

    assert shown("/data/no") == "judul"
    assert shown("concat(/data/no, ' ', /data/name)") is None


def test_title_that_the_form_does_not_give_is_withheld() -> None:
    assert mask_title(FORM, "judul", AUDIT) is None
    assert mask_title(FORM, "judul", FULL) == "judul"


RULES = {
    "nik": 'constraint="string-length(.) = 3" jr:constraintMsg="NIK salah"',
    "pay": 'constraint=". &lt; 1000"',
    "plot/kg": 'constraint=". &gt; /data/pay"',
    "no": "fieldapp:warn=\"/data/name = 'x'\"",
    "village": 'constraint=". = concat(/data/faith, /data/both)"',
}


def test_findings_are_masked_in_all_their_words() -> None:
    form = person_form(RULES)
    wrong = ANSWERS.replace(f"<both>{NAME}", f"<both>{NAME} palsu")
    judgement = judge(form, wrong + "<surplus>XYZZY</surplus><nik>XYZZY</nik>")
    findings = [
        finding_of(each) for each in (*judgement.violations, *judgement.warnings)
    ]

    masked = mask_findings(form, findings, AUDIT)

    assert len(masked) == len(findings) >= 8
    assert len(shows(json.dumps(findings))) > 4
    assert shows(json.dumps(masked)) == []
    assert mask_findings(form, findings, FULL) == findings
    by_path = {each["path"]: each for each in masked}
    assert by_path["/data/nik"]["rule"] in {"constraint", "duplicate"}
    assert by_path["/data/pay"]["answer"]["id"] == "1000000–2000000"
    assert by_path["/data/plot[1]/kg"]["value"] == "12.5"
    assert by_path["/data/plot[1]/kg"]["item"]["id"] == "Lahan 1"


def test_finding_that_reads_nothing_personal_keeps_its_reason() -> None:
    form = person_form({"plot/kg": 'constraint=". &lt; 3"'})
    (finding,) = judge(form, ANSWERS).violations

    (masked,) = mask_findings(form, [finding_of(finding)], AUDIT)

    assert masked["reason"] == finding.reason != {}
    assert masked["answer"]["id"] == "12,5"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"NIK {NIK} salah", "NIK ************0001 salah"),
        ("Bu WAGIYEM pindah", "Bu W. pindah"),
        ("HP 0812-3456-7890?", "HP 0812****7890?"),
        ("Hp lain: +62 857 1234 5678", "Hp lain: 0857****5678"),
        ("NIK lain 3303100101800002.", "NIK lain ************0002."),
        ("gaji Rp1.234.567 ya", "gaji Rp1000000–2000000 ya"),
        ("dekat -7.4123456, 109.2345678", "dekat ***, ***"),
        ("Kotak 12 kg, tgl 2026-08-20", "Kotak 12 kg, tgl 2026-08-20"),
    ],
)
def test_note_that_quotes_an_answer_is_masked(text: str, shown: str) -> None:
    answers = list(personal_answers(FORM, entry(ANSWERS), AUDIT))

    assert mask_notes([text, None], answers) == [shown, None]


def test_notes_about_an_entry_with_too_many_answers_are_withheld() -> None:
    answers = [("personal", str(number)) for number in range(MAX_ANSWERS + 1)]

    assert mask_notes(["Cek lagi.", None, ""], answers) == [WITHHELD, None, ""]
