"""What a correction changed, by question label."""

from datetime import UTC, datetime

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.difference import Difference, differences
from fieldapp.xform.evaluate import evaluate
from fieldapp.xform.instance import read_instance
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform

FORM = """
| survey |
| | type | name | label::Indonesia (id) | label::English (en) | relevant |
| | start | start | | | |
| | select_one trees | tree | Pohon | Tree | |
| | decimal | kg | Berat (kg) | Weight (kg) | |
| | text | why | Alasan | Reason | ${kg} > 100 |
| | begin repeat | plot | Lahan | Plot | |
| | date | planted | Ditanam | Planted | |
| | end repeat | | | | |
| choices |
| | list_name | name | label::Indonesia (id) | label::English (en) |
| | trees | palm | Aren | Palm |
| | trees | coco | Kelapa | Coconut |
| settings |
| | form_id | version |
| | pohon | 1 |
"""


def form() -> FormDefinition:
    return parse_form(compile_xlsform(FORM.encode(), filename="f.md").xml)


def compared(before: str, after: str) -> list[Difference]:
    definition = form()
    older, newer = (
        evaluate(
            definition,
            read_instance(
                f'<data id="pohon" version="1"><start>{number}</start>{answers}'
                f"<meta><instanceID>uuid:{number}</instanceID></meta></data>".encode()
            ),
            now=datetime(2026, 11, 22, tzinfo=UTC),
        )
        for number, answers in enumerate((before, after))
    )
    return list(differences(older, newer))


def told(found: list[Difference]) -> list[tuple[str, str, str]]:
    return [(each.label["id"], each.before["id"], each.after["id"]) for each in found]


def test_a_changed_answer_is_told_by_labels_and_numbers_as_people_write_them() -> None:
    found = compared(
        "<tree>palm</tree><kg>12.5</kg>", "<tree>coco</tree><kg>12500.5</kg>"
    )

    assert told(found) == [
        ("Pohon", "Aren", "Kelapa"),
        ("Berat (kg)", "12,5", "12.500,5"),
    ]
    assert (found[0].label["en"], found[0].after["en"]) == ("Tree", "Coconut")


def test_the_same_answers_differ_in_nothing_though_sent_at_another_time() -> None:
    assert compared("<kg>1</kg>", "<kg>1</kg>") == []


def test_items_of_a_repeat_that_come_and_go_are_named() -> None:
    one = "<plot><planted>2026-01-02</planted></plot>"
    two = one + "<plot><planted>2026-03-04</planted></plot>"

    (added,) = compared(one, two)
    (removed,) = compared(two, one)

    assert added.path == "/data/plot[2]/planted"
    assert (added.item["id"], added.item["en"]) == ("Lahan 2", "Plot 2")
    assert (added.before["id"], added.after["id"]) == ("(kosong)", "4 Maret 2026")
    assert (removed.before["en"], removed.after["en"]) == ("4 March 2026", "(empty)")


def test_an_answer_that_no_longer_applies_is_gone() -> None:
    found = compared("<kg>200</kg><why>Panen</why>", "<kg>50</kg><why>Panen</why>")

    assert told(found) == [("Berat (kg)", "200", "50"), ("Alasan", "Panen", "(kosong)")]
