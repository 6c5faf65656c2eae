"""Prove an exported log, with neither server nor database."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import rfc8785

from fieldapp.ledger.chain import GENESIS, Head
from fieldapp.ledger.export import ENTRY_MIDDLE, ENTRY_START, FORMAT
from fieldapp.ledger.signing import is_signed

DIGEST_LENGTH = 64
_DIGEST = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and the line and position where it shows."""

    line: int
    position: int | None
    reason: str

    def __str__(self) -> str:
        """Say it in one line."""
        where = "" if self.position is None else f", entry {self.position}"
        return f"line {self.line}{where}: {self.reason}"


@dataclass(frozen=True)
class Verdict:
    """What a log proves: how many entries, up to which head, and all faults."""

    area_code: str | None
    head: Head
    public_key: str | None
    faults: tuple[Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.faults


class Verifier:
    """Reads a log line by line, in constant memory."""

    def __init__(self, *, public_key: str | None, seen: Iterable[Head] = ()) -> None:
        self.trusted_key = public_key
        self.seen = {head.position: head.digest for head in seen}
        self.area_code: str | None = None
        self.head = Head()
        self.public_key: str | None = None
        self.faults: list[Fault] = []
        self.line = 0
        self.is_closed = False

    def read(self, lines: Iterable[bytes]) -> Verdict:
        """Check all lines and say what they prove."""
        for self.line, line in enumerate(lines, start=1):
            self._read_line(line)
        self._check_end()
        return Verdict(self.area_code, self.head, self.public_key, tuple(self.faults))

    def _read_line(self, line: bytes) -> None:
        if self.is_closed:
            self._fault("there is something after the signed head")
        elif not line.endswith(b"\n"):
            self._fault("the line is cut off")
        elif self.line == 1:
            self._read_header(line[:-1])
        elif line.startswith(ENTRY_START):
            self._read_entry(line[:-1])
        else:
            self._read_signed_head(line[:-1])

    def _read_header(self, line: bytes) -> None:
        header = _canonical(line)
        if header is None or header.get("format") != FORMAT:
            self._fault(f"this is not a log of the format {FORMAT}")
            return
        self.area_code = header.get("area")

    def _read_entry(self, line: bytes) -> None:
        start = len(ENTRY_START)
        end = start + DIGEST_LENGTH
        named, middle = line[start:end], line[end : end + len(ENTRY_MIDDLE)]
        body = line[end + len(ENTRY_MIDDLE) : -1]
        position = self.head.position + 1
        if not _DIGEST.fullmatch(named) or middle != ENTRY_MIDDLE or line[-1:] != b"}":
            self._fault("the line is not written as an entry is", position)
            named = hashlib.sha256(body).hexdigest().encode()
        digest = hashlib.sha256(body).digest()
        if digest.hex().encode() != named:
            self._fault("the entry was changed: its digest does not fit", position)
        for reason in self._misfits(body, position):
            self._fault(reason, position)
        # Go on from the digest that the file names, so that one changed entry is
        # one fault and not two.
        self.head = Head(position, bytes.fromhex(named.decode()))
        expected = self.seen.get(position)
        if expected is not None and expected != digest:
            self._fault("the entry is not the one of the head seen before", position)

    def _misfits(self, body: bytes, position: int) -> Iterator[str]:
        entry = _canonical(body)
        if entry is None:
            yield "the entry is not canonical JSON"
            return
        if entry.get("position") != position:
            yield (
                f"an entry is missing, inserted or moved: it says position "
                f"{entry.get('position')}"
            )
        if entry.get("previous") != self.head.digest.hex():
            yield "the entry does not follow the one before it"
        if entry.get("area") != self.area_code:
            yield "the entry belongs to the log of another area"

    def _read_signed_head(self, line: bytes) -> None:
        signed = _canonical(line)
        if signed is None or not isinstance(signed.get("head"), dict):
            self._fault("the line is neither an entry nor a signed head")
            return
        self.is_closed = True
        statement = signed["head"]
        self.public_key = str(signed.get("public_key"))
        if self.trusted_key is not None and self.public_key != self.trusted_key:
            self._fault("the head is signed with another key than the given one")
        if not is_signed(statement, str(signed.get("signature")), self.public_key):
            self._fault("the signature of the head does not fit")
        if statement.get("position") != self.head.position:
            self._fault(f"the signed head counts {statement.get('position')} entries")
        elif statement.get("digest") != self.head.digest.hex():
            self._fault("the signed head names another last entry")
        if statement.get("area") != self.area_code:
            self._fault("the signed head belongs to the log of another area")

    def _check_end(self) -> None:
        if not self.is_closed:
            self._fault("the log ends without a signed head: it was cut short")
        for position in self.seen:
            if position > self.head.position:
                self._fault(
                    f"the log was cut short: a head at {position} was seen before"
                )

    def _fault(self, reason: str, position: int | None = None) -> None:
        self.faults.append(Fault(self.line, position, reason))


def verify_lines(
    lines: Iterable[bytes], *, public_key: str | None = None, seen: Iterable[Head] = ()
) -> Verdict:
    """Verify an exported log.

    ``public_key`` is the key that the reader trusts (base64); without it the log
    proves only that it is whole, not who wrote it. ``seen`` are heads that the
    reader kept from before: the log must contain each of them.
    """
    return Verifier(public_key=public_key, seen=seen).read(lines)


def _canonical(text: bytes) -> dict[str, Any] | None:
    """Read a JSON object, or nothing where its bytes are not the canonical ones."""
    try:
        value = orjson.loads(text)
        if isinstance(value, dict) and rfc8785.dumps(value) == text:
            return value
    except (orjson.JSONDecodeError, rfc8785.CanonicalizationError):
        return None
    return None


__all__ = ["GENESIS", "Fault", "Verdict", "verify_lines"]
