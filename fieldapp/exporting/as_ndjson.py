"""NDJSON: one entry on each line, its answers nested as the form nests them."""

from collections.abc import Iterable, Iterator

import orjson

from fieldapp.exporting.layout import FACTS, Layout
from fieldapp.exporting.nested import Nester
from fieldapp.exporting.rows import Entry

CHUNK = 128 * 1024
RECORD = "record"


def ndjson_chunks(layout: Layout, entries: Iterable[Entry]) -> Iterator[bytes]:
    """Write the entries, a line for each."""
    nester = Nester(layout)
    lines: list[bytes] = []
    size = 0
    for entry in entries:
        facts = dict(zip(FACTS, entry.facts, strict=True))
        facts[RECORD] = nester.record(entry.rows)
        lines.append(
            orjson.dumps(facts, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
        )
        size += len(lines[-1])
        if size >= CHUNK:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)
