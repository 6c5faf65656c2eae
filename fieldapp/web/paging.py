"""Cursor paging: a page costs the same however deep it lies."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.extensions import db
from fieldapp.web.problems import FieldError, InvalidRequest
from fieldapp.web.text import Text

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

Row = TypeVar("Row")

BAD_CURSOR = Text(
    "Penanda halaman (cursor) tidak dikenal. Mulai lagi dari halaman pertama.",
    "The page cursor is not one of ours. Start again from the first page.",
)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor that continues after them (None at the end)."""

    items: Sequence[Row]
    next_cursor: str | None


def fetch_page(
    statement: Select[Row],
    keys: Sequence[InstrumentedAttribute[Any]],
    *,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> Page[Row]:
    """Run a ``select()`` of one entity, one page of it.

    ``keys`` are columns of the entity that together are unique: they order the
    rows, and the cursor is their values in the last row of a page.

    :raises InvalidRequest: if the cursor is not one that we gave.
    """
    order = [key.desc() if newest_first else key.asc() for key in keys]
    statement = statement.order_by(*order).limit(limit + 1)
    if cursor:
        bound = tuple_(*_decode(cursor, keys))
        columns = tuple_(*keys)
        statement = statement.where(
            columns < bound if newest_first else columns > bound
        )
    rows = db.session.scalars(statement).all()
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], _encode([getattr(last, key.key) for key in keys]))


def _encode(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded))
        return [
            _typed(value, key.type.python_type)
            for value, key in zip(values, keys, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidRequest(
            BAD_CURSOR, errors=[FieldError("cursor", BAD_CURSOR)]
        ) from error


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, str if kind in (datetime, UUID) else kind):
        raise TypeError(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError(value)
    return UUID(value) if kind is UUID else value
