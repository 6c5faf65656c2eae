"""What somebody may do to a dossier, without the key or with it."""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any
from zlib import crc32

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldapp.ledger.signing import public_text
from fieldapp.ledger.verify import (
    Part,
    Verdict,
    archive_end,
    lines_of,
    local_header,
    read_parts,
)

Files = dict[str, bytes]
Line = dict[str, Any]


def unpacked(dossier: bytes) -> Files:
    """Take a dossier apart."""
    file = io.BytesIO(dossier)
    return {
        part.name: b"".join(lines_of(file, part))
        for part in read_parts(file, Verdict())
    }


def packed(files: Files) -> bytes:
    """Put files together as our own writer does."""
    written, parts = b"", []
    for name, content in files.items():
        header = local_header(name, size=len(content), crc=crc32(content))
        start = len(written) + len(header)
        parts.append(Part(name, start, len(content), crc32(content)))
        written += header + content
    return written + archive_end(parts)


def listed(files: Files) -> Files:
    """Make the manifest fit the files, as whoever changes one would."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = [
        {
            "path": name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        for name, content in files.items()
        if name not in {"manifest.json", "log.ndjson"}
    ]
    return {**files, "manifest.json": rfc8785.dumps(manifest)}


def signed(files: Files, key: Ed25519PrivateKey) -> Files:
    """Seal files anew with a key: the last entry, and the head."""
    log = files["log.ndjson"].splitlines(keepends=True)
    seal = json.loads(log[-2])["entry"]
    seal["digests"]["manifest"] = hashlib.sha256(files["manifest.json"]).hexdigest()
    entries = [json.loads(line)["entry"] for line in log[1:-2]]
    return {**files, "log.ndjson": chained(log[0], [*entries, seal], key)}


def chained(header: bytes, entries: list[Line], key: Ed25519PrivateKey) -> bytes:
    """Write a whole log anew, each entry linked to the one before."""
    lines, digest = [header], "0" * 64
    for position, entry in enumerate(entries, start=1):
        body = rfc8785.dumps({**entry, "position": position, "previous": digest})
        digest = hashlib.sha256(body).hexdigest()
        lines.append(b'{"digest":"%s","entry":%s}\n' % (digest.encode(), body))
    area = json.loads(header)["area"]
    statement: Line = {
        "area": area,
        "at": entries[-1]["at"],
        "digest": digest,
        "position": len(entries),
    }
    return b"".join([*lines, head(statement, key)])


def head(statement: Line, key: Ed25519PrivateKey) -> bytes:
    """Sign a head."""
    signature = base64.b64encode(key.sign(rfc8785.dumps(statement))).decode()
    whole: Line = {"head": statement, "public_key": public_text(key)}
    return rfc8785.dumps({**whole, "signature": signature}) + b"\n"


def log_lines(files: Files) -> list[bytes]:
    """Give the lines of the log."""
    return files["log.ndjson"].splitlines(keepends=True)


def with_log(files: Files, lines: list[bytes]) -> Files:
    """Replace the log."""
    return {**files, "log.ndjson": b"".join(lines)}


def with_items(files: Files, change: Callable[[list[Line]], list[Line]]) -> Files:
    """Change what is told, and make the manifest fit."""
    items = [json.loads(line) for line in files["contents.ndjson"].splitlines()]
    content = b"".join(json.dumps(item).encode() + b"\n" for item in change(items))
    return listed({**files, "contents.ndjson": content})


def replaced(files: Files, name: str, old: bytes, new: bytes) -> Files:
    """Change some bytes of a file, which must be there."""
    assert old in files[name], (name, old)
    return {**files, name: files[name].replace(old, new, 1)}


def answer_of(item: Line, path: str) -> Line:
    """Find an answer in an item."""
    found: Line = next(each for each in item["answers"] if each["path"] == path)
    return found
