"""What the views of flags and of audit files take and give."""

from marshmallow import Schema, fields, validate

from fieldapp.quality.models import FlagCode
from fieldapp.submissions.schemas import NOTE_LENGTH
from fieldapp.web.fields import CleanText


def _texts(description: str, attribute: str | None = None) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        attribute=attribute,
        metadata={"description": f"{description} By language code: `id`, `en`."},
    )


class OtherEntryResponse(Schema):
    """Another entry that a flag speaks of."""

    id = fields.String(attribute="submission.id")
    form_id = fields.String(attribute="submission.form_id")
    area_code = fields.String(attribute="submission.area_code")
    area_name = fields.String()
    received_at = fields.AwareDateTime(attribute="submission.received_at")


class DismissalResponse(Schema):
    """What came of looking into a flag."""

    reviewer_id = fields.UUID(attribute="dismissal.reviewer_id")
    reviewer_name = fields.String()
    note = fields.String(
        allow_none=True,
        metadata={"description": "Null for who does not review the entry."},
    )
    dismissed_at = fields.AwareDateTime(attribute="dismissal.dismissed_at")


class FlagResponse(Schema):
    """Something odd about an entry; it stands in the way of nothing."""

    id = fields.UUID(attribute="flag.id")
    code = fields.Enum(FlagCode, by_value=True, attribute="flag.code")
    title = fields.Function(lambda row: row.title.as_dict())
    sentence = fields.Function(
        lambda row: row.sentence.as_dict(),
        metadata={"description": "What is odd, with what was compared."},
    )
    path = fields.String(
        attribute="flag.path",
        metadata={"description": "The question; empty for the entry as a whole."},
    )
    label = _texts("The question.")
    detail = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        metadata={"description": "What was compared, for programs."},
    )
    raised_at = fields.AwareDateTime(attribute="flag.raised_at")
    others = fields.List(
        fields.Nested(OtherEntryResponse),
        metadata={"description": "The other entries, of those that one reads."},
    )
    dismissal = fields.Nested(DismissalResponse, allow_none=True)


class DismissalRequest(Schema):
    """What came of looking into a flag."""

    note = CleanText(required=True, validate=validate.Length(max=NOTE_LENGTH))


class FlagList(Schema):
    """All flags of an entry."""

    items = fields.List(fields.Nested(FlagResponse))


class QuestionTimeResponse(Schema):
    """How a question was filled in, in all visits to it."""

    path = fields.String()
    label = _texts("The question, or the group shown on one screen.")
    seconds = fields.Float()
    visits = fields.Integer()
    changes = fields.Integer(
        metadata={"description": "How often an answer that was there was replaced."}
    )


class BoundsResponse(Schema):
    """The box around all places where the phone was, to about a kilometre."""

    south = fields.Float()
    west = fields.Float()
    north = fields.Float()
    east = fields.Float()


class AuditSummary(Schema):
    """How an entry was filled in, by the log that the phone kept."""

    began_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    active_seconds = fields.Float(
        metadata={"description": "While a question was shown."}
    )
    paused_seconds = fields.Float(
        metadata={"description": "Between leaving the form and coming back."}
    )
    clock_back_seconds = fields.Float(
        metadata={"description": "The largest step back of the phone's clock."}
    )
    events = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "How often each kind of event stands in the log."},
    )
    questions = fields.List(
        fields.Nested(QuestionTimeResponse),
        metadata={"description": "In the order in which they were first shown."},
    )
    steps_back = fields.Integer(
        metadata={"description": "How often one went back to an earlier question."}
    )
    users = fields.Integer(
        metadata={"description": "How many people named themselves on the phone."}
    )
    places = fields.Integer(
        metadata={"description": "How many events tell where the phone was."}
    )
    bounds = fields.Nested(BoundsResponse, allow_none=True)
    bad_rows = fields.Integer(metadata={"description": "That could not be read."})
    is_cut = fields.Boolean(
        metadata={"description": "It is longer than is read; the rest is left out."}
    )


class AuditResponse(Schema):
    """How an entry was filled in; no answer stands in it."""

    audit = fields.Nested(
        AuditSummary,
        allow_none=True,
        metadata={
            "description": "Null where the form asks for no log, or it has not come."
        },
    )
