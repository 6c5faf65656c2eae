#!/usr/bin/env python3
"""Prove the log or the dossier of a village with nothing but Python 3.9 or newer.

    python3 verify.py FILE [--key KEY] [--head SEEN]… [--area CODE]

FILE is a log (.ndjson) or a dossier (.zip). KEY is the public key that you trust, SEEN
what you kept from before: a signed head, a list of heads, a log or a dossier. Nothing
that FILE says of itself is believed before it is proved. Ends with 0 where nothing is
wrong, 1 where something is, 2 where the question cannot be answered.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOG, DOSSIER, HEADS = "fieldapp-ledger-1", "fieldapp-dossier-1", "fieldapp-heads-1"
GENESIS = "0" * 64
MANIFEST, ENTRIES, CONTENTS, FILES = (
    "manifest.json",
    "log.ndjson",
    "contents.ndjson",
    "files/",
)
ENTRY_START, LOCAL, CENTRAL = b'{"digest":"', b"PK\x03\x04", b"PK\x01\x02"
MAX_LINE, MAX_PACKED, MAX_TOLD, CHUNK, HEADER = 64 << 20, 1 << 28, 100, 1 << 20, 30

_ENTRY = re.compile(rb'\{"digest":"([0-9a-f]{64})","entry":(\{.*\})\}\n', re.DOTALL)
_SIGNED = re.compile(
    rb'\{"head":(\{[^{}]*\}),"public_key":"([^"]{44})","signature":"([^"]{88})"\}\n?'
)
_NAME = re.compile(rb"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")

TEXTS = {
    code: (indonesian, english)
    for code, indonesian, english in (
        re.split(r" +[|] +", line)
        for line in """\
cut-off | terpotong di byte {at} | cut off at byte {at}
container | bungkus ZIP bukan seperti diterbitkan, di byte {at} | the ZIP container is not as it was issued, at byte {at}
name | nama berkas ganda atau tidak sah | a file name is doubled or not allowed
damaged | isi rusak (CRC) | the content is damaged (CRC)
manifest | daftar isi bukan yang disebut entri terakhir catatan | the manifest is not the one that the log's last entry names
manifest-shape | bukan daftar isi dossier | this is no manifest of a dossier
file-missing | berkas hilang | the file is missing
file-unlisted | berkas tidak ada di daftar isi | the file is not in the manifest
file-order | berkas berpindah tempat | the file is not in its place
file-changed | isi berkas diubah atau ditukar | the file was changed or swapped
format | bukan catatan {format} | this is not a log of the format {format}
cut-entry | terpotong di tengah entri ini ({length} byte) | the line is cut off inside this entry, after {length} bytes
entry-shape | baris tidak ditulis seperti entri | the line is not written as an entry is
entry-changed | entri diubah: sidik tidak cocok | the entry was changed: its digest does not fit
entry-position | entri hilang, disisipkan atau dipindah: tertulis posisi {says} | an entry is missing, inserted or moved: it says position {says}
entry-link | entri tidak menyambung ke yang sebelumnya | the entry does not follow the one before it
entry-area | entri milik catatan wilayah lain | the entry belongs to the log of another area
after-head | ada sesuatu setelah kepala bertanda tangan | there is something after the signed head
line | baris ini bukan entri dan bukan kepala | the line is neither an entry nor a signed head
key | ditandatangani kunci lain, bukan kunci Anda | the head is signed with another key than the given one
signature | tanda tangan kepala tidak cocok | the signature of the head does not fit
head-count | kepala menghitung {says} entri | the signed head counts {says} entries
head-digest | kepala menyebut entri terakhir yang lain | the signed head names another last entry
head-area | kepala milik catatan wilayah {says} | the signed head belongs to the log of another area ({says})
no-head | catatan berakhir tanpa kepala bertanda tangan: terpotong | the log ends without a signed head: it was cut short
rewritten | entri ini bukan entri pada kepala yang pernah dilihat: riwayat ditulis ulang | the entry is not the one of the head seen before: history was rewritten
cut-short | catatan dipotong: kepala pada posisi {says} pernah dilihat | the log was cut short: a head at {says} was seen before
not-listed | tidak ada entri di daftar kepala {at}: ditulis ulang atau dipotong | no entry is in the list of heads of {at}: rewritten or cut short
area | ini wilayah {says}, bukan {wanted} | this is {says}, not {wanted}
contents-shape | baris isi tidak terbaca | the line of contents is not written as it should be
contents-missing | isi entri ini hilang | what this entry tells is missing
contents-surplus | isi ganda, berpindah, atau tanpa entri | contents stand twice, out of order, or for no such entry
answers | jawaban diubah atau ditukar | answers were changed or swapped
document | XML asli diubah atau ditukar | the XML was changed or swapped
words | catatan/komentar diubah | the note or comment was changed
attachment | lampiran {says} diubah, ditukar atau dipindah | the attachment {says} was changed, swapped or moved
attachment-unknown | tidak ada entri yang menyebut lampiran ini | no entry names this attachment
""".splitlines()
    )
}
"""What can be wrong: its code, in Indonesian, in English."""

# Ed25519 (RFC 8032, 5.1), for verifying only: nothing here is secret.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def _add(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: tuple[int, ...]) -> tuple[int, ...]:
    total: tuple[int, ...] = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point, number = _add(point, point), number >> 1
    return total


def _point(text: bytes) -> tuple[int, ...] | None:
    number = int.from_bytes(text, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(message: bytes, signature: str, key: str) -> bool:
    """Say whether a signature over a message was made with a key (both base64)."""
    made, public = _bytes(signature, 64), _bytes(key, 32)
    point, commitment = _point(public), _point(made[:32])
    scalar = int.from_bytes(made[32:], "little")
    if BASE is None or point is None or commitment is None or scalar >= ORDER:
        return False
    hashed = hashlib.sha512(made[:32] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % ORDER
    left = _times(scalar, BASE)
    right = _add(commitment, _times(challenge, point))
    return not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))


def _bytes(text: str, length: int) -> bytes:
    """Read base64 that is written in the one way it should be; zeros where not."""
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        value = b""
    is_plain = base64.b64encode(value).decode() == text and len(value) == length
    return value if is_plain else bytes([255]) * length


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where it shows."""

    code: str
    place: str
    position: int | None
    id: str
    en: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"[{self.code}] {self.place}: {self.id} / {self.en}"


@dataclass
class Seen:
    """What the reader kept from before: heads of one log, or of all without names."""

    heads: dict[int, str] = field(default_factory=dict)
    """Digests by position."""
    area: str | None = None
    listed: frozenset[str] = frozenset()
    at: str = ""


@dataclass
class Verdict:
    """What a file proves: which entries, what they tell, and all that is wrong."""

    faults: list[Fault] = field(default_factory=list)
    area: str | None = None
    position: int = 0
    digest: str = GENESIS
    public_key: str | None = None
    signed_at: str = ""
    manifest: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.faults

    def fault(
        self, code: str, place: str, position: int | None = None, **values: Any
    ) -> None:
        """Note that something is wrong."""
        if position is not None:
            place = f"{place}, entri/entry {position}"
        words = [text.format(**values) for text in TEXTS[code]]
        self.faults.append(Fault(code, place, position, *words))

    def count(self, name: str, number: int = 1) -> None:
        """Count what is told or withheld."""
        self.counts[name] = self.counts.get(name, 0) + number


class LogReader:
    """Reads a log line by line, in constant memory."""

    def __init__(
        self, verdict: Verdict, *, key: str | None = None, seen: Iterable[Seen] = ()
    ) -> None:
        self.verdict, self.key, self.seen = verdict, key, list(seen)
        self.found = [False for _ in self.seen]
        self.line, self.is_closed, self.first_at = 0, False, ""
        self.last: dict[str, Any] = {}

    def read(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        """Check all lines; give the entries that are whole, as they stand."""
        for self.line, line in enumerate(lines, start=1):
            if self.is_closed:
                self._fault("after-head")
            elif self.line == 1:
                self._read_header(line)
            elif line.startswith(ENTRY_START):
                entry = self._read_entry(line)
                if entry:
                    yield entry
            else:
                self._read_head(line)
        self._check_end()

    def _fault(self, code: str, position: int | None = None, **values: Any) -> None:
        place = f"{ENTRIES}, baris/line {self.line}"
        self.verdict.fault(code, place, position, **values)

    def _read_header(self, line: bytes) -> None:
        header = _object(line)
        area = header.get("area")
        self.verdict.area = area if isinstance(area, str) else None
        if _canonical({"area": area, "format": LOG}) + b"\n" != line:
            self._fault("format", format=LOG)

    def _read_entry(self, line: bytes) -> dict[str, Any]:
        position = self.verdict.position + 1
        if not line.endswith(b"\n"):
            self._fault("cut-entry", position, length=len(line))
            return {}
        found = _ENTRY.fullmatch(line)
        named, body = (found[1].decode(), found[2]) if found else ("", line)
        entry = _object(body)
        digest = hashlib.sha256(body).hexdigest()
        if not found or not entry:
            self._fault("entry-shape", position)
        elif digest != named:
            self._fault("entry-changed", position)
        else:
            self._check_place(entry, position)
        # Go on from the digest that the file names, so that one changed entry is
        # one fault and not two.
        self.verdict.position, self.verdict.digest = position, named or digest
        self._compare(position, digest)
        self.last, self.first_at = entry, self.first_at or str(entry.get("at"))
        return entry

    def _check_place(self, entry: dict[str, Any], position: int) -> None:
        if entry.get("position") != position:
            self._fault("entry-position", position, says=entry.get("position"))
        if entry.get("previous") != self.verdict.digest:
            self._fault("entry-link", position)
        if entry.get("area") != self.verdict.area:
            self._fault("entry-area", position)

    def _compare(self, position: int, digest: str) -> None:
        for number, seen in enumerate(self.seen):
            if seen.heads.get(position, digest) != digest:
                self._fault("rewritten", position)
            if digest in seen.listed:
                self.found[number] = True

    def _read_head(self, line: bytes) -> None:
        found = _SIGNED.fullmatch(line)
        statement = _object(found[1]) if found else {}
        if not found or not line.endswith(b"\n") or not statement:
            self._fault("line")
            return
        self.is_closed = True
        verdict = self.verdict
        verdict.public_key, signature = found[2].decode(), found[3].decode()
        verdict.signed_at = str(statement.get("at"))
        if self.key is not None and verdict.public_key != self.key:
            self._fault("key")
        if not is_signed(found[1], signature, verdict.public_key):
            self._fault("signature")
        if statement.get("position") != verdict.position:
            self._fault("head-count", says=statement.get("position"))
        elif statement.get("digest") != verdict.digest:
            self._fault("head-digest")
        if statement.get("area") != verdict.area:
            self._fault("head-area", says=statement.get("area"))

    def _check_end(self) -> None:
        if not self.is_closed:
            self._fault("no-head")
        for seen, is_found in zip(self.seen, self.found):  # noqa: B905 - Python 3.9.
            if seen.area not in (None, self.verdict.area):
                self._fault("head-area", says=seen.area)
            for position in seen.heads:
                if position > self.verdict.position:
                    self._fault("cut-short", says=position)
            if seen.listed and not is_found:
                self._not_listed(seen)

    def _not_listed(self, seen: Seen) -> None:
        if self.first_at and self.first_at < seen.at:
            self._fault("not-listed", at=seen.at)
        else:
            self.verdict.notes.append(
                f"Daftar kepala {seen.at} lebih tua dari catatan ini. / The list of "
                f"heads of {seen.at} is older than this log, and proves nothing of it."
            )


@dataclass
class Part:
    """One file inside a dossier."""

    name: str
    start: int
    size: int
    crc: int
    sha256: str = ""


def local_header(name: str, *, size: int, crc: int) -> bytes:
    """Write what stands before a file: nothing packed, no time, no extras."""
    sizes = struct.pack("<3L2H", crc, size, size, len(name), 0)
    return LOCAL + struct.pack("<5H", 20, 0, 0, 0, 0x21) + sizes + name.encode()


def archive_end(parts: Iterable[Part]) -> bytes:
    """Write what stands after the last file of an archive."""
    records, number, end = b"", 0, 0
    for part in parts:
        start = part.start - HEADER - len(part.name)
        packed = local_header(part.name, size=part.size, crc=part.crc)
        rest = struct.pack("<3H2L", 0, 0, 0, 0, start) + part.name.encode()
        records += CENTRAL + struct.pack("<H", 20) + packed[4:HEADER] + rest
        number, end = number + 1, part.start + part.size
    counts = struct.pack("<4H2LH", 0, 0, number, number, len(records), end, 0)
    return records + b"PK\x05\x06" + counts


def read_parts(file: BinaryIO, verdict: Verdict) -> list[Part]:
    """Walk through an archive from its first byte to its last.

    Each byte must be what our own writer puts there, so that no other program can
    find something else in the archive than what is proved here.
    """
    parts: list[Part] = []
    while True:
        at = file.tell()
        header = file.read(HEADER)
        if header.startswith(CENTRAL):
            end = archive_end(parts)
            found = header + file.read(len(end))
            if found != end:
                is_cut = end.startswith(found)
                verdict.fault("cut-off" if is_cut else "container", "ZIP", at=at)
            return parts
        if len(header) < HEADER or not header.startswith(LOCAL):
            verdict.fault(
                "cut-off" if len(header) < HEADER else "container", "ZIP", at=at
            )
            return parts
        crc, size, _, length = struct.unpack("<3LH", header[14:28])
        name = file.read(length)
        if not _NAME.fullmatch(name) or name.decode() in {part.name for part in parts}:
            verdict.fault("name", repr(name[:100]))
            return parts
        part = Part(name.decode(), file.tell(), size, crc)
        if header + name != local_header(part.name, size=size, crc=crc):
            verdict.fault("container", part.name, at=at)
            return parts
        if not _digest(file, part, verdict):
            return parts
        parts.append(part)


def packed_anew(file: BinaryIO) -> BinaryIO | None:
    """Pack what another program packed as ours does, to name what is wrong in it."""
    again = io.BytesIO()
    parts: dict[str, Part] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_PACKED:
                return None
            for info in archive.infolist():
                if info.filename in parts or not _NAME.fullmatch(
                    info.filename.encode()
                ):
                    continue
                content = archive.read(info)
                size, crc = len(content), zlib.crc32(content)
                again.write(local_header(info.filename, size=size, crc=crc))
                parts[info.filename] = Part(info.filename, again.tell(), size, crc)
                again.write(content)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
    ):
        return None
    again.write(archive_end(parts.values()))
    again.seek(0)
    return again


def _digest(file: BinaryIO, part: Part, verdict: Verdict) -> bool:
    hashed, crc, left = hashlib.sha256(), 0, part.size
    while left:
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            verdict.fault("cut-off", part.name, at=part.start + part.size - left)
            return False
        hashed.update(chunk)
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    if crc != part.crc:
        verdict.fault("damaged", part.name)
    part.sha256 = hashed.hexdigest()
    return True


def lines_of(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """Give the lines of one file inside a dossier."""
    place, end = part.start, part.start + part.size
    while place < end:
        file.seek(place)
        line = file.readline(min(end - place, MAX_LINE))
        place += len(line)
        yield line


class DossierReader:
    """Proves a dossier: its container, its log, and by the log all that it tells."""

    def __init__(self, file: BinaryIO, verdict: Verdict) -> None:
        self.file, self.verdict = file, verdict
        self.parts: dict[str, Part] = {}
        self.told: dict[int, dict[str, Any]] = {}
        self.named: set[str] = set()

    def read(self, *, key: str | None, seen: Iterable[Seen]) -> None:
        """Check everything."""
        verdict = self.verdict
        found = read_parts(self.file, verdict)
        again = packed_anew(self.file) if verdict.faults else None
        if again is not None:
            self.file, found = again, read_parts(again, Verdict())
        self.parts = {part.name: part for part in found}
        manifest = b"".join(self._lines(MANIFEST))
        verdict.manifest = _object(manifest)
        period = verdict.manifest.get("period")
        through = verdict.manifest.get("through")
        if verdict.manifest.get("format") != DOSSIER or not isinstance(period, dict):
            verdict.fault("manifest-shape", MANIFEST)
            period = {}
        try:
            self._check_files([part.name for part in found])
        except (KeyError, TypeError):
            verdict.fault("manifest-shape", MANIFEST)
        log = LogReader(verdict, key=key, seen=seen)
        for entry in log.read(self._lines(ENTRIES)):
            if is_told(entry, period, through):
                self.told[verdict.position] = entry
        sealed = log.last.get("digests") if log.last.get("kind") == "export" else None
        digest = hashlib.sha256(manifest).hexdigest()
        if not isinstance(sealed, dict) or sealed.get("manifest") != digest:
            verdict.fault("manifest", MANIFEST)
        self._check_contents()

    def _lines(self, name: str) -> Iterator[bytes]:
        return lines_of(self.file, self.parts[name]) if name in self.parts else iter(())

    def _check_files(self, names: list[str]) -> None:
        verdict, parts = self.verdict, self.parts
        listed = verdict.manifest.get("files")
        files = {str(each["path"]): each for each in listed or ()}
        expected = [MANIFEST, ENTRIES, *files]
        for name in expected:
            if name not in parts:
                verdict.fault("file-missing", name)
        for name in names:
            if name not in expected:
                verdict.fault("file-unlisted", name)
        in_place = [name for name in expected if name in parts]
        standing = [name for name in names if name in expected]
        for name, other in zip(standing, in_place):  # noqa: B905 - Python 3.9.
            if name != other:
                verdict.fault("file-order", name)
        for name, each in files.items():
            part = parts.get(name)
            if part and (part.size, part.sha256) != (each["size"], each["sha256"]):
                verdict.fault("file-changed", name)

    def _check_contents(self) -> None:
        last = 0
        for number, line in enumerate(self._lines(CONTENTS), start=1):
            item = _object(line) if line.endswith(b"\n") else {}
            position = item.get("position")
            place = f"{CONTENTS}, baris/line {number}"
            if not isinstance(position, int):
                self.verdict.fault("contents-shape", place)
            elif position not in self.told or position < last:
                self.verdict.fault("contents-surplus", place, position)
            else:
                last = position
                self._check_told(self.told.pop(position), item, place)
        for position in sorted(self.told) if CONTENTS in self.parts else ():
            self.verdict.fault("contents-missing", CONTENTS, position)
        for name in self.parts:
            if name.startswith(FILES) and name not in self.named:
                self.verdict.fault("attachment-unknown", name)

    def _check_told(
        self, entry: dict[str, Any], item: dict[str, Any], place: str
    ) -> None:
        try:
            wrong = list(self._wrong(entry, item))
        except (KeyError, TypeError, ValueError, AttributeError):
            wrong = [("contents-shape", "")]
        for code, says in wrong:
            self.verdict.fault(code, place, item["position"], says=says)

    def _wrong(
        self, entry: dict[str, Any], item: dict[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """Hold what is told against the digests in the log."""
        digests, verdict = entry["digests"], self.verdict
        if "withheld" in item:
            verdict.count("entries-withheld")
        elif "words" in item:
            words = item["words"]
            verdict.count("words-masked" if "shown" in words else "words")
            if "shown" in words:
                return
            if salted(words["salt"], words["text"]) != digests[WORDS[entry["kind"]]]:
                yield "words", ""
        else:
            yield from self._wrong_files(entry["detail"]["files"], item["files"])
            if entry["kind"] == "revision-received":
                verdict.count("revisions")
                leaves = b"".join(self._leaf(each) for each in item["answers"])
                if hashlib.sha256(leaves).hexdigest() != digests["answers"]:
                    yield "answers", ""
                document = item.get("document")
                if document and document_digest(document) != digests["revision"]:
                    yield "document", ""

    def _leaf(self, answer: dict[str, str]) -> bytes:
        if "digest" in answer:
            self.verdict.count("answers-masked")
            return bytes.fromhex(answer["digest"])
        self.verdict.count("answers-shown")
        path, text = answer["path"], answer["text"]
        return bytes.fromhex(salted(answer["salt"], f"{path}\0{text}"))

    def _wrong_files(
        self, digests: list[str], files: list[dict[str, Any]]
    ) -> Iterator[tuple[str, str]]:
        if len(digests) != len(files):
            yield "attachment", f"{len(files)} ≠ {len(digests)}"
        for digest, each in zip(digests, files):  # noqa: B905 - Python 3.9.
            name, sha256 = each.get("content"), each.get("sha256")
            self.verdict.count("files" if name else "files-by-digest")
            salt = each.get("salt") or ""
            proved = salted(salt, f"{each['name']}\0{sha256}")
            if name is not None:
                self.named.add(name)
            is_held = name is None or (
                name in self.parts and self.parts[name].sha256 == sha256
            )
            if proved != digest or not is_held:
                yield "attachment", str(each.get("name"))


WORDS = {"decision": "note", "comment": "text"}
"""Under which name an entry has the digest of its words."""


def is_told(entry: dict[str, Any], period: dict[str, Any], through: Any) -> bool:
    """Say whether a dossier has to tell more of an entry than the log does."""
    at, position, kind = entry.get("at"), entry.get("position"), entry.get("kind")
    if not isinstance(at, str) or not isinstance(position, int):
        return False
    if not isinstance(through, int) or position > through:
        return False
    if not str(period.get("since")) <= at < str(period.get("until")):
        return False
    digests = entry.get("digests")
    if kind in WORDS:
        return isinstance(digests, dict) and WORDS[kind] in digests
    return kind in {"revision-received", "files-received"}


def salted(salt: str, text: str) -> str:
    """Give the digest of a text under a salt (hex), in hex."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def document_digest(document: dict[str, str]) -> str:
    """Give the digest of an entry's XML as the log has it."""
    inner = hashlib.sha256(document["xml"].encode()).digest()
    return hashlib.sha256(bytes.fromhex(document["salt"]) + inner).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _object(text: bytes) -> dict[str, Any]:
    """Read a JSON object; give an empty one where there is none."""
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _canonical(value: Any) -> bytes:
    """Write plain ASCII names and values as RFC 8785 does."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class SeenRefused(Exception):  # noqa: N818 - It says what happened.
    """What was given as seen before is not signed, or cannot be read."""


def read_seen(path: Path, key: str | None) -> Seen:
    """Read a head, a list of heads, a log or a dossier that was kept from before.

    :raises SeenRefused: if it is none, or not signed with the key.
    """
    with path.open("rb") as file:
        first = file.readline(MAX_LINE)
        if first.startswith(LOCAL):
            file.seek(0)
            parts = {part.name: part for part in read_parts(file, Verdict())}
            lines = lines_of(file, parts[ENTRIES]) if ENTRIES in parts else iter(())
            signed = _last(lines)
        elif _object(first).get("format") == LOG:
            signed = _last(file)
        else:
            signed = first
        rest = b"" if signed is not first else file.read()
    statement = _signed_statement(signed, key) or _signed_statement(first + rest, key)
    if statement.get("format") == HEADS:
        if hashlib.sha256(rest).hexdigest() != statement.get("heads"):
            raise SeenRefused(f"{path}: daftar diubah / the list was changed")
        return Seen(listed=frozenset(rest.decode().split()), at=str(statement["at"]))
    position, area = statement.get("position"), statement.get("area")
    if not isinstance(position, int) or not isinstance(area, str):
        raise SeenRefused(
            f"{path}: tidak ada kepala bertanda tangan kunci itu / it has no head that "
            "is signed with the key"
        )
    return Seen(
        heads={position: str(statement["digest"])} if position else {}, area=area
    )


def _last(lines: Iterable[bytes]) -> bytes:
    last = b""
    for line in lines:
        last = line
    return last


def _signed_statement(text: bytes, key: str | None) -> dict[str, Any]:
    """Read a signed statement, however its JSON is laid out; empty where it is none."""
    signed = _object(text)
    statement, public = signed.get("head"), signed.get("public_key")
    if not isinstance(statement, dict) or public != (key or public):
        return {}
    message, signature = _canonical(statement), str(signed.get("signature"))
    return statement if is_signed(message, signature, str(public)) else {}


def verify_log(
    lines: Iterable[bytes], *, key: str | None = None, seen: Iterable[Seen] = ()
) -> Verdict:
    """Verify an exported log; without a key it is not proved who wrote it."""
    verdict = Verdict()
    for _ in LogReader(verdict, key=key, seen=seen).read(lines):
        pass
    return verdict


def verify(
    file: BinaryIO, *, key: str | None = None, seen: Iterable[Seen] = ()
) -> Verdict:
    """Verify a log or a dossier."""
    start = file.read(len(LOCAL))
    file.seek(0)
    if not start.startswith(LOCAL[:2]):
        return verify_log(
            iter(lambda: file.readline(MAX_LINE), b""), key=key, seen=seen
        )
    verdict = Verdict()
    DossierReader(file, verdict).read(key=key, seen=seen)
    return verdict


def source() -> bytes:
    """Give this very program, as it goes into every dossier."""
    return Path(__file__).read_bytes()


COUNTED = {
    "revisions": ("revisi dibuktikan", "revisions proved"),
    "answers-shown": ("jawaban terbuka", "answers shown"),
    "answers-masked": ("jawaban tertutup", "answers withheld, their digests proved"),
    "words": ("catatan dan komentar", "notes and comments"),
    "words-masked": ("catatan dan komentar tertutup", "notes and comments withheld"),
    "files": ("lampiran", "attachments"),
    "files-by-digest": ("lampiran tanpa isi", "attachments by digest only"),
    "entries-withheld": ("entri tanpa isi", "entries whose contents are withheld"),
}


def told(verdict: Verdict, *, key: str | None) -> Iterator[str]:
    """Say what a verdict means, line by line."""
    for fault in verdict.faults[:MAX_TOLD]:
        yield f"SALAH / FAULT  {fault}"
    if len(verdict.faults) > MAX_TOLD:
        yield f"… {len(verdict.faults) - MAX_TOLD} lagi / more"
    if not verdict.is_sound:
        return
    yield (
        f"OK  {verdict.area}: {verdict.position} entri / entries, sidik / digest "
        f"{verdict.digest}, {verdict.signed_at}"
    )
    if verdict.manifest:
        period = verdict.manifest["period"]
        yield (
            f"    isi / contents {period['from']} – {period['to']}, sampai entri / "
            f"through entry {verdict.manifest['through']}"
        )
    for name, texts in COUNTED.items():
        if name in verdict.counts:
            yield f"    {verdict.counts[name]} {texts[0]} / {texts[1]}"
    yield from (f"    {note}" for note in verdict.notes)
    if key is None:
        yield (
            f"    BELUM TERBUKTI siapa yang menandatangani / NOT PROVED who signed: "
            f"--key {verdict.public_key}?"
        )


def main(arguments: list[str] | None = None) -> int:
    """Answer on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="log (.ndjson), dossier (.zip)")
    parser.add_argument("--key", help="kunci publik / the public key that you trust")
    parser.add_argument("--head", type=Path, action="append", default=[], help="SEEN")
    parser.add_argument("--area", help="kode wilayah / the area that it must be of")
    given = parser.parse_args(arguments)
    try:
        seen = [read_seen(path, given.key) for path in given.head]
        with given.file.open("rb") as file:
            verdict = verify(file, key=given.key, seen=seen)
    except (OSError, SeenRefused) as error:
        sys.stderr.write(f"verify: {error}\n")
        return 2
    if given.area not in (None, verdict.area):
        verdict.fault("area", given.file.name, says=verdict.area, wanted=given.area)
    sys.stdout.write("".join(f"{line}\n" for line in told(verdict, key=given.key)))
    return 0 if verdict.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
