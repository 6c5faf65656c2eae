"""Our four forms in Enketo's own engine, in a real browser: filled in, and corrected.

Enketo Express is not to be had from a package registry, so its server is a stand-in of
ours (tests/enketo/standin.py); the form engine (enketo-core) and what makes its pages
of XForms (enketo-transformer) are the real ones.
"""

import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, sync_playwright

from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.phone.pictures import picture
from tests.e2e.browser import Answer, WebForm
from tests.e2e.conftest import villages
from tests.e2e.entries import entries_of
from tests.e2e.installation import Installation
from tests.e2e.wire import Reader
from tests.enketo.standin import BUNDLE, Enketo
from tests.factories import make_device, make_grant, make_user

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="chromium is not installed: no form is opened in it"
    ),
    pytest.mark.skipif(
        not BUNDLE.exists(),
        reason="Enketo's engine is not installed: it takes Node.js 20 with npm, then "
        "`npm install --ignore-scripts && npm run bundle` in tests/enketo",
    ),
]

PATH = re.compile(r"\?.*|(?<=/)forms/[^/]+/v/[^/.]+")
OPENED = [
    "HEAD /formList",
    "GET /formList",
    "GET //manifest",
    "GET /.xml",
    "HEAD /submission",
    "GET //files/villages.csv",
]
EXAMPLES = {
    "batik_group_output": ("valid-sedau.xml", "/data/report/group_name"),
    "farmer_certification": ("valid-inspection-semedo.xml", "/data/member/member_name"),
    "gula_semut_delivery": (
        "valid-bumisari-three-containers.xml",
        "/data/receipt/receiver",
    ),
    "gula_semut_handover": ("valid-boxes-semedo.xml", "/data/event/witness"),
}


@dataclass(frozen=True)
class Facilitator:
    """Who fills in forms: their phone's address, and themselves signed in."""

    server_url: str
    signed_in: Reader


@pytest.fixture
def facilitator(place: Installation) -> Facilitator:
    with place.app.app_context():
        user = make_user()
        for code in villages():
            make_grant(user, Role.FACILITATOR, code)
        _, token = make_device(user)
        username = user.username
        db.session.remove()
    reader = Reader.signed_in(place.port, username)
    return Facilitator(f"{place.address}/v1/key/{token}", reader)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def web(browser: Browser, tmp_path: Path) -> Iterator[WebForm]:
    photo = tmp_path / "phöto one.png"
    photo.write_bytes(picture(20, random.Random(1)))  # noqa: S311 - No secret.
    web = WebForm(browser.new_page(), photo)
    yield web
    web.page.close()


@pytest.mark.parametrize("form_id", sorted(EXAMPLES))
def test_an_entry_is_filled_in_returned_and_corrected_in_a_browser(
    place: Installation,
    coordinator: Reader,
    facilitator: Facilitator,
    enketo: Enketo,
    web: WebForm,
    form_id: str,
) -> None:
    example, changed = EXAMPLES[form_id]
    survey = enketo.survey({"server_url": facilitator.server_url, "form_id": form_id})
    before = len(enketo.calls)

    web.open(f"{enketo.url}/{survey}")
    web.fill(entries_of(form_id)[example].xml)
    told = web.submit()

    assert told == "Diterima. / Received."
    first = coordinator.entry(web.instance_id())
    assert names_of(first) == sorted(web.file_names())
    assert calls_of(enketo, before) == [*OPENED, "HEAD /submission", "POST /submission"]
    assert_clean(first, web)

    return_to_sender(coordinator, first)
    url = edit_url_of(facilitator, first)
    before = len(enketo.calls)
    web.open(url)
    held = web.value(changed)
    assert held == answer_of(first, changed)
    web.wait_for_pictures(len(first["attachments"]))
    web.answer(Answer(changed, None, 0, f"{held} Dua"))
    web.submit_and_leave(f"{place.address}/terima-kasih")

    second = coordinator.entry(first["id"])
    assert second["revision_number"] == 2
    assert second["state"] == "received"
    assert contents_of(second) == contents_of(first)
    assert differing(coordinator, second, changed) == (held, f"{held} Dua")
    files = [each for each in calls_of(enketo, before) if "/entry/files/" in each]
    assert len(files) == len(first["attachments"])
    assert_clean(second, web)


def names_of(entry: Any) -> list[str]:
    return sorted(each["name"] for each in entry["attachments"])


def contents_of(entry: Any) -> dict[str, str]:
    return {each["name"]: each["sha256"] for each in entry["attachments"]}


def calls_of(enketo: Enketo, before: int) -> list[str]:
    """Name what Enketo asked of us since, without queries and versions."""
    return [
        f"{each.method} {PATH.sub('', each.path)}" for each in enketo.calls[before:]
    ]


def assert_clean(entry: Any, web: WebForm) -> None:
    """Nothing that Enketo finalises is flagged, and nothing went wrong in it."""
    assert (entry["violations"], entry["warnings"]) == ([], [])
    assert web.complaints == []


def return_to_sender(coordinator: Reader, entry: Any) -> None:
    decision = {
        "kind": "return",
        "revision_id": entry["revision_id"],
        "note": "Namanya kurang lengkap.",
    }
    answer = coordinator.post(f"/submissions/{quote(entry['id'])}/decisions", decision)
    assert answer.status == 201, answer.body


def edit_url_of(facilitator: Facilitator, entry: Any) -> str:
    """Learn of the return as our own client does, and ask for the link."""
    (decision,) = facilitator.signed_in.get("/sync/changes").json["decisions"]
    assert decision["submission_id"] == entry["id"]
    assert decision["note"] == "Namanya kurang lengkap."
    path = decision["edit_link_url"].removeprefix("/api/v1")
    answer = facilitator.signed_in.post(path, {"return_to": "/terima-kasih"})
    assert answer.status == 201, answer.body
    return str(answer.json["edit_url"])


def answer_of(entry: Any, path: str) -> str:
    found = entry["record"]
    for name in path.split("/")[2:]:
        found = found[name]
    return str(found)


def differing(coordinator: Reader, entry: Any, path: str) -> tuple[str, str]:
    """Give what the only question that differs said before and says now."""
    answer = coordinator.get(f"/submissions/{quote(entry['id'])}/differences")
    (found,) = answer.json["items"]
    assert found["path"] == path
    assert found["label"]["id"]
    return found["before"]["id"], found["after"]["id"]
