"""Whatever an entry holds, every door answers it, and it can be looked at later."""

import json
import random
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldapp.forms.queries import find_version
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.xform.definition import FormDefinition
from tests.factories import SEMEDO, auth_headers, make_grant, make_person
from tests.form_factories import FORMS, publish_form
from tests.openrosa.phone import make_phone, xml_part
from tests.xform.fuzz.mutations import ODD_TEXTS
from tests.xform.fuzz.packing import spoil_record
from tests.xform.fuzz.targets import spoil_document
from tests.xform.instances import InstanceMaker

TRIES = 40
VILLAGE = re.compile("<village>[^<]*</village>|<village/>")
SAME_ID = "uuid:00000000-0000-4000-8000-000000000000"
MIXED = """
| survey |
| | type | name | label | calculation | relevant | constraint |
| | select_one_from_file villages.csv | village | Desa | | | |
| | integer | a | A | now() | | |
| | date | b | B | 1 + 1 | | |
| | dateTime | c | C | date('2024-01-02') | | |
| | time | d | D | true() | | |
| | decimal | e | E | ${f} | | |
| | text | f | F | | | regex(., ${g}) |
| | text | g | G | | ${f} != 'x' | |
| | geopoint | h | H | ${g} | | |
| | geotrace | i | I | | | distance(${i}) < 5 |
| | calculate | j | | concat(${f}, ${f}, ${g}, ${g}) | | |
| | calculate | k | | join(${j}, ${j}, ${j}) | | |
| settings |
| | form_title | form_id | version | namespaces |
| | Campur | campur | 1 | fieldapp="http://fieldapp.id/xforms" |
"""


@pytest.fixture
def forms(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[FormDefinition]:
    """The application as in production, with our forms and one that mixes types."""
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    published = [publish_form(path) for path in sorted(FORMS.glob("*.md"))]
    published.append(publish_form(MIXED))
    found = [find_version(each.form_id, each.version) for each in published]
    return [each.definition for each in found if each is not None]


@pytest.fixture
def person(forms: list[FormDefinition]) -> User:
    assert forms
    person = make_person(Role.FACILITATOR, SEMEDO)
    make_grant(person, Role.COORDINATOR, SEMEDO)
    return person


def entries(form: FormDefinition, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Give entries with odd answers, half of them spoilt beyond that."""
    maker = InstanceMaker(form, chance)
    for number in range(TRIES):
        instance_id = f"uuid:{uuid4()}"
        xml = maker.make(number % 5 / 4).replace(SAME_ID, instance_id)
        data = VILLAGE.sub(f"<village>{SEMEDO}</village>", xml).encode()
        if number % 2:
            data = spoil_document(data, chance, [data])
        yield instance_id, data


def test_a_spoilt_entry_is_never_the_servers_mistake(
    client: FlaskClient, forms: list[FormDefinition], person: User
) -> None:
    chance = random.Random(5)  # noqa: S311 - It must be repeatable, not secret.
    phone, headers = make_phone(client, person), auth_headers(person)

    broken = []
    for form in forms:
        for instance_id, xml in entries(form, chance):
            sent = phone.post(xml_part(xml))
            read = client.get(f"/api/v1/submissions/{instance_id}", headers=headers)
            if max(sent.status_code, read.status_code) >= 500:
                broken.append((sent.status_code, read.status_code, xml[:3000]))

    assert broken == []


def test_a_spoilt_record_is_never_the_servers_mistake(
    client: FlaskClient, forms: list[FormDefinition], person: User
) -> None:
    chance = random.Random(5)  # noqa: S311 - It must be repeatable, not secret.
    headers = auth_headers(person) | {"Content-Type": "application/json"}

    broken = []
    for form in forms:
        items = []
        for _ in range(TRIES):
            item = {"form_id": form.form_id, "version": form.version, "record": {}}
            spoil_record(item, form, chance)
            items.append(item)
        for body in (items[:-1], [chance.choice(ODD_TEXTS), items[-1]]):
            response = client.post(
                "/api/v1/sync/submissions",
                data=json.dumps({"items": body}),
                headers=headers,
            )
            if response.status_code >= 500:
                broken.append(response.data)

    assert broken == []
