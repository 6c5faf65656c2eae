"""What a new version of a form changes, question by question."""

from pathlib import Path

from click.testing import CliRunner

from fieldapp.xform.commands import form_commands
from fieldapp.xform.comparison import Comparison, compare
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform

FORM = """
| survey |
| | type | name | label::Indonesia (id) | label::English (en) | relevant | constraint |
| | select_one trees | tree | Pohon | Tree | | |
| | integer | count | Jumlah | Number | ${tree} != 'none' | . > 0 |
| | begin repeat | plot | Lahan | Plot | | |
| | decimal | size | Luas | Size | | |
| | end repeat | | | | | |
| choices |
| | list_name | name | label::Indonesia (id) | label::English (en) |
| | trees | palm | Aren | Palm |
| | trees | none | Tidak ada | None |
| settings |
| | form_id | version |
| | pohon | 1 |
"""


def compared(*replacements: tuple[str, str]) -> Comparison:
    newer = FORM
    for old, new in replacements:
        assert old in newer
        newer = newer.replace(old, new)
    before, after = (
        parse_form(compile_xlsform(source.encode(), filename="form.md").xml)
        for source in (FORM, newer)
    )
    return compare(before, after)


def aspects(comparison: Comparison) -> dict[str, list[tuple[str, str, str]]]:
    return {
        change.question.path: [
            (each.name, each.before, each.after) for each in change.aspects
        ]
        for change in comparison.changed
    }


def test_the_same_form_changes_nothing() -> None:
    assert compared() == Comparison((), (), ())


def test_questions_that_come_and_go_are_told_with_their_kind() -> None:
    comparison = compared(("| decimal | size | Luas", "| integer | trees | Jumlah"))

    assert [(q.path, q.kind) for q in comparison.added] == [("/data/plot/trees", "int")]
    assert [(q.path, q.kind) for q in comparison.removed] == [
        ("/data/plot/size", "decimal")
    ]
    assert comparison.removed[0].label["id"] == "Luas"


def test_a_rule_a_label_and_a_choice_that_changed_are_told_before_and_after() -> None:
    comparison = compared(
        (". > 0", ". > 1"), ("| Jumlah |", "| Banyaknya |"), ("palm | Aren", "palm | A")
    )

    assert aspects(comparison) == {
        "/data/tree": [("choice::palm", "Aren / Palm", "A / Palm")],
        "/data/count": [
            ("label::id", "Jumlah", "Banyaknya"),
            ("constraint", ". > 0", ". > 1"),
        ],
    }
    assert comparison.retyped == ()


def test_a_choice_that_is_new_had_nothing_before() -> None:
    comparison = compared(
        ("| | trees | none", "| | trees | coco | Kelapa | Coconut |\n| | trees | none")
    )

    assert aspects(comparison) == {
        "/data/tree": [("choice::coco", "", "Kelapa / Coconut")]
    }


def test_an_answer_of_another_type_and_a_group_that_repeats_are_retyped() -> None:
    comparison = compared(
        ("| integer | count", "| text | count"),
        ("begin repeat", "begin group"),
        ("end repeat", "end group"),
    )

    assert [change.question.path for change in comparison.retyped] == [
        "/data/count",
        "/data/plot",
    ]


def test_the_command_line_tells_the_changes_and_fails_for_a_new_type(
    tmp_path: Path,
) -> None:
    older, newer = tmp_path / "older.md", tmp_path / "newer.md"
    older.write_text(FORM)
    newer.write_text(FORM.replace("| integer | count", "| text | count"))

    same = CliRunner().invoke(form_commands, ["compare", str(older), str(older)])
    other = CliRunner().invoke(
        form_commands, ["compare", str(older), str(newer), "--language", "en"]
    )

    assert (same.exit_code, same.output) == (0, "")
    assert other.exit_code == 1
    assert other.output == "✗ Number [/data/count] (string)\n    type: int → string\n"
