"""What a real connection does to a delivery: it breaks off, or brings far too much."""

import socket
import time
from uuid import uuid4

import pytest

from tests.e2e.entries import Entry, entries_of
from tests.e2e.installation import Installation
from tests.e2e.wire import Phone
from tests.openrosa.phone import body_of

CUTS = 24
MEBIBYTE = 1024 * 1024


@pytest.fixture
def entry() -> Entry:
    return entries_of("gula_semut_delivery")["valid-semedo.xml"].renamed()


def request_of(phone: Phone, entry: Entry) -> bytes:
    """Write a whole request: XML and all files in one body."""
    parts = [("xml_submission_file", "entry.xml", "text/xml", entry.xml)]
    parts += [(name, name, "image/jpeg", file) for name, file in entry.files.items()]
    boundary = str(uuid4())
    body = body_of([*parts], boundary)
    head = (
        f"POST /v1/key/{phone.token}/submission HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{phone.port}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def standing(place: Installation, entry: Entry) -> int:
    return len(place.rows("select 1 from revision where id = %s", entry.id))


def stored_files(place: Installation) -> int:
    files = place.folder / "data" / "files"
    return sum(path.is_file() for path in files.rglob("*"))


def settled(place: Installation, files: int) -> bool:
    """Wait until the server has noticed that nobody is there any more."""
    deadline = time.monotonic() + 10
    while stored_files(place) != files and time.monotonic() < deadline:
        time.sleep(0.05)
    return stored_files(place) == files


def test_a_connection_cut_anywhere_leaves_nothing_half_stored(
    place: Installation, phone: Phone, entry: Entry
) -> None:
    request = request_of(phone, entry)
    before = stored_files(place)

    for end in range(0, len(request), len(request) // CUTS):
        with socket.create_connection(("127.0.0.1", phone.port), timeout=10) as line:
            line.sendall(request[:end])

    assert settled(place, before)
    assert standing(place, entry) == 0
    assert {answer.status for answer in phone.send(entry)} == {201}
    assert standing(place, entry) == 1
    assert stored_files(place) == before + len(entry.files)


def test_fifty_megabytes_get_an_answer_that_the_phone_can_read(
    place: Installation, phone: Phone, entry: Entry
) -> None:
    before = stored_files(place)

    answer = phone.post(
        ("xml_submission_file", "entry.xml", "text/xml", entry.xml),
        ("a.jpg", "a.jpg", "image/jpeg", bytes(50 * MEBIBYTE)),
    )

    assert answer.status == 413
    assert b"lebih besar" in answer.body
    assert settled(place, before)
    assert standing(place, entry) == 0
