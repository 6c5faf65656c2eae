"""A log as a file: one line for each entry, the signed head at the end.

    {"area":"33.02.16.2007","format":"fieldapp-ledger-1"}
    {"digest":"<hex>","entry":<body>}
    …
    {"head":{…},"public_key":"<base64>","signature":"<base64>"}

The bytes of ``<body>`` are those that were hashed: whoever verifies cuts them out
of the line, and needs no JSON library that agrees with ours.
"""

from collections.abc import Iterable, Iterator

import rfc8785

from fieldapp.ledger.chain import Entry
from fieldapp.ledger.signing import SignedHead
from fieldapp.ledger.verify import ENTRY_START, LOG

ENTRY_MIDDLE = b'","entry":'
ENTRY_END = b"}"


def export_lines(
    area_code: str, entries: Iterable[Entry], head: SignedHead
) -> Iterator[bytes]:
    """Write a log, line by line."""
    yield rfc8785.dumps({"area": area_code, "format": LOG}) + b"\n"
    for entry in entries:
        yield entry_line(entry)
    yield rfc8785.dumps(head.as_dict()) + b"\n"


def entry_line(entry: Entry) -> bytes:
    """Write one entry with its digest."""
    digest = entry.digest.hex().encode()
    return b"".join((ENTRY_START, digest, ENTRY_MIDDLE, entry.body, ENTRY_END, b"\n"))
