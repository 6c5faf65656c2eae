"""From the XML of an entry to rows: a walk along a plan made once for each version.

Nothing is judged here: what the phone sent is exported as it came, by the text of its
nodes. What the reader may not see is masked here, before any format has it. Of a node
that came twice outside a repeat the first counts, as in `xform`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from lxml import etree

from fieldapp.exporting.layout import Layout
from fieldapp.masking.masks import mask
from fieldapp.xform.definition import FormDefinition, NodeDefinition, Path
from fieldapp.xform.markup import Element, new_parser

Values: TypeAlias = list[str | None]
"""The texts of a row by the place of their column; None or empty: no answer."""

Plan: TypeAlias = "dict[str, tuple[_Kind, int, Plan]]"
"""By the name of a child: what it is, the place of its column or table, its plan."""


class _Kind(IntEnum):
    LEAF = 0
    GROUP = 1
    REPEAT = 2
    LEAF_REPEAT = 3


@dataclass(slots=True)
class Row:
    """A row of a table, with what links it."""

    key: str
    parent_key: str | None
    values: Values


class EntryReader:
    """Reads entries of all versions of a form into the tables of its layout.

    Its parser keeps state: each export has a reader of its own.
    """

    def __init__(self, layout: Layout) -> None:
        self._widths = [len(table.columns) for table in layout.tables]
        self._tables = {table.path: at for at, table in enumerate(layout.tables)}
        self._columns = {
            (table.path, column.path): at
            for table in layout.tables
            for at, column in enumerate(table.columns)
        }
        self._masks = [
            (
                place,
                [(at, each.mask) for at, each in enumerate(table.columns) if each.mask],
            )
            for place, table in enumerate(layout.tables)
        ]
        self._parser = new_parser()

    def plan(self, definition: FormDefinition) -> Plan:
        """Say where each node of a version belongs."""
        return self._plan(definition.root, ())

    def read(self, xml: bytes, plan: Plan, key: str) -> list[list[Row]]:
        """Read the rows of one entry, by the place of their table."""
        rows: list[list[Row]] = [[] for _ in self._widths]
        row = Row(key, None, [None] * self._widths[0])
        rows[0].append(row)
        self._fill(etree.fromstring(xml, self._parser), plan, row, key, rows)
        for place, masks in self._masks:
            for masked in rows[place] if masks else ():
                for at, role in masks:
                    masked.values[at] = mask(role, masked.values[at] or "")
        return rows

    def _plan(self, definition: NodeDefinition, table: Path) -> Plan:
        return {child.name: self._step(child, table) for child in definition.children}

    def _step(self, node: NodeDefinition, table: Path) -> tuple[_Kind, int, Plan]:
        path = node.path[1:]
        if node.repeat is not None:
            kind = _Kind.LEAF_REPEAT if node.is_leaf else _Kind.REPEAT
            return kind, self._tables[path], self._plan(node, path)
        if node.is_leaf:
            return _Kind.LEAF, self._columns[table, path], {}
        return _Kind.GROUP, 0, self._plan(node, table)

    def _fill(
        self, element: Element, plan: Plan, row: Row, prefix: str, rows: Any
    ) -> None:
        values = row.values
        counts: dict[str, int] = {}
        for child in element:
            step = plan.get(child.tag) or plan.get(child.tag.rpartition("}")[2])
            if step is None:
                continue
            kind, place, inner = step
            if kind is _Kind.LEAF:
                if values[place] is None:
                    values[place] = (child.text or "").strip()
                continue
            name = child.tag.rpartition("}")[2]
            counts[name] = counts.get(name, 0) + 1
            if kind is _Kind.GROUP:
                if counts[name] == 1:
                    self._fill(child, inner, row, f"{prefix}/{name}", rows)
                continue
            key = f"{prefix}/{name}[{counts[name]}]"
            item = Row(key, row.key, [None] * self._widths[place])
            rows[place].append(item)
            if kind is _Kind.REPEAT:
                self._fill(child, inner, item, key, rows)
            else:
                item.values[0] = (child.text or "").strip()
