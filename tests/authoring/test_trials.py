"""A draft is tried from a phone, and nothing of it ever counts."""

import hashlib

from lxml import etree

from fieldapp.authoring.models import TrialEntry
from fieldapp.extensions import db
from fieldapp.identity.permissions import Role
from fieldapp.submissions.models import HeldEntry, Submission, Tally
from tests.authoring.conftest import Author, form_file
from tests.entries import entry_xml
from tests.factories import SEMEDO, auth_headers, make_person
from tests.openrosa.phone import (
    COLLECT,
    DEVICE,
    Part,
    Phone,
    file_part,
    shown,
    xml_part,
)

LIST = "{http://openrosa.org/xforms/xformsList}"


class TrialPhone(Phone):
    """A phone that is set to a draft's address."""

    @property
    def address(self) -> str:
        """Give the draft's address."""
        return f"/v1/draft/{self.token}"


def trial_phone(author: Author, version: str = "7") -> TrialPhone:
    draft = author.upload(form_file(version)).get_json()
    return TrialPhone(author.client, draft["token"])


def send(phone: Phone, *parts: Part) -> str:
    response = phone.post(*parts)
    assert response.status_code == 201, response.text
    return shown(response)


def entries(author: Author) -> list[dict[str, object]]:
    items: list[dict[str, object]] = author.call(
        "get", "/drafts/setoran/entries"
    ).get_json()["items"]
    return items


def test_a_phone_lists_and_downloads_the_draft_with_its_files(author: Author) -> None:
    phone = trial_phone(author)

    listed = etree.fromstring(phone.get("/formList").data)

    (form,) = listed.findall(f"{LIST}xform")
    assert form.findtext(f"{LIST}name") == "[DRAF] Setoran"
    path = (form.findtext(f"{LIST}downloadUrl") or "").partition(phone.address)[2]
    xml = phone.get(path)
    md5 = hashlib.md5(xml.data, usedforsecurity=False).hexdigest()
    assert form.findtext(f"{LIST}hash") == f"md5:{md5}"
    villages = phone.get("/forms/setoran/v/7/files/villages.csv")
    assert [line.split(",")[0] for line in villages.text.splitlines()[1:]] == [SEMEDO]
    assert phone.get("/forms/setoran/v/8.xml").status_code == 404


def test_a_trial_is_judged_and_shown_and_counts_nowhere(author: Author) -> None:
    phone = trial_phone(author)
    assert phone.client.head(f"{phone.address}/submission").status_code == 204

    text = send(phone, xml_part(entry_xml("uuid:1", kg="-1", version="7")))

    assert "tidak dihitung" in text
    assert "Berat (kg)" in text
    (entry,) = entries(author)
    assert [each["path"] for each in entry["violations"]] == ["/data/kg"]  # type: ignore[attr-defined]
    for table in (Submission, HeldEntry, Tally):
        assert db.session.query(table).count() == 0
    coordinator = auth_headers(make_person(Role.COORDINATOR, SEMEDO))
    report = author.client.get(f"/api/v1/areas/{SEMEDO}/report", headers=coordinator)
    assert "setoran" not in report.text


def test_trials_are_judged_by_the_draft_as_it_has_become(author: Author) -> None:
    phone = trial_phone(author)
    send(phone, xml_part(entry_xml("uuid:1", kg="2500", version="7")))
    assert len(entries(author)[0]["violations"]) == 1  # type: ignore[arg-type]

    draft = author.upload(form_file("8", **{"<= 2000": "<= 3000"})).get_json()

    assert draft["token"] is None
    assert entries(author)[0]["violations"] == []
    assert phone.get("/formList").status_code == 200


def test_files_of_a_trial_are_received_in_parts_and_only_named(author: Author) -> None:
    phone = trial_phone(author)
    xml = xml_part(entry_xml("uuid:1", photo="foto.jpg", version="7"))

    send(phone, xml)
    assert entries(author)[0]["missing_files"] == ["foto.jpg"]
    send(phone, xml, file_part("foto.jpg"))

    (entry,) = entries(author)
    assert (entry["files"], entry["missing_files"]) == (["foto.jpg"], [])
    assert db.session.query(TrialEntry).count() == 1


def test_an_entry_of_another_form_is_refused_with_the_reason(author: Author) -> None:
    phone = trial_phone(author)

    response = phone.post(xml_part(entry_xml("uuid:1", form_id="lain", version="7")))

    assert response.status_code == 400
    assert "lain" in shown(response)
    assert phone.post(xml_part(b"<data")).status_code == 400
    assert entries(author) == []


def test_a_renewed_token_shuts_the_old_address_at_once(author: Author) -> None:
    phone = trial_phone(author)

    renewed = author.call("post", "/drafts/setoran/token").get_json()

    assert phone.get("/formList").status_code == 403
    fresh = TrialPhone(author.client, renewed["token"])
    assert fresh.get("/formList").status_code == 200


def test_a_draft_s_token_opens_no_other_door_and_none_after_publishing(
    author: Author,
) -> None:
    phone = trial_phone(author)
    assert author.client.get(f"/v1/key/{phone.token}/formList").status_code == 403
    owners = Phone(author.client, phone.token)
    assert owners.post(xml_part(entry_xml(version="7"))).status_code == 403
    send(phone, xml_part(entry_xml("uuid:1", version="7")))

    author.call("post", "/drafts/setoran/publish")

    assert phone.get("/formList").status_code == 403
    assert phone.post(xml_part(entry_xml(version="7"))).status_code == 403
    assert db.session.query(TrialEntry).count() == 0
    assert db.session.query(Submission).count() == 0


def test_hostile_bodies_of_trials_are_refused_without_a_trace(author: Author) -> None:
    phone = trial_phone(author)
    url = f"{phone.address}/submission?{DEVICE}"

    for body in (b"", b"--b1--", b"--b1\r\n\r\n"):
        response = author.client.post(
            url,
            data=body,
            content_type="multipart/form-data; boundary=b1",
            headers=COLLECT,
        )
        assert response.status_code == 400, body
    assert entries(author) == []
