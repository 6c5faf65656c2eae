"""Links that open an entry in Enketo: who gets one, and what Enketo is handed."""

import socket
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from fieldapp.config import ConfigError, from_env
from fieldapp.config import Enketo as EnketoSettings
from fieldapp.enketo import handing_over
from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormState
from fieldapp.forms.queries import forget_states
from fieldapp.identity.models import RoleGrant, User
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from tests.answers import error_fields, problem_slug
from tests.enketo.correcting import CONTENT, PHOTO, Corrector
from tests.enketo.standin import KEY, Enketo
from tests.factories import actor_of, auth_headers


def settings(**environ: str) -> EnketoSettings | None:
    required = {"DATABASE_URL": "postgresql://h/d", "FIELDAPP_SECRET_KEY": "x" * 32}
    return from_env({**required, **environ}).enketo


def use(app: Flask, monkeypatch: pytest.MonkeyPatch, enketo: Any) -> None:
    config = replace(app.config["FIELDAPP"], enketo=enketo)
    monkeypatch.setitem(app.config, "FIELDAPP", config)


def test_an_entry_is_handed_over_whole_with_an_address_of_its_own(
    siti: Corrector, enketo: Enketo
) -> None:
    answer = siti.ask(return_to="/entri?id=1")

    told = answer.get_json()
    assert answer.status_code == 201
    given = enketo.instances[siti.entry_id]
    assert told["instance_id"] == given["instance_id"] == siti.entry_id
    assert told["edit_url"].startswith(f"{enketo.url}/edit/s0?instance_id=uuid:")
    xml = siti.client.get(
        f"/api/v1/submissions/{siti.entry_id}/xml", headers=siti.headers
    )
    assert given["instance"].encode() == xml.data
    assert given["form_id"] == "setoran"
    assert given["server_url"].startswith("http://localhost/v1/edit/")
    assert given["return_url"] == "http://localhost/entri?id=1"
    assert given["instance_attachments"] == {
        PHOTO: f"{given['server_url']}/entry/files/ph%C3%B6to%20one-20_46_22.png"
    }


def test_the_facilitator_learns_of_the_link_where_they_learn_of_the_return(
    siti: Corrector, coordinator: User
) -> None:
    decide(
        actor_of(coordinator),
        siti.entry_id,
        DecisionKind.RETURN,
        revision_id=siti.entry_id,
        note="Foto kabur.",
    )
    db.session.commit()

    def shown(path: str, headers: Any = None) -> Any:
        return siti.client.get(path, headers=headers or siti.headers).get_json()

    url = f"/api/v1/submissions/{siti.entry_id}/edit-link"
    assert shown("/api/v1/sync/changes")["decisions"][0]["edit_link_url"] == url
    assert shown("/api/v1/my/entries")["items"][0]["edit_link_url"] == url
    entry = f"/api/v1/submissions/{siti.entry_id}"
    assert shown(entry)["edit_link_url"] == url
    assert shown(entry, auth_headers(coordinator))["edit_link_url"] is None


def test_a_coordinator_gets_no_link_to_what_others_sent(
    siti: Corrector, coordinator: User, facilitator: User
) -> None:
    for other in (coordinator, facilitator):
        asking = replace(siti, headers=auth_headers(other))
        assert problem_slug(asking.ask()) == "not-found"


def test_without_an_enketo_no_link_is_offered_and_the_reason_is_told(
    app: Flask, siti: Corrector, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(app, monkeypatch, None)

    assert problem_slug(siti.ask()) == "enketo-not-set-up"
    assert siti.read()["edit_link_url"] is None


def test_a_decided_entry_gets_no_link(siti: Corrector, coordinator: User) -> None:
    decide(
        actor_of(coordinator),
        siti.entry_id,
        DecisionKind.APPROVE,
        revision_id=siti.entry_id,
    )
    db.session.commit()

    assert problem_slug(siti.ask()) == "not-correctable"
    assert siti.read()["edit_link_url"] is None


def test_an_entry_of_a_closed_form_gets_no_link(siti: Corrector) -> None:
    db.session.get_one(Form, "setoran").state = FormState.CLOSED
    db.session.commit()
    forget_states()

    assert problem_slug(siti.ask()) == "not-correctable"


def test_who_has_no_task_in_the_village_any_more_gets_no_link(siti: Corrector) -> None:
    grants = db.session.query(RoleGrant).filter_by(user_id=siti.user.id)
    grants.update({"area_code": "33.03.14.2013"})
    db.session.commit()

    answer = siti.ask()

    assert problem_slug(answer) == "not-correctable"
    assert "bertugas" in answer.get_json()["texts"]["id"]


def test_what_enketo_has_already_is_taken_back_and_handed_over_anew(
    siti: Corrector, enketo: Enketo
) -> None:
    first = siti.link()
    enketo.asked.clear()

    second = siti.link()

    assert enketo.asked == [
        ("POST", "instance"),
        ("DELETE", "instance"),
        ("POST", "instance"),
    ]
    assert second.address != first.address
    for link in (first, second):
        assert link.get("/formList").status_code == 200


@pytest.mark.parametrize(
    ("status", "body", "slug"),
    [
        (401, b'{"message": "Invalid API key"}', "enketo-refused"),
        (403, b'{"message": "not linked"}', "enketo-refused"),
        (413, b"", "too-large-for-enketo"),
        (500, b"<html>", "enketo-failed"),
        (302, b'{"edit_url": "http://127.0.0.1/edit/s0"}', "enketo-failed"),
        (201, b"", "enketo-failed"),
        (201, b"[]", "enketo-failed"),
        (201, b'{"edit_url": null}', "enketo-failed"),
        (201, b'{"edit_url": "http://[/edit"}', "enketo-failed"),
        (201, b'{"url": "http://127.0.0.1/s0"}', "enketo-failed"),
    ],
)
def test_what_enketo_answers_instead_of_a_link_is_told(
    siti: Corrector, enketo: Enketo, status: int, body: bytes, slug: str
) -> None:
    enketo.answers.append((status, body))

    answer = siti.ask()

    assert problem_slug(answer) == slug
    assert set(answer.get_json()["texts"]) == {"id", "en"}
    assert enketo.asked == [("POST", "instance")]


def test_an_entry_that_stays_taken_is_told(siti: Corrector, enketo: Enketo) -> None:
    enketo.answers += [(405, b"{}"), (404, b"{}"), (405, b"{}")]

    assert problem_slug(siti.ask()) == "enketo-failed"


def test_a_wrong_key_an_unlinked_address_and_a_large_entry_are_refused_by_enketo(
    app: Flask,
    siti: Corrector,
    enketo: Enketo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enketo.payload_limit = 100
    assert problem_slug(siti.ask()) == "too-large-for-enketo"
    enketo.payload_limit = 100_000
    enketo.linked_server = "https://lain.example"
    assert problem_slug(siti.ask()) == "enketo-refused"
    enketo.linked_server = "http://localhost"
    use(app, monkeypatch, EnketoSettings(enketo.url, "salah"))
    assert problem_slug(siti.ask()) == "enketo-refused"
    use(app, monkeypatch, EnketoSettings(enketo.url, KEY))
    assert siti.ask().status_code == 201


def test_an_enketo_that_does_not_answer_is_told(
    app: Flask, siti: Corrector, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(handing_over, "SECONDS", 0.2)
        use(app, monkeypatch, EnketoSettings(f"http://127.0.0.1:{port}", KEY))
        slow = siti.ask()
    closed = siti.ask()

    assert problem_slug(slow) == problem_slug(closed) == "enketo-unreachable"
    assert slow.headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    "path", ["//jahat.example", "https://jahat.example", "/\\jahat", "/a b", "a", ""]
)
def test_the_browser_comes_back_to_this_server_alone(
    siti: Corrector, path: str
) -> None:
    assert error_fields(siti.ask(return_to=path)) == {"return_to"}


def test_the_settings_are_read_and_the_key_is_not_shown() -> None:
    found = settings(
        FIELDAPP_ENKETO_URL="https://enketo.example/x/",
        FIELDAPP_ENKETO_API_KEY="rahasia",
    )

    assert found == EnketoSettings("https://enketo.example/x", "rahasia")
    assert "rahasia" not in repr(found)
    assert settings() is None


@pytest.mark.parametrize(
    ("url", "key", "name"),
    [
        ("https://enketo.example", "", "API_KEY"),
        ("https://enketo.example", "a:b", "API_KEY"),
        ("https://enketo.example", "a\nb", "API_KEY"),
        ("enketo.example", "k", "URL"),
        ("ftp://enketo.example", "k", "URL"),
        ("https://", "k", "URL"),
        ("https://k@enketo.example", "k", "URL"),
        ("https://enketo.example?x=1", "k", "URL"),
        ("https://enketo.example:99999", "k", "URL"),
    ],
)
def test_mistakes_in_the_settings_are_told(url: str, key: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"FIELDAPP_ENKETO_{name}"):
        settings(FIELDAPP_ENKETO_URL=url, FIELDAPP_ENKETO_API_KEY=key)


def test_the_photo_is_served_by_the_address_that_enketo_was_given(
    siti: Corrector,
) -> None:
    link = siti.link()
    url = link.given["instance_attachments"][PHOTO]

    answer = link.get(url.removeprefix(link.given["server_url"]))

    assert answer.data == CONTENT
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
