"""Rows as flat tables have them: a point is four fields, choices may have labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fieldapp.exporting.layout import FACTS, LINKS, Column, Table
from fieldapp.exporting.reading import Values
from fieldapp.xform.translations import Translations, text_for

POINT_PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy")
FIRST_FACTS = 1

Read = Callable[[str], str | None]
"""From the text of an answer to the text of a field."""


@dataclass(frozen=True)
class Labels:
    """How an export is written, in all flat formats alike."""

    language: str | None = None
    """With labels of this language in place of the form's names; None: names."""
    is_split: bool = False
    """Whether each choice of several has a field of its own, 1 or 0."""


@dataclass(frozen=True)
class Field:
    """One field of a row."""

    header: str
    kind: str
    """The type of a bind, `string` where it is written otherwise than it came."""
    place: int
    """Of the column that it is read from."""
    read: Read | None = None
    """None: the answer as it came."""


class FlatTable:
    """Turns the rows of one table into the texts of its fields."""

    def __init__(self, table: Table, labels: Labels) -> None:
        self.name = table.name
        self.is_root = table.parent is None
        self.fields = [
            field
            for place, column in enumerate(table.columns)
            for field in _fields(column, place, labels)
        ]
        self._steps = [(field.place, field.read) for field in self.fields]
        self._is_plain = all(
            read is None and place == at for at, (place, read) in enumerate(self._steps)
        ) and len(self._steps) == len(table.columns)

    @property
    def header(self) -> list[str]:
        """Give the heads of all columns, those of the server among them."""
        names = _distinct([field.header for field in self.fields])
        if not self.is_root:
            return [*names, *LINKS]
        facts = [*FACTS]
        return [*facts[:FIRST_FACTS], *names, *facts[FIRST_FACTS:]]

    @property
    def kinds(self) -> list[str]:
        """Give the types of all columns, in the same order."""
        kinds = [field.kind for field in self.fields]
        if not self.is_root:
            return [*kinds, *("string" for _ in LINKS)]
        facts = [*FACTS.values()]
        return [*facts[:FIRST_FACTS], *kinds, *facts[FIRST_FACTS:]]

    def texts(self, values: Values) -> Values:
        """Give the texts of a row's fields."""
        if self._is_plain:
            return values
        return [
            text if read is None else (read(text) if text else None)
            for text, read in ((values[place], read) for place, read in self._steps)
        ]


def _fields(column: Column, place: int, labels: Labels) -> list[Field]:
    header = column.header(labels.language)
    if column.kind == "geopoint":
        return [
            Field(f"{header}-{part}", "decimal", place, _part(at))
            for at, part in enumerate(POINT_PARTS)
        ]
    if not column.choices:
        return [Field(header, column.kind, place)]
    names = _names(column.choices, labels.language)
    is_many = column.kind == "select"
    read = None
    if labels.language:
        read = _many_labels(names) if is_many else _one_label(names)
    fields = [Field(header, "string", place, read)]
    if is_many and labels.is_split:
        fields += [
            Field(f"{header}/{names[value]}", "boolean", place, _is_chosen(value))
            for value in column.choices
        ]
    return fields


def _names(choices: Mapping[str, Translations], language: str | None) -> dict[str, str]:
    return {
        value: (text_for(labels, language) if language else "") or value
        for value, labels in choices.items()
    }


def _part(at: int) -> Read:
    def read(text: str) -> str | None:
        parts = text.split()
        return parts[at] if at < len(parts) else None

    return read


def _one_label(names: Mapping[str, str]) -> Read:
    def read(text: str) -> str | None:
        return names.get(text, text)

    return read


def _many_labels(names: Mapping[str, str]) -> Read:
    def read(text: str) -> str | None:
        return ", ".join(names.get(each, each) for each in text.split())

    return read


def _is_chosen(value: str) -> Read:
    def read(text: str) -> str | None:
        return "1" if value in text.split() else "0"

    return read


def _distinct(headers: Sequence[str]) -> list[str]:
    """Give a number to labels that several questions share, or that are ours."""
    taken = {*FACTS, *LINKS}
    names = []
    for header in headers:
        name, number = header, 1
        while name in taken:
            number += 1
            name = f"{header} ({number})"
        taken.add(name)
        names.append(name)
    return names
