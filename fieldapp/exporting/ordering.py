"""From what a person writes to what is made: which entries, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fieldapp.exporting.asking import Wanted
from fieldapp.exporting.flat import Labels
from fieldapp.exporting.formats import Writing
from fieldapp.exporting.rows import Snapshot
from fieldapp.web.problems import FieldError, InvalidRequest
from fieldapp.web.text import Text

UNKNOWN_TABLE = Text(
    "Formulir ini tidak punya tabel bernama itu. Pilih dari: {names}.",
    "The form has no table of that name. Choose from: {names}.",
)
UNKNOWN_KEY = Text(
    "Kiriman ini tidak ada di antara yang diminta. Mulai dari awal.",
    "This entry is not among those asked for. Start from the beginning.",
)


@dataclass(frozen=True)
class Order:
    """What a person wants."""

    wanted: Wanted
    writing: Writing


def read_order(query: Mapping[str, Any]) -> Order:
    """Read what `schemas.ExportQuery` loaded, with the form."""
    wanted = Wanted(
        form_id=query["form"],
        area=query["area"],
        state=query["state"],
        received_from=query["received_from"],
        received_to=query["received_to"],
        purpose=query["purpose"],
    )
    labels = Labels(query["labels"], is_split=query["split"])
    writing = Writing(
        query["format"], labels, table=query["table"], has_bom=query["bom"]
    )
    return Order(wanted, writing)


def checked(found: Snapshot, writing: Writing) -> Writing:
    """Refuse a table that the form does not have.

    :raises InvalidRequest: naming those that it has.
    """
    if writing.table is None or found.layout.find(writing.table) is not None:
        return writing
    names = ", ".join(repr(table.name) for table in found.layout.tables)
    text = UNKNOWN_TABLE.format(names=names)
    raise InvalidRequest(text, errors=[FieldError("table", text)])


def continued(found: Snapshot, writing: Writing, after: str | None) -> Writing:
    """Go on behind an entry.

    :raises InvalidRequest: if it is not among those that are asked for.
    """
    if after is None:
        return writing
    position = found.position_of(after)
    if position is None:
        raise InvalidRequest(UNKNOWN_KEY, errors=[FieldError("after", UNKNOWN_KEY)])
    return replace(writing, after=position)
