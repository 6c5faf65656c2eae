"""Entries that a simulated phone makes by a form's own rules."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from fieldapp.phone.filling import CannotFillError, Filled, Filler, Rule, Wishes
from fieldapp.phone.pictures import PNG_START
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import read_instance
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.form_factories import FORMS

WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 21, 14, 3, 59, tzinfo=WIB)
ID = UUID("7e0f5cf4-3d3e-4bb5-8a2c-0c4a4f2c9e11")
VILLAGES = (
    b"name,label,district,regency\n"
    b"33.02.16.2007,Semedo,Pekuncen,Banyumas\n"
    b"33.03.14.2013,Bumisari,Bojongsari,Purbalingga\n"
)
SHIPPED = sorted(path.name for path in FORMS.glob("*.md"))
RULES: tuple[Rule, ...] = ("required", "constraint", "choice", "type")


def form_of(rows: str, choices: str = "") -> FormDefinition:
    source = (
        "| survey |\n| | type | name | label | required | relevant | constraint "
        f"| calculation | repeat_count | choice_filter |\n{rows}"
        f"{choices}| settings |\n| | form_id | version |\n| | uji | 7 |\n"
    )
    return parse_form(compile_xlsform(source.encode(), filename="uji.md").xml)


def row(*cells: str) -> str:
    written = [cell.replace("|", "\\|") for cell in cells]
    return f"| | {' | '.join([*written, *[''] * (9 - len(cells))])} |\n"


def shipped(name: str) -> FormDefinition:
    xml = compile_xlsform(FORMS / name).xml
    return parse_form(xml, media={"villages.csv": VILLAGES})


def verdict_on(filled: Filled, form: FormDefinition) -> Judgement:
    instance = read_instance(filled.xml)
    return evaluate(form, instance, now=NOW, time_zone=WIB)


def fill(form: FormDefinition, seed: int = 1, **wishes: bool) -> Filled:
    chance = random.Random(seed)  # noqa: S311 - Seeded.
    return Filler(form, chance, Wishes(**wishes), new_id=lambda: ID).fill(NOW)


def answers_to(form: FormDefinition, seed: int = 1) -> Mapping[str, str]:
    judgement = verdict_on(fill(form, seed), form)
    assert judgement.is_ok, judgement.violations
    return {node.name: node.text for node in judgement.root.children}


@pytest.mark.parametrize("name", SHIPPED)
def test_our_forms_are_filled_in_within_all_their_rules(name: str) -> None:
    form = shipped(name)

    for seed in range(6):
        filled = fill(form, seed, with_photos=seed % 2 == 0)

        verdict = verdict_on(filled, form)
        assert verdict.violations == ()
        assert {each.rule for each in verdict.warnings} <= {"warn"}
        assert {each.name for each in filled.attachments} == set(
            verdict.attachment_names
        )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_named_rule_is_broken_where_that_is_asked_for(name: str, rule: Rule) -> None:
    form = shipped(name)

    filled = Filler(form, random.Random(3)).fill_wrongly(NOW, rule)  # noqa: S311 - Seeded.

    broken = {(each.path, each.rule) for each in filled.broken}
    found = {(each.path, each.rule) for each in verdict_on(filled, form).violations}
    assert rule in {each for _, each in broken}
    assert found == broken


def test_the_same_seed_makes_the_same_entry_and_another_another() -> None:
    form = shipped(SHIPPED[0])

    assert fill(form, 1) == fill(form, 1)
    assert fill(form, 1).xml != fill(form, 2).xml


def test_no_two_entries_have_the_same_id_even_of_the_same_seed() -> None:
    form = shipped(SHIPPED[0])

    one, other = (Filler(form, random.Random(1)).fill(NOW) for _ in range(2))  # noqa: S311 - Seeded.

    assert one.instance_id != other.instance_id


def test_an_entry_looks_as_collect_writes_it() -> None:
    form = shipped("gula_semut_delivery.md")

    xml = fill(form).xml

    assert xml.startswith(b"<?xml version='1.0' ?><data ")
    assert b'id="gula_semut_delivery" version="2026112202"' in xml
    assert b'xmlns="' not in xml
    assert b"<end>2026-11-21T14:03:59.000+07:00</end>" in xml
    assert b"<today>2026-11-21</today>" in xml
    assert b"<instanceID>uuid:" in xml


def test_what_does_not_apply_is_left_out_and_what_is_calculated_is_there() -> None:
    form = form_of(
        row("integer", "age", "Umur", "yes", "", ". = 12")
        + row("text", "job", "Kerja", "yes", "${age} > 15")
        + row("calculate", "twice", "", "", "", "", "${age} * 2")
    )

    xml = fill(form).xml

    assert b"<twice>24</twice>" in xml
    assert b"job" not in xml


@pytest.mark.parametrize(
    ("question", "constraint"),
    [
        ("integer", ". > 700 and . < 703"),
        ("integer", "(. >= 50000 and . <= 50010) or . = -3"),
        ("decimal", ". = 1.5 + 2.25"),
        ("text", "regex(., '^(GS|KL)-[A-Z]{2,5}-[0-9]{2}(0[1-9]|1[0-2])$')"),
        ("text", "string-length(.) = 16"),
        ("date", ". < date('2021-03-01') and . > date('2021-02-20')"),
        ("date", ". = today()"),
        ("geopoint", "selected-at(., 0) < 0"),
        ("geoshape", "area(.) > 9000 and area(.) < 20000"),
    ],
)
def test_answers_are_found_that_constraints_let_through(
    question: str, constraint: str
) -> None:
    form = form_of(row(question, "a", "A", "yes", "", constraint))

    for seed in range(5):
        assert answers_to(form, seed)["a"]


def test_answers_that_depend_on_each_other_are_made_to_agree() -> None:
    form = form_of(
        row("integer", "opening", "Awal", "yes", "", ". >= 0 and . <= 90")
        + row("integer", "closing", "Akhir", "yes", "", ". >= 0")
        + row("calculate", "sum", "", "", "", "", "${opening} + ${closing}")
        + row("acknowledge", "check", "Cek", "yes", "", "${sum} = 55")
    )

    for seed in range(5):
        answers = answers_to(form, seed)
        assert int(answers["opening"]) + int(answers["closing"]) == 55


def test_lists_are_cut_by_earlier_answers_and_repeats_have_their_count() -> None:
    form = form_of(
        row("select_one dye", "dye", "Pewarna", "yes")
        + row("select_one name", "name", "Nama", "yes", *[""] * 4, "dye = ${dye}")
        + row("integer", "plots", "Lahan", "yes", "", ". = 3")
        + row("begin repeat", "plot", "Lahan", *[""] * 4, "${plots}")
        + row("decimal", "ha", "Luas", "yes", "", ". > 0")
        + row("end repeat"),
        choices="| choices |\n| | list_name | name | label | dye |\n"
        "| | dye | alam | Alam | |\n| | dye | sintetis | Sintetis | |\n"
        "| | name | indigo | Indigo | alam |\n| | name | naftol | N | sintetis |\n",
    )

    for seed in range(4):
        filled = fill(form, seed)
        verdict = verdict_on(filled, form)
        pair = {"alam": "indigo", "sintetis": "naftol"}
        answers = {node.name: node.text for node in verdict.root.children}
        assert verdict.is_ok
        assert answers["name"] == pair[answers["dye"]]
        assert filled.xml.count(b"<ha>") == 3


def test_photos_are_attached_where_asked_for_and_where_they_must_be() -> None:
    form = form_of(
        row("image", "face", "Foto", "yes")
        + row("image", "field", "Foto")
        + row("audio", "voice", "Suara")
        + row("file", "paper", "Berkas")
    )

    few, many = fill(form), fill(form, with_photos=True)

    assert [each.media_type for each in few.attachments] == ["image/png"]
    assert few.attachments[0].content.startswith(PNG_START)
    assert len(many.attachments) == 4
    assert all(each.name.encode() in many.xml for each in many.attachments)


def test_a_form_that_nobody_can_fill_in_is_told_with_its_place() -> None:
    form = form_of(row("integer", "a", "A", "yes", "", ". > 5 and . < 5"))

    with pytest.raises(CannotFillError, match="uji: no answers keep /data/a: required"):
        fill(form)


def test_a_rule_that_no_question_has_cannot_be_broken() -> None:
    form = form_of(row("text", "a", "A"))

    with pytest.raises(CannotFillError, match="no question breaks 'choice'"):
        Filler(form, random.Random(1)).fill_wrongly(NOW, "choice")  # noqa: S311 - Seeded.
