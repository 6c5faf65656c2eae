from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import SubmissionState, Tally
from tests.answers import error_fields, problem_slug
from tests.factories import (
    BANYUMAS,
    BUMISARI,
    JAWA_TENGAH,
    SEMEDO,
    TAJURHALANG,
    Headers,
    auth_headers,
    make_area,
    make_person,
)
from tests.indicators.entries import approve, make_entry, publish_weighing, reopen
from tests.queries import recorded_queries

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}


@pytest.fixture
def headers() -> Headers:
    return auth_headers(make_person(Role.AUDITOR, "ID"))


@pytest.fixture
def version_id(app: Flask) -> int:
    assert app.testing
    return publish_weighing()


def read(
    client: FlaskClient, headers: Headers, code: str = SEMEDO, **days: str
) -> dict[str, dict[str, Any]]:
    query = days or YEAR
    query = {name.rstrip("_"): day for name, day in query.items()}
    response = client.get(
        f"/api/v1/areas/{code}/report", query_string=query, headers=headers
    )
    assert response.status_code == 200, response.text
    (form,) = response.get_json()["forms"]
    return {item["name"]: item for item in form["indicators"]}


def values(found: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    return {name: item["value"] for name, item in found.items()}


def cells(indicator: dict[str, Any], *by: str) -> dict[tuple[str, ...], str]:
    for breakdown in indicator["breakdowns"]:
        if tuple(item["name"] for item in breakdown["by"]) == by:
            return {
                tuple(answer["name"] for answer in cell["answers"]): cell["value"]
                for cell in breakdown["cells"]
            }
    raise AssertionError(by)


def test_every_aggregate_gives_its_exact_value(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    sacks = [("a", "0.1", "2"), ("a", "0.2", "3"), ("b", "30.7", "4")]
    approve(make_entry(version_id, sacks=sacks, stock="120"))
    approve(make_entry(version_id, member="M2", sex="L", sacks=[("b", "9", "1")]))

    found = values(read(client, headers))

    assert found == {
        "KG": "40",
        "SACKS-A": "2",
        "MEMBERS": "2",
        "MEAN-KG": "10",
        "MOISTURE": "3.315",
        "SHARE-A": "0.75",
        "STOCK": "120",
        "LEAST": "0.1",
        "MOST": "30.7",
        "MEDIAN": "4.6",
    }


def test_area_without_entries_knows_nothing_but_counts_none(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    make_area(TAJURHALANG)
    approve(make_entry(version_id, sacks=[("a", "5", "2")], stock="1"))

    found = values(read(client, headers, TAJURHALANG))

    zero = {"SACKS-A", "MEMBERS"}
    assert {name for name, value in found.items() if value == "0"} == zero
    assert {value for name, value in found.items() if name not in zero} == {None}


def test_entry_that_waits_is_counted_apart_and_adds_nothing(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    entry = make_entry(version_id, sacks=[("a", "5", "2")])
    db.session.add(
        Tally(
            form_id="timbang",
            area_code=SEMEDO,
            captured_on=entry.captured_on,
            state=SubmissionState.RECEIVED,
            number=1,
        )
    )
    db.session.commit()

    response = client.get(
        f"/api/v1/areas/{BANYUMAS}/report", query_string=YEAR, headers=headers
    )

    (form,) = response.get_json()["forms"]
    assert form["waiting"] == 1
    assert form["indicators"][0]["value"] is None


def test_breakdowns_carry_labels_of_questions_and_choices(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    sacks = [("a", "5", "2"), ("b", "6", "2")]
    approve(make_entry(version_id, sacks=sacks))
    approve(make_entry(version_id, sex="L", sacks=[("a", "7", "2")]))

    weight = read(client, headers)["KG"]

    assert weight["label"] == {"id": "Berat", "en": "Weight"}
    assert weight["unit"] == "kg"
    assert cells(weight, "sex") == {("P",): "11", ("L",): "7"}
    assert cells(weight, "grade") == {("a",): "12", ("b",): "6"}
    assert cells(weight, "sex", "grade") == {
        ("P", "a"): "5",
        ("P", "b"): "6",
        ("L", "a"): "7",
    }
    by_sex = weight["breakdowns"][0]
    assert by_sex["by"][0]["label"] == {"id": "Jenis kelamin", "en": "Sex"}
    female = by_sex["cells"][0]["answers"][0]
    assert female == {"name": "P", "label": {"id": "Perempuan", "en": "Female"}}


def test_person_of_two_standards_counts_once_in_all_and_once_in_each(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id, standards="eu nop"))
    approve(
        make_entry(version_id, member=" m1 ", standards="", visited_on="2026-04-01")
    )

    members = read(client, headers)["MEMBERS"]

    assert members["value"] == "1"
    assert cells(members, "standards") == {("eu",): "1", ("nop",): "1", ("",): "1"}


def test_person_seen_in_two_villages_counts_once_above_them(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id))
    approve(make_entry(version_id, area_code=BUMISARI, visited_on="2026-03-09"))

    assert read(client, headers, SEMEDO)["MEMBERS"]["value"] == "1"
    assert read(client, headers, BUMISARI)["MEMBERS"]["value"] == "1"
    assert read(client, headers, JAWA_TENGAH)["MEMBERS"]["value"] == "1"


def test_records_of_a_regency_are_shown_as_not_located(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id, sacks=[("a", "600", "2")]))
    approve(
        make_entry(
            version_id, area_code=BANYUMAS, member="M9", sacks=[("a", "500", "2")]
        )
    )

    regency = read(client, headers, BANYUMAS)
    village = read(client, headers, SEMEDO)

    assert regency["KG"]["value"] == "1100"
    shown = {"number": 1, "suppressed": False}
    assert regency["KG"]["located"] == {"value": "600", **shown}
    assert regency["KG"]["not_located"] == {"value": "500", **shown}
    assert regency["MEMBERS"]["not_located"] == {"value": "1", **shown}
    assert regency["MEDIAN"]["not_located"] == {"value": "500", **shown}
    assert village["KG"]["located"] is None


def test_last_stock_of_each_store_is_added_up_but_not_over_time(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    for store, day, stock in (
        ("S1", "2026-01-31", "100"),
        ("S1", "2026-02-28", "40"),
        ("S2", "2026-02-03", "7"),
        ("S1", "2026-04-01", "999"),
    ):
        approve(make_entry(version_id, store=store, visited_on=day, stock=stock))

    days = {"from_": "2026-01-15", "to": "2026-03-10"}
    stock_report = read(client, headers, **days)["STOCK"]

    assert stock_report["value"] == "47"
    assert cells(stock_report, "store") == {("S1",): "40", ("S2",): "7"}
    above = read(client, headers, BANYUMAS, **days)["STOCK"]
    assert above["value"] == "47"
    assert above["breakdowns"] == []


def test_days_at_the_edges_are_included_and_no_others(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    for day in ("2026-01-09", "2026-01-10", "2026-02-14", "2026-03-05", "2026-03-06"):
        approve(make_entry(version_id, visited_on=day, sacks=[("a", "1", "2")]))

    found = read(client, headers, from_="2026-01-10", to="2026-03-05")

    assert found["KG"]["value"] == "3"
    assert found["MEMBERS"]["value"] == "1"
    one_day = read(client, headers, from_="2026-02-14", to="2026-02-14")
    assert one_day["KG"]["value"] == "1"


def test_reopened_entry_leaves_the_report(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id, sacks=[("a", "5", "2")]))
    entry = make_entry(version_id, sacks=[("a", "70", "2")])
    approve(entry)

    reopen(entry)

    found = read(client, headers)
    assert found["KG"]["value"] == "5"
    assert found["MOST"]["value"] == "5"


def test_names_of_indicators_that_only_an_older_version_has_stay(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id, sacks=[("a", "5", "2")]))
    publish_weighing("2026112102", only="MOST")

    found = values(read(client, headers))

    assert next(iter(found)) == "MOST"
    assert found["KG"] == "5"
    assert found["MEDIAN"] == "5"


def test_answer_costs_the_same_number_of_queries_however_many_entries(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    approve(make_entry(version_id, sacks=[("a", "5", "2")]))
    read(client, headers)
    with recorded_queries() as first:
        read(client, headers)
    for number in range(8):
        approve(make_entry(version_id, member=f"M{number}", sacks=[("a", "5", "2")]))

    with recorded_queries() as second:
        read(client, headers)

    assert len(second) == len(first)
    assert not any("FROM fact" in statement for statement in second)


def test_report_of_another_area_is_answered_as_if_there_were_none(
    client: FlaskClient,
) -> None:
    make_area(TAJURHALANG)
    make_area(SEMEDO)
    headers = auth_headers(make_person(Role.COORDINATOR, BANYUMAS))

    answers = [
        client.get(f"/api/v1/areas/{code}/report", query_string=YEAR, headers=headers)
        for code in (TAJURHALANG, "33", "ID", "33.99")
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.data for answer in answers}) == 1
    own = client.get(f"/api/v1/areas/{SEMEDO}/report", headers=headers)
    assert own.status_code == 200


def test_grant_of_a_programme_shows_no_forms_outside_it(
    client: FlaskClient,
) -> None:
    publish_weighing()
    person = make_person(Role.COORDINATOR, BANYUMAS, programme_id="desa-devisa")

    response = client.get(
        f"/api/v1/areas/{BANYUMAS}/report",
        query_string=YEAR,
        headers=auth_headers(person),
    )

    assert response.status_code == 200
    assert response.get_json()["forms"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"from": "1990-01-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-13-01", "to": "2026-01-01"}, "from"),
        ({"from": "2026-01-01", "to": "yesterday"}, "to"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "from"),
    ],
)
def test_impossible_days_are_refused_with_the_field(
    client: FlaskClient, headers: Headers, query: dict[str, str], field: str
) -> None:
    make_area(SEMEDO)

    response = client.get(
        f"/api/v1/areas/{SEMEDO}/report", query_string=query, headers=headers
    )

    assert problem_slug(response) == "invalid-request"
    assert field in error_fields(response)


def test_large_sums_keep_every_rupiah(
    client: FlaskClient, headers: Headers, version_id: int
) -> None:
    for amount in ("99999999999999999.01", "0.02"):
        approve(make_entry(version_id, sacks=[("a", amount, "2")]))

    value = read(client, headers)["KG"]["value"]

    assert Decimal(value) == Decimal("99999999999999999.03")
