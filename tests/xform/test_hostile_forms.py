"""Forms and entries made to be too much work: each is refused, or answered, at once."""

import time
from io import BytesIO

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped] # It has no types.

from fieldapp.xform.definition import FormError
from fieldapp.xform.instance import open_instance
from fieldapp.xform.markup import has_doctype
from fieldapp.xform.secondary import read_file
from fieldapp.xform.sheets import read_sheets
from tests.xform.small_forms import judge, make_form, problems

PROMPT_SECONDS = 10
"""Far more than any of them needs, on a machine that does much else."""

TOO_MUCH = ("/data", "expression")
REPEAT = '<group><repeat nodeset="/data/r"><input ref="/data/r/a"/></repeat></group>'
LIST = '<instance id="l"><root><item><name>a</name></item></root></instance>'


def many(pattern: str, count: int) -> str:
    return "".join(pattern.replace("#", str(number)) for number in range(count))


def select(nodeset: str, label: str = "name") -> str:
    return (
        f'<select1 ref="/data/a"><label>A</label><itemset nodeset="{nodeset}">'
        f'<value ref="name"/><label ref="{label}"/></itemset></select1>'
    )


DOUBLING = "".join(
    f'<bind nodeset="/data/a{at + 1}" calculate="concat(/data/a{at}, /data/a{at})"/>'
    for at in range(40)
)
FORMS: dict[str, tuple[str, str, str]] = {
    "formulas of too many parts together": (
        many("<a#/>", 60),
        many(f'<bind nodeset="/data/a#" calculate="{"+".join("1" * 5000)}"/>', 60),
        "",
    ),
    "a formula of too many parts": (
        "<a/>",
        f'<bind nodeset="/data/a" calculate="{"+".join("1" * 15_000)}"/>',
        "",
    ),
    "a path of too many steps": (
        "<a/>",
        f'<bind nodeset="/data/a" calculate="{"*[a]/" * 6000}a"/>',
        "",
    ),
    "formulas that all read everything": (
        many("<a#/>", 900),
        many('<bind nodeset="/data/a#" required="count(/*/*/*[. = /*/*]) = 1"/>', 900),
        "",
    ),
    "a thousand languages": (
        "<a/>",
        "<itext>" + many('<translation lang="l#"/>', 1000) + "</itext>",
        "",
    ),
    "a label of nothing but braces": (
        "<a/>",
        "",
        f'<input ref="/data/a"><label>{"{{" * 100_000}</label></input>',
    ),
    "a reference of nothing but spaces": (
        "<a/>",
        LIST,
        select("instance('l')/root/item", f"jr:itext({' ' * 50_000}"),
    ),
    "too many questions": ("<a/>", "", '<input ref="/data/a"/>' * 51_000),
    "a path as long as a book": ("<a/>", f'<bind nodeset="{"/a" * 50_000}"/>', ""),
    "an element of too many attributes": (
        "<a" + many(' x#=""', 100_000) + "/>",
        "",
        "",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_too_much_is_refused_at_once(name: str) -> None:
    nodes, model, body = FORMS[name]
    started = time.process_time()

    with pytest.raises(FormError):
        make_form(nodes, model, body)

    assert time.process_time() - started < PROMPT_SECONDS


@pytest.mark.parametrize(
    "name", ["a label of nothing but braces", "too many questions"]
)
def test_the_reason_is_told_in_both_languages(name: str) -> None:
    with pytest.raises(FormError) as error:
        make_form(*FORMS[name])

    assert "terla" in error.value.told("id")
    assert "too" in error.value.told("en")


PLAIN: dict[str, tuple[str, str, str]] = {
    "many binds with an id": (
        many("<a#/>", 9000),
        many('<bind id="b#" nodeset="/data/a#" role="subject"/>', 9000),
        "",
    ),
    "many questions with one long list": (
        "<a/>",
        LIST.replace(
            "</root>", many("<item><name>n#</name></item>", 20_000) + "</root>"
        ),
        many(select("instance('l')/root/item[position() != #]"), 60),
    ),
    "many openings of a list's name": (
        "<a/>",
        '<bind nodeset="/data/a" calculate="&quot;' + "instance('" * 3200 + '&quot;"/>',
        "",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_form_that_repeats_itself_compiles_at_once(name: str) -> None:
    started = time.process_time()

    make_form(*PLAIN[name])

    assert time.process_time() - started < PROMPT_SECONDS


ENTRIES: dict[str, tuple[tuple[str, str, str], str]] = {
    "a text that doubles at each step": (
        (many("<a#/>", 41), DOUBLING, ""),
        f"<a0>ten letters</a0>{many('<a#/>', 41).removeprefix('<a0/>')}",
    ),
    "a long separator between many": (
        (
            "<s/><r><a/></r><o/>",
            '<bind nodeset="/data/o" calculate="join(/data/s, /data/r/a)"/>',
            REPEAT,
        ),
        f"<s>{'s' * 50_000}</s>{'<r><a>1</a></r>' * 5000}<o/>",
    ),
    "a long formula on each of many items": (
        (
            "<r><a/></r>",
            f'<bind nodeset="/data/r/a" calculate="{"+".join("1" * 2000)}"/>',
            REPEAT,
        ),
        "<r><a/></r>" * 20_000,
    ),
    "digests of a book": (
        (
            "<a/>" + many("<b#/>", 40),
            many(
                '<bind nodeset="/data/b#" calculate="'
                + "+".join(["string-length(digest(/data/a,'MD5'))"] * 60)
                + '"/>',
                40,
            ),
            "",
        ),
        f"<a>{'x' * 9_000_000}</a>",
    ),
    "sums of long texts": (
        (
            "<r><a/></r>" + many("<b#/>", 900),
            many('<bind nodeset="/data/b#" calculate="sum(/data/r/a) + #"/>', 900),
            REPEAT,
        ),
        f"<r><a>{'1' * 9000}</a></r>" * 900,
    ),
    "lines of a million points": (
        ("<a/>", '<bind nodeset="/data/a" type="geotrace"/>', ""),
        f"<a>{'1 2 3 4;' * 1_000_000}</a>",
    ),
    "many items that lack everything": (
        (f"<r><a/>{many('<b#/>', 200)}</r>", "", REPEAT),
        "<r/>" * 30_000,
    ),
    "many items that look through one list": (
        (
            "<r><a/></r>",
            LIST.replace("</root>", "<item><name>b</name></item>" * 5000 + "</root>")
            + '<bind nodeset="/data/r/a" '
            "calculate=\"count(instance('l')/root/item[name != 'x'])\"/>",
            REPEAT,
        ),
        "<r><a/></r>" * 5000,
    ),
    "patterns that answers write": (
        (
            "<r><a/></r>",
            '<bind nodeset="/data/r/a" constraint="regex(\'aaaaaaaaaa\', .)"/>',
            REPEAT,
        ),
        many("<r><a>(a{1,40}){1,40}#</a></r>", 5000),
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_is_too_much_work_is_flagged_at_once(name: str) -> None:
    form = make_form(*ENTRIES[name][0])
    started = time.process_time()

    judgement = judge(form, ENTRIES[name][1])

    assert problems(judgement)[0] == TOO_MUCH
    assert time.process_time() - started < PROMPT_SECONDS


LABELLED = REPEAT.replace("/></repeat>", "><label>#</label></input></repeat>")
TOLD: dict[str, tuple[tuple[str, str, str], str]] = {
    "labels that show digests of a book": (
        (
            "<t/><r><a/></r>",
            '<bind nodeset="/data/r/a" constraint=". = 1"/>',
            LABELLED.replace("#", "<output value=\"digest(/data/t, 'MD5')\"/>" * 20),
        ),
        f"<t>{'x' * 8_000_000}</t>{'<r><a>2</a></r>' * 1500}",
    ),
    "a condition that reads all items": (
        (
            "<t/><r><a/></r>",
            '<bind nodeset="/data/r/a" constraint=". = 1 and count(/data/r/a) > 0"/>',
            LABELLED.replace("#", "A"),
        ),
        "<t/>" + "<r><a>2</a></r>" * 30_000,
    ),
    "a label of unfinished emphasis": (
        (
            "<t/><r><a/></r>",
            '<bind nodeset="/data/r/a" constraint=". = 1"/>',
            LABELLED.replace("#", "**a " * 7000 + '<output value="/data/t"/>'),
        ),
        "<t>1</t>" + "<r><a>2</a></r>" * 1500,
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_telling_why_a_thousand_answers_are_wrong_is_no_work(name: str) -> None:
    form = make_form(*TOLD[name][0])
    started = time.process_time()

    judgement = judge(form, TOLD[name][1])

    assert problems(judgement)[:2] == [
        ("/data/r[1]/a", "constraint"),
        ("/data/r[2]/a", "constraint"),
    ]
    assert all(each.message["id"] for each in judgement.violations)
    assert time.process_time() - started < PROMPT_SECONDS


LISTS = {
    "columns.csv": b"," * 5_000_000,
    "cells.csv": b"a,b\n" + b"1,2\n" * 400_000,
    "rows.geojson": b'{"features":[' + b"1," * 600_000 + b"1]}",
    "depth.geojson": b"[" * 100_000,
    "digits.geojson": b'{"features":[{"geometry":null,"id":' + b"1" * 5000 + b"}]}",
    "elements.xml": b"<a>" + b"<b/>" * 2_100_000 + b"</a>",
    "attributes.xml": many(" x#=''", 200_000).encode().join((b"<a", b"/>")),
    "size.xml": b"<a>" + b" " * 20_000_000 + b"</a>",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_too_much_is_refused_at_once(name: str) -> None:
    started = time.process_time()

    with pytest.raises(FormError):
        read_file(name, LISTS[name])

    assert time.process_time() - started < PROMPT_SECONDS


def test_a_cell_at_the_far_end_of_a_sheet_costs_nothing() -> None:
    book = Workbook()
    book.active.title = "survey"
    book.active.append(["type", "name"])
    book.active.append(["text", "a"])
    book.active.cell(1_048_576, 16_384, "far away")
    packed = BytesIO()
    book.save(packed)
    started = time.process_time()

    sheets = read_sheets(packed.getvalue(), is_markdown=False)

    assert [row.cells for row in sheets["survey"]] == [{"type": "text", "name": "a"}]
    assert time.process_time() - started < PROMPT_SECONDS


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (b" " * 5000 + b"<data/>", False),
        (b" \n" * 5000 + b"<!DOCTYPE a>", True),
        (b"<?a?> <!-- b -->" * 5000 + b"<!DOCTYPE a>", True),
        (b"<!--" * 5000, False),
        (b"\xef\xbb\xbf<!-- <!DOCTYPE a> --><data/>", False),
    ],
)
def test_a_document_type_is_found_at_once_behind_whatever(
    before: bytes, *, found: bool
) -> None:
    started = time.process_time()

    assert has_doctype(before) is found

    assert time.process_time() - started < 1


def test_an_entry_may_begin_with_spaces() -> None:
    assert open_instance(b" " * 5000 + b'<data id="a"/>').form_id == "a"
