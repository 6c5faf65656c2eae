"""What is worked out from a personal answer is personal too."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.xform.small_forms import make_form

FORMS = Path(__file__).parents[2] / "forms"
MEDIA = Path(__file__).parents[1] / "data" / "media" / "villages.csv"


def personal(form: FormDefinition) -> Mapping[str, str]:
    return {"/".join(path[1:]): role for path, role in form.personal.items()}


def shipped(form_id: str) -> FormDefinition:
    source = (FORMS / f"{form_id}.md").read_bytes()
    compiled = compile_xlsform(source, filename=f"{form_id}.md")
    return parse_form(compiled.xml, media={MEDIA.name: MEDIA.read_bytes()})


def form_with(
    calculation: str, *, model: str = "", body: str = "", role: str = "name"
) -> FormDefinition:
    return make_form(
        "<name/><photo/><year/><out/><further/><line><n/></line>",
        f'<bind nodeset="/data/name" type="string" fieldapp:role="{role}"/>'
        '<bind nodeset="/data/photo" type="binary" fieldapp:role="personal"/>'
        f'<bind nodeset="/data/out" type="string" calculate="{calculation}"/>'
        '<bind nodeset="/data/further" calculate="concat(/data/out, 1)"/>' + model,
        '<group ref="/data/line"><label/><repeat nodeset="/data/line">'
        '<input ref="/data/line/n"><label>N</label></input></repeat></group>' + body,
    )


@pytest.mark.parametrize(
    "calculation",
    [
        "concat(/data/name, ' 1')",
        "string-length(../name)",
        "/*/name",
        "if(/data/year = 1, 'x', coalesce(/data/year, /data/name))",
        "count(/data/line[n = /data/name])",
    ],
)
def test_calculation_that_reads_a_name_is_personal_and_what_reads_it_too(
    calculation: str,
) -> None:
    found = personal(form_with(calculation))

    assert found["name"] == "name"
    assert found["out"] == found["further"] == "personal"


@pytest.mark.parametrize(
    "calculation", ["/data/year + 1", "count(/data/line)", "/data/photo != ''"]
)
def test_years_counts_and_names_of_files_carry_nothing_on(calculation: str) -> None:
    assert personal(form_with(calculation)) == {"name": "name", "photo": "personal"}


def test_condition_carries_nothing_on() -> None:
    bind = '<bind nodeset="/data/year" type="int" relevant="/data/name != \'\'"/>'

    assert "year" not in personal(form_with("1", model=bind))


def test_calculation_with_a_role_of_its_own_is_masked_by_that() -> None:
    form = make_form(
        "<pay/><total/>",
        '<bind nodeset="/data/pay" type="int" fieldapp:role="finance"/>'
        '<bind nodeset="/data/total" type="int" calculate="/data/pay * 12" '
        'fieldapp:role="finance"/>',
        "",
    )

    assert personal(form) == {"pay": "finance", "total": "finance"}


def test_title_that_shows_a_name_is_personal() -> None:
    form = make_form(
        "<name/>",
        '<bind nodeset="/data/name" fieldapp:role="name"/>'
        '<bind nodeset="/data/meta/instanceID" calculate="concat(/data/name, \'-\')"/>',
        "",
    )

    assert personal(form)["meta/instanceID"] == "personal"


def test_default_from_a_personal_answer_is_personal() -> None:
    action = (
        '<setvalue event="xforms-value-changed" ref="/data/year" value="/data/name"/>'
    )
    body = f'<input ref="/data/name"><label>N</label>{action}</input>'

    assert personal(form_with("1", body=body))["year"] == "personal"


def test_default_from_the_entry_before_is_as_personal_as_it_was_there() -> None:
    last = '<instance id="last" src="jr://instance/last-saved"/>'

    def action(name: str) -> str:
        value = f"instance('last')/data/{name}"
        return (
            f'<setvalue event="odk-instance-first-load" ref="/data/year" '
            f'value="{value}"/>'
        )

    named = form_with("1", model=last + action("name"))
    counted = form_with("1", model=last + action("line/n"))

    assert personal(named)["year"] == "personal"
    assert "year" not in personal(counted)


def test_choice_from_a_list_of_names_is_personal() -> None:
    body = (
        '<select1 ref="/data/year"><label>Siapa</label>'
        '<itemset nodeset="/data/line[./n != \'\']"><value ref="n"/>'
        '<label ref="n"/></itemset></select1>'
    )
    bind = '<bind nodeset="/data/line/n" fieldapp:role="name"/>'

    assert personal(form_with("1", model=bind, body=body))["year"] == "personal"


def test_all_in_a_personal_group_is_personal() -> None:
    form = make_form(
        "<g><a/><b/></g><c/>",
        '<bind nodeset="/data/g" fieldapp:role="personal"/>'
        '<bind nodeset="/data/g/a" fieldapp:role="nik"/>'
        '<bind nodeset="/data/c" calculate="/data/g/b"/>',
        '<group ref="/data/g"><label>G</label></group>',
    )

    assert personal(form) == {"g/a": "nik", "g/b": "personal", "c": "personal"}


def test_shipped_forms_mark_what_tells_of_a_person() -> None:
    found = {path.stem: personal(shipped(path.stem)) for path in FORMS.glob("*.md")}

    assert found["farmer_certification"] == {
        "member/member_name": "name",
        "member/birth_year": "birth_year",
        "member/nik": "nik",
        "member/phone": "phone",
        "plot/plot_gps": "plot_location",
        "plot/plot_shape": "plot_location",
        "plot/plot_photo": "personal",
        "inspection/inspector": "name",
        "closing/member_signature": "personal",
    }
    assert found["gula_semut_delivery"] == {
        "receipt/receiver": "name",
        "member/member_name": "name",
        "payment/deduction": "finance",
        "payment/due_rp": "personal",
        "payment/paid": "finance",
        "proof/signature": "personal",
    }
    assert found["batik_group_output"] == {
        "reporter": "name",
        "worker/wages": "finance",
        "proof/workshop": "home_location",
        "proof/output_photo": "personal",
        "proof/signature": "personal",
    }
    assert found["gula_semut_handover"] == {
        "event/witness": "name",
        "line/recipient/recipient_name": "name",
        "line/line_proof/line_gps": "home_location",
        "line/line_proof/line_photo": "personal",
        "line/line_proof/line_signature": "personal",
        "closing/bast_photo": "personal",
        "closing/witness_signature": "personal",
    }
