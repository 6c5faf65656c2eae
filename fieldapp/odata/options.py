"""The query options of OData that the feed knows (OData v4 URL Conventions, 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fieldapp.odata.filters import Filter
from fieldapp.odata.problems import BadODataQuery, ODataNotSupported
from fieldapp.odata.shape import ID, EntitySet
from fieldapp.web.text import Text

MAX_SKIP = 10_000_000
MAX_SELECT = 5_000
OWN = frozenset({"area", "purpose"})
"""What is ours: an area at any level, and what the data is for."""

KNOWN = frozenset(
    {"$filter", "$top", "$skip", "$count", "$select", "$skiptoken", "$format"}
)
NOT_KNOWN = Text(
    "{name} belum didukung. Yang ada: {known}.",
    "{name} is not supported. There are: {known}.",
)
NOT_A_NUMBER = Text(
    "{name} harus bilangan bulat dari 0 sampai {most}.",
    "{name} must be a whole number from 0 to {most}.",
)
NOT_A_TRUTH = Text("$count harus true atau false.", "$count must be true or false.")
NOT_JSON = Text("$format hanya json.", "$format is json only.")
NOT_A_PROPERTY = Text(
    "$select: tidak ada {name} di {set}.", "$select: there is no {name} in {set}."
)


@dataclass(frozen=True)
class Options:
    """What of an entity set is asked for."""

    filter: Filter | None
    top: int | None
    skip: int
    has_count: bool
    select: tuple[tuple[str, ...], ...] | None
    """The paths of properties; None: all."""
    skiptoken: str | None

    def selected(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Cut a row to what is asked for; its key is always there."""
        if self.select is None:
            return item
        chosen: dict[str, Any] = {ID: item[ID]}
        for path in self.select:
            _choose(chosen, item, path)
        return chosen


def read_options(
    given: Mapping[str, str], wanted: EntitySet, filtered: Filter | None
) -> Options:
    """Read the other options of a request about an entity set.

    :raises BadODataQuery: if one cannot be read.
    :raises ODataNotSupported: if there is one that the feed does not know.
    """
    for name in given:
        if name not in KNOWN | OWN:
            known = ", ".join(sorted(KNOWN))
            raise ODataNotSupported(NOT_KNOWN.format(name=name[:50], known=known))
    if given.get("$format", "json") not in {"json", "application/json"}:
        raise ODataNotSupported(NOT_JSON)
    return Options(
        filter=filtered,
        top=_number(given, "$top"),
        skip=_number(given, "$skip") or 0,
        has_count=_truth(given.get("$count", "false")),
        select=_paths(given.get("$select"), wanted),
        skiptoken=given.get("$skiptoken"),
    )


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(MAX_SKIP))
    if not is_number:
        raise BadODataQuery(NOT_A_NUMBER.format(name=name, most=MAX_SKIP - 1))
    return int(text)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise BadODataQuery(NOT_A_TRUTH)
    return text == "true"


def _paths(text: str | None, wanted: EntitySet) -> tuple[tuple[str, ...], ...] | None:
    if text is None or text.strip() == "*":
        return None
    names = [name.strip() for name in text[:MAX_SELECT].split(",")]
    paths = tuple(tuple(name.split("/")) for name in names)
    for path in paths:
        if not _has(wanted, path):
            name = "/".join(path)[:100]
            raise BadODataQuery(NOT_A_PROPERTY.format(name=name, set=wanted.name))
    return paths


def _has(wanted: EntitySet, path: tuple[str, ...]) -> bool:
    if path in wanted.own_paths:
        return True
    tree: Any = wanted.tree
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree is not None


def _choose(
    chosen: dict[str, Any], item: Mapping[str, Any], path: tuple[str, ...]
) -> None:
    name, *below = path
    value = item[name]
    if not below or not isinstance(value, dict):
        chosen[name] = value
        return
    inner = chosen.setdefault(name, {})
    _choose(inner, value, tuple(below))
