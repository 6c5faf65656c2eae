"""The tables and columns of a form: what all of its versions ever asked, in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fieldapp.masking.answers import masking_role
from fieldapp.masking.clearance import Clearance
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path
from fieldapp.xform.roles import LOCATIONS
from fieldapp.xform.translations import Translations, text_for

KEY, PARENT_KEY = "KEY", "PARENT_KEY"

FACTS: Mapping[str, str] = {
    "SubmissionDate": "dateTime",
    KEY: "string",
    "SubmitterID": "string",
    "SubmitterName": "string",
    "ReviewState": "string",
    "Revision": "int",
    "RevisionID": "string",
    "FormVersion": "string",
    "CapturedAt": "dateTime",
    "CapturedOn": "date",
    "UpdatedAt": "dateTime",
    "DecidedAt": "dateTime",
    "Violations": "int",
    "Warnings": "int",
    "Encrypted": "boolean",
    "AreaCode": "string",
    "Village": "string",
    "District": "string",
    "Regency": "string",
    "Province": "string",
}
"""What the server knows of an entry, with its type; the names are ODK's where it has
one. The first stands before the answers, the others behind them."""

LINKS = (PARENT_KEY, KEY)
"""What links the row of an item with the entry, or the item, that it is part of."""


@dataclass(frozen=True)
class Column:
    """A question, or what else a node of the form holds."""

    path: Path
    """Without the name of the root, which versions may give another name."""
    name: str
    """The names below the table's own node, with ``-`` between, as ODK writes them."""
    kind: str
    """The type of its bind."""
    definition: NodeDefinition
    """As the newest version that has it says."""
    choices: dict[str, Translations] = field(default_factory=dict)
    """The labels of all choices that any version offered, by value."""
    mask: str | None = None
    """The role by which its answers are masked for this reader; None: not at all."""

    def header(self, language: str | None) -> str:
        """Give its name, or its label where a language is asked for."""
        labels = self.definition.labels
        return (text_for(labels, language) if language else "") or self.name


@dataclass(frozen=True)
class Table:
    """The entries themselves (the first table), or a repeat: a row for each item."""

    path: Path
    """``()`` for the entries."""
    parent: int | None
    """The place of the table around it."""
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """Name it: ``""`` the entries, a repeat by its path, joined by ``-``."""
        return "-".join(self.path)


@dataclass(frozen=True)
class Layout:
    """All tables of a form; the entries first, a repeat after what it stands in."""

    tables: tuple[Table, ...]

    def find(self, name: str) -> int | None:
        """Find the place of a table by its name."""
        names = [table.name for table in self.tables]
        return names.index(name) if name in names else None


def layout_of(
    versions: Iterable[FormDefinition], clearance: Clearance = Clearance.FULL
) -> Layout:
    """Lay out what the versions of a form ask, given the newest one first.

    A question that the newest version does not ask any more stands behind the one
    that it followed. What any version calls personal is masked in the entries of all.
    """
    merged: dict[Path, list[Column]] = {}
    for definition in versions:
        for path, columns in _columns_by_table(definition, clearance).items():
            _merge(merged.setdefault(path, []), columns)
    paths = sorted(merged, key=len)
    return Layout(
        tuple(
            Table(path, _parent(path, paths), _distinct(merged[path])) for path in paths
        )
    )


def _columns_by_table(
    definition: FormDefinition, clearance: Clearance
) -> dict[Path, list[Column]]:
    """List the columns of one version, by the path of the repeat they stand in."""
    found: dict[Path, list[Column]] = {(): []}

    def add(node: NodeDefinition, table: Path) -> None:
        path = node.path[1:]
        if node.repeat is not None:
            table = path
            found[table] = []
        if node.is_leaf and path:
            found[table].append(_column(definition, node, table, clearance))
        for child in node.children:
            add(child, table)

    add(definition.root, ())
    return found


def _column(
    definition: FormDefinition, node: NodeDefinition, table: Path, clearance: Clearance
) -> Column:
    path = node.path[1:]
    return Column(
        path=path,
        name="-".join(path[len(table) :]) or node.name,
        kind=node.bind.type,
        definition=node,
        choices=dict(definition.choice_labels(node.path)),
        mask=masking_role(definition, node.path, clearance),
    )


def _merge(known: list[Column], older: Sequence[Column]) -> None:
    """Add what an older version asked; of what both ask, only choices are added."""
    after = -1
    for column in older:
        paths = [each.path for each in known]
        if column.path not in paths:
            after += 1
            known.insert(after, column)
            continue
        after = paths.index(column.path)
        choices = {**column.choices, **known[after].choices}
        mask = known[after].mask or column.mask
        known[after] = replace(known[after], choices=choices, mask=mask)


def _parent(path: Path, paths: Sequence[Path]) -> int | None:
    around = [at for at, each in enumerate(paths) if each == path[: len(each)]]
    return next((at for at in reversed(around) if paths[at] != path), None)


def _distinct(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Give another name to columns whose names are taken, also by us."""
    taken = {*FACTS, *LINKS}
    named = []
    for column in columns:
        name, number = column.name, 1
        while name in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name)
        named.append(_as_shown(replace(column, name=name)))
    return tuple(named)


def _as_shown(column: Column) -> Column:
    """Make a text of what is masked; only a point stays one."""
    is_point = column.kind == "geopoint" and column.mask in LOCATIONS
    if column.mask is None or is_point:
        return column
    return replace(column, kind="string", choices={})
