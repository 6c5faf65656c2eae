"""From a node of a form back to the cell of the spreadsheet that made it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fieldapp.xform.definition import Path
from fieldapp.xform.place import NOWHERE, Place
from fieldapp.xform.sheets import SheetRow

SURVEY = "survey"
_CONTAINER = re.compile(r"(begin|end)[\s_]+(?:group|repeat|loop|l ?group|looped group)")
_MADE = {"_count": "count", "_other": "type"}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "relevant": ("relevant", "relevance"),
    "readonly": ("read_only", "readonly"),
    "calculate": ("calculation", "calculate"),
    "itemset": ("choice_filter", "type"),
    "setvalue": ("default", "calculation", "trigger"),
    "count": ("repeat_count", "count", "jr:count"),
    "constraintMsg": ("constraint_message", "constraining_message"),
    "requiredMsg": ("required_message", "requiredmsg"),
    "name": ("name", "tag", "value"),
    "list_name": ("list_name", "list name"),
}


@dataclass(frozen=True, slots=True)
class Origins:
    """The rows of a form file by the paths of the nodes that they make."""

    sheets: Mapping[str, tuple[SheetRow, ...]] = field(default_factory=dict)
    is_markdown: bool = False
    rows: Mapping[Path, SheetRow] = field(default_factory=dict)

    def of(self, path: Path | str, attribute: str = "") -> Place:
        """Give the cell that made an attribute of a node, such as its `constraint`.

        Only the row where the column is not known; nothing for what pyxform added.
        """
        names = path if isinstance(path, tuple) else tuple(path.strip("/").split("/"))
        names = tuple(name.partition("[")[0] for name in names)[1:]
        row = self.rows.get(names)
        for suffix, column in _MADE.items():
            if row is None and names and names[-1].endswith(suffix):
                row = self.rows.get((*names[:-1], names[-1].removesuffix(suffix)))
                attribute = column
        return self.at(row, attribute) if row is not None else NOWHERE

    def at(self, row: SheetRow, attribute: str = "") -> Place:
        """Give the place of a row, with the column of an attribute."""
        column = _column(row, attribute) if attribute else ""
        letter = row.letters.get(column, "")
        return Place(row.sheet, row.row, column, letter, self.is_markdown)

    def counted(self, sheet: str, number: int, column: str = "") -> Place:
        """Give the place of a row as pyxform counts: from 2, below the header."""
        rows = self.sheets.get(sheet, ())
        if not self.is_markdown:
            row = next((each for each in rows if each.row == number), None)
        else:
            row = rows[number - 2] if 0 <= number - 2 < len(rows) else None
        if row is None:
            return Place(sheet, 0 if self.is_markdown else number, column)
        return self.at(row, column)

    def find(self, texts: Iterable[str]) -> Place:
        """Give the only cell with one of some texts; nowhere if there are more."""
        for text in texts:
            found = [
                self.at(row, column)
                for name in (SURVEY, "choices", "settings", "entities")
                for row in self.sheets.get(name, ())
                for column, cell in row.cells.items()
                if cell == text
            ]
            if len(found) == 1:
                return found[0]
        return NOWHERE


def trace(sheets: Mapping[str, tuple[SheetRow, ...]], *, is_markdown: bool) -> Origins:
    """Follow groups and repeats through the survey, as pyxform does."""
    rows: dict[Path, SheetRow] = {}
    inside: list[str] = []
    for row in sheets.get(SURVEY, ()):
        name = row.cells.get(_column(row, "name"), "")
        container = _CONTAINER.match(row.cells.get(_column(row, "type"), "").lower())
        if container and container.group(1) == "end":
            del inside[-1:]
            continue
        if name:
            rows.setdefault((*inside, name), row)
        if container:
            inside.append(name)
    return Origins(sheets, is_markdown, rows)


def _column(row: SheetRow, attribute: str) -> str:
    """Find an attribute's column: one that is filled here, else one that could be."""
    names = (*_COLUMNS.get(attribute, ()), attribute)
    names = (*names, *(f"bind::{each}" for each in names))
    names = (*names, f"bind::fieldapp:{attribute}", f"bind::jr:{attribute}")
    for headers in (row.cells, row.letters):
        for name in names:
            for header in headers:
                plain = header.strip().lower()
                if plain == name.lower() or plain.startswith(f"{name.lower()}::"):
                    return header
    return ""
