from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.exporting import making
from fieldapp.exporting.jobs import path_of
from fieldapp.exporting.models import ExportJob, JobState
from fieldapp.extensions import db
from fieldapp.identity.models import RoleGrant
from fieldapp.identity.permissions import Role
from fieldapp.web import clock
from tests.exporting.plots import plot_xml, send
from tests.exporting.reading import export, log_of, tables
from tests.factories import SEMEDO, Headers, auth_headers, make_person

ORDER = {"form": "kebun", "format": "csv", "area": SEMEDO}


def order(client: FlaskClient, headers: Headers, **more: str) -> str:
    answer = client.post("/api/v1/exports", json={**ORDER, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    return f"/api/v1/exports/{answer.get_json()['id']}"


def job_at(url: str) -> ExportJob:
    return db.session.get_one(ExportJob, UUID(url.rpartition("/")[2]))


def test_an_order_waits_its_turn_and_becomes_a_file_that_can_be_read_in_parts(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))
    first, second = (order(client, coordinator) for _ in range(2))
    before = client.get(second, headers=coordinator).get_json()

    assert making.make_next()
    told = client.get(first, headers=coordinator).get_json()
    file = client.get(f"{first}/file", headers=coordinator, buffered=True)
    part = client.get(
        f"{first}/file", headers={**coordinator, "Range": "bytes=10-19"}, buffered=True
    )

    assert (before["state"], before["ahead"]) == ("waiting", 1)
    assert (told["state"], told["written"], told["total"]) == ("done", 1, 1)
    assert told["size"] == len(file.data)
    assert next(iter(tables(file.data))) == "kebun.csv"
    assert (part.status_code, part.data) == (206, file.data[10:20])
    assert file.data == export(client, coordinator, format="csv", area=SEMEDO)
    assert log_of("export-ended")[0]["digests"]["file"] == told["sha256"]
    assert making.make_next()
    assert not making.make_next()


def test_a_file_goes_only_to_rights_that_are_what_they_were(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    person = make_person(Role.COORDINATOR)
    headers = auth_headers(person)
    url = order(client, headers)
    assert making.make_next()
    stranger = auth_headers(make_person(Role.ADMINISTRATOR))
    assert client.get(url, headers=stranger).status_code == 404
    assert client.get(f"{url}/file", headers=stranger).status_code == 404

    grant = db.session.query(RoleGrant).filter_by(user_id=person.id).one()
    grant.role = Role.AUDITOR
    db.session.commit()

    assert client.get(f"{url}/file", headers=headers).status_code == 404


def test_who_lost_the_right_gets_no_file(
    client: FlaskClient, coordinator: Headers
) -> None:
    assert coordinator
    person = make_person(Role.COORDINATOR)
    url = order(client, auth_headers(person))
    grant = db.session.query(RoleGrant).filter_by(user_id=person.id).one()
    grant.revoked_at = clock.now()
    db.session.commit()

    assert making.make_next()

    assert job_at(url).error == "no-right"
    assert log_of("export-begun") == []


def test_a_deleted_order_is_broken_off_and_leaves_no_file(
    client: FlaskClient, coordinator: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        send(plot_xml(f"uuid:{number}"))
    url = order(client, coordinator)
    path = path_of(job_at(url).id)
    monkeypatch.setattr(making, "TELL_SECONDS", -1)
    monkeypatch.setattr("fieldapp.exporting.rows.BATCH", 1)
    between_batches = iter([1, 2, 3])

    def delete() -> bool:
        if next(between_batches) == 2:
            assert client.delete(url, headers=coordinator).status_code == 204
        return False

    assert making.make_next(delete)

    assert client.get(url, headers=coordinator).status_code == 404
    assert not path.exists()
    assert not path.with_suffix(".part").exists()


def test_a_worker_that_is_to_end_leaves_its_order_to_the_next(
    client: FlaskClient, coordinator: Headers
) -> None:
    send(plot_xml("uuid:one"))
    url = order(client, coordinator)

    assert making.make_next(lambda: True)
    assert job_at(url).state is JobState.WAITING
    assert making.make_next()

    assert job_at(url).state is JobState.DONE


def test_an_order_whose_workers_die_is_given_up(
    client: FlaskClient, coordinator: Headers
) -> None:
    url = order(client, coordinator)
    send(plot_xml("uuid:one"))

    def die() -> bool:
        raise KeyboardInterrupt

    for _ in range(making.MOST_TRIES):
        with pytest.raises(KeyboardInterrupt):
            making.make_next(die)
        db.session.rollback()
        assert not making.make_next()
        job_at(url).leased_until = clock.now() - timedelta(seconds=1)
        db.session.commit()

    assert making.make_next()

    assert job_at(url).error == "broken-off"


def test_files_are_removed_after_a_day(
    app: Flask, client: FlaskClient, coordinator: Headers
) -> None:
    url = order(client, coordinator)
    assert making.make_next()
    path: Path = path_of(job_at(url).id)
    assert path.stat().st_mode & 0o777 == 0o600
    job_at(url).expires_at = clock.now() - timedelta(seconds=1)
    db.session.commit()

    making.remove_expired()

    assert not path.exists()
    assert client.get(f"{url}/file", headers=coordinator).status_code == 404
    assert app.config["FIELDAPP"].exports_dir.exists()


def test_more_orders_than_one_may_have_are_refused(
    client: FlaskClient, coordinator: Headers
) -> None:
    for _ in range(5):
        order(client, coordinator)

    answer = client.post("/api/v1/exports", json=ORDER, headers=coordinator)

    assert answer.status_code == 429
    ready = client.get("/api/v1/exports", headers=coordinator).get_json()["items"]
    assert [each["ahead"] for each in ready] == [4, 3, 2, 1, 0]
