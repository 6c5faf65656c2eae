"""Spoil what is packed: JSON values and the parts of an .xlsx file."""

import copy
import io
import json
import random
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped] # It has no types.

from fieldapp.xform.definition import FormDefinition, NodeDefinition
from fieldapp.xform.sheets import read_sheets
from tests.xform.fuzz.forms import real_forms, sheets
from tests.xform.fuzz.mutations import ODD_TEXTS, spoil_bytes, spoil_tree

_ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    10**400,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    [None, {}],
    {"latitude": 1, "longitude": 2},
    {"latitude": 1e309, "longitude": "x"},
    "\ud800",
    "\0",
    "\x0b",
    "2024-02-30T10:00:00Z",
    "2024-02-29T10:00:00+07:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "23:59",
    "a b",
    ["a", "b"],
    {"meta": {"instanceID": "\ufffe"}},
)


def spoil_json(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Put odd values where the form has places for answers, and elsewhere."""
    if chance.random() < 0.1:
        return spoil_bytes(data, chance, others)
    try:
        item = json.loads(data)
        form = real_forms()[item["form_id"]]
        spoil_record(item, form, chance)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return spoil_bytes(data, chance, others)
    if chance.random() < 0.1:
        item[chance.choice(list(item))] = chance.choice(_ODD_VALUES)
    try:
        return json.dumps(item).encode()
    except ValueError:  # A number of too many digits.
        return data


def spoil_record(
    item: dict[str, Any], form: FormDefinition, chance: random.Random
) -> None:
    """Put odd values where a form has places for answers."""
    record = item.setdefault("record", {})
    for _ in range(chance.choice((1, 1, 3, 10))):
        _answer(record, form.root, chance)


def _answer(
    record: dict[str, Any], definition: NodeDefinition, chance: random.Random
) -> None:
    child = chance.choice(definition.children)
    if child.children and chance.random() < 0.8:
        inner: dict[str, Any] = {}
        known = record.get(child.name)
        if isinstance(known, dict):
            inner = known
        _answer(inner, child, chance)
        record[child.name] = [inner] if child.repeat is not None else inner
    elif chance.random() < 0.6:
        record[child.name] = copy.deepcopy(chance.choice(_ODD_VALUES))
    else:
        record[child.name] = chance.choice(ODD_TEXTS)
    if chance.random() < 0.02:
        record[chance.choice(ODD_TEXTS)] = 1


@cache
def workbooks() -> list[bytes]:
    """Give the forms that we ship as `.xlsx`."""
    found = []
    for source in sheets():
        book = Workbook()
        book.remove(book.active)
        for name, rows in read_sheets(source, is_markdown=True).items():
            sheet = book.create_sheet(name)
            header = list(dict.fromkeys(key for row in rows for key in row.cells))
            sheet.append(header)
            for row in rows:
                sheet.append([row.cells.get(key) for key in header])
        packed = io.BytesIO()
        book.save(packed)
        found.append(packed.getvalue())
    return found


def spoil_workbook(
    data: bytes, chance: random.Random, others: Sequence[bytes]
) -> bytes:
    """Spoil one part of the archive, or the archive itself."""
    if chance.random() < 0.1:
        return spoil_bytes(data, chance, others)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return spoil_bytes(data, chance, others)
    except (RuntimeError, zipfile.zlib.error, KeyError):  # type: ignore[attr-defined] # zipfile imports it.
        return spoil_bytes(data, chance, others)
    if not parts:
        return spoil_bytes(data, chance, others)
    wanted = [name for name in parts if "sheet" in name or "shared" in name]
    name = chance.choice(wanted if wanted and chance.random() < 0.7 else list(parts))
    roll = chance.random()
    if roll < 0.05:
        del parts[name]
    else:
        spoil = spoil_tree if roll < 0.8 else spoil_bytes
        parts[name] = spoil(parts[name], chance, list(parts.values()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    return packed.getvalue()
