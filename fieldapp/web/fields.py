"""Fields that refuse what the database cannot hold, before it says so itself."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from fieldapp.web.paging import DEFAULT_LIMIT, MAX_LIMIT
from fieldapp.web.text import Text

NOT_TEXT = Text(
    "Ada karakter yang tidak bisa disimpan (NUL atau setengah pasangan surrogate).",
    "It has a character that cannot be kept (NUL or half of a surrogate pair).",
)
CURSOR_LENGTH = 1000

EMPTY = Text("Tidak boleh kosong.", "May not be empty.")


class CleanText(fields.String):
    """Text as PostgreSQL keeps it: no NUL, no lone surrogates; stripped, not empty.

    JSON can name both, as escapes.
    """

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs) or ""
        if not is_clean(text):
            raise ValidationError(NOT_TEXT.both())
        stripped = text.strip()
        if not stripped:
            raise ValidationError(EMPTY.both())
        return stripped


class Secret(fields.String):
    """A password: kept as it was typed, spaces and all."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs) or ""
        if not is_clean(text):
            raise ValidationError(NOT_TEXT.both())
        return text


def is_clean(text: str) -> bool:
    """Say whether PostgreSQL can hold a text."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class PageQuery(Schema):
    """Which page of a list."""

    cursor = CleanText(
        load_default=None,
        validate=validate.Length(max=CURSOR_LENGTH),
        metadata={"description": "`next_cursor` of the page before."},
    )
    limit = fields.Integer(
        load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT)
    )
