"""Small groups of people are shown to who works with them, and to nobody else."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.models import FormVersion
from fieldapp.identity.permissions import Role
from fieldapp.indicators.rebuild import rebuild
from tests.factories import BANYUMAS, SEMEDO, auth_headers, make_person
from tests.form_factories import publish_form
from tests.indicators.entries import FORM, VERSION, approve, make_entry, reopen

PEOPLE = {"KG": "${member}", "MEMBERS": "value", "MOST": "${member}"}
YEAR = {"from": "2026-01-01", "to": "2026-12-31"}


@pytest.fixture
def version_id(app: Flask) -> int:
    """Publish the form with the people behind its indicators."""
    assert app.testing
    head, _, sheet = FORM.partition("| indicators |\n")
    columns, *rows = sheet.splitlines()
    named = [f"{columns} people |"]
    for row in rows:
        people = PEOPLE.get(row.split("|")[2].strip(), "")
        named.append(f"{row} {people} |")
    publish_form("\n".join((f"{head}| indicators |", *named, "")))
    statement = select(FormVersion.id).where(FormVersion.version == VERSION)
    return db.session.scalars(statement).one()


def weigh(version_id: int, women: int, men: int, **more: Any) -> None:
    for sex, count in (("P", women), ("L", men)):
        for number in range(count):
            sacks = [("a", "10", "2"), ("a", "5", "2")]
            member = f"{sex}{number}"
            approve(make_entry(version_id, sex=sex, member=member, sacks=sacks, **more))


def read(client: FlaskClient, role: Role, code: str = SEMEDO) -> dict[str, Any]:
    response = client.get(
        f"/api/v1/areas/{code}/report",
        query_string=YEAR,
        headers=auth_headers(make_person(role, code)),
    )
    (form,) = response.get_json()["forms"]
    return {item["name"]: item for item in form["indicators"]}


def by_sex(indicator: dict[str, Any]) -> dict[str, str | None]:
    breakdown = indicator["breakdowns"][0]
    return {cell["answers"][0]["name"]: cell["value"] for cell in breakdown["cells"]}


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR])
def test_who_works_with_the_people_sees_all_figures(
    client: FlaskClient, version_id: int, role: Role
) -> None:
    weigh(version_id, 1, 1)

    found = read(client, role)

    assert found["KG"]["value"] == "30"
    assert by_sex(found["MEMBERS"]) == {"P": "1", "L": "1"}
    assert found["MOST"]["value"] == "10"


def test_many_deliveries_of_few_people_are_a_small_group(
    client: FlaskClient, version_id: int
) -> None:
    weigh(version_id, 2, 2)
    weigh(version_id, 2, 2, visited_on="2026-04-01")

    found = read(client, Role.AUDITOR)

    for name in ("KG", "MEMBERS"):
        assert found[name]["suppressed"] is True
        assert (found[name]["value"], found[name]["number"]) == (None, None)
        assert all(each["cells"] == [] for each in found[name]["breakdowns"])
    assert found["SACKS-A"]["value"] == "16"
    assert found["SACKS-A"]["suppressed"] is False


def test_group_that_is_large_enough_is_shown_and_its_small_parts_are_not(
    client: FlaskClient, version_id: int
) -> None:
    weigh(version_id, 5, 3)

    found = read(client, Role.AUDITOR)

    assert found["KG"]["value"] == "120"
    assert by_sex(found["KG"]) == {"P": None, "L": None}
    assert found["KG"]["breakdowns"][-1] == {
        **found["KG"]["breakdowns"][-1],
        "cells": [],
        "suppressed": True,
    }
    assert by_sex(found["MEMBERS"]) == {"P": None, "L": None}


def test_least_and_greatest_of_people_are_those_of_one_person(
    client: FlaskClient, version_id: int
) -> None:
    weigh(version_id, 6, 6)

    found = read(client, Role.AUDITOR)

    assert found["MOST"]["suppressed"] is True
    assert found["LEAST"]["value"] == "5"
    assert by_sex(found["KG"]) == {"P": "90", "L": "90"}


def test_few_people_without_a_village_are_hidden_with_the_others(
    client: FlaskClient, version_id: int
) -> None:
    weigh(version_id, 6, 0)
    weigh(version_id, 0, 2, area_code=BANYUMAS)

    found = read(client, Role.AUDITOR, BANYUMAS)

    assert found["MEMBERS"]["value"] == "8"
    assert found["MEMBERS"]["located"] == found["MEMBERS"]["not_located"]
    assert found["MEMBERS"]["located"]["suppressed"] is True


def test_people_are_counted_back_and_found_again_by_a_rebuild(
    client: FlaskClient, version_id: int
) -> None:
    weigh(version_id, 4, 0)
    fifth = make_entry(version_id, member="P9", sacks=[("a", "1", "2")])
    approve(fifth)
    assert read(client, Role.AUDITOR)["KG"]["value"] == "61"

    assert rebuild().is_equal
    reopen(fifth)

    assert read(client, Role.AUDITOR)["KG"]["suppressed"] is True
