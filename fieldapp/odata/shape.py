"""The shape of the feed: entity types by OData's rules, as ODK Central names them.

An entity set `Submissions` has the entries, one for each repeat its items, linked by
keys: `Submissions.plot` has `__Submissions-id`. Groups are complex types.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from fieldapp.exporting.as_geojson import geometry_of
from fieldapp.exporting.layout import FACTS, KEY, Layout, Table
from fieldapp.exporting.reading import Row
from fieldapp.exporting.rows import Entry
from fieldapp.exporting.typed import read_number, read_place, read_truth, read_whole
from fieldapp.xform.definition import Path

ROOT = "Submissions"
ID, SYSTEM = "__id", "__system"

EDM = {
    "int": "Edm.Int64",
    "long": "Edm.Int64",
    "decimal": "Edm.Double",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "dateTime": "Edm.DateTimeOffset",
    "geopoint": "Edm.GeographyPoint",
    "geotrace": "Edm.GeographyLineString",
    "geoshape": "Edm.GeographyPolygon",
}
"""By the type of a bind; all others are texts."""

SYSTEM_FACTS = {name: name[0].lower() + name[1:] for name in FACTS if name != KEY}
"""What the server knows of an entry: its name in files, and in the feed."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UNNAMEABLE = re.compile(r"\W", re.ASCII)


@dataclass(frozen=True)
class Property:
    """A property of an entity, or of a group in it."""

    name: str
    at: int
    kind: str


Group: TypeAlias = "dict[str, Property | Group]"


@dataclass(frozen=True)
class EntitySet:
    """A table of the feed."""

    name: str
    place: int
    parent: str | None
    """The name of the set around it."""
    tree: Group = field(default_factory=dict)

    @property
    def parent_key(self) -> str | None:
        """Name the property that has the key of what an item is part of."""
        return f"__{self.parent.replace('.', '-')}-id" if self.parent else None

    @property
    def own_paths(self) -> frozenset[tuple[str, ...]]:
        """List the properties that are no answers, by path."""
        if self.parent_key is not None:
            return frozenset({(ID,), (self.parent_key,)})
        system = {(SYSTEM, name) for name in SYSTEM_FACTS.values()}
        return frozenset({(ID,), (SYSTEM,)} | system)

    def items(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """Give an entry's rows of this set."""
        for row in entry.rows[self.place]:
            item: dict[str, Any] = {ID: row.key}
            if self.parent_key is not None:
                item[self.parent_key] = row.parent_key
            else:
                facts = zip(FACTS, entry.facts, strict=True)
                item[SYSTEM] = {
                    SYSTEM_FACTS[name]: _told(value)
                    for name, value in facts
                    if name in SYSTEM_FACTS
                }
            item.update(_answers(self.tree, row))
            yield item


def entity_sets(layout: Layout) -> list[EntitySet]:
    """Shape all tables of a form."""
    sets: list[EntitySet] = []
    for place, table in enumerate(layout.tables):
        above = None if table.parent is None else sets[table.parent].name
        names = [_named(each, set()) for each in table.path]
        taken = {each.name for each in sets}
        name = _free(".".join((ROOT, *names)), taken)
        sets.append(EntitySet(name, place, above, _tree(table)))
    return sets


def _tree(table: Table) -> Group:
    tree: Group = {}
    renamed: dict[Path, str] = {}
    for at, column in enumerate(table.columns):
        below = column.path[len(table.path) :] or column.path[-1:]
        group = tree
        for depth in range(1, len(below)):
            path = below[:depth]
            name = renamed.get(path) or _named(path[-1], set(group))
            renamed[path] = name
            inner = group.setdefault(name, {})
            if isinstance(inner, dict):
                group = inner
        name = _named(below[-1], {*group, ID, SYSTEM})
        group[name] = Property(name, at, column.kind)
    return tree


def _named(name: str, taken: set[str]) -> str:
    """Name it as OData allows: letters, digits, underscores, no digit first."""
    bare = _UNNAMEABLE.sub("_", name)
    return _free(f"_{bare}" if bare[:1].isdigit() else bare, taken)


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _answers(tree: Group, row: Row) -> dict[str, Any]:
    return {
        name: _answers(each, row)
        if isinstance(each, dict)
        else _value(row.values[each.at], each.kind)
        for name, each in tree.items()
    }


def _value(text: str | None, kind: str) -> Any:
    """Give an answer as its type has it; null where it is none of it."""
    if not text:
        return None
    read = _READERS.get(kind)
    if read is not None:
        return read(text)
    return _geography(text, kind) if kind in EDM else text


def _whole(text: str) -> int | None:
    number = read_whole(text)
    return number if isinstance(number, int) else None


def _number(text: str) -> float | None:
    number = read_number(text)
    return number if isinstance(number, float) else None


def _day(text: str) -> str | None:
    return text if _DAY.fullmatch(text) else None


def _moment(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
        told: str | None = _told(moment) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return told


def _geography(text: str, kind: str) -> Any:
    geometry = geometry_of(kind, text)
    point = read_place(text) if geometry and kind == "geopoint" else None
    if geometry is None or point is None:
        return geometry
    return {
        "type": "Point",
        "coordinates": [point[1], point[0], point[2]],
        "properties": {"accuracy": point[3]},
    }


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    return value


def find_set(sets: Sequence[EntitySet], name: str) -> EntitySet | None:
    """Find an entity set by its name."""
    return next((each for each in sets if each.name == name), None)


_READERS: dict[str, Callable[[str], Any]] = {
    "int": _whole,
    "long": _whole,
    "decimal": _number,
    "boolean": read_truth,
    "date": _day,
    "dateTime": _moment,
}
