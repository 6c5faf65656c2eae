"""A form file is checked as a whole, and each remark names the cell."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # It has no types.

from fieldapp.indicators.linting import check_sheet
from fieldapp.xform.linting import Examination, examine
from fieldapp.xform.remarks import Remark
from tests.xform.small_forms import form_xml

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.md"))
MEDIA = Path(__file__).parents[1] / "data" / "media" / "villages.csv"
COLUMNS = [
    "type",
    "name",
    "label::Bahasa Indonesia (id)",
    "label::English (en)",
    "relevant",
    "constraint",
    "constraint_message",
    "calculation",
    "bind::fieldapp:role",
    "bind::fieldapp:warn",
    "bind::fieldapp:warnMsg",
]
INDICATOR_COLUMNS = [
    *("name", "label::x (id)", "label::y (en)", "unit", "aggregate", "value", "by"),
]
VILLAGE = {"type": "text", "name": "desa", "bind::fieldapp:role": "village"}
Cells = dict[str, str]


def examine_book(
    *questions: Cells,
    choices: list[Cells] | None = None,
    indicators: list[Cells] | None = None,
    columns: list[str] = COLUMNS,
) -> Examination:
    sheets = {
        "survey": (columns, [_labelled(each) for each in (VILLAGE, *questions)]),
        "choices": (["list_name", "name", "label"], choices or []),
        "settings": (["form_id", "version"], [{"form_id": "uji", "version": "1"}]),
        "indicators": (INDICATOR_COLUMNS, indicators or []),
    }
    book = Workbook()
    book.remove(book.active)
    for name, (header, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(column) for column in header])
    file = io.BytesIO()
    book.save(file)
    return examine(file.getvalue(), "uji.xlsx", checks=[check_sheet])


def _labelled(question: Cells) -> Cells:
    if question["type"].startswith("end"):
        return question
    labels = {"label::Bahasa Indonesia (id)": "Ya", "label::English (en)": "Yes"}
    return labels | question


def the_only(examined: Examination, code: str) -> Remark:
    (found,) = (each for each in examined.remarks if each.code == code)
    return found


@pytest.mark.parametrize("path", FORMS, ids=lambda path: str(path.stem))
def test_there_is_nothing_to_say_about_the_forms_we_ship(path: Path) -> None:
    examined = examine(
        path.read_bytes(),
        path.name,
        media={MEDIA.name: MEDIA.read_bytes()},
        checks=[check_sheet],
    )

    assert [remark.told("en") for remark in examined.remarks] == []


def test_formula_that_does_not_parse_names_its_cell() -> None:
    examined = examine_book({"type": "integer", "name": "kg", "constraint": ". >"})

    (error,) = examined.errors
    assert examined.definition is None
    assert error.told("id").startswith("lembar survey, baris 3, kolom F (constraint): ")
    assert error.told("en").startswith("sheet survey, row 3, column F (constraint): ")
    assert error.path == "/data/kg"


def test_soft_rule_that_does_not_parse_names_its_cell() -> None:
    examined = examine_book(
        {"type": "begin repeat", "name": "wadah"},
        {"type": "integer", "name": "kg", "bind::fieldapp:warn": ". < (3"},
        {"type": "end repeat"},
    )

    (error,) = examined.errors
    assert error.place.row == 4
    assert (error.place.column, error.place.letter) == ("bind::fieldapp:warn", "J")


def test_soft_rule_that_reads_no_node_is_refused() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg", "bind::fieldapp:warn": ". < /data/gone"}
    )

    (error,) = examined.errors
    assert error.code == "unknown-node"
    assert "/data/gone" in error.text["id"]
    assert (error.place.row, error.place.letter) == (3, "J")


def test_constraint_that_reads_no_node_is_a_warning_as_phones_load_it() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg", "constraint": ". < ../gone"}
    )

    assert examined.errors == ()
    assert the_only(examined, "unknown-node").place.letter == "F"


def test_soft_rule_may_read_an_attribute() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg", "bind::fieldapp:warn": "/data/@version != ''"}
    )

    assert examined.errors == ()


def test_unknown_function_is_a_warning_as_phones_load_it() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg", "constraint": "pure-magic(1)"}
    )

    remark = the_only(examined, "logic")
    assert examined.errors == ()
    assert "pure-magic" in remark.text["id"]
    assert (remark.place.row, remark.place.letter) == (3, "F")


@pytest.mark.parametrize(
    ("column", "letter"), [("calculation", "H"), ("relevant", "E")]
)
def test_formula_that_fails_in_a_blank_record_is_refused_with_its_cell(
    column: str, letter: str
) -> None:
    examined = examine_book({"type": "text", "name": "a", column: "pure-magic(1)"})

    (error,) = examined.errors
    assert error.code == "no-value"
    assert (error.place.row, error.place.letter) == (3, letter)
    assert "pure-magic" in error.text["id"]


def test_default_that_does_not_fit_its_type_is_refused_with_its_cell() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg", "default": "concat('a', 'b')"},
        columns=[*COLUMNS, "default"],
    )

    (error,) = examined.errors
    assert error.code == "action-value"
    assert (error.place.row, error.place.column) == (3, "default")


def test_list_whose_first_item_lacks_its_label_names_the_question() -> None:
    xml = form_xml(
        "<a/>",
        '<instance id="l"><root><item><n>1</n></item></root></instance>',
        '<select1 ref="/data/a"><itemset nodeset="instance(\'l\')/root/item">'
        '<value ref="n"/><label ref="told"/></itemset></select1>',
    )

    (error,) = examine(xml, "uji.xml").errors

    assert error.code == "no-column"
    assert error.path == "/data/a"


def test_formula_that_counts_items_names_the_column_of_the_repeat() -> None:
    examined = examine_book(
        {"type": "begin repeat", "name": "r", "repeat_count": "1 +"},
        {"type": "text", "name": "a"},
        {"type": "end repeat"},
        columns=[*COLUMNS, "repeat_count"],
    )

    (error,) = examined.errors
    assert (error.place.row, error.place.column) == (3, "repeat_count")


def test_list_that_is_not_declared_names_the_cell_that_asks_for_it() -> None:
    formula = "instance('gone')/root/item[name = ${desa}]/label"
    examined = examine_book({"type": "calculate", "name": "a", "calculation": formula})

    (error,) = examined.errors
    assert "tidak ada daftar 'gone'; " in error.text["id"]
    assert (error.place.row, error.place.letter) == (3, "H")


def test_column_that_a_list_lacks_is_named() -> None:
    examined = examine_book(
        {"type": "select_one w", "name": "a", "choice_filter": "shade = ${desa}"},
        choices=[{"list_name": "w", "name": "m", "label": "Merah"}],
        columns=[*COLUMNS, "choice_filter"],
    )

    remark = the_only(examined, "unknown-column")
    assert "'shade'" in remark.text["id"]
    assert remark.place.column == "choice_filter"


def test_pattern_that_phones_cannot_read_is_named() -> None:
    examined = examine_book(
        {"type": "text", "name": "a", "constraint": "regex(., '[a')"}
    )

    assert the_only(examined, "bad-pattern").place.letter == "F"


def test_circle_names_all_its_cells() -> None:
    examined = examine_book(
        {"type": "calculate", "name": "a", "calculation": "${b} + 1"},
        {"type": "calculate", "name": "b", "calculation": "${a} + 1"},
    )

    (error,) = examined.errors
    told = error.told("id")
    assert error.code == "circle"
    assert "a (lembar survey, baris 3, kolom H (calculation))" in told
    assert "b (lembar survey, baris 4, kolom H (calculation))" in told


def test_refusal_of_pyxform_keeps_its_text_and_names_the_cell() -> None:
    examined = examine_book({"type": "text", "name": "dua kata"})

    (error,) = examined.errors
    assert (error.place.sheet, error.place.row) == ("survey", 3)
    assert error.place.letter == "B"
    assert "Names must begin with a letter" in error.text["id"]
    assert error.text["id"].startswith("ditolak oleh pyxform: ")


def test_refusal_of_pyxform_without_a_row_is_found_by_what_it_quotes() -> None:
    examined = examine_book({"type": "integr", "name": "kg"})

    (error,) = examined.errors
    assert (error.place.row, error.place.column) == (3, "type")


def test_row_of_a_markdown_file_is_its_line() -> None:
    lines = [
        "# Formulir",
        "",
        "| survey | | |",
        "| | type | name | label |",
        "|---|---|---|---|",
        "| | text | a | A |",
        "",
        "| | text | b b | B |",
    ]

    (error,) = examine("\n".join(lines).encode(), "uji.md").errors

    assert (error.place.row, error.place.is_line) == (8, True)
    assert error.told("id").startswith("lembar survey, baris berkas 8, kolom name: ")


def test_second_village_is_refused() -> None:
    examined = examine_book(
        {"type": "text", "name": "asal", "bind::fieldapp:role": "village"}
    )

    remark = the_only(examined, "two-villages")
    assert remark in examined.errors
    assert "asal" in remark.text["en"]
    assert (remark.place.row, remark.place.letter) == (3, "I")


def test_village_inside_a_repeat_is_refused() -> None:
    examined = examine_book(
        {"type": "begin repeat", "name": "r"},
        {"type": "text", "name": "asal", "bind::fieldapp:role": "village"},
        {"type": "end repeat"},
    )

    assert the_only(examined, "village-in-repeat").place.row == 4


def test_unknown_role_is_refused() -> None:
    examined = examine_book(
        {"type": "text", "name": "nama", "bind::fieldapp:role": "personal privat"}
    )

    remark = the_only(examined, "unknown-role")
    assert remark in examined.errors
    assert "privat" in remark.text["id"]


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("integer", "nik"),
        ("integer", "phone"),
        ("text", "home_location"),
        ("geoshape", "home_location"),
        ("text", "finance"),
        ("image", "name"),
        ("image", "subject"),
        ("geopoint", "village"),
    ],
)
def test_role_that_does_not_suit_its_question_is_refused(kind: str, role: str) -> None:
    examined = examine_book({"type": kind, "name": "x", "bind::fieldapp:role": role})

    remark = the_only(examined, "role-type")
    assert remark in examined.errors
    assert role in remark.text["id"]
    assert (remark.place.row, remark.place.letter) == (3, "I")


def test_group_may_be_personal_and_nothing_else() -> None:
    group = {"type": "begin group", "name": "g"}
    inside, end = {"type": "text", "name": "a"}, {"type": "end group"}

    personal = examine_book({**group, "bind::fieldapp:role": "personal"}, inside, end)
    named = examine_book({**group, "bind::fieldapp:role": "name"}, inside, end)

    assert personal.errors == ()
    assert the_only(named, "role-type").place.row == 3


def test_two_masks_for_one_question_are_refused() -> None:
    examined = examine_book(
        {"type": "text", "name": "x", "bind::fieldapp:role": "name nik personal"}
    )

    assert "name, nik" in the_only(examined, "two-masks").text["id"]


def test_role_with_a_mask_of_its_own_is_personal_enough() -> None:
    examined = examine_book(
        {"type": "text", "name": "nik", "bind::fieldapp:role": "nik"},
        {"type": "text", "name": "hp_ketua", "bind::fieldapp:role": "phone"},
    )

    assert [each for each in examined.remarks if each.code == "personal"] == []


def test_mistakes_in_indicators_are_all_named_with_their_cells() -> None:
    examined = examine_book(
        {"type": "integer", "name": "kg"},
        indicators=[
            {"name": "A", "unit": "kg", "aggregate": "sum", "value": "${gone}"},
            {"name": "B", "unit": "kg", "aggregate": "total", "value": "${kg} +"},
        ],
    )

    places = {(each.place.row, each.place.column) for each in examined.errors}
    assert {(2, "value"), (3, "aggregate"), (3, "value")} <= places
    assert all(each.place.sheet == "indicators" for each in examined.errors)
    told = [each.text["id"] for each in examined.errors]
    assert "tidak ada pertanyaan bernama 'gone'; samakan namanya." in told


def test_indicator_that_reads_no_node_is_refused() -> None:
    examined = examine_book(
        indicators=[
            {
                "name": "A",
                "label::x (id)": "A",
                "label::y (en)": "A",
                "unit": "kg",
                "aggregate": "sum",
                "value": "/data/gone",
            }
        ],
    )

    (error,) = examined.errors
    assert (error.place.row, error.place.column, error.place.letter) == (
        2,
        "value",
        "F",
    )
    assert "/data/gone" in error.text["id"]


def test_what_deserves_a_look_is_told_and_refuses_nothing() -> None:
    examined = examine_book(
        {"type": "text", "name": "nik_ketua"},
        {"type": "text", "name": "b", "label::English (en)": ""},
        {"type": "text", "name": "c", "relevant": "false()"},
        {"type": "text", "name": "d", "bind::fieldapp:warn": ". = 'x'"},
        {
            "type": "text",
            "name": "e",
            "bind::fieldapp:warn": ". = 'x'",
            "bind::fieldapp:warnMsg": "Bukan ${d}",
        },
        choices=[{"list_name": "warna", "name": "m", "label": "Merah"}],
    )

    found = {(each.code, each.place.row) for each in examined.remarks}
    assert examined.errors == ()
    assert {
        ("personal", 3),
        ("label-language", 4),
        ("never-relevant", 5),
        ("no-message", 6),
        ("message-reference", 7),
        ("unused-list", 2),
    } <= found


def test_form_without_a_village_is_told_that_its_entries_are_held() -> None:
    xml = form_xml("<a/>", "", '<input ref="/data/a"><label>A</label></input>')

    remark = the_only(examine(xml, "uji.xml"), "no-village")

    assert remark.severity == "warning"


def test_list_that_is_not_at_hand_is_noted() -> None:
    path = next(each for each in FORMS if each.stem == "gula_semut_delivery")

    remark = the_only(examine(path.read_bytes(), path.name), "missing-list")

    assert remark.severity == "note"
    assert "villages.csv" in remark.text["en"]


@pytest.mark.parametrize("filename", ["a.xlsx", "a.md", "a.xml"])
def test_what_is_no_form_is_a_remark_and_no_failure(filename: str) -> None:
    examined = examine(b"nothing", filename)

    assert examined.definition is None
    assert len(examined.errors) == 1


@pytest.mark.parametrize("url", ["https://other.example/submission", "not an address"])
def test_a_form_that_makes_phones_send_elsewhere_is_refused(url: str) -> None:
    source = FORMS[0].read_text().replace("| client_editable |", "| submission_url |")
    source = source.replace("(id) | yes | fieldapp=", f"(id) | {url} | fieldapp=")

    examined = examine(source.encode(), "uji.md")

    found = the_only(examined, "own-address")
    assert found.severity == "error"
    assert found.place.sheet == "settings"
    assert url in found.text["id"]
