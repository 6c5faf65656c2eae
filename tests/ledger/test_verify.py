"""The stand-alone verifier: its own cryptography, and what it tells people."""

import ast
import base64
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.ledger.chain import Head
from fieldapp.ledger.commands import copy_verifier, verify
from fieldapp.ledger.export import export_lines
from fieldapp.ledger.signing import public_text, sign_head
from fieldapp.ledger.verify import ORDER, TEXTS, is_signed, main, source
from tests.ledger.test_chain import AT, KEY, SEMEDO, make_chain

VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
            "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)
"""RFC 8032, 7.1: tests 1 to 3."""


def text(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_signatures_of_the_rfc_hold(key: str, message: str, signature: str) -> None:
    made = text(bytes.fromhex(signature))
    public = text(bytes.fromhex(key))

    assert is_signed(bytes.fromhex(message), made, public)
    assert not is_signed(bytes.fromhex(message) + b"x", made, public)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_it_agrees_with_the_library(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = bytearray(key.sign(message))

    assert is_signed(message, text(bytes(signature)), text(public))
    signature[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    assert not is_signed(message, text(bytes(signature)), text(public))


def test_a_signature_has_one_form() -> None:
    """Neither a larger scalar nor other padding bits of base64 pass for it."""
    signature = KEY.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    larger = signature[:32] + scalar.to_bytes(32, "little")
    plain = text(signature)
    padded = plain[:-3] + chr(ord(plain[-3]) + 1) + "=="

    assert is_signed(b"message", plain, public_text(KEY))
    assert not is_signed(b"message", text(larger), public_text(KEY))
    assert not is_signed(b"message", padded, public_text(KEY))
    assert not is_signed(b"message", "", public_text(KEY))
    assert not is_signed(b"message", plain, text(bytes(31)))


def test_every_fault_is_told_in_both_languages() -> None:
    for indonesian, english in TEXTS.values():
        assert indonesian != english
        assert indonesian.count("{") == english.count("{")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    entries = make_chain(5)
    signed = sign_head(KEY, SEMEDO, entries[-1].head, at=AT)
    path = tmp_path / "log.ndjson"
    path.write_bytes(b"".join(export_lines(SEMEDO, entries, signed)))
    return path


def told(*arguments: object) -> tuple[int, str]:
    """Run the program as auditors do: alone, with nothing but Python."""
    program = Path(sys.modules[main.__module__].__file__ or "")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_whole_log_is_told_to_be_whole(log: Path) -> None:
    code, words = told(log, "--key", public_text(KEY), "--area", SEMEDO)

    assert code == 0
    assert words.startswith(f"OK  {SEMEDO}: 5 entri / entries")
    assert "NOT PROVED" not in words
    assert "NOT PROVED who signed" in told(log)[1]


def test_a_copy_cut_off_by_a_power_failure_names_the_entry(log: Path) -> None:
    whole = log.read_bytes()
    third = whole.index(b'"position":3')
    log.write_bytes(whole[: third + 5])

    code, words = told(log, "--key", public_text(KEY))

    assert code == 1
    assert "[cut-entry] log.ndjson, baris/line 4, entri/entry 3: terpotong" in words
    assert "[no-head]" in words


def test_another_area_than_the_asked_one_is_told(log: Path) -> None:
    code, words = told(log, "--area", "33.03.14.2013")

    assert code == 1
    assert f"ini wilayah {SEMEDO}, bukan 33.03.14.2013" in words


def test_what_cannot_be_answered_is_no_verdict(log: Path, tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("{}")

    assert told(tmp_path / "nowhere.zip")[0] == 2
    assert told(log, "--head", tmp_path / "seen.json")[0] == 2
    assert told(log, "--head", log, "--key", text(bytes(32)))[0] == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\x03\x04", b"\n", b"{}\n", b"[" * 100_000, b"PK\x05\x06"],
)
def test_what_is_no_log_is_not_sound(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    assert told(tmp_path / "file")[0] == 1


def test_the_command_line_is_the_same_program(
    app: Flask, log: Path, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()

    ran = runner.invoke(verify, [str(log), "--key", public_text(KEY)])
    assert (ran.exit_code, ran.output) == told(log, "--key", public_text(KEY))

    copied = runner.invoke(copy_verifier, [str(tmp_path / "verify.py")])
    assert copied.exit_code == 0
    assert len(copied.output.split()[0]) == 64


def test_an_empty_log_with_a_head_is_whole(tmp_path: Path) -> None:
    signed = sign_head(KEY, SEMEDO, Head(), at=AT)
    (tmp_path / "log").write_bytes(b"".join(export_lines(SEMEDO, [], signed)))

    assert told(tmp_path / "log", "--key", public_text(KEY))[0] == 0


def test_older_pythons_can_read_the_program() -> None:
    ast.parse(source(), feature_version=(3, 9))
