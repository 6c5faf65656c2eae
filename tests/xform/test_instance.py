"""What cannot be read is refused with a code; nothing else ever comes out."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldapp.xform.instance import (
    MAX_BYTES,
    Instance,
    InstanceUnreadable,
    open_instance,
    read_instance,
)

ENTRY = (
    b"<?xml version='1.0' ?>\n"
    b'<data id="delivery" version="3" xmlns:orx="http://openrosa.org/xforms">'
    b"<note>gula &amp; kelapa \xc3\xb1</note><orx:meta>"
    b"<orx:instanceID>uuid:1</orx:instanceID><orx:deprecatedID>uuid:0</orx:deprecatedID>"
    b"<orx:instanceName>Setoran</orx:instanceName></orx:meta></data>\n"
)
ENTRY_END = len(ENTRY) - 1


def code_of(xml: bytes) -> str:
    with pytest.raises(InstanceUnreadable) as refused:
        read_instance(xml)
    return refused.value.code


def test_envelope_is_read_whatever_the_prefix_of_meta() -> None:
    instance = read_instance(ENTRY)

    assert instance.form_id == "delivery"
    assert instance.version == "3"
    assert instance.instance_id == "uuid:1"
    assert instance.deprecated_id == "uuid:0"
    assert instance.instance_name == "Setoran"
    assert not instance.is_encrypted


@pytest.mark.parametrize("length", range(1, ENTRY_END))
def test_entry_cut_off_at_any_byte_is_refused_as_cut_off(length: int) -> None:
    assert code_of(ENTRY[:length]) == "cut-off"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"hello", "not-well-formed"),
        (b"<a><b></a>", "not-well-formed"),
        (b"<a>&nbsp;</a>", "not-well-formed"),
        (b"<a/>x", "not-well-formed"),
        (b"<a>\x01</a>", "not-well-formed"),
        (b"<a>\x00</a>", "nul"),
        (b"<a>\xe9</a>", "encoding"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>x</a>', "encoding"),
        ("<a>x</a>".encode("utf-16"), "nul"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
        (b'<?xml version="1.0"?><!-- x --> <!DOCTYPE a SYSTEM "x"><a/>', "doctype"),
        (b"<a>" * 300 + b"</a>" * 300, "too-deep"),
        (b"<a>" + b"<b/>" * 250_000 + b"</a>", "too-many-nodes"),
        (b"<a>" + b"x" * MAX_BYTES + b"</a>", "too-large"),
        (b"<a/>", "no-form-id"),
        (b'<a id="f"/>', "no-instance-id"),
        (b'<a id="f"><meta><instanceID>  </instanceID></meta></a>', "no-instance-id"),
        (
            b'<a id="f"><meta><instanceID>a\nb</instanceID></meta></a>',
            "bad-instance-id",
        ),
        (
            b'<a id="f"><meta><instanceID>' + b"x" * 300 + b"</instanceID></meta></a>",
            "bad-instance-id",
        ),
    ],
)
def test_unreadable_bytes_get_their_own_code(xml: bytes, code: str) -> None:
    assert code_of(xml) == code


def test_external_entity_is_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    xml = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a id="f">&x;</a>'

    assert code_of(xml.encode()) == "doctype"


def test_encrypted_entry_says_so() -> None:
    assert open_instance(b'<data id="f" encrypted="yes"/>').is_encrypted


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(ENTRY) - 1), st.integers(0, 255)), max_size=6)
)
def test_changed_bytes_are_read_or_refused_and_nothing_else(
    changes: list[tuple[int, int]],
) -> None:
    xml = bytearray(ENTRY)
    for position, byte in changes:
        xml[position] = byte

    try:
        outcome: object = read_instance(bytes(xml))
    except InstanceUnreadable as unreadable:
        outcome = unreadable

    assert isinstance(outcome, Instance | InstanceUnreadable)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(xml: bytes) -> None:
    with pytest.raises(InstanceUnreadable):
        read_instance(xml)
