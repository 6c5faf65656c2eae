"""Who is of another area, programme or role learns nothing, whatever they ask.

Every operation of the OpenAPI document has a row in ``ROWS``. Each is called by each
stranger twice: about what is there, and about what is not. Both answers must be the
same bytes, and nothing may be written.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from fieldapp.authoring.drafts import put_file, upload
from fieldapp.exporting import jobs
from fieldapp.exporting.schemas import ExportQuery
from fieldapp.extensions import Base, db
from fieldapp.forms.models import Form
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.notices.following import follow
from fieldapp.places.models import COUNTRY
from fieldapp.programmes.models import Programme
from fieldapp.quality.models import Flag, FlagCode
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.files import file_store
from fieldapp.submissions.models import HeldEntry, Submission
from fieldapp.web import clock
from tests.credentials import bad_credentials, deactivated, revoked
from tests.entities.factories import ENTITY_ID, make_registered
from tests.entries import FORM, VERSION, deliver, entry_xml, publish_small_form
from tests.factories import (
    BUMISARI,
    SEMEDO,
    Headers,
    actor_of,
    auth_headers,
    make_area,
    make_device,
    make_grant,
    make_person,
    make_user,
)
from tests.isolation_rows import ROWS, URL, Names
from tests.notices.webhooks import log_of, make_webhook

NAMESPACE = 'fieldapp="http://fieldapp.id/xforms"'
OURS, THEIRS = "desa-devisa", "desa-wisata"
PHOTO = "foto.jpg"
METHODS = ("get", "post", "put", "patch", "delete")
CURSOR = re.compile(r'"cursor":"[^"]*"')
"""Where a list was at this moment: another one each time."""

IDENTIFIED = (
    "entity",
    "held",
    "device",
    "user",
    "grant",
    "webhook",
    "delivery",
    "flag",
    "export",
)

GUARDED = [name for name, row in ROWS.items() if not row.is_known_to_all]
WITH_TOKEN = [
    name for name, row in ROWS.items() if "/auth/" not in name and not row.is_public
]
LISTS = (
    "get /submissions",
    "get /held",
    "get /my/entries",
    "get /users",
    "get /registers",
    "get /entity-changes",
    "get /webhooks",
    "get /exports",
)


@dataclass(frozen=True)
class World:
    """What is in Semedo, by the names that addresses use; and what is nowhere."""

    there: Names
    nowhere: Names
    owner: User


@pytest.fixture
def strangers(client: FlaskClient) -> dict[str, Headers]:
    """People who have no business in Semedo, or none with this programme."""
    assert client
    make_area(SEMEDO)
    found = {"nobody": auth_headers(make_user())}
    for role in Role:
        elsewhere = make_person(role, BUMISARI)
        found[f"{role} elsewhere"] = auth_headers(elsewhere)
        outside = make_person(role, SEMEDO, programme_id=THEIRS)
        found[f"{role} of {THEIRS}"] = auth_headers(outside)
        both = make_person(role, BUMISARI)
        make_grant(both, role, SEMEDO, programme_id=THEIRS)
        found[f"{role} of both"] = auth_headers(both)
    return found


@pytest.fixture
def world(client: FlaskClient) -> World:
    assert client
    return make_world()


@pytest.fixture(autouse=True)
def files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of this test alone."""
    config = replace(app.config["FIELDAPP"], data_dir=tmp_path)
    monkeypatch.setitem(app.config, "FIELDAPP", config)
    return tmp_path


def make_world() -> World:
    """Fill Semedo: an entry and a held one, each with a photo; a phone; a role."""
    publish_small_form()
    db.session.add(Programme(id=OURS, name=OURS))
    db.session.flush()
    db.session.get_one(Form, "setoran").programme_id = OURS
    db.session.commit()
    hook = make_webhook(URL, area_code=SEMEDO)
    siti = make_user("siti-semedo", name="Siti Rahasia")
    grant = make_grant(siti, Role.FACILITATOR, SEMEDO, programme_id=OURS)
    device, _ = make_device(siti, "HP Rahasia")
    for instance_id, village in (
        ("uuid:there", SEMEDO),
        ("uuid:held", "99.99.99.9999"),
    ):
        xml = entry_xml(instance_id, village=village, photo=PHOTO)
        deliver(siti, xml, files=(store_photo(),))
    held = db.session.query(HeldEntry).one()
    chief = make_person(Role.ADMINISTRATOR, COUNTRY)
    upload(actor_of(chief), draft_of("setoran").encode(), "x.md", area_code=SEMEDO)
    put_file(actor_of(chief), "setoran", PHOTO, b"rahasia")
    query = {"form": "setoran", **ExportQuery().load({"format": "csv", "area": SEMEDO})}
    job = jobs.order(actor_of(chief), query)
    db.session.commit()
    follow(hook)
    change = make_registered("uuid:there", programme_id=OURS)
    (delivery,) = log_of(hook)
    flag = raise_flag("uuid:there")
    db.session.commit()
    there = {
        "webhook_id": str(hook.id),
        "delivery_id": str(delivery.id),
        "flag_id": str(flag.id),
        "instance_id": "uuid:there",
        "held_id": str(held.id),
        "export_id": str(job.id),
        "device_id": str(device.id),
        "user_id": str(siti.id),
        "grant_id": str(grant.id),
        "code": SEMEDO,
        "name": PHOTO,
        "form_id": "setoran",
        "version": VERSION,
        "register_name": "petani",
        "entity_id": ENTITY_ID,
        "change_id": str(change.id),
        "table": "Submissions",
    }
    nowhere = {
        **there,
        "instance_id": "uuid:never",
        **{f"{name}_id": str(uuid4()) for name in IDENTIFIED},
        "code": "33.02.16.2999",
        "form_id": "tidak-ada",
        "change_id": "999999",
    }
    return World(with_edit(there), with_edit(nowhere), siti)


def raise_flag(submission_id: str) -> Flag:
    """Raise a flag as the worker would."""
    flag = Flag(
        id=uuid4(),
        submission_id=submission_id,
        revision_id=submission_id,
        code=FlagCode.SAME_PHOTO,
        path="/data/photo",
        detail={},
        digest=b"rahasia",
        raised_at=clock.now(),
    )
    db.session.add(flag)
    submission = db.session.get_one(Submission, submission_id)
    submission.flags = [flag.code.value]
    db.session.commit()
    return flag


def with_edit(names: Names) -> Names:
    """Add an entry that corrects the one of these names, and a draft of the form."""
    edit = entry_xml("uuid:edit", village=BUMISARI, deprecated_id=names["instance_id"])
    return {**names, "edit": edit.decode(), "draft": draft_of(names["form_id"])}


def draft_of(form_id: str) -> str:
    """Write a form file of our programme."""
    source = FORM.read_text().replace("{{version}}", "rahasia")
    source = source.replace("{{namespaces}} |", f"{NAMESPACE} | {OURS} |")
    source = source.replace("| namespaces |", "| namespaces | programme |")
    return source.replace("| setoran |", f"| {form_id} |")


def store_photo() -> ReceivedFile:
    app_files = current_app.config["FIELDAPP"].files_dir
    with file_store(app_files).writer() as writer:
        writer.write(b"\xff\xd8 rahasia")
        stored = writer.finish()
    return ReceivedFile(PHOTO, stored.digest, stored.size, "image/jpeg")


def filled(template: Any, names: Names) -> Any:
    """Put names into an address, a query or a body."""
    if isinstance(template, str):
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], template)
    if isinstance(template, list):
        return [filled(each, names) for each in template]
    if isinstance(template, Mapping):
        return {key: filled(value, names) for key, value in template.items()}
    return template


def asked_with(name: str, names: Names) -> Names:
    """Give the names that an operation's address, query or body has."""
    row = ROWS[name]
    template = f"{name} {row.query} {row.body} {row.upload}"
    return {key: each for key, each in names.items() if f"{{{key}}}" in template}


def call(
    client: FlaskClient, name: str, names: Names, headers: Headers
) -> TestResponse:
    """Call an operation about the things of some names."""
    method, path = name.split(" ")
    row = ROWS[name]
    if path.startswith("/forms/"):
        names = {**names, "name": "villages.csv"}
    data: Any = row.data
    if row.upload:
        source = filled(row.upload, names).encode()
        data = {"form": (io.BytesIO(source), "setoran.md")}
    return client.open(
        f"/api/v1{filled(path, names)}",
        method=method,
        query_string=filled(row.query, names),
        json=filled(row.body, names),
        data=data,
        headers=headers,
        buffered=True,
    )


def told(response: TestResponse, names: Names) -> tuple[int, str | None, str]:
    """Give what an answer tells, apart from the words that were asked with."""
    body = CURSOR.sub("", response.data.decode(errors="replace"))
    for key, value in {**names, "own_code": SEMEDO}.items():
        body = body.replace(value, f"<{key.removeprefix('own_')}>")
    return response.status_code, response.content_type, body


def everything_stored() -> dict[str, object]:
    """Digest every row of every table, and count the files: any change shows."""
    files: Path = current_app.config["FIELDAPP"].files_dir
    statement = (
        "select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
        ' from "{table}" t'
    )
    rows = {
        table.name: db.session.execute(text(statement.format(table=table.name))).one()
        for table in Base.metadata.sorted_tables
    }
    return {**rows, "files": sum(path.is_file() for path in files.rglob("*"))}


def operations(client: FlaskClient) -> Iterator[str]:
    document = json.loads(client.get("/api/v1/openapi.json").data)
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield f"{method} {path.removeprefix('/api/v1')}"


def test_every_operation_is_asked_by_strangers(client: FlaskClient) -> None:
    assert sorted(operations(client)) == sorted(ROWS)


def test_strangers_cannot_tell_what_is_there_from_what_is_not(
    client: FlaskClient, strangers: dict[str, Headers], world: World
) -> None:
    for name in GUARDED:
        before = everything_stored()
        for who, headers in strangers.items():
            strangers_learn_nothing(client, world, name, who, headers)
        if name != "post /sync/submissions":
            db.session.rollback()
            assert everything_stored() == before, name


def strangers_learn_nothing(
    client: FlaskClient, world: World, name: str, who: str, headers: Headers
) -> None:
    if ROWS[name].is_of_the_programme and who.endswith(("elsewhere", "both")):
        return
    answers = [
        told(call(client, name, names, headers), asked_with(name, names))
        for names in (world.there, world.nowhere)
    ]
    if ROWS[name].is_cut_to_the_programme and who.endswith((THEIRS, "both")):
        assert answers[0][0] == 200, (name, who)
        assert "setoran" not in answers[0][2].lower(), (name, who)
        return
    assert answers[0] == answers[1], (name, who)
    assert "rahasia" not in str(answers).lower(), (name, who)


@pytest.mark.parametrize("name", GUARDED)
def test_each_role_of_the_area_may_what_its_row_says_and_no_more(
    client: FlaskClient, world: World, name: str
) -> None:
    roles = ROWS[name].roles
    headers = {role: auth_headers(make_person(role, SEMEDO)) for role in Role}
    before = everything_stored()

    for role in set(Role) - roles:
        there = call(client, name, world.there, headers[role])
        nowhere = call(client, name, world.nowhere, headers[role])
        answers = [
            told(answer, asked_with(name, names))
            for answer, names in ((there, world.there), (nowhere, world.nowhere))
        ]
        assert answers[0] == answers[1], role
        assert not is_done(there), (role, there.text)
    assert everything_stored() == before
    # What changes something can be done once.
    for role in sorted(roles)[: None if name.startswith("get") else 1]:
        response = call(client, name, world.there, headers[role])
        assert is_done(response), (role, response.data)


def is_done(response: TestResponse) -> bool:
    return response.status_code < 300 and b'"refused"' not in response.data


def without_cursor(response: TestResponse) -> Any:
    assert response.status_code in {200, 403}, response.text
    return {key: each for key, each in response.get_json().items() if key != "cursor"}


def test_lists_are_the_same_before_and_after_others_have_sent_something(
    client: FlaskClient, strangers: dict[str, Headers]
) -> None:
    addresses = [*LISTS, "get /sync/changes"]
    # Forms that anybody may collect are everybody's news; this one is a programme's.
    before = {
        (who, name): without_cursor(client.get(f"/api/v1{name[4:]}", headers=headers))
        for who, headers in strangers.items()
        if who.endswith((THEIRS, "nobody"))
        for name in addresses
    }

    make_world()

    for (who, name), answer in before.items():
        again = client.get(f"/api/v1{name[4:]}", headers=strangers[who])
        assert without_cursor(again) == answer, (who, name)


def test_a_cursor_of_somebody_elses_list_opens_nothing(
    client: FlaskClient, strangers: dict[str, Headers], world: World
) -> None:
    deliver(world.owner, entry_xml("uuid:second"))
    insider = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
    page = client.get("/api/v1/submissions?limit=1", headers=insider).get_json()

    for who in ("coordinator elsewhere", f"auditor of {THEIRS}"):
        answer = client.get(
            "/api/v1/submissions",
            query_string={"cursor": page["next_cursor"]},
            headers=strangers[who],
        )
        assert answer.get_json() == {"items": [], "next_cursor": None}


def test_without_a_good_token_nothing_is_told_and_nothing_is_kept(
    client: FlaskClient, world: World
) -> None:
    credentials = {
        **bad_credentials(world.owner),
        "revoked": revoked(client, world.owner),
        "deactivated": deactivated(),
    }
    before = everything_stored()

    for name, (who, headers) in product(WITH_TOKEN, credentials.items()):
        answers = [
            told(call(client, name, names, headers), asked_with(name, names))
            for names in (world.there, world.nowhere)
        ]
        assert answers[0][0] == 401, (name, who, answers)
        assert answers[0] == answers[1], (name, who)
    assert everything_stored() == before
