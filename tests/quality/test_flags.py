"""Each flag, from a phone's body to what the coordinator reads."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.web.clock import now
from tests.answers import items
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    auth_headers,
    make_grant,
    make_person,
)
from tests.openrosa.phone import Phone, file_part, make_phone, xml_part
from tests.quality.members import (
    codes_of,
    flags_of,
    member_xml,
    publish_members,
    raise_all,
    send_member,
)

NIK = "3302164507700001"
HOME = "-7.3651 109.1502 210.0 4.5"


@pytest.fixture(autouse=True)
def members(village: str) -> None:
    assert village
    publish_members(max_per_day="12")


@pytest.fixture
def reviewer(coordinator: User) -> Headers:
    return auth_headers(coordinator)


@pytest.fixture
def phone(client: FlaskClient, facilitator: User) -> Phone:
    return make_phone(client, facilitator)


def send(phone: Phone, instance_id: str, photo: bytes = b"", **answers: object) -> None:
    """Post an entry as ODK Collect does."""
    if photo:
        answers["photo"] = f"{instance_id[5:]}.jpg"
    xml = member_xml(instance_id, **answers)  # type: ignore[arg-type]
    parts = [xml_part(xml)]
    if photo:
        parts.append(file_part(str(answers["photo"]), photo))
    response = phone.post(*parts)
    assert response.status_code == 201, response.data


def only(
    client: FlaskClient, headers: Headers, instance_id: str, code: str
) -> dict[str, object]:
    (flag,) = flags_of(client, headers, instance_id)
    assert flag["code"] == code
    return flag


def test_one_identity_number_under_two_member_numbers_is_told_of_both(
    client: FlaskClient, phone: Phone, reviewer: Headers
) -> None:
    send(phone, "uuid:1", nik=NIK, member_no="A-1")
    send(phone, "uuid:2", nik="3302 1645 0770 0001", member_no="A-2")
    send(phone, "uuid:3", nik="3302164507700002", member_no="A-3")
    raise_all()

    flag = only(client, reviewer, "uuid:2", "same-nik")

    assert [other["id"] for other in flag["others"]] == ["uuid:1"]  # type: ignore[attr-defined]
    assert flag["label"] == {"id": "NIK", "en": "Identity number"}
    assert "nomor" in flag["sentence"]["id"]  # type: ignore[index]
    assert codes_of("uuid:1") == ["same-nik"]
    assert codes_of("uuid:3") == []
    listed = items(client.get("/api/v1/submissions?flag=same-nik", headers=reviewer))
    assert {each["id"] for each in listed} == {"uuid:1", "uuid:2"}
    assert NIK not in str(flags_of(client, reviewer, "uuid:2"))
    queue = items(client.get("/api/v1/submissions?order=queue", headers=reviewer))
    assert [each["id"] for each in queue] == ["uuid:1", "uuid:2", "uuid:3"]
    assert [each["flag_codes"] for each in queue] == [["same-nik"], ["same-nik"], []]
