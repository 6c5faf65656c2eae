"""What comes back from Enketo by a link, and what else its address does not let in."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta

import pytest
from lxml import etree
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldapp.enketo.links import LIFETIME
from fieldapp.enketo.models import EditLink
from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Role
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import decide
from fieldapp.submissions.held import release
from fieldapp.submissions.models import HeldEntry, HeldReason, HeldState, Revision
from fieldapp.submissions.problems import StillHeld
from fieldapp.web.clock import now
from tests.enketo.correcting import CONTENT, PHOTO, Corrector
from tests.entries import deliver, entry_xml, new_id, publish_small_form
from tests.factories import BUMISARI, actor_of, auth_headers, make_person
from tests.openrosa.phone import file_part, shown, xml_part

Send = Callable[[str], TestResponse]


@pytest.fixture(params=["Collect", "Enketo"])
def send(request: pytest.FixtureRequest, siti: Corrector) -> Send:
    """Send a correction that was begun before what happens in the test."""
    link = siti.link()

    def through_collect(kg: str) -> TestResponse:
        # Collect sends all files again.
        xml = entry_xml(new_id(), kg=kg, photo=PHOTO, deprecated_id=siti.entry_id)
        return siti.phone.post(xml_part(xml), file_part(PHOTO, CONTENT))

    return through_collect if request.param == "Collect" else link.correct


def kg_of(siti: Corrector) -> float:
    return float(siti.read()["record"]["kg"])


def held_entries() -> list[HeldEntry]:
    return list(db.session.scalars(select(HeldEntry)))


def review(coordinator: User, siti: Corrector, kind: DecisionKind) -> None:
    revision_id = siti.read()["revision_id"]
    decide(
        actor_of(coordinator),
        siti.entry_id,
        kind,
        revision_id=revision_id,
        note="Periksa lagi.",
    )
    db.session.commit()


def test_a_correction_comes_back_as_the_next_revision_with_its_files(
    siti: Corrector, coordinator: User
) -> None:
    review(coordinator, siti, DecisionKind.RETURN)
    link = siti.link()

    answer = link.correct("13.5")

    assert answer.status_code == 201
    assert shown(answer).startswith("Perbaikan diterima.")
    entry = siti.read()
    assert (entry["revision_number"], entry["state"]) == (2, "received")
    assert entry["author_id"] == str(siti.user.id)
    assert kg_of(siti) == 13.5
    (photo,) = entry["attachments"]
    file = siti.client.get(photo["url"], headers=siti.headers, buffered=True)
    assert (photo["name"], file.data) == (PHOTO, CONTENT)
    revision = db.session.get_one(Revision, entry["revision_id"])
    assert revision.client.startswith("Enketo/7.6.4-p")


def test_the_same_correction_again_is_one(siti: Corrector) -> None:
    link = siti.link()
    xml = entry_xml("uuid:two", kg="2", photo=PHOTO, deprecated_id=siti.entry_id)

    answers = [link.post(xml) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert siti.read()["revision_number"] == 2


def test_a_new_photo_comes_with_the_correction(siti: Corrector) -> None:
    name = "foto baru-20_46_23.jpg"
    link = siti.link()
    xml = entry_xml(new_id(), photo=name, deprecated_id=siti.entry_id)

    assert link.post(xml, file_part(name, b"baru")).status_code == 201

    assert [each["name"] for each in siti.read()["attachments"]] == [name]


def test_enketo_gets_the_version_that_was_filled_in_and_nothing_else(
    siti: Corrector,
) -> None:
    publish_small_form("2026112199")
    link = siti.link()

    assert link.get("/formList", "HEAD").status_code == 200
    assert link.get("/submission", "HEAD").status_code == 204
    listed = etree.fromstring(link.get("/formList?formID=setoran").data)
    assert [each.findtext("{*}version") for each in listed] == ["2026112101"]
    assert len(etree.fromstring(link.get("/formList?formID=lain").data)) == 0
    xml = link.get("/forms/setoran/v/2026112101.xml")
    assert f"md5:{xml.headers['ETag'].strip(chr(34))}" == listed[0].findtext("{*}hash")
    assert link.get("/forms/setoran/v/2026112101/manifest").status_code == 200
    for path in (
        "/forms/setoran/v/2026112199.xml",
        "/forms/setoran/v/2026112199/manifest",
        "/forms/lain/v/2026112101.xml",
        "/entry/files/lain.jpg",
        "/apa-saja",
    ):
        assert link.get(path).status_code == 404, path


def test_the_case_of_the_address_says_nothing(siti: Corrector) -> None:
    link = siti.link()
    token = link.address.rpartition("/")[2]

    answer = siti.client.get(f"/v1/edit/{token.upper()}/formList")

    assert answer.status_code == 200


def test_files_of_entries_are_served_by_links_alone(siti: Corrector) -> None:
    assert siti.phone.get(f"/entry/files/{PHOTO}").status_code == 404
    assert siti.client.get(f"/v1/entry/files/{PHOTO}").status_code == 401


def test_files_whose_names_look_alike_are_two_for_enketo_too(siti: Corrector) -> None:
    twin = unicodedata.normalize("NFD", PHOTO)
    xml = siti.client.get(
        f"/api/v1/submissions/{siti.entry_id}/xml", headers=siti.headers
    )
    siti.phone.post(xml_part(xml.data), file_part(twin, b"kembar"))
    link = siti.link()

    files = {
        name: link.get(url.removeprefix(link.given["server_url"])).data
        for name, url in link.given["instance_attachments"].items()
    }

    assert files == {PHOTO: CONTENT, twin: b"kembar"}


def test_another_entry_cannot_be_sent_or_corrected_by_the_link(
    siti: Corrector,
) -> None:
    other = new_id()
    deliver(siti.user, entry_xml(other))
    link = siti.link()

    for deprecated_id in ("", other, "uuid:never"):
        for files in ((), (file_part("a.jpg"),)):
            xml = entry_xml(new_id(), photo="a.jpg", deprecated_id=deprecated_id)
            answer = link.post(xml, *files)
            assert answer.status_code == 409
            assert "satu entri" in shown(answer)
    assert held_entries() == []
    assert siti.read()["revision_number"] == 1


def test_a_link_is_good_for_a_day_and_then_says_so(siti: Corrector) -> None:
    link = siti.link()
    row = db.session.scalars(select(EditLink)).one()
    assert abs(row.expires_at - now() - LIFETIME) < timedelta(minutes=5)

    row.expires_at = now()
    db.session.commit()

    answers = [
        link.get("/formList"),
        link.get("/submission", "HEAD"),
        link.get(f"/entry/files/{PHOTO}"),
        link.correct(),
        siti.client.get("/v1/edit/salah/formList"),
    ]
    assert {answer.status_code for answer in answers} == {410}
    assert "tautan baru" in shown(answers[3])
    siti.link()
    assert len(db.session.scalars(select(EditLink)).all()) == 1


def test_a_link_of_a_person_who_was_dismissed_lets_nothing_in(siti: Corrector) -> None:
    link = siti.link()
    db.session.get_one(User, siti.user.id).is_active = False
    db.session.commit()

    assert link.get("/formList").status_code == 410
    assert link.correct().status_code == 410


def test_a_correction_of_what_was_approved_meanwhile_waits_until_it_is_reopened(
    siti: Corrector, coordinator: User, send: Send
) -> None:
    review(coordinator, siti, DecisionKind.APPROVE)

    answer = send("99")

    assert answer.status_code == 201
    assert "sudah disetujui" in shown(answer)
    (held,) = held_entries()
    assert (held.reason, held.sender_id) == (HeldReason.CONFLICT, siti.user.id)
    mine = siti.client.get("/api/v1/my/entries", headers=siti.headers).get_json()
    assert mine["held"][0]["reason"] == "conflict"
    assert (kg_of(siti), siti.read()["state"]) == (12.5, "approved")
    with pytest.raises(StillHeld):
        release(actor_of(coordinator), held.id)
    db.session.rollback()

    review(coordinator, siti, DecisionKind.REOPEN)
    release(actor_of(coordinator), held.id)
    db.session.commit()

    entry = siti.read()
    assert (kg_of(siti), entry["revision_number"], entry["state"]) == (
        99,
        2,
        "received",
    )
    assert [each["sha256"] is None for each in entry["attachments"]] == [False]
    assert held_entries()[0].state is HeldState.RELEASED


def test_a_correction_of_what_was_corrected_meanwhile_is_for_a_coordinator(
    siti: Corrector, coordinator: User, send: Send
) -> None:
    other = entry_xml(new_id(), kg="50", photo=PHOTO, deprecated_id=siti.entry_id)
    deliver(siti.user, other)

    answer = send("99")

    assert answer.status_code == 201
    assert "bukan lagi yang terbaru" in shown(answer)
    assert kg_of(siti) == 50
    release(actor_of(coordinator), held_entries()[0].id)
    db.session.commit()
    assert (kg_of(siti), siti.read()["revision_number"]) == (99, 3)


def test_nobody_of_another_area_decides_about_it(
    siti: Corrector, coordinator: User, send: Send
) -> None:
    review(coordinator, siti, DecisionKind.REJECT)
    send("99")
    elsewhere = auth_headers(make_person(Role.COORDINATOR, BUMISARI))
    listed = siti.client.get("/api/v1/held", headers=elsewhere).get_json()

    assert listed["items"] == []
