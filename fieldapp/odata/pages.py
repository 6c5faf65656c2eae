"""One page of an entity set, and the address of the next one.

A page ends behind an entry, after so many of them or so many bytes. The address of the
next one names the last entry, so that a page costs the same however deep it lies.
"""

import hashlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import orjson

from fieldapp.exporting.asking import Granted
from fieldapp.exporting.deeds import filter_of
from fieldapp.exporting.rows import Position, Snapshot
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds
from fieldapp.odata.options import OWN, Options
from fieldapp.odata.problems import BadODataQuery
from fieldapp.odata.shape import EntitySet
from fieldapp.web import clock
from fieldapp.web.text import Text

ENTRIES = 1_000
MOST_ROWS = 10_000
"""Of `$top` in one page: some clients believe that what they ask for comes at once."""

BYTES = 16 * 1024 * 1024
KEPT = frozenset({"$filter", "$select", *OWN})
"""What the address of the next page repeats as it was."""

UNKNOWN_TOKEN = Text(
    "$skiptoken tidak dikenal lagi. Muat ulang dari awal.",
    "The $skiptoken is not known any more. Load again from the beginning.",
)


@dataclass(frozen=True)
class Page:
    """A page as JSON."""

    body: bytes
    rows: int


class _Rows:
    """Gathers the rows of a page."""

    def __init__(self, wanted: EntitySet, options: Options) -> None:
        self.items: list[bytes] = []
        self.last_key: str | None = None
        self._wanted = wanted
        self._options = options
        self._size = 0
        self._entries = 0

    def read(self, found: Snapshot, after: Position | None) -> bool:
        """Read rows until the page is full; say whether more may follow."""
        options = self._options
        if options.top == 0:
            return False
        # Items are counted while they are read; entries the database skips.
        is_root = self._wanted.parent is None
        to_skip = 0 if is_root else options.skip
        with closing(
            found.entries(after, skip=options.skip if is_root else 0)
        ) as entries:
            for entry in entries:
                if self._is_full:
                    return True
                for item in self._wanted.items(entry):
                    if to_skip:
                        to_skip -= 1
                    else:
                        self._add(orjson.dumps(options.selected(item)))
                    if self.is_at_top:
                        return False
                self._entries += 1
                self.last_key = entry.facts[1]
        return False

    @property
    def is_at_top(self) -> bool:
        """Say whether there are as many rows as were asked for."""
        return self._options.top is not None and len(self.items) >= self._options.top

    @property
    def _is_full(self) -> bool:
        if self._options.top is None:
            is_long = bool(self.items) and self._entries >= ENTRIES
        else:
            is_long = len(self.items) >= MOST_ROWS
        return is_long or self._size >= BYTES

    def _add(self, item: bytes) -> None:
        self.items.append(item)
        self._size += len(item)


def read_page(
    found: Snapshot,
    wanted: EntitySet,
    options: Options,
    *,
    base: str,
    given: Mapping[str, str],
) -> Page:
    """Read a page; `base` is the address of the service, `given` what was asked.

    :raises BadODataQuery: if the entry is gone behind which the page would begin.
    """
    rows = _Rows(wanted, options)
    has_more = rows.read(found, _position(found, options.skiptoken))
    parts = [b'{"@odata.context":', orjson.dumps(f"{base}/$metadata#{wanted.name}")]
    if options.has_count:
        parts += (b',"@odata.count":', str(count_rows(found, wanted)).encode())
    parts += (b',"value":[', b",\n".join(rows.items), b"]")
    if has_more and rows.last_key is not None:
        query = {name: each for name, each in given.items() if name in KEPT}
        if options.top is not None:
            query["$top"] = str(options.top - len(rows.items))
        query["$skiptoken"] = rows.last_key
        link = f"{base}/{quote(wanted.name)}?{urlencode(query, quote_via=quote)}"
        parts += (b',"@odata.nextLink":', orjson.dumps(link))
    parts.append(b"}")
    return Page(b"".join(parts), len(rows.items))


def count_rows(found: Snapshot, wanted: EntitySet) -> int:
    """Count the rows of a set; items are counted by reading all entries."""
    if wanted.parent is None:
        return found.total
    return sum(len(entry.rows[wanted.place]) for entry in found.entries())


def log_page(granted: Granted, wanted: EntitySet, options: Options, page: Page) -> None:
    """Log that a page was read, as every export is; the caller commits."""
    detail = {
        "clearance": granted.clearance.value,
        "filter": {
            **filter_of(granted),
            "odata": options.filter.words if options.filter else None,
        },
        "form": granted.wanted.form_id,
        "rows": page.rows,
        "set": wanted.name,
    }
    deeds = [
        Deed(
            area_code=area_code,
            kind="export-page",
            actor=str(granted.actor.user_id),
            subject=f"form:{granted.wanted.form_id}",
            digests={"page": hashlib.sha256(page.body).hexdigest()},
            detail=detail,
        )
        for area_code in granted.areas
    ]
    append_deeds(deeds, at=clock.now())


def _position(found: Snapshot, token: str | None) -> Position | None:
    if token is None:
        return None
    position = None if "\x00" in token else found.position_of(token)
    if position is None:
        raise BadODataQuery(UNKNOWN_TOKEN)
    return position
