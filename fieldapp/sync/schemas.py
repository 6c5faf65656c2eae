"""What the views of the sync take and give."""

from typing import Any

from marshmallow import Schema, fields, validate

from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.models import HeldReason, HeldState, SubmissionState
from fieldapp.web.fields import CleanText

MAX_ITEMS = 200
ID_LENGTH = 250
CURSOR_LENGTH = 2000


class XmlItem(Schema):
    """An entry as the XML that a phone writes."""

    xml = fields.String(required=True, validate=validate.Length(min=1))


class RecordItem(Schema):
    """An entry as a record: the names and types are those of the form version."""

    form_id = CleanText(required=True, validate=validate.Length(max=ID_LENGTH))
    version = CleanText(required=True, validate=validate.Length(max=ID_LENGTH))
    record = fields.Dict(keys=fields.String(), required=True)
    instance_id = CleanText(
        validate=validate.Length(max=ID_LENGTH),
        metadata={
            "description": "`uuid:` and a fresh UUID. Where it is left out it is made "
            "from the content, so that the same record sent twice is one entry."
        },
    )
    deprecated_id = CleanText(
        validate=validate.Length(max=ID_LENGTH),
        metadata={"description": "The instance id that this one corrects."},
    )


class _Item(fields.Field[Any]):
    """Anything: each item is judged by itself, so that one harms no other."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class DeliveriesRequest(Schema):
    """Some entries, each an `XmlItem` or a `RecordItem`."""

    items = fields.List(
        _Item(
            allow_none=True,
            metadata={
                "type": "object",
                "description": "Either `xml`, or `form_id`, `version` and `record` "
                "(with `instance_id` and, for a correction, `deprecated_id`).",
                "properties": {
                    "xml": {"type": "string"},
                    "form_id": {"type": "string"},
                    "version": {"type": "string"},
                    "record": {"type": "object", "additionalProperties": True},
                    "instance_id": {"type": "string"},
                    "deprecated_id": {"type": "string"},
                },
            },
        ),
        required=True,
        validate=validate.Length(1, MAX_ITEMS),
    )


class TextsResponse(Schema):
    """A message in both languages."""

    id = fields.String()
    en = fields.String()


class FieldErrorResponse(Schema):
    """What is wrong with one field."""

    field = fields.String()
    detail = fields.String()
    texts = fields.Nested(TextsResponse)


class OutcomeResponse(Schema):
    """What became of one entry; all but `refused` is stored for good."""

    status = fields.Enum(OutcomeStatus, by_value=True)
    instance_id = fields.String(allow_none=True)
    texts = fields.Nested(TextsResponse)
    violations = fields.List(fields.Dict())
    warnings = fields.List(fields.Dict())
    held_reason = fields.Enum(HeldReason, by_value=True, allow_none=True)
    digests = fields.Dict(keys=fields.String(), values=fields.String())
    missing_files = fields.List(
        fields.String(),
        metadata={"description": "Files that the entry names and that did not come."},
    )
    problem = fields.Dict(
        allow_none=True,
        metadata={"description": "Why it is refused, as problem details (RFC 9457)."},
    )


class DeliveriesResponse(Schema):
    """An outcome for each item, in their order."""

    items = fields.List(fields.Nested(OutcomeResponse))


class ChangesQuery(Schema):
    """Since when."""

    cursor = CleanText(
        load_default=None,
        validate=validate.Length(max=CURSOR_LENGTH),
        metadata={"description": "From the last answer; left out the first time."},
    )


class OfferedFormResponse(Schema):
    """The newest version of a form that the person may fill in."""

    form_id = fields.String()
    version = fields.String()
    titles = fields.Dict(keys=fields.String(), values=fields.String())
    md5 = fields.String()
    published_at = fields.AwareDateTime()
    area_codes = fields.List(
        fields.String(), metadata={"description": "Where the person may send it."}
    )
    url = fields.String(metadata={"description": "Where its XForm is, as a path."})


class AreaResponse(Schema):
    """A place in the person's areas, or one above them."""

    code = fields.String()
    level = fields.Integer()
    kind = fields.String()
    name = fields.String()


class DecisionResponse(Schema):
    """A reviewer's decision on an entry of the person's own."""

    id = fields.UUID()
    submission_id = fields.String()
    revision_id = fields.String()
    revision = fields.Integer()
    form_id = fields.String()
    kind = fields.String()
    note = fields.String(allow_none=True)
    questions = fields.List(fields.Raw())
    is_override = fields.Boolean()
    decided_at = fields.AwareDateTime()
    reviewer = fields.String()
    state = fields.Enum(
        SubmissionState,
        by_value=True,
        metadata={"description": "Where the entry stands now."},
    )
    edit_link_url = fields.String(
        allow_none=True,
        metadata={
            "description": "Where to `POST` for a link that opens the entry in Enketo; "
            "null where it takes no correction, or there is no Enketo."
        },
    )


class HeldResponse(Schema):
    """An entry of the person's own that is, or was, held."""

    id = fields.UUID()
    instance_id = fields.String()
    form_id = fields.String()
    form_version = fields.String()
    reason = fields.Enum(HeldReason, by_value=True)
    texts = fields.Nested(TextsResponse)
    state = fields.Enum(HeldState, by_value=True)
    note = fields.String(allow_none=True)
    received_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)


class SyncComment(Schema):
    """What somebody said about an entry of one's own."""

    id = fields.UUID()
    submission_id = fields.String()
    revision_id = fields.String()
    text = fields.String()
    questions = fields.List(fields.String())
    author_id = fields.UUID()
    author = fields.String()
    written_at = fields.AwareDateTime()


class ChangesResponse(Schema):
    """What is new; lists of forms and areas come whole, or not at all."""

    forms = fields.List(
        fields.Nested(OfferedFormResponse),
        allow_none=True,
        metadata={
            "description": "All forms that the person may fill in: those not named "
            "are no longer theirs. `null`: as before."
        },
    )
    areas = fields.List(
        fields.Nested(AreaResponse),
        allow_none=True,
        metadata={"description": "All places of the person. `null`: as before."},
    )
    decisions = fields.List(
        fields.Nested(DecisionResponse),
        metadata={"description": "One may come twice: its `id` tells."},
    )
    comments = fields.List(
        fields.Nested(SyncComment),
        metadata={"description": "One may come twice: its `id` tells."},
    )
    held = fields.List(
        fields.Nested(HeldResponse),
        metadata={"description": "One may come twice: the later one stands."},
    )
    cursor = fields.String()
    has_more = fields.Boolean(
        metadata={"description": "Ask again at once, with the new cursor."}
    )
