"""The log that a phone keeps while a form is filled in."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.identity.models import User
from fieldapp.quality import audit as audits
from fieldapp.quality.audit import Audit, read_audit
from fieldapp.web.clock import now
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.parse import parse_form
from fieldapp.xform.xlsform import compile_xlsform
from tests.factories import Headers, auth_headers
from tests.openrosa.phone import Phone, make_phone, xml_part
from tests.quality.members import (
    FLAGS,
    FORM,
    codes_of,
    member_xml,
    publish_members,
    raise_all,
)

HEADER = (
    "event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,"
    "change-reason"
)
T0 = 1_795_200_000_000
ROWS = f"""{HEADER}
form start,,{T0},,,,,,,Siti,
location tracking enabled,,{T0 + 10},,,,,,,Siti,
question,/data/village,{T0 + 100},{T0 + 5_100},-7.3651,109.1502,4.5,,33.02.16.2007,Siti,
question,/data/member_no,{T0 + 5_100},{T0 + 9_100},,,,,A-1,Siti,
question,/data/name,{T0 + 9_100},{T0 + 12_100},,,,,"Bu ""Sri"", W",Siti,
form exit,,{T0 + 13_000},,,,,,,Siti,
form resume,,{T0 + 613_000},,,,,,,Budi,
jump,,{T0 + 613_100},{T0 + 614_100},,,,,,Budi,
question,/data/name,{T0 + 614_100},{T0 + 618_100},-7.37,109.15,,"Bu ""Sri"", W",W,Budi,
question,/data/plot[1]/gps,{T0 + 618_100},{T0 + 648_100},-7.3702,109.1541,6,,,Budi,
change reason,,{T0 + 650_000},,,,,,,Budi,salah nama Bu Wati
form save,,{T0 + 651_000},,,,,,,Budi,
form finalize,,{T0 + 651_500},,,,,,,Budi,
"""


@pytest.fixture(scope="module")
def form() -> FormDefinition:
    return compiled()


def compiled() -> FormDefinition:
    """Compile the form of members; `villages.csv` is the server's own."""
    source = FORM.read_text().replace("{{version}}", "1")
    for name in ("max_per_day", "min_minutes", "flags_off"):
        source = source.replace(f"{{{{{name}}}}}", "")
    return parse_form(compile_xlsform(source.encode(), filename="a.md").xml)


COMPILED = compiled()


@pytest.fixture
def phone(client: FlaskClient, facilitator: User) -> Phone:
    publish_members()
    return make_phone(client, facilitator)


@pytest.fixture
def reviewer(coordinator: User) -> Headers:
    return auth_headers(coordinator)


def send(phone: Phone, instance_id: str, content: bytes | None) -> None:
    parts = [xml_part(member_xml(instance_id, audit="audit.csv"))]
    if content is not None:
        parts.append(("audit.csv", "audit.csv", "text/csv", content))
    assert phone.post(*parts).status_code == 201


def summary(
    client: FlaskClient, headers: Headers, instance_id: str
) -> dict[str, object] | None:
    answer = client.get(f"{FLAGS}/{instance_id}/audit", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] | None = answer.get_json()["audit"]
    return found


def test_a_phones_log_is_summed_up_by_question(form: FormDefinition) -> None:
    audit = read_audit(ROWS.encode(), form)

    assert [each.path for each in audit.questions] == [
        "/data/village",
        "/data/member_no",
        "/data/name",
        "/data/plot[1]/gps",
    ]
    name = audit.questions[2]
    assert (name.seconds, name.visits, name.changes) == (7.0, 2, 1)
    assert audit.active_seconds == 47.0
    assert audit.paused_seconds == 600.0
    assert audit.users == 2
    assert audit.places == 3
    assert audit.bad_rows == 0
    assert not audit.is_cut
    assert audit.events["form resume"] == 1
    assert audit.clock_back_seconds == 0


def test_the_summary_tells_labels_and_no_answers(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", ROWS.encode())

    told = summary(client, reviewer, "uuid:1")

    assert told is not None
    text = json.dumps(told)
    for secret in (
        "Sri",
        "Wati",
        "A-1",
        "Siti",
        "Budi",
        "33.02",
        "salah",
        "7.365",
        "109.150",
    ):
        assert secret not in text
    questions = told["questions"]
    assert isinstance(questions, list)
    assert questions[2]["label"] == {"id": "Nama", "en": "Name"}
    assert told["bounds"] == {
        "south": -7.38,
        "west": 109.15,
        "north": -7.36,
        "east": 109.16,
    }


def test_an_entry_without_a_log_has_no_summary(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", None)

    assert summary(client, reviewer, "uuid:1") is None


def test_only_the_log_that_the_form_declares_is_read(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    part = ("audit.csv", "audit.csv", "text/csv", ROWS.encode())
    phone.post(xml_part(member_xml("uuid:1")), part)

    assert summary(client, reviewer, "uuid:1") is None


def test_a_log_that_is_no_csv_is_taken_and_its_rows_are_counted(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", b"\x00\xff\n,,,\nquestion,/data/name,soon,later\n" * 3)

    told = summary(client, reviewer, "uuid:1")

    assert told is not None
    assert told["bad_rows"] == 8
    assert told["questions"] == []


def test_a_clock_that_went_back_between_two_events_is_flagged(phone: Phone) -> None:
    rows = f"event,node,start,end\nform start,,{T0},\nform resume,,{T0 - 3_600_000},\n"
    send(phone, "uuid:1", rows.encode())
    send(phone, "uuid:2", ROWS.encode())
    raise_all()

    assert codes_of("uuid:1") == ["clock-changed"]
    assert codes_of("uuid:2") == []


def test_the_time_that_counts_is_the_time_with_the_form_open(
    client: FlaskClient, facilitator: User
) -> None:
    publish_members(version="2", min_minutes="5")
    phone = make_phone(client, facilitator)
    made = now() - timedelta(days=1)
    xml = member_xml("uuid:1", version="2", audit="audit.csv", made_at=made)

    phone.post(xml_part(xml), ("audit.csv", "audit.csv", "text/csv", ROWS.encode()))
    phone.post(xml_part(member_xml("uuid:2", version="2", made_at=made)))
    raise_all()

    assert codes_of("uuid:1") == ["too-fast"]
    assert codes_of("uuid:2") == []


def test_columns_are_found_by_name_and_a_mark_of_bytes_is_passed_over(
    form: FormDefinition,
) -> None:
    text = f"\ufeffnode, start, event, end\n/data/kg,{T0},question,{T0 + 1000}\n"

    (question,) = read_audit(text.encode(), form).questions

    assert (question.path, question.seconds) == ("/data/kg", 1.0)


def test_what_is_too_long_is_cut(
    form: FormDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = f"question,/data/kg,{T0},{T0 + 1000}\n"
    many = f"event,node,start,end\n{row * 50}".encode()

    monkeypatch.setattr(audits, "MAX_ROWS", 20)
    assert read_audit(many, form).questions[0].visits == 20
    assert read_audit(many, form).is_cut
    monkeypatch.setattr(audits, "MAX_BYTES", 200)
    assert read_audit(many, form).questions[0].visits < 10


CELL = st.one_of(
    st.sampled_from([*audits.INTERVALS, *audits.MOMENTS]),
    st.sampled_from(["/data/kg", "/data/plot[2]/gps", "/x", "", '"', "\x00", "-7.3"]),
    st.integers(-(10**20), 10**20).map(str),
    st.integers(T0 - 10**7, T0 + 10**7).map(str),
    st.text(max_size=8),
)
LINES = st.lists(st.lists(CELL, max_size=12).map(",".join), max_size=30)


def is_sound(audit: Audit) -> None:
    assert audit.bad_rows >= 0
    assert 0 <= audit.active_seconds < float("inf")
    assert all(each.seconds >= 0 and each.visits > 0 for each in audit.questions)
    if audit.began_at and audit.ended_at:
        assert audit.began_at <= audit.ended_at
    json.dumps(audit.events)


@settings(max_examples=300)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(content: bytes) -> None:
    is_sound(read_audit(content, COMPILED))


@settings(max_examples=300)
@given(LINES)
def test_any_rows_are_read(lines: list[str]) -> None:
    is_sound(read_audit("\n".join([HEADER, *lines]).encode(), COMPILED))
