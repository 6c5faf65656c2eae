"""Published forms: listed, compared, retired, closed, opened again."""

from flask import Flask
from flask.testing import FlaskClient

from fieldapp.extensions import db
from fieldapp.forms.queries import forget_versions
from fieldapp.identity.permissions import Role
from fieldapp.places.models import COUNTRY
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.models import HeldEntry, HeldReason, HeldState, Submission
from tests.authoring.conftest import Author, form_file
from tests.entries import VERSION, deliver, entry_xml, publish_small_form
from tests.factories import (
    BUMISARI,
    SEMEDO,
    auth_headers,
    make_grant,
    make_person,
)


def set_state(author: Author, state: str, reason: str = "Selesai.") -> None:
    response = author.call(
        "put", "/forms/setoran/state", json={"state": state, "reason": reason}
    )
    assert response.status_code == 200, response.text
    assert response.get_json()["state"] == state
    forget_versions()


def test_a_form_is_listed_with_all_its_versions_newest_first(author: Author) -> None:
    publish_small_form("1")
    publish_small_form("2")
    coordinator = auth_headers(make_person(Role.COORDINATOR, SEMEDO))

    listed = author.client.get("/api/v1/forms", headers=coordinator).get_json()
    form = author.client.get("/api/v1/forms/setoran", headers=coordinator).get_json()

    assert [each["form_id"] for each in listed["items"]] == ["setoran"]
    assert [each["version"] for each in form["versions"]] == ["2", "1"]
    assert form["state"] == "open"


def test_a_version_gives_back_the_spreadsheet_that_it_was_made_from(
    author: Author,
) -> None:
    author.upload(form_file("5"))
    author.call("post", "/drafts/setoran/publish")

    source = author.call("get", "/forms/setoran/versions/5/source")

    assert source.data == form_file("5")
    assert source.headers["Content-Disposition"] == "attachment; filename=setoran.md"


def test_a_version_tells_what_it_changed(author: Author) -> None:
    publish_small_form("1")
    author.upload(form_file("2", farmer="member"))
    author.call("post", "/drafts/setoran/publish")

    changes = author.call("get", "/forms/setoran/versions/2/changes").get_json()
    first = author.call("get", "/forms/setoran/versions/1/changes").get_json()

    assert changes["earlier_version"] == "1"
    assert [each["path"] for each in changes["added"]] == ["/data/member"]
    assert first == {}
    missing = author.call("get", "/forms/setoran/versions/9/changes")
    assert missing.status_code == 404


def test_a_retired_form_is_offered_to_no_phone_but_its_entries_still_count(
    author: Author,
) -> None:
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)

    set_state(author, "retired")

    changes = author.client.get("/api/v1/sync/changes", headers=auth_headers(siti))
    assert changes.get_json()["forms"] == []
    assert deliver(siti, entry_xml()).status is OutcomeStatus.CREATED


def test_every_published_version_keeps_accepting(author: Author) -> None:
    publish_small_form("1")
    publish_small_form("2")
    siti = make_person(Role.FACILITATOR, SEMEDO)
    set_state(author, "retired")

    outcomes = [deliver(siti, entry_xml(version=each)).status for each in ("1", "2")]

    assert outcomes == [OutcomeStatus.CREATED, OutcomeStatus.CREATED]


def test_what_came_while_a_form_was_closed_is_taken_in_when_it_opens(
    author: Author,
) -> None:
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)
    set_state(author, "closed")
    assert deliver(siti, entry_xml("uuid:1")).status is OutcomeStatus.HELD

    set_state(author, "open")

    assert db.session.get_one(Submission, "uuid:1").area_code == SEMEDO
    assert db.session.query(HeldEntry).one().state is HeldState.RELEASED


def test_what_came_before_its_version_was_published_is_taken_in_with_it(
    author: Author,
) -> None:
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)
    for id_, village in (("uuid:in", SEMEDO), ("uuid:out", BUMISARI)):
        outcome = deliver(siti, entry_xml(id_, village=village, version="2027"))
        assert outcome.status is OutcomeStatus.HELD
    make_grant(make_person(Role.COORDINATOR), Role.COORDINATOR, BUMISARI)
    author.upload(form_file("2027"))

    published = author.call("post", "/drafts/setoran/publish").get_json()

    assert published["taken_in"] == 1
    assert [each.id for each in db.session.query(Submission)] == ["uuid:in"]
    still = db.session.query(HeldEntry).filter_by(instance_id="uuid:out").one()
    assert (still.state, still.reason) == (HeldState.HELD, HeldReason.AREA)
    log = author.call("get", f"/areas/{SEMEDO}/log")
    assert '"kind":"held-entry-released"' in log.text
    assert '"actor":"server"' in log.text


def test_an_entry_of_somebody_whose_role_was_taken_stays_held(
    app: Flask, author: Author
) -> None:
    assert app
    publish_small_form()
    siti = make_person(Role.FACILITATOR, SEMEDO)
    deliver(siti, entry_xml("uuid:1", version="2027"))
    siti.is_active = False
    db.session.commit()
    author.upload(form_file("2027"))

    published = author.call("post", "/drafts/setoran/publish").get_json()

    assert published["taken_in"] == 0
    assert db.session.query(HeldEntry).one().state is HeldState.HELD


def test_a_state_needs_a_reason_and_stands_in_the_log(author: Author) -> None:
    publish_small_form()
    empty = author.call("put", "/forms/setoran/state", json={"state": "retired"})

    set_state(author, "retired", "Musim panen selesai.")

    assert empty.status_code == 422
    assert empty.get_json()["errors"][0]["field"] == "reason"
    form = author.call("get", "/forms/setoran").get_json()
    assert form["state_reason"] == "Musim panen selesai."
    log = author.call("get", f"/areas/{COUNTRY}/log").text
    assert '"kind":"form-state-changed"' in log
    assert "panen" not in log


def test_only_an_administrator_of_the_country_retires_a_form(
    client: FlaskClient, author: Author
) -> None:
    assert author
    publish_small_form()
    for role, area in ((Role.ADMINISTRATOR, SEMEDO), (Role.COORDINATOR, COUNTRY)):
        person = Author(client, auth_headers(make_person(role, area)))
        body = {"state": "closed", "reason": "Iseng."}
        response = person.call("put", "/forms/setoran/state", json=body)
        assert response.status_code == 404, role
    form = author.call("get", "/forms/setoran").get_json()
    assert form["versions"][0]["version"] == VERSION
    assert form["state"] == "open"
