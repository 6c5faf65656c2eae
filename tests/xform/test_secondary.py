"""Lists beside the entry: CSV, XML and GeoJSON files, as ODK reads them."""

import pytest

from fieldapp.xform.definition import FormError
from fieldapp.xform.evaluate import compile_over, evaluate_over
from fieldapp.xform.secondary import read_file
from tests.xform.small_forms import judge, make_form, problems

BODY = (
    '<select1 ref="/data/a"><label>A</label>'
    "<itemset nodeset=\"instance('places')/root/item[kind = 'desa']\">"
    '<value ref="name"/><label ref="label"/></itemset></select1>'
)
CSV = b'\xef\xbb\xbfname,label,kind\nx,"Desa, X",desa\ny,Kota Y,kota\n'
XML = b"<root><item><name>x</name><label>Desa X</label><kind>desa</kind></item></root>"
GEOJSON = (
    b'{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "x",'
    b'"geometry": {"type": "Point", "coordinates": [109.2, -7.4]},'
    b'"properties": {"name": "x", "label": "Desa X", "kind": "desa", "n": 3,'
    b'"ok": true, "none": null}}]}'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [("places.csv", CSV), ("places.xml", XML), ("places.geojson", GEOJSON)],
)
def test_choice_is_checked_against_a_list_in_a_file(name: str, content: bytes) -> None:
    form = make_form(
        "<a/>", f'<instance id="places" src="jr://file/{name}"/>', BODY, {name: content}
    )

    assert judge(form, "<a>x</a>").is_ok
    assert problems(judge(form, "<a>y</a>")) == [("/data/a", "choice")]


def test_columns_are_read_by_formulas_and_labels_by_people() -> None:
    form = make_form(
        "<a/><label/>",
        '<instance id="places" src="jr://file-csv/places.csv"/>'
        '<bind nodeset="/data/label" '
        "calculate=\"jr:choice-name(/data/a, '/data/a')\"/>",
        BODY,
        {"places.csv": CSV},
    )

    judgement = judge(form, "<a>x</a><label/>")

    assert judgement.calculated["/data/label"] == "Desa, X"
    assert form.choice_labels("/data/a")["y"]["id"] == "Kota Y"


def test_positions_of_a_geojson_file_become_odk_points() -> None:
    form = make_form(
        "<a/>",
        '<instance id="places" src="jr://file/p.geojson"/>',
        "",
        {"p.geojson": GEOJSON},
    )
    judgement = judge(form, "<a/>")

    found = {
        column: evaluate_over(
            judgement,
            compile_over(form, f"instance('places')/root/item/{column}"),
            judgement.root,
        )
        for column in ("geometry", "id", "n", "ok", "none")
    }

    assert found == {
        "geometry": "-7.4 109.2 0 0",
        "id": "x",
        "n": "3",
        "ok": "true",
        "none": "",
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\xff"),
        ("a.xml", b"<root>"),
        ("a.xml", b'<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>'),
        ("a.geojson", b"[]"),
        ("a.geojson", b"nothing"),
        ("a.geojson", b'{"features": [{"geometry": {"type": "Blob"}}]}'),
        ("a.geojson", b'{"features": [{"geometry": {"type": "X", "coordinates": 1}}]}'),
    ],
)
def test_file_that_is_not_what_its_name_says_is_refused(
    name: str, content: bytes
) -> None:
    with pytest.raises(FormError, match=name):
        read_file(name, content)


def test_short_row_of_a_csv_file_has_empty_cells() -> None:
    (row,) = read_file("a.csv", b"name,label,price\nx,X\n").children

    assert [(cell.name, cell.text) for cell in row.children] == [
        ("name", "x"),
        ("label", "X"),
        ("price", ""),
    ]


def test_row_of_empty_cells_is_a_row_and_an_empty_line_is_none() -> None:
    rows = read_file("a.csv", b"\nname,label\n,\n\nx,X\n").children

    assert [row.by_name["name"][0].text for row in rows] == ["", "x"]


def test_number_of_a_geojson_property_is_kept_as_it_was_written() -> None:
    content = GEOJSON.replace(b'"n": 3', b'"n": 1.50')

    (row,) = read_file("a.geojson", content).children

    assert row.by_name["n"][0].text == "1.50"


def test_fixed_choices_give_their_labels_too() -> None:
    form = make_form(
        "<a/><label/>",
        '<bind nodeset="/data/label" '
        "calculate=\"jr:choice-name(/data/a, '/data/a')\"/>",
        '<select1 ref="/data/a"><label>A</label><item><label>Kelapa</label>'
        "<value>k</value></item></select1>",
    )

    assert judge(form, "<a>k</a><label/>").calculated["/data/label"] == "Kelapa"
    assert judge(form, "<a/><label/>").calculated["/data/label"] == ""


def test_equal_formulas_inside_and_outside_a_repeat_are_one() -> None:
    inside = '<bind nodeset="/data/item/n" type="int" calculate="count(/data/item)"/>'
    outside = '<bind nodeset="/data/n" type="int" calculate="count(/data/item)"/>'
    body = '<repeat nodeset="/data/item"><input ref="/data/item/a"/></repeat>'
    nodes = "<n/><item><a/><n/></item>"
    answers = "<n/><item><a/><n/></item><item><a/><n/></item>"

    alone = judge(make_form(nodes, inside, body), answers)
    both = judge(make_form(nodes, inside + outside, body), answers)

    assert alone.calculated["/data/item[1]/n"] == "1"
    assert both.calculated["/data/item[1]/n"] == "2"
