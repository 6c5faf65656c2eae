"""Forms compile once, or are refused with the place that is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.xform.definition import FormDefinition, FormError, FormWarning
from fieldapp.xform.parse import parse_form
from tests.xform.small_forms import form_xml, judge, make_form

BILINGUAL = make_form(
    "<visit><village/><crop>kopi</crop></visit><tree><kind/></tree><signature/>",
    '<itext><translation lang="Bahasa Indonesia (id)" default="true()">'
    '<text id="v"><value>Desa</value></text><text id="k"><value>Kopi</value></text>'
    '</translation><translation lang="English (en)"><text id="v"><value>Village'
    '</value></text><text id="k"><value>Coffee</value></text></translation></itext>'
    '<instance id="crops"><root><item><name>kopi</name><itextId>k</itextId></item>'
    "</root></instance>"
    '<bind nodeset="/data/visit/village" fieldapp:role="village"/>'
    '<bind nodeset="/data/signature" type="binary" fieldapp:role="personal"/>',
    '<group ref="/data/visit"><label>Kunjungan</label><input ref="/data/visit/village">'
    '<label ref="jr:itext(\'v\')"/></input><select1 ref="/data/visit/crop">'
    "<label>Tanaman</label><itemset nodeset=\"instance('crops')/root/item\">"
    '<value ref="name"/><label ref="jr:itext(itextId)"/></itemset></select1></group>'
    '<group ref="/data/tree"><label>Pohon</label><repeat nodeset="/data/tree">'
    '<select1 ref="/data/tree/kind"><label>Jenis</label><item><label>Kelapa</label>'
    "<value>k</value></item></select1></repeat></group>"
    '<upload ref="/data/signature" mediatype="image/*"><label>Tanda</label></upload>',
)


def test_form_names_itself_its_languages_and_its_roles() -> None:
    assert BILINGUAL.form_id == "uji"
    assert BILINGUAL.version == "1"
    assert BILINGUAL.title == "Uji"
    assert BILINGUAL.languages == ("Bahasa Indonesia (id)", "English (en)")
    assert BILINGUAL.village_path == ("data", "visit", "village")
    assert BILINGUAL.personal == {("data", "signature"): "personal"}
    assert BILINGUAL.attachment_paths == (("data", "signature"),)


def test_labels_of_questions_groups_and_choices_are_there_in_both_languages() -> None:
    assert BILINGUAL.labels_for("/data/visit/village") == {
        "id": "Desa",
        "en": "Village",
    }
    assert BILINGUAL.labels_for("/data/tree[2]")["id"] == "Pohon"
    assert BILINGUAL.labels_for("/data/tree[2]/kind")["en"] == "Jenis"
    assert BILINGUAL.choice_labels("/data/visit/crop") == {
        "kopi": {"id": "Kopi", "en": "Coffee"}
    }
    assert BILINGUAL.choice_labels("/data/tree/kind")["k"]["id"] == "Kelapa"


def test_list_makes_a_text_bind_a_choice() -> None:
    assert BILINGUAL.nodes["data", "visit", "crop"].bind.type == "select1"


ITEMSET = (
    '<select1 ref="/data/a"><itemset nodeset="instance(\'gone\')/root/item">'
    '<value ref="name"/><label ref="label"/></itemset></select1>'
)


@pytest.mark.parametrize(
    ("nodes", "model", "body", "reason"),
    [
        ("<a/>", "", '<input ref="/data/b"/>', "does not exist"),
        ("<a/>", "", "<input/>", "names no node"),
        ("<a/>", '<bind type="int"/>', "", "names no node"),
        ("<a/>", "", '<input bind="x"/>', "no bind with the id"),
        ("<a/>", '<bind nodeset="/data/a" relevant="1 +"/>', "", "relevant"),
        ("<a/>", '<bind nodeset="/data/a" constraint=". = ("/>', "", "constraint"),
        ("<a/>", '<bind nodeset="1 + 1" type="int"/>', "", "not a path"),
        ("<a/>", '<bind nodeset="/data/a" calculate=""/>', "", "calculate"),
        (
            "<a/>",
            '<bind id="x" nodeset="/data/a"/><bind id="x" nodeset="/data"/>',
            "",
            "id",
        ),
        ("<a/>", "", '<select1 ref="/data/a"><label>A</label></select1>', "no choices"),
        (
            "<a/>",
            "",
            '<select1 ref="/data/a"><item><label>A</label></item></select1>',
            "value",
        ),
        (
            "<a/>",
            "",
            '<select1 ref="/data/a"><itemset nodeset="/data/a"/></select1>',
            "needs",
        ),
        ("<a/>", "", ITEMSET, "no list 'gone'"),
        ("<a/>", '<instance id="gone"><root/></instance>', ITEMSET, "no value 'name'"),
        ("<a/>", "", '<range ref="/data/a" start="x"/>', "no number"),
        (
            "<a/>",
            "",
            '<input ref="/data/a"><label ref="jr:itext(\'x\')"/></input>',
            "lacks",
        ),
        ("<a/>", "", '<input ref="/data/a"><label ref="x"/></input>', "no text"),
        ("<a/>", "", '<input ref="/data/a"><label><output/></label></input>', "output"),
        ("<a/>", "<itext/>", "", "no translation"),
        (
            "<a/>",
            '<itext><translation lang="x"><text/></translation></itext>',
            "",
            "no id",
        ),
        ("<a/>", "<itext><translation/></itext>", "", "no language"),
        (
            "<a/>",
            '<setvalue ref="/data/b" event="odk-instance-load"/>',
            "",
            "not exist",
        ),
        ("<a/>", '<setvalue ref="/data/a" event="soon"/>', "", "unknown event"),
        ("<a/>", '<setvalue event="odk-instance-load"/>', "", "names no node"),
        (
            "<a/><r><b/></r>",
            "",
            '<repeat nodeset="/data/r"><input ref="/data/a"/></repeat>',
            "inside the repeat",
        ),
        (
            "<r><b/></r>",
            "",
            '<repeat nodeset="/data/r"><repeat nodeset="/data/r"/></repeat>',
            "inside itself",
        ),
        (
            "<a/>",
            "",
            '<repeat nodeset="/data"><input ref="/data/a"/></repeat>',
            "cannot be repeated",
        ),
        ("<a/>", '<bind nodeset="/data/a" calculate="/data/a + 1"/>', "", "circle"),
        ("<a/>", '<bind nodeset="/data/a" required=". = 1"/>', "", "circle"),
        (
            "<a/>",
            '<bind nodeset="/data/a" calculate="instance(\'x\')/root"/>',
            "",
            "no list",
        ),
    ],
)
def test_broken_form_is_refused_with_its_reason(
    nodes: str, model: str, body: str, reason: str
) -> None:
    with pytest.raises(FormError, match=reason):
        make_form(nodes, model, body)


def test_bind_of_no_node_is_reported() -> None:
    form = make_form("<a/>", '<bind nodeset="/data/b" type="int"/>', "")

    assert form.warnings == (FormWarning("/data/b", "bind", "the node does not exist"),)


def test_circle_in_the_logic_is_refused_with_its_path() -> None:
    with pytest.raises(FormError, match=r"/data/a \(calculate\) → /data/b"):
        make_form(
            "<a/><b/>",
            '<bind nodeset="/data/a" calculate="/data/b + 1"/>'
            '<bind nodeset="/data/b" calculate="/data/a + 1"/>',
            "",
        )


def test_circle_through_a_groups_relevance_is_refused() -> None:
    with pytest.raises(FormError, match="circle"):
        make_form(
            "<g><a/></g><b/>",
            '<bind nodeset="/data/g" relevant="/data/b = 1"/>'
            '<bind nodeset="/data/b" calculate="/data/g/a + 1"/>',
            "",
        )


def test_long_chain_of_calculates_is_worked_out_in_order() -> None:
    count = 400
    binds = "".join(
        f'<bind nodeset="/data/q{at}" type="int" calculate="/data/q{at + 1} + 1"/>'
        for at in range(count)
    )
    nodes = "".join(f"<q{at}/>" for at in range(count + 1))
    form = make_form(nodes, binds, "")

    judgement = judge(form, nodes.replace(f"<q{count}/>", f"<q{count}>5</q{count}>"))

    assert judgement.calculated["/data/q0"] == "405"


def test_unknown_function_is_reported_and_fails_only_when_called() -> None:
    form = make_form("<a/>", '<bind nodeset="/data/a" calculate="pure-magic()"/>', "")

    assert "pure-magic" in form.warnings[0].reason
    assert not judge(form, "<a/>").is_ok


@pytest.mark.parametrize(
    "xml", [b"", b"x", b"<a/>", b"<!DOCTYPE a><a/>", b"<html><model/></html>"]
)
def test_what_is_no_form_is_refused(xml: bytes) -> None:
    with pytest.raises(FormError):
        parse_form(xml)


FORM = form_xml(
    "<a/><r><b/></r>",
    '<bind nodeset="/data/a" type="int" relevant="/data/r/b &gt; 1" readonly="1"/>',
    '<input ref="/data/a"><label>A</label></input><group ref="/data/r">'
    '<repeat nodeset="/data/r"><input ref="/data/r/b"/></repeat></group>',
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(FORM) - 1), st.integers(9, 126)), max_size=5)
)
def test_changed_form_compiles_or_is_refused_and_nothing_else(
    changes: list[tuple[int, int]],
) -> None:
    xml = bytearray(FORM)
    for position, byte in changes:
        xml[position] = byte

    try:
        outcome: object = parse_form(bytes(xml))
    except FormError as error:
        outcome = error

    assert isinstance(outcome, FormDefinition | FormError)


@pytest.mark.parametrize("length", range(0, len(FORM) - 1, 7))
def test_form_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(FormError):
        parse_form(FORM[:length])
