"""The rows of the sheet ``indicators``, and where in it something is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldapp.web.text import Text
from fieldapp.xform.translations import language_code

SHEET = "indicators"
COLUMNS = frozenset(
    {
        *("name", "unit", "value", "where", "aggregate", "weight", "by", "over"),
        *("period", "people"),
    }
)
LABEL = "label"


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell, and where it stands."""

    row: int
    column: str
    reason: Text

    def text(self) -> Text:
        """Say it, with the place, in both languages."""
        return Text(
            f"lembar {SHEET}, baris {self.row}, kolom {self.column}: {self.reason.id}",
            f"sheet {SHEET}, row {self.row}, column {self.column}: {self.reason.en}",
        )


class SheetError(ValueError):
    """The sheet cannot be used; says everything that is wrong with it."""

    def __init__(self, faults: tuple[CellFault, ...]) -> None:
        super().__init__("; ".join(fault.text().en for fault in faults))
        self.faults = faults

    def text(self) -> Text:
        """Say all that is wrong, in both languages."""
        texts = [fault.text() for fault in self.faults]
        return Text(
            "; ".join(text.id for text in texts), "; ".join(text.en for text in texts)
        )


@dataclass(frozen=True)
class Row:
    """One row: its number in the sheet, its cells, its labels by language code."""

    number: int
    cells: Mapping[str, str]
    labels: Mapping[str, str]

    def cell(self, column: str) -> str:
        """Give a cell; empty where there is none."""
        return self.cells.get(column, "")

    def fault(
        self, faults: list[CellFault], column: str, indonesian: str, english: str
    ) -> None:
        """Note what is wrong with a cell."""
        faults.append(CellFault(self.number, column, Text(indonesian, english)))


def read_rows(
    rows: Sequence[Mapping[str, Any]], faults: list[CellFault]
) -> Iterator[Row]:
    """Read rows, noting the columns that nobody knows."""
    for number, row in enumerate(rows, start=2):
        cells: dict[str, str] = {}
        labels: dict[str, str] = {}
        for column, content in row.items():
            text = str(content).strip() if content is not None else ""
            kind, _, language = column.partition("::")
            if kind.strip() == LABEL and language:
                labels[language_code(language)] = text
            elif column in COLUMNS:
                cells[column] = text
            elif column != "row":
                reason = Text("kolom tidak dikenal", "the column is not known")
                faults.append(CellFault(int(row.get("row", number)), column, reason))
        yield Row(int(row.get("row", number)), cells, labels)
