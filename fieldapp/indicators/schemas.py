"""What is asked for a report, and what is answered."""

from datetime import date
from decimal import Context, Decimal
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Range

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
EXACT = Context(prec=1000)


class ExactNumber(fields.String):
    """A decimal written out in a string, so that no reader rounds it."""

    def __init__(self, **arguments: Any) -> None:
        metadata = {"format": "decimal", "example": "1100.5"}
        super().__init__(dump_only=True, metadata=metadata, **arguments)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, Decimal):
            value = format(EXACT.normalize(value) if value else Decimal(0), "f")
        return super()._serialize(value, attr, obj, **kwargs)


class ReportQuery(Schema):
    """The stretch of local days, both included."""

    first = fields.Date(data_key="from", validate=Range(EARLIEST, LATEST))
    last = fields.Date(data_key="to", validate=Range(EARLIEST, LATEST))


class LabelResponse(Schema):
    """A label in both languages."""

    id = fields.String(required=True)
    en = fields.String(required=True)


class NamedResponse(Schema):
    """A question or an answer."""

    name = fields.String(required=True)
    label = fields.Nested(LabelResponse, required=True)


class ReadingResponse(Schema):
    """A value, and how many facts it was made of."""

    value = ExactNumber(allow_none=True)
    number = fields.Integer(allow_none=True)
    suppressed = fields.Boolean(
        attribute="is_suppressed",
        metadata={"description": "About too few people to be shown to this reader."},
    )


class CellResponse(ReadingResponse):
    """The value for one set of answers."""

    answers = fields.List(fields.Nested(NamedResponse))


class BreakdownResponse(Schema):
    """An indicator by one question, or by several at once."""

    by = fields.List(fields.Nested(NamedResponse))
    suppressed = fields.Boolean(
        attribute="is_suppressed",
        metadata={"description": "Left out whole, as its parts would tell too much."},
    )
    cells = fields.List(fields.Nested(CellResponse))


class IndicatorResponse(NamedResponse, ReadingResponse):
    """One indicator, from approved entries only."""

    unit = fields.String()
    aggregate = fields.String()
    numerator = ExactNumber(allow_none=True)
    denominator = ExactNumber(allow_none=True)
    located = fields.Nested(ReadingResponse, allow_none=True)
    not_located = fields.Nested(ReadingResponse, allow_none=True)
    breakdowns = fields.List(fields.Nested(BreakdownResponse))


class FormReportResponse(Schema):
    """What one form says about an area."""

    form_id = fields.String(required=True)
    title = fields.Nested(LabelResponse)
    waiting = fields.Integer()
    indicators = fields.List(fields.Nested(IndicatorResponse))


class ReportedAreaResponse(Schema):
    """The area of a report."""

    code = fields.String(required=True)
    name = fields.String()
    kind = fields.String()
    level = fields.Integer()


class ReportResponse(Schema):
    """The report of an area, between two local days."""

    area = fields.Nested(ReportedAreaResponse, required=True)
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")
    time_zone = fields.String()
    forms = fields.List(fields.Nested(FormReportResponse))
