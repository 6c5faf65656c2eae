"""Play a sequence over a raw socket, and judge each answer as Collect does."""

import base64
import hashlib
import json
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from lxml import etree

from tests.e2e.entries import DATA, INSTANCE_ID, Entry, entries_of
from tests.e2e.judging import JUDGES, Judged
from tests.e2e.line import Line, RawAnswer
from tests.openrosa.phone import Part

FOLDER = Path(__file__).parent / "sequences"
FORM_ID = re.compile(rb' id="[^"]+"')
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "csv": "text/csv"}


@dataclass(frozen=True)
class Account:
    """Where a phone is set to, and what it signs in with."""

    path: str
    username: str = ""
    password: str = ""


@dataclass
class Replay:
    """One sequence on its way; what the server told is kept for later steps."""

    sequence: Mapping[str, Any]
    port: int
    account: Account
    known: dict[str, str] = field(default_factory=dict)
    """By what a step names: addresses, hashes, tags, and the nonce."""
    used: int = 0
    """How often the nonce was."""

    def __post_init__(self) -> None:
        self.line = Line(self.port)
        self.entries = dict(make_entries(self.sequence.get("entries", {})))
        self.scheme = "https" if self.sequence.get("is_secure") else "http"

    def play(self, step: Mapping[str, Any]) -> RawAnswer | None:
        """Do one step; there is no answer where the connection is cut."""
        method, target = step["ask"], self._target(step["at"])
        body, content = self._body(step)
        head = self._head(method, target, content, step)
        sent = f"{head}\r\n\r\n".encode() + body
        if (cut := step.get("cut")) is not None:
            self.line.break_off(sent, at=cut)
            return None
        answer = self.line.ask(sent, method)
        self._judge(step, answer)
        return answer

    def _judge(self, step: Mapping[str, Any], answer: RawAnswer) -> None:
        name = step["expect"]
        judged = Judged(answer, f"{self.scheme}://127.0.0.1:{self.port}", self.known)
        JUDGES[name](judged, step)
        if (challenge := answer.one("www-authenticate")) is not None:
            nonce = re.search('nonce="([^"]+)"', challenge)
            assert nonce is not None
            self.known["nonce"], self.used = nonce[1], 0

    def _target(self, at: str) -> str:
        """Give what stands in the request's first line."""
        if not at.startswith("@"):
            return f"{self.account.path}{at}"
        name, _, query = at[1:].partition("?")
        path = urlsplit(self.known[name]).path
        return f"{path}?{query}" if query else path

    def _head(
        self, method: str, target: str, content: list[str], step: Mapping[str, Any]
    ) -> str:
        lines = [f"{method} {target} HTTP/1.1"]
        for line in self.sequence["headers"]:
            if line == "@content":
                lines += content
            elif line == "@signed":
                lines += self._signed(method, target, step)
            else:
                lines.append(line.replace("{host}", f"127.0.0.1:{self.port}"))
        lines += [
            f"{name}: {string.Template(value).substitute(self.known)}"
            for name, value in step.get("more", {}).items()
        ]
        return "\r\n".join(lines)

    def _signed(self, method: str, target: str, step: Mapping[str, Any]) -> list[str]:
        way = step.get("signed")
        if way is None:
            return []
        name, password = self.account.username, self.account.password
        if way == "basic":
            pair = base64.b64encode(f"{name}:{password}".encode()).decode()
            return [f"Authorization: Basic {pair}"]
        if way == "digest-stale":
            self.known["nonce"], self.used = self.known["old nonce"], 0
        self.used = 1 if way == "digest-enketo" else self.used + 1
        return [self._digest(method, target, name, password)]

    def _digest(self, method: str, target: str, name: str, password: str) -> str:
        """Answer a challenge (RFC 7616, 3.4.1), written as okhttp-digest does."""
        nonce, count, cnonce = self.known["nonce"], f"{self.used:08x}", uuid4().hex
        ha1 = _md5(f"{name}:{self.known['realm']}:{password}")
        ha2 = _md5(f"{method}:{target}")
        response = _md5(f"{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}")
        return (
            f'Authorization: Digest username="{name}", realm="{self.known["realm"]}", '
            f'nonce="{nonce}", uri="{target}", response="{response}", qop=auth, '
            f'nc={count}, cnonce="{cnonce}", algorithm=MD5'
        )

    def _body(self, step: Mapping[str, Any]) -> tuple[bytes, list[str]]:
        if "parts" not in step:
            empty = ["Content-Length: 0"] if step["ask"] == "POST" else []
            return b"", empty
        boundary = str(uuid4())
        parts = [self._part(each) for each in step["parts"]]
        body = _multipart(parts, boundary, self.sequence.get("parts_have_lengths"))
        kind = f"Content-Type: multipart/form-data; boundary={boundary}"
        return body, [kind, f"Content-Length: {len(body)}"]

    def _part(self, written: str) -> Part:
        """Make a part from how a sequence writes it.

        `xml one`, `file one 0` (the first that the XML names), `file one b.jpg 6000000`
        (another, of so many bytes), `field name value`.
        """
        kind, *words = written.split(" ")
        if kind == "field":
            return (words[0], None, None, words[1].encode())
        entry = self.entries[words[0]]
        if kind == "xml":
            return (
                "xml_submission_file",
                self.sequence["xml_name"],
                "text/xml",
                entry.xml,
            )
        name = words[1] if not words[1].isdigit() else list(entry.files)[int(words[1])]
        size = int(words[2]) if len(words) > 2 else 1000
        content = entry.files.get(name, (name.encode() * size)[:size])
        media_type = MEDIA_TYPES.get(name.rpartition(".")[2])
        return (name, name, media_type or "application/octet-stream", content)


def read_sequence(name: str) -> Mapping[str, Any]:
    """Read a sequence."""
    found: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_bytes())
    return found


def names() -> list[str]:
    """List the sequences."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def make_entries(
    wanted: Mapping[str, Mapping[str, str]],
) -> Iterator[tuple[str, Entry]]:
    """Make the entries of a sequence, each with an id of its own."""
    made: dict[str, Entry] = {}
    for name, how in wanted.items():
        if "copy" in how:
            entry = Entry((DATA / how["copy"]).read_bytes()).renamed()
            entry = entry_of(entry, how["as"]) if "as" in how else entry
        elif "edit" in how:
            entry = edited(made[how["edit"]])
        else:
            entry = Entry(sealed(how["sealed"], how["namespace"]))
        made[name] = entry
        yield name, entry


def entry_of(entry: Entry, form_id: str) -> Entry:
    """Give the same answers as an entry of another form."""
    return Entry(FORM_ID.sub(f' id="{form_id}"'.encode(), entry.xml, count=1))


def edited(entry: Entry) -> Entry:
    """Give the next revision of an entry, whose files keep their names."""
    old = f"<deprecatedID>{entry.id}</deprecatedID>".encode()
    fresh = f"<instanceID>uuid:{uuid4()}</instanceID>".encode()
    return Entry(INSTANCE_ID.sub(fresh + old, entry.xml))


def sealed(form_id: str, namespace: str) -> bytes:
    """Write the envelope of an entry that was encrypted on the phone."""
    plain = next(iter(entries_of(form_id, "valid-*").values()))
    version = etree.fromstring(plain.xml).get("version")
    return (
        f'<data xmlns="{namespace}" id="{form_id}" version="{version}" '
        'encrypted="yes"><base64EncryptedKey>a2V5</base64EncryptedKey>'
        '<meta xmlns="http://openrosa.org/xforms">'
        f"<instanceID>uuid:{uuid4()}</instanceID></meta>"
        "<media><file>1795269839123.jpg.enc</file></media>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
        "<base64EncryptedElementSignature>c2ln</base64EncryptedElementSignature></data>"
    ).encode()


def _multipart(parts: list[Part], boundary: str, has_lengths: object) -> bytes:
    """Write a body as okhttp does; up to version 4 it told the length of each part."""
    written = b""
    for name, filename, media_type, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        head += f'; filename="{filename}"' if filename is not None else ""
        head += f"\r\nContent-Type: {media_type}" if media_type is not None else ""
        head += f"\r\nContent-Length: {len(content)}" if has_lengths else ""
        written += f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return written + f"--{boundary}--\r\n".encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
