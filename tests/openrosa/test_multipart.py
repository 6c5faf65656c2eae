"""Reading multipart bodies: whole, in any pieces, and refused when broken."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from fieldapp.openrosa.multipart import MultipartReader, Part, boundary_of
from fieldapp.openrosa.problems import BadDelivery

BODY = (
    b"--b1\r\n"
    b'Content-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n'
    b"Content-Type: text/xml\r\n"
    b"\r\n"
    b"<data/>\r\n--b\r\n"
    b"\r\n--b1\r\n"
    b'Content-Disposition: form-data; name="foto.jpg"; filename="foto.jpg"\r\n'
    b"Content-Type: image/jpeg\r\n"
    b"\r\n"
    b"\xff\xd8\r\n--\r\n--b\r"
    b"\r\n--b1\r\n"
    b'Content-Disposition: form-data; name="*isIncomplete*"\r\n'
    b"\r\n"
    b"yes"
    b"\r\n--b1--\r\n"
)
PARTS = [
    (Part("xml_submission_file", "a.xml", "text/xml"), b"<data/>\r\n--b\r\n"),
    (Part("foto.jpg", "foto.jpg", "image/jpeg"), b"\xff\xd8\r\n--\r\n--b\r"),
    (Part("*isIncomplete*", None, "application/octet-stream"), b"yes"),
]


def in_pieces(body: bytes, size: int) -> Callable[[int], bytes]:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return lambda _: pieces.pop(0) if pieces else b""


def parse(body: bytes, *, size: int = 65536) -> list[tuple[Part, bytes]]:
    reader = MultipartReader(in_pieces(body, size), b"b1")
    return [(part, b"".join(reader.chunks())) for part in reader.parts()]


@pytest.mark.parametrize("size", range(1, 80))
def test_a_body_means_the_same_in_whatever_pieces_it_comes(size: int) -> None:
    assert parse(BODY, size=size) == PARTS


def test_a_body_cut_off_anywhere_before_its_end_is_refused() -> None:
    end = BODY.index(b"--b1--") + len(b"--b1--")

    for length in range(end):
        with pytest.raises(BadDelivery):
            parse(BODY[:length])

    assert parse(BODY[:end]) == PARTS


def test_parts_that_nobody_reads_are_passed_over() -> None:
    reader = MultipartReader(in_pieces(BODY, 7), b"b1")

    assert [part.name for part in reader.parts()] == [part.name for part, _ in PARTS]


def test_text_before_the_first_delimiter_and_after_the_last_is_ignored() -> None:
    assert parse(b"preamble\r\n" + BODY + b"epilogue") == PARTS


@pytest.mark.parametrize(
    "name", ["phöto one-20_46_22.png", "foto 📷.jpg", "a%20b.jpg", "a;b=c.jpg"]
)
def test_file_names_are_kept_letter_by_letter(name: str) -> None:
    body = BODY.replace(b'filename="foto.jpg"', f'filename="{name}"'.encode())

    assert parse(body)[1][0].filename == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Type: text/xml",
        b'Content-Disposition: attachment; name="x"',
        b"Content-Disposition: form-data",
        b'Content-Disposition: form-data; name="\xff\xfe"; filename="x"',
        b'Content-Disposition: form-data; name="x"; y="' + b"y" * 20_000 + b'"',
    ],
)
def test_a_part_without_a_readable_name_is_refused(head: bytes) -> None:
    with pytest.raises(BadDelivery):
        parse(b"--b1\r\n" + head + b"\r\n\r\nx\r\n--b1--")


def test_text_behind_a_delimiter_is_refused() -> None:
    with pytest.raises(BadDelivery):
        parse(BODY.replace(b"--b1\r\n", b"--b1x\r\n"))


def test_a_body_of_more_than_a_thousand_parts_is_refused() -> None:
    part = b'--b1\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'

    with pytest.raises(BadDelivery):
        parse(part * 1001 + b"--b1--")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=b1",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "b" * 201,
    ],
)
def test_a_content_type_without_a_usable_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(BadDelivery):
        boundary_of(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=b1",
        'Multipart/Form-Data; charset=utf-8; boundary="b1"',
    ],
)
def test_the_boundary_is_found_however_it_is_written(content_type: str) -> None:
    assert boundary_of(content_type) == b"b1"


@given(
    st.lists(st.lists(st.sampled_from([b"\r\n", b"--b1", b"-", b"x", b"\r", b"--"]))),
    st.integers(1, 40),
)
def test_contents_that_look_like_delimiters_are_read_as_werkzeug_reads_them(
    contents: list[list[bytes]], size: int
) -> None:
    body = b"".join(
        b'--b1\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
        + b"x".join([b"", *content])
        + b"\r\n"
        for content in contents
    )
    body += b"--b1--\r\n"
    try:
        ours = [content for _, content in parse(body, size=size)]
    except BadDelivery:
        return

    assert ours == werkzeug_contents(body)


def werkzeug_contents(body: bytes) -> list[bytes]:
    decoder = MultipartDecoder(b"b1")
    decoder.receive_data(body)
    decoder.receive_data(None)
    found: list[bytes] = []
    while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
        if isinstance(event, (Field, File)):
            found.append(b"")
        elif isinstance(event, Data):
            found[-1] += event.data
    return found
