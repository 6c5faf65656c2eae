"""A log proves itself: whoever changes, drops, adds or moves anything is found."""

import base64
from datetime import UTC, datetime
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.ledger.chain import Deed, Entry, Head, chained
from fieldapp.ledger.export import entry_line, export_lines
from fieldapp.ledger.signing import public_text, sign_head
from fieldapp.ledger.verify import Seen, Verdict, verify_log

AT = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
SEMEDO = "33.02.16.2007"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def make_deed(number: int, area_code: str = SEMEDO) -> Deed:
    return Deed(
        area_code=area_code,
        kind="revision-received",
        actor="0b6f7c52-7c3f-4c57-9f0a-6d3b3c1f0000",
        subject=f"uuid:{number}",
        digests={"revision": f"{number:064x}"},
        detail={"form": "gula_semut_delivery/1", "number": number, "note": "Bu Sri ✓"},
    )


def make_chain(length: int = 5, area_code: str = SEMEDO) -> list[Entry]:
    deeds = [make_deed(number, area_code) for number in range(1, length + 1)]
    return chained(deeds, Head(), at=AT)


def exported(entries: list[Entry], key: Ed25519PrivateKey = KEY) -> list[bytes]:
    head = entries[-1].head if entries else Head()
    signed = sign_head(key, SEMEDO, head, at=AT)
    return list(export_lines(SEMEDO, entries, signed))


def seen_at(head: Head) -> Seen:
    return Seen({head.position: head.digest.hex()}, SEMEDO)


def reasons(verdict: Verdict) -> str:
    return "; ".join(str(fault) for fault in verdict.faults)


def test_an_untouched_log_is_sound() -> None:
    verdict = verify_log(exported(make_chain(5)), key=public_text(KEY))

    assert verdict.is_sound
    assert verdict.position == 5
    assert verdict.area == SEMEDO


def test_the_log_of_a_village_without_deeds_is_sound() -> None:
    assert verify_log(exported([])).is_sound


def test_every_changed_byte_is_found() -> None:
    file = b"".join(exported(make_chain(3)))

    for place in range(len(file)):
        changed = bytes(
            byte ^ 1 if index == place else byte for index, byte in enumerate(file)
        )
        lines = changed.splitlines(keepends=True)
        assert not verify_log(lines, key=public_text(KEY)).is_sound, f"byte {place}"


@pytest.mark.parametrize("position", [1, 3, 5])
def test_a_changed_entry_is_named(position: int) -> None:
    lines = exported(make_chain(5))
    lines[position] = lines[position].replace(b"Bu Sri", b"Bu Tri")

    verdict = verify_log(lines)

    assert [fault.position for fault in verdict.faults] == [position]
    assert "was changed" in verdict.faults[0].en


def test_a_changed_entry_with_a_fitting_digest_breaks_the_next_one() -> None:
    entries = make_chain(5)
    forged = chained([make_deed(77)], entries[1].head, at=AT)[0]
    entries[2] = forged

    verdict = verify_log(exported(entries))

    assert verdict.faults[0].position == 4
    assert "does not follow" in verdict.faults[0].en


def test_a_missing_entry_is_found() -> None:
    entries = make_chain(5)
    del entries[2]

    verdict = verify_log(exported(entries))

    assert verdict.faults[0].position == 3
    assert "missing, inserted or moved" in verdict.faults[0].en


def test_two_entries_that_changed_places_are_found() -> None:
    entries = make_chain(5)
    entries[1], entries[2] = entries[2], entries[1]

    assert not verify_log(exported(entries)).is_sound


def test_a_log_cut_short_does_not_fit_its_signed_head() -> None:
    lines = exported(make_chain(5))

    assert "counts 5 entries" in reasons(verify_log(lines[:4] + lines[-1:]))
    assert "without a signed head" in reasons(verify_log(lines[:-1]))


def test_a_rewritten_log_is_found_against_a_head_seen_before() -> None:
    seen = make_chain(3)[-1].head
    deeds = [make_deed(number) for number in (1, 99, 3, 4)]
    rewritten = exported(chained(deeds, Head(), at=AT))

    verdict = verify_log(rewritten, key=public_text(KEY), seen=[seen_at(seen)])

    assert "head seen before" in reasons(verdict)
    assert verify_log(rewritten, key=public_text(KEY)).is_sound


def test_a_log_shorter_than_a_head_seen_before_is_found() -> None:
    seen = make_chain(5)[-1].head

    verdict = verify_log(exported(make_chain(3)), seen=[seen_at(seen)])

    assert "a head at 5 was seen before" in reasons(verdict)


def test_a_log_signed_by_somebody_else_is_found() -> None:
    stranger = Ed25519PrivateKey.generate()
    lines = exported(make_chain(3), key=stranger)

    assert "another key" in reasons(verify_log(lines, key=public_text(KEY)))


def test_a_forged_signature_is_found() -> None:
    lines = exported(make_chain(3))
    signature = base64.b64encode(bytes(64))
    start = lines[-1].index(b'"signature":"') + len(b'"signature":"')
    lines[-1] = lines[-1][:start] + signature + lines[-1][start + len(signature) :]

    assert "signature of the head does not fit" in reasons(verify_log(lines))


def test_entries_of_another_village_are_found() -> None:
    bumisari = make_chain(3, area_code="33.03.14.2013")

    assert "another area" in reasons(verify_log(exported(bumisari)))


def test_anything_behind_the_head_is_found() -> None:
    lines = exported(make_chain(2))

    assert "after the signed head" in reasons(verify_log([*lines, lines[1]]))


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_garbage_is_never_sound(lines: list[bytes]) -> None:
    assert not verify_log(lines).is_sound


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.text(max_size=20), st.integers(-(2**53) + 1, 2**53 - 1)),
        max_size=5,
    )
)
def test_whatever_a_deed_says_its_line_verifies(detail: dict[str, str | int]) -> None:
    deed = Deed(SEMEDO, "decision", "somebody", "uuid:1", {}, detail)
    entries = chained([deed, deed], Head(), at=AT)

    assert verify_log(exported(entries)).is_sound


def test_a_line_holds_the_very_bytes_that_were_hashed() -> None:
    for entry, number in zip(make_chain(2), count(1), strict=False):
        assert entry.body in entry_line(entry)
        assert entry.position == number
