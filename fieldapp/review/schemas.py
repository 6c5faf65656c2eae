"""What the views of the review take and give."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from fieldapp.quality.schemas import FlagResponse
from fieldapp.review.models import DecisionKind
from fieldapp.review.service import Order
from fieldapp.submissions.models import SubmissionState
from fieldapp.submissions.schemas import (
    ID_LENGTH,
    NOTE_LENGTH,
    NUMBER_LIMIT,
    AttachmentResponse,
    FindingResponse,
    HeldSummary,
    PurposeQuery,
    SubmissionSummary,
)
from fieldapp.web.fields import CleanText

MAX_ORDERS = 200
MAX_QUESTIONS = 100
PATH_LENGTH = 1000


class DecisionRequest(Schema):
    """A decision, on the revision that the reviewer has read."""

    kind = fields.Enum(DecisionKind, by_value=True, required=True)
    revision_id = CleanText(required=True, validate=validate.Length(max=ID_LENGTH))
    note = CleanText(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=NOTE_LENGTH),
        metadata={"description": "Needed to return, reject, reopen and override."},
    )
    questions = fields.List(
        CleanText(validate=validate.Length(max=PATH_LENGTH)),
        load_default=list,
        validate=validate.Length(max=MAX_QUESTIONS),
        metadata={"description": "Paths of the questions that the note is about."},
    )
    override = fields.Boolean(
        load_default=False,
        metadata={"description": "Approve although it breaks its form's rules."},
    )


class OrderRequest(DecisionRequest):
    """A decision of a list."""

    instance_id = CleanText(
        required=True,
        validate=validate.Length(max=ID_LENGTH),
        metadata={"description": "Of any revision of the entry."},
    )

    @post_load
    def _as_order(self, values: dict[str, Any], **_: Any) -> Order:
        return Order(**values)


class DecisionsRequest(Schema):
    """Decisions on many entries."""

    items = fields.List(
        fields.Nested(OrderRequest),
        required=True,
        validate=validate.Length(1, MAX_ORDERS),
    )


class ReviewDecision(Schema):
    """A decision as it stands in the history."""

    id = fields.UUID(attribute="decision.id")
    submission_id = fields.String(attribute="decision.submission_id")
    revision_id = fields.String(attribute="decision.revision_id")
    kind = fields.Enum(DecisionKind, by_value=True, attribute="decision.kind")
    reviewer_id = fields.UUID(attribute="decision.reviewer_id")
    reviewer_name = fields.String()
    note = fields.String(allow_none=True)
    questions = fields.List(fields.String(), attribute="decision.questions")
    is_override = fields.Boolean(attribute="decision.is_override")
    decided_at = fields.AwareDateTime(attribute="decision.decided_at")


class DecisionTaken(ReviewDecision):
    """A decision just taken."""

    state = fields.Enum(
        SubmissionState,
        by_value=True,
        metadata={"description": "Where the entry stands now."},
    )


class DecisionOutcome(Schema):
    """What became of one decision of a list: it, or the problem in its way."""

    instance_id = fields.String()
    status = fields.String(validate=validate.OneOf(["decided", "refused"]))
    decision = fields.Nested(DecisionTaken, allow_none=True)
    problem = fields.Dict(
        allow_none=True, metadata={"description": "Problem details (RFC 9457)."}
    )


class DecisionOutcomes(Schema):
    """An outcome for each decision, in their order."""

    items = fields.List(fields.Nested(DecisionOutcome))


class RevisionSummary(Schema):
    """A revision, without its content."""

    id = fields.String(attribute="revision.id")
    number = fields.Integer(attribute="revision.number")
    form_version = fields.String()
    author_id = fields.UUID(attribute="revision.author_id")
    author_name = fields.String()
    client = fields.String(attribute="revision.client")
    door = fields.String(attribute="revision.door")
    received_at = fields.AwareDateTime(attribute="revision.received_at")
    captured_at = fields.AwareDateTime(
        attribute="revision.captured_at", allow_none=True
    )
    xml_url = fields.String()


class SubmissionResponse(SubmissionSummary):
    """A submission, whole."""

    record = fields.Dict(metadata={"description": "As its form's schema dumps it."})
    violations = fields.List(fields.Nested(FindingResponse))
    warnings = fields.List(fields.Nested(FindingResponse))
    flags = fields.List(
        fields.Nested(FlagResponse),
        metadata={
            "description": "What is odd about it beside others (docs/flags.md); empty "
            "for who only reads it as their own."
        },
    )
    approvals_needed = fields.Integer()
    revisions = fields.List(fields.Nested(RevisionSummary))
    decisions = fields.List(fields.Nested(ReviewDecision))
    attachments = fields.List(fields.Nested(AttachmentResponse))
    edit_link_url = fields.String(
        allow_none=True,
        metadata={
            "description": "Where to `POST` for a link that opens the entry in Enketo; "
            "null where it is not one's own, takes no correction, or there is no "
            "Enketo."
        },
    )


class DifferencesQuery(PurposeQuery):
    """Which two revisions."""

    older = fields.Integer(
        data_key="from",
        load_default=None,
        validate=validate.Range(1, NUMBER_LIMIT),
        metadata={"description": "By number; the one before `to` where left out."},
    )
    newer = fields.Integer(
        data_key="to",
        load_default=None,
        validate=validate.Range(1, NUMBER_LIMIT),
        metadata={"description": "By number; the current one where left out."},
    )


class DifferenceResponse(Schema):
    """A question that two revisions answer differently, by language code."""

    path = fields.String()
    label = fields.Dict(keys=fields.String(), values=fields.String())
    item = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "Which item of a repeat, such as `Wadah 2`."},
    )
    before = fields.Dict(keys=fields.String(), values=fields.String())
    after = fields.Dict(keys=fields.String(), values=fields.String())


class DifferencesResponse(Schema):
    """What a revision answers otherwise than an earlier one, in the form's order."""

    older = fields.Integer(data_key="from")
    newer = fields.Integer(data_key="to")
    items = fields.List(fields.Nested(DifferenceResponse), attribute="differences")


class OwnSubmission(SubmissionSummary):
    """A submission of one's own, with the last decision about it."""

    decision = fields.Nested(ReviewDecision, allow_none=True)
    edit_link_url = fields.String(
        allow_none=True,
        metadata={
            "description": "Where to `POST` for a link that opens the entry in Enketo; "
            "null where it takes no correction, or there is no Enketo."
        },
    )


class OwnEntries(Schema):
    """A page of one's own submissions; the first page has the held entries too."""

    items = fields.List(fields.Nested(OwnSubmission))
    next_cursor = fields.String(allow_none=True)
    held = fields.List(fields.Nested(HeldSummary))
