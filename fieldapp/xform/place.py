"""Where in a form file something stands, as the person who wrote it sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A cell, a row or a whole sheet of a form file.

    `row` is the number beside the row: Excel's (the header is row 1), or the line of
    a Markdown file, which `is_line` tells. `letter` is Excel's name of the column.
    """

    sheet: str = ""
    row: int = 0
    column: str = ""
    letter: str = ""
    is_line: bool = False

    def told(self, language: str) -> str:
        """Name the place in Indonesian (`id`) or English; empty if it is unknown."""
        words = _WORDS.get(language, _WORDS["en"])
        named = f"{self.letter} ({self.column})" if self.letter else self.column
        parts = (
            (words["sheet"], self.sheet),
            (words["line" if self.is_line else "row"], str(self.row or "")),
            (words["column"], named if self.column else ""),
        )
        return ", ".join(f"{word} {name}" for word, name in parts if name)


_WORDS = {
    "id": {
        "sheet": "lembar",
        "row": "baris",
        "line": "baris berkas",
        "column": "kolom",
    },
    "en": {"sheet": "sheet", "row": "row", "line": "line", "column": "column"},
}
NOWHERE = Place()
