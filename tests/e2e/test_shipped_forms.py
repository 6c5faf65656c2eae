"""A phone fetches the forms we ship, and sends what people fill in, good and bad."""

import hashlib

import pytest
from lxml import etree

from tests.e2e.conftest import villages
from tests.e2e.entries import Entry, Expected, entries_of, expected_of
from tests.e2e.wire import Phone, Reader

FORMS = (
    "batik_group_output",
    "farmer_certification",
    "gula_semut_delivery",
    "gula_semut_handover",
)
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"


def hash_of(content: bytes) -> str:
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


def found_in(reader: Reader, entry: Entry) -> Expected:
    answer = reader.entry(entry.id)
    paths: dict[str, set[str]] = {"hard": set(), "warn": set(), "calculate": set()}
    paths["hard"].update(each["path"] for each in answer["violations"])
    for each in answer["warnings"]:
        paths[each["rule"]].add(each["path"])
    # A value that breaks a rule is mostly unusual too; that is no finding of its own.
    paths["warn"] -= paths["hard"]
    return Expected(*(frozenset(each) for each in paths.values()))


def test_the_forms_come_with_the_bytes_that_their_hashes_promise(phone: Phone) -> None:
    root = etree.fromstring(phone.get("/formList").body)

    listed = {form.findtext(f"{LIST}formID"): form for form in root}
    assert set(listed) >= set(FORMS)
    for form in map(listed.get, FORMS):
        assert form is not None
        xml = phone.get(form.findtext(f"{LIST}downloadUrl") or "")
        assert xml.headers["content-type"] == "text/xml; charset=utf-8"
        assert hash_of(xml.body) == form.findtext(f"{LIST}hash")
        files = etree.fromstring(
            phone.get(form.findtext(f"{LIST}manifestUrl") or "").body
        )
        for file in files:
            content = phone.get(file.findtext(f"{MANIFEST}downloadUrl") or "").body
            assert hash_of(content) == file.findtext(f"{MANIFEST}hash")
        names = [file.findtext(f"{MANIFEST}filename") for file in files]
        assert names == ["villages.csv"]
        rows = content.decode().splitlines()
        assert [row.partition(",")[0] for row in rows] == ["name", *villages()]


@pytest.mark.parametrize("form_id", FORMS)
def test_what_is_wrong_with_each_entry_is_named_and_nothing_else(
    phone: Phone, coordinator: Reader, form_id: str
) -> None:
    entries, expected = entries_of(form_id), expected_of(form_id)

    answers = [answer for each in entries.values() for answer in phone.send(each)]

    assert {answer.status for answer in answers} == {201}
    differing = [
        f"{name}: found {found}, expected {expected[name]}"
        for name, each in entries.items()
        if (found := found_in(coordinator, each)) != expected[name]
    ]
    assert differing == []


def test_every_photo_and_signature_comes_back_byte_for_byte(
    phone: Phone, coordinator: Reader
) -> None:
    entry = entries_of("gula_semut_handover")["valid-boxes-semedo.xml"].renamed()

    phone.send(entry)

    listed = {each["name"]: each for each in coordinator.entry(entry.id)["attachments"]}
    assert set(listed) == set(entry.files)
    for name, content in entry.files.items():
        url = listed[name]["url"].removeprefix("/api/v1")
        assert coordinator.get(url).body == content
        assert listed[name]["sha256"] == hashlib.sha256(content).hexdigest()
