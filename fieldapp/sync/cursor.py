"""What a client has seen, in a text that only we read."""

import base64
import binascii
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from marshmallow import Schema, ValidationError, fields, post_load, validate

from fieldapp.web.paging import BAD_CURSOR
from fieldapp.web.problems import FieldError, InvalidRequest

MAX_NUMBER = 2**62
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Stage(StrEnum):
    """Which list a long answer is in; one comes after the other."""

    DECISIONS = "decisions"
    COMMENTS = "comments"
    HELD = "held"


@dataclass(frozen=True)
class Position:
    """The last row given of a list that is given in several answers."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Window:
    """Where a client stands in a long answer, and what it has seen at its end."""

    stage: Stage
    after: Position | None
    lowest: int
    seen_at: datetime


@dataclass(frozen=True)
class Cursor:
    """What a person's client has seen."""

    user_id: UUID
    epoch: str
    lowest: int = 0
    """Rows written by this transaction or a later one are new."""
    seen_at: datetime | None = None
    """When the client had everything; None before it ever had."""
    forms: str = ""
    areas: str = ""
    """Digests of the lists that the client has."""
    window: Window | None = None


def encode(cursor: Cursor) -> str:
    """Write a cursor as a text that fits into a query."""
    return base64.urlsafe_b64encode(orjson.dumps(asdict(cursor))).decode().rstrip("=")


def decode(cursor: str) -> Cursor:
    """Read a cursor.

    :raises InvalidRequest: if it is not one that we gave.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded))
        loaded: Cursor = _CursorSchema().load(values)
    except (ValueError, binascii.Error, ValidationError) as error:
        raise InvalidRequest(
            BAD_CURSOR, errors=[FieldError("cursor", BAD_CURSOR)]
        ) from error
    return loaded


def _number() -> fields.Integer:
    return fields.Integer(
        required=True, strict=True, validate=validate.Range(0, MAX_NUMBER)
    )


def _time(*, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=allow_none, validate=validate.Range(EARLIEST)
    )


class _PositionSchema(Schema):
    at = _time()
    id = fields.UUID(required=True)

    @post_load
    def _as_position(self, values: dict[str, Any], **_: Any) -> Position:
        return Position(**values)


class _WindowSchema(Schema):
    stage = fields.Enum(Stage, by_value=True, required=True)
    after = fields.Nested(_PositionSchema, required=True, allow_none=True)
    lowest = _number()
    seen_at = _time()

    @post_load
    def _as_window(self, values: dict[str, Any], **_: Any) -> Window:
        return Window(**values)


class _CursorSchema(Schema):
    user_id = fields.UUID(required=True)
    epoch = fields.String(required=True)
    lowest = _number()
    seen_at = _time(allow_none=True)
    forms = fields.String(required=True)
    areas = fields.String(required=True)
    window = fields.Nested(_WindowSchema, required=True, allow_none=True)

    @post_load
    def _as_cursor(self, values: dict[str, Any], **_: Any) -> Cursor:
        return Cursor(**values)
