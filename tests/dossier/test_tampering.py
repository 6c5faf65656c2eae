"""Whatever is done to a dossier is found, and named.

What needs no key is done by anybody who gets hold of the file; what needs one, by the
operator: it is found against what was seen before, or against the log.
"""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldapp.identity.permissions import Role
from fieldapp.ledger.signing import ledger_key, public_text
from fieldapp.ledger.verify import Seen
from tests.dossier.tampering import (
    Files,
    Line,
    answer_of,
    chained,
    listed,
    log_lines,
    packed,
    replaced,
    signed,
    unpacked,
    with_items,
    with_log,
)
from tests.dossier.village import People, ask, key, proved
from tests.factories import BUMISARI, auth_headers, make_person

OWN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def files(client: FlaskClient, busy: People) -> Files:
    """A whole dossier, with photos, taken apart."""
    dossier = ask(client, busy.auditor, purpose="certification")
    assert packed(unpacked(dossier)) == dossier
    return unpacked(dossier)


def at(items: list[Line], kind: str) -> list[Line]:
    return [item for item in items if kind in item]


def drop_entry(files: Files) -> Files:
    lines = log_lines(files)
    return with_log(files, lines[:3] + lines[4:])


def insert_entry(files: Files) -> Files:
    lines = log_lines(files)
    return with_log(files, [*lines[:3], lines[5], *lines[3:]])


def swap_entries(files: Files) -> Files:
    lines = log_lines(files)
    lines[3], lines[4] = lines[4], lines[3]
    return with_log(files, lines)


def double_entry(files: Files) -> Files:
    lines = log_lines(files)
    return with_log(files, [*lines[:4], lines[3], *lines[4:]])


def change_entry(files: Files) -> Files:
    return replaced(files, "log.ndjson", b'"number":1', b'"number":2')


def cut_log(files: Files) -> Files:
    return with_log(files, log_lines(files)[:-3] + log_lines(files)[-1:])


def cut_in_entry(files: Files) -> Files:
    return with_log(files, [b"".join(log_lines(files)[:6])[:-40]])


def no_head(files: Files) -> Files:
    return with_log(files, log_lines(files)[:-1])


def behind_head(files: Files) -> Files:
    return with_log(files, [*log_lines(files), log_lines(files)[2]])


def other_area(files: Files) -> Files:
    return replaced(files, "log.ndjson", b"33.02.16.2007", b"33.02.16.2008")


def own_head(files: Files) -> Files:
    entries = [json.loads(line)["entry"] for line in log_lines(files)[1:-1]]
    return with_log(files, [chained(log_lines(files)[0], entries, OWN_KEY)])


def change_answer(items: list[Line]) -> list[Line]:
    answer_of(at(items, "answers")[0], "/data/wadah/kg")["text"] = "99.5"
    return items


def move_answer(items: list[Line]) -> list[Line]:
    answer_of(at(items, "answers")[0], "/data/wadah/kg")["path"] = "/data/wadah[2]/kg"
    return items


def swap_revisions(items: list[Line]) -> list[Line]:
    first, last = at(items, "answers")[0], at(items, "answers")[-1]
    first["answers"], last["answers"] = last["answers"], first["answers"]
    return items


def drop_answer(items: list[Line]) -> list[Line]:
    del at(items, "answers")[0]["answers"][4]
    return items


def other_masked(items: list[Line]) -> list[Line]:
    answer_of(at(items, "answers")[0], "/data/nik")["digest"] = "ab" * 32
    return items


def drop_item(items: list[Line]) -> list[Line]:
    return items[:1] + items[2:]


def double_item(items: list[Line]) -> list[Line]:
    return [items[0], *items]


def swap_items(items: list[Line]) -> list[Line]:
    return [items[1], items[0], *items[2:]]


def change_note(items: list[Line]) -> list[Line]:
    words = next(each["words"] for each in items if "text" in each.get("words", {}))
    words["text"] += " Setuju."
    return items


def rename_attachment(items: list[Line]) -> list[Line]:
    at(items, "files")[0]["files"][0]["name"] = "9.jpg"
    return items


def swap_attachments(items: list[Line]) -> list[Line]:
    holders = [item for item in items if item.get("files")]
    holders[0]["files"], holders[1]["files"] = holders[1]["files"], holders[0]["files"]
    return items


def hide_attachment(items: list[Line]) -> list[Line]:
    next(item for item in items if item.get("files"))["files"] = []
    return items


def garble_item(items: list[Line]) -> list[Line]:
    del at(items, "answers")[0]["answers"][0]["salt"]
    return items


def photos(files: Files) -> list[str]:
    return [name for name in files if name.startswith("files/")]


def swap_photos(files: Files) -> Files:
    one, other, *_ = photos(files)
    return {**files, one: files[other], other: files[one]}


def drop_photo(files: Files) -> Files:
    return {name: each for name, each in files.items() if name != photos(files)[0]}


def add_file(files: Files) -> Files:
    return {**files, "files/" + "0" * 64: b"\xff\xd8"}


def reorder(files: Files) -> Files:
    return {
        name: files[name] for name in [*list(files)[:2], *reversed(list(files)[2:])]
    }


def changed(name: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    return lambda files: replaced(files, name, old, new)


def told(change: Callable[[list[Line]], list[Line]]) -> Callable[[Files], Files]:
    return lambda files: with_items(files, change)


WITHOUT_KEY: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an entry is dropped": (drop_entry, "entry-position"),
    "an entry is inserted": (insert_entry, "entry-position"),
    "entries change places": (swap_entries, "entry-position"),
    "an entry stands twice": (double_entry, "entry-position"),
    "an entry is changed": (change_entry, "entry-changed"),
    "the log is cut before its end": (cut_log, "head-count"),
    "the log is cut inside an entry": (cut_in_entry, "cut-entry"),
    "the head is taken off": (no_head, "no-head"),
    "something stands behind the head": (behind_head, "after-head"),
    "the log says another area": (other_area, "entry-area"),
    "the head is signed anew": (own_head, "key"),
    "the manifest is changed": (
        changed("manifest.json", b"certif", b"kertif"),
        "manifest",
    ),
    "the period is changed": (
        changed("manifest.json", b'"to":"2', b'"to":"3'),
        "manifest",
    ),
    "the summary is changed": (
        changed("summary.html", b"Mutu A", b"Mutu B"),
        "file-changed",
    ),
    "the report is changed": (
        changed("report.json", b"33.02", b"33.03"),
        "file-changed",
    ),
    "the verifier is changed": (
        changed("verify.py", b"return 0", b"return 1"),
        "file-changed",
    ),
    "the howto is changed": (changed("HOWTO.txt", b"--key", b"--kee"), "file-changed"),
    "a photo is changed": (lambda f: {**f, photos(f)[0]: b"other"}, "file-changed"),
    "photos are swapped": (swap_photos, "file-changed"),
    "a photo is dropped": (drop_photo, "file-missing"),
    "a photo is dropped and unlisted": (lambda f: listed(drop_photo(f)), "attachment"),
    "a file is added": (add_file, "file-unlisted"),
    "a file is added and listed": (lambda f: listed(add_file(f)), "attachment-unknown"),
    "files change places": (reorder, "file-order"),
    "an answer is changed": (told(change_answer), "answers"),
    "an answer is moved": (told(move_answer), "answers"),
    "an answer is dropped": (told(drop_answer), "answers"),
    "a withheld answer is exchanged": (told(other_masked), "answers"),
    "revisions are swapped": (told(swap_revisions), "answers"),
    "a note is changed": (told(change_note), "words"),
    "an attachment is renamed": (told(rename_attachment), "attachment"),
    "attachments of two entries are swapped": (told(swap_attachments), "attachment"),
    "an attachment is hidden": (told(hide_attachment), "attachment"),
    "what an entry tells is dropped": (told(drop_item), "contents-missing"),
    "what an entry tells stands twice": (told(double_item), "contents-surplus"),
    "what entries tell changes places": (told(swap_items), "contents-surplus"),
    "what an entry tells is garbled": (told(garble_item), "contents-shape"),
}


@pytest.mark.parametrize("what", WITHOUT_KEY)
def test_what_is_done_without_the_key_is_found_and_named(
    files: Files, what: str
) -> None:
    change, code = WITHOUT_KEY[what]

    verdict = proved(packed(change(files)))

    assert code in {fault.code for fault in verdict.faults}, verdict.faults


SIGNED = sorted(
    what
    for what, (_, code) in WITHOUT_KEY.items()
    if code
    in {"answers", "words", "attachment", "contents-missing", "attachment-unknown"}
)


@pytest.mark.parametrize("what", SIGNED)
def test_what_the_operator_seals_anew_does_not_fit_the_log(
    files: Files, what: str
) -> None:
    """Who has the key can seal any files, but what is told must fit older entries."""
    change, code = WITHOUT_KEY[what]
    with_key = ledger_key(current_app.config["FIELDAPP"].ledger_key_file)

    verdict = proved(packed(signed(listed(change(files)), with_key)))

    found = {fault.code for fault in verdict.faults}
    assert code in found
    assert found <= {code, "attachment-unknown"}


def test_a_dossier_sealed_with_another_key_is_found(files: Files) -> None:
    verdict = proved(packed(signed(listed(with_items(files, change_answer)), OWN_KEY)))

    assert "key" in {fault.code for fault in verdict.faults}
    told_by_itself = proved(
        packed(signed(files, OWN_KEY)), trusted=public_text(OWN_KEY)
    )
    assert told_by_itself.is_sound


def test_history_that_the_operator_rewrote_is_found_against_an_older_head(
    client: FlaskClient, busy: People
) -> None:
    before = proved(ask(client, busy.auditor))
    files = unpacked(ask(client, busy.auditor))
    with_key = ledger_key(current_app.config["FIELDAPP"].ledger_key_file)
    entries = [json.loads(line)["entry"] for line in log_lines(files)[1:-1]]
    entries[0]["actor"] = "nobody"
    forged = with_log(files, [chained(log_lines(files)[0], entries, with_key)])

    alone = proved(packed(forged))
    held_against = proved(
        packed(forged), Seen({before.position: before.digest}, before.area)
    )

    assert alone.is_sound
    assert "rewritten" in {fault.code for fault in held_against.faults}


def test_an_older_dossier_in_place_of_a_newer_one_is_found(
    client: FlaskClient, busy: People
) -> None:
    older = ask(client, busy.auditor)
    newer = proved(ask(client, busy.auditor))

    verdict = proved(older, Seen({newer.position: newer.digest}, newer.area))

    assert [fault.code for fault in verdict.faults] == ["cut-short"]


def test_the_dossier_of_another_village_is_found(
    client: FlaskClient, busy: People
) -> None:
    ours = proved(ask(client, busy.auditor))
    auditor = auth_headers(make_person(Role.AUDITOR, BUMISARI))
    theirs = client.post(
        f"/api/v1/areas/{BUMISARI}/dossier", json={}, headers=auditor, buffered=True
    ).data

    verdict = proved(theirs, Seen({ours.position: ours.digest}, ours.area))

    assert "head-area" in {fault.code for fault in verdict.faults}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_dossier_that_was_packed_anew_is_found_with_what_was_changed(
    files: Files, method: int
) -> None:
    for change, code in ((dict, ""), (change_entry, "entry-changed")):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in change(files).items():
                archive.writestr(name, content)

        verdict = proved(file.getvalue())

        assert {fault.code for fault in verdict.faults} == {"container", code} - {""}


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "a\\b", "a//b", ".hidden", "é"])
def test_names_that_lead_out_of_the_folder_are_found(files: Files, name: str) -> None:
    verdict = proved(packed({**files, name: b""}))

    assert "name" in {fault.code for fault in verdict.faults}


def test_two_files_of_one_name_are_found(files: Files) -> None:
    twice = packed(files)
    extra = packed({"summary.html": b"other"})
    start = twice.index(b"PK\x01\x02")

    verdict = proved(twice[:start] + extra)

    assert "name" in {fault.code for fault in verdict.faults}


@pytest.mark.parametrize(
    "change",
    [lambda d: b"#!/bin/sh\n" + d, lambda d: d + b"\n", lambda d: d[:-2] + b"\1\0x"],
    ids=["before", "behind", "a comment"],
)
def test_data_around_the_archive_is_found(
    files: Files, change: Callable[[bytes], bytes]
) -> None:
    assert not proved(change(packed(files))).is_sound


def test_a_dossier_cut_off_anywhere_is_found(files: Files) -> None:
    dossier = packed(files)

    for end in {*range(0, len(dossier), 997), *range(len(dossier) - 900, len(dossier))}:
        verdict = proved(dossier[:end])
        assert not verdict.is_sound, end


@pytest.fixture
def whole(files: Files) -> tuple[bytes, str]:
    return packed(files), key()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_changed_byte_is_found(
    whole: tuple[bytes, str], data: st.DataObject
) -> None:
    dossier, trusted = whole
    place = data.draw(st.integers(0, len(dossier) - 1))
    value = data.draw(st.integers(1, 255))
    changed_bytes = bytearray(dossier)
    changed_bytes[place] ^= value

    assert not proved(bytes(changed_bytes), trusted=trusted).is_sound, place


def test_each_byte_of_the_container_and_the_seal_counts(
    whole: tuple[bytes, str],
) -> None:
    """Each third byte that is not the content of a file: no header is idle."""
    dossier, trusted = whole
    content: set[int] = set()
    position = 0
    files = unpacked(dossier)
    for name, each in files.items():
        header = 30 + len(name)
        content.update(range(position + header, position + header + len(each)))
        position += header + len(each)

    for place in sorted(set(range(len(dossier))) - content)[::3]:
        changed_bytes = bytearray(dossier)
        changed_bytes[place] ^= 1
        assert not proved(bytes(changed_bytes), trusted=trusted).is_sound, place
