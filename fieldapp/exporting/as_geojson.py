"""GeoJSON (RFC 7946): one table, a feature for each row.

A feature's geometry is its first question about a place that has an answer, be it a
point, a line or an area; a row without one has a feature without geometry.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import orjson

from fieldapp.exporting.flat import FIRST_FACTS, FlatTable
from fieldapp.exporting.layout import Table
from fieldapp.exporting.reading import Row
from fieldapp.exporting.rows import Entry
from fieldapp.exporting.typed import Point, read_line, read_place, scalar

CHUNK = 128 * 1024
PLACES = frozenset({"geopoint", "geotrace", "geoshape"})
SHORTEST_RING = 4
SHORTEST_LINE = 2

Geometry = dict[str, Any]


def geojson_chunks(
    table: Table, flat: FlatTable, entries: Iterable[Entry], place: int
) -> Iterator[bytes]:
    """Write one table."""
    features = _Features(table, flat, place)
    parts = [b'{"type":"FeatureCollection","features":[']
    size = 0
    separator = b"\n"
    for entry in entries:
        for feature in features.of(entry):
            parts += (separator, orjson.dumps(feature, option=orjson.OPT_UTC_Z))
            separator = b",\n"
            size += len(parts[-1])
        if size >= CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join((*parts, b"\n]}\n"))


def has_places(table: Table) -> bool:
    """Say whether a table asks for places."""
    return any(column.kind in PLACES for column in table.columns)


class _Features:
    def __init__(self, table: Table, flat: FlatTable, place: int) -> None:
        self._flat = flat
        self._place = place
        self._header = flat.header
        self._readers = [scalar(field.kind) for field in flat.fields]
        self._geometries = [
            (at, column.kind)
            for at, column in enumerate(table.columns)
            if column.kind in PLACES
        ]

    def of(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """Give the features of an entry's rows."""
        for row in entry.rows[self._place]:
            answers = [
                (read(text) if read else text) if text else None
                for text, read in zip(
                    self._flat.texts(row.values), self._readers, strict=True
                )
            ]
            facts = entry.facts
            if self._flat.is_root:
                values = (*facts[:FIRST_FACTS], *answers, *facts[FIRST_FACTS:])
            else:
                values = (*answers, row.parent_key, row.key)
            yield {
                "type": "Feature",
                "id": row.key,
                "geometry": self._geometry(row),
                "properties": dict(zip(self._header, values, strict=True)),
            }

    def _geometry(self, row: Row) -> Geometry | None:
        for at, kind in self._geometries:
            text = row.values[at]
            if text and (geometry := geometry_of(kind, text)):
                return geometry
        return None


def geometry_of(kind: str, text: str) -> Geometry | None:
    """Give the geometry of an answer; None where it is none.

    Longitude stands first, and an area is closed and goes round to the left.
    """
    if kind == "geopoint":
        point = read_place(text)
        return {"type": "Point", "coordinates": _position(point)} if point else None
    positions = [_position(point) for point in read_line(text) or ()]
    if kind == "geotrace":
        is_line = len(positions) >= SHORTEST_LINE
        return {"type": "LineString", "coordinates": positions} if is_line else None
    if positions and positions[0] != positions[-1]:
        positions.append(positions[0])
    if len(positions) < SHORTEST_RING:
        return None
    if _is_clockwise(positions):
        positions.reverse()
    return {"type": "Polygon", "coordinates": [positions]}


def _position(point: Point) -> list[float]:
    return [point[1], point[0]]


def _is_clockwise(ring: Sequence[Sequence[float]]) -> bool:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) < 0
