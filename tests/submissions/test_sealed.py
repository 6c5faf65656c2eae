"""Entries that were encrypted on the phone (ODK Encrypted Forms)."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.models import Submission
from tests.entries import VERSION, deliver, entry_xml, make_file, publish_small_form
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_grant,
    make_person,
)


def sealed_xml(instance_id: str = "uuid:sealed", deprecated_id: str = "") -> bytes:
    deprecated = (
        f"<orx:deprecatedID>{deprecated_id}</orx:deprecatedID>" if deprecated_id else ""
    )
    return (
        f'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="setoran" '
        f'version="{VERSION}" encrypted="yes">'
        "<base64EncryptedKey>a2V5</base64EncryptedKey>"
        '<orx:meta xmlns:orx="http://openrosa.org/xforms">'
        f"<orx:instanceID>{instance_id}</orx:instanceID>{deprecated}</orx:meta>"
        "<media><file>1795269839123.jpg.enc</file></media>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
        "<base64EncryptedElementSignature>c2ln</base64EncryptedElementSignature></data>"
    ).encode()


@pytest.fixture
def siti(app: Flask) -> User:
    assert app
    publish_small_form()
    return make_person(Role.FACILITATOR, SEMEDO)


@pytest.fixture
def coordinator(siti: User) -> Headers:
    assert siti
    return auth_headers(make_person(Role.COORDINATOR, SEMEDO))


def test_a_sealed_entry_is_kept_in_its_senders_area_with_its_files(
    client: FlaskClient, siti: User, coordinator: Headers
) -> None:
    outcome = deliver(siti, sealed_xml(), files=(make_file("1795269839123.jpg.enc"),))

    assert outcome.status is OutcomeStatus.CREATED
    assert outcome.missing_files == ("submission.xml.enc",)
    submission = db.session.get_one(Submission, "uuid:sealed")
    assert (submission.area_code, submission.is_sealed) == (SEMEDO, True)
    shown = client.get("/api/v1/submissions/uuid:sealed", headers=coordinator)
    entry = shown.get_json()
    assert entry["is_sealed"] is True
    assert entry["violations"] == []
    assert [each["rule"] for each in entry["warnings"]] == ["sealed"]
    xml = client.get("/api/v1/submissions/uuid:sealed/xml", headers=coordinator)
    assert xml.data == sealed_xml()


def test_nobody_approves_what_nobody_can_read(
    client: FlaskClient, siti: User, coordinator: Headers
) -> None:
    deliver(siti, sealed_xml())
    url = "/api/v1/submissions/uuid:sealed/decisions"

    for override in (False, True):
        body = {
            "kind": "approve",
            "revision_id": "uuid:sealed",
            "override": override,
            "note": "Percaya.",
        }
        response = client.post(url, json=body, headers=coordinator)
        assert response.status_code == 409
        assert response.get_json()["type"] == "/problems/entry-sealed"

    returned = {"kind": "return", "revision_id": "uuid:sealed", "note": "Kirim biasa."}
    assert client.post(url, json=returned, headers=coordinator).status_code == 201


def test_a_correction_may_break_the_seal_or_set_it(siti: User) -> None:
    deliver(siti, sealed_xml("uuid:1"))

    opened = deliver(siti, entry_xml("uuid:2", deprecated_id="uuid:1"))
    assert opened.status is OutcomeStatus.REVISED
    assert db.session.get_one(Submission, "uuid:1").is_sealed is False

    sealed = deliver(siti, sealed_xml("uuid:3", deprecated_id="uuid:2"))
    assert sealed.status is OutcomeStatus.REVISED
    assert db.session.get_one(Submission, "uuid:1").is_sealed is True


def test_a_sealed_entry_of_somebody_with_several_areas_stands_in_one_of_them(
    siti: User,
) -> None:
    make_grant(siti, Role.FACILITATOR, BUMISARI)

    deliver(siti, sealed_xml())

    area_code = db.session.get_one(Submission, "uuid:sealed").area_code
    assert area_code in {SEMEDO, BUMISARI}
