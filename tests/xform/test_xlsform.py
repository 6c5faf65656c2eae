"""Spreadsheets become forms, or are refused with the row that is wrong."""

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # It has no types.

from fieldapp.xform.definition import FormError
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.md"))
MARKDOWN = """\
| survey | | | | | |
| | type | name | label | bind::fieldapp:role | bind::fieldapp:warn |
| | text | desa | Desa | village | |
| | integer | kg | Berat | | . < 100 |

| settings | | |
| | form_id | version |
| | timbang | 7 |

| indicators | | |
| | name | value |
| | KG | sum(${kg}) |
"""


def workbook(rows: dict[str, list[list[object]]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, cells in rows.items():
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: str(path.stem))
def test_form_that_we_ship_compiles_and_knows_its_village(path: Path) -> None:
    compiled = compile_xlsform(path)
    form = parse_form(compiled.xml)

    assert form.form_id == path.stem
    assert form.village_path is not None
    assert compiled.warnings == ()
    assert form.warnings == ()
    assert compiled.indicators


def test_own_columns_need_no_namespace_in_the_settings() -> None:
    compiled = compile_xlsform(MARKDOWN.encode(), filename="timbang.md")

    form = parse_form(compiled.xml)

    assert form.village_path == ("data", "desa")
    assert form.nodes["data", "kg"].bind.warn is not None
    assert compiled.settings == {"form_id": "timbang", "version": "7"}


def test_rows_of_own_sheets_keep_their_numbers() -> None:
    compiled = compile_xlsform(MARKDOWN.encode(), filename="timbang.md")

    (indicator,) = compiled.indicators
    assert indicator.row == 12
    assert indicator.cells == {"name": "KG", "value": "sum(${kg})"}


def test_workbook_and_markdown_give_the_same_form() -> None:
    book = workbook(
        {
            "survey": [
                ["type", "name", "label", "bind::fieldapp:role", "bind::fieldapp:warn"],
                ["text", "desa", "Desa", "village", None],
                ["integer", "kg", "Berat", None, ". < 100"],
            ],
            "settings": [["form_id", "version"], ["timbang", 7]],
            "indicators": [["name", "value"], ["KG", "sum(${kg})"]],
        }
    )

    from_book = compile_xlsform(book, filename="timbang.xlsx")

    assert (
        from_book.xml == compile_xlsform(MARKDOWN.encode(), filename="timbang.md").xml
    )
    assert from_book.indicators[0].cells == {"name": "KG", "value": "sum(${kg})"}


def test_mistake_in_the_survey_names_its_row() -> None:
    source = MARKDOWN.replace("| integer | kg", "| integr | kg")

    with pytest.raises(FormError) as refused:
        compile_xlsform(source.encode(), filename="timbang.md")

    assert "row" in refused.value.path or "integr" in refused.value.texts["en"]


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"", "a.md"),
        (b"\xff\xfe", "a.md"),
        (b"hello", "a.md"),
        (b"| survey |\n", "a.md"),
        (b"", "a.xlsx"),
        (b"PK\x03\x04 nothing", "a.xlsx"),
        (workbook({"x": [[1]], "y": [[2]]}), "a.xlsx"),
        (MARKDOWN.encode(), "a.xlsx"),
    ],
)
def test_what_is_no_form_file_is_refused(content: bytes, filename: str) -> None:
    with pytest.raises(FormError):
        compile_xlsform(content, filename=filename)


def test_small_file_that_unpacks_into_a_huge_one_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 101_000_000)

    with pytest.raises(FormError, match="unpacks"):
        compile_xlsform(file.getvalue(), filename="a.xlsx")
