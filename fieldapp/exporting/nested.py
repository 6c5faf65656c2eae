"""Rows as the record that they came from: groups in groups, repeats as lists."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from fieldapp.exporting.layout import Layout
from fieldapp.exporting.reading import Row
from fieldapp.exporting.typed import Typed, typed
from fieldapp.xform.definition import Path

Record: TypeAlias = dict[str, Any]
Node: TypeAlias = "dict[str, Node | _Leaf | _Items]"
_Leaf: TypeAlias = "tuple[int, Typed | None]"
_Items: TypeAlias = int


class Nester:
    """Nests the rows of entries; `read` says how answers of a type are given."""

    def __init__(
        self, layout: Layout, read: Callable[[str], Typed | None] = typed
    ) -> None:
        self._trees: list[Node] = [{} for _ in layout.tables]
        for place, table in enumerate(layout.tables):
            tree = self._trees[place]
            for at, column in enumerate(table.columns):
                below = column.path[len(table.path) :]
                _put(tree, below or column.path[-1:], (at, read(column.kind)))
            if table.parent is not None:
                around = layout.tables[table.parent]
                below = table.path[len(around.path) :]
                _put(self._trees[table.parent], below, place)
        self._leaf_tables = {
            place
            for place, table in enumerate(layout.tables)
            if table.path and [each.path for each in table.columns] == [table.path]
        }

    def record(self, rows: list[list[Row]]) -> Record:
        """Nest the rows of one entry."""
        children: dict[tuple[int, str | None], list[Row]] = {}
        for place, found in enumerate(rows[1:], 1):
            for row in found:
                children.setdefault((place, row.parent_key), []).append(row)
        return self._nest(self._trees[0], rows[0][0], children)

    def _nest(
        self, tree: Node, row: Row, children: Mapping[tuple[int, str | None], list[Row]]
    ) -> Record:
        record: Record = {}
        values = row.values
        for name, below in tree.items():
            if isinstance(below, tuple):
                at, read = below
                text = values[at]
                record[name] = (read(text) if read else text) if text else None
            elif isinstance(below, dict):
                record[name] = self._nest(below, row, children)
            else:
                items = [
                    self._nest(self._trees[below], item, children)
                    for item in children.get((below, row.key), ())
                ]
                is_leaf = below in self._leaf_tables
                record[name] = (
                    [next(iter(item.values())) for item in items] if is_leaf else items
                )
        return record


def _put(tree: Node, path: Path, what: "_Leaf | _Items") -> None:
    for name in path[:-1]:
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree.setdefault(path[-1], what)
