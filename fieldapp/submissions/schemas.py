"""What the views of submissions and held entries take and give."""

from enum import StrEnum

from marshmallow import Schema, fields, validate

from fieldapp.masking.clearance import Purpose
from fieldapp.submissions.delivery import OutcomeStatus
from fieldapp.submissions.models import HeldReason, HeldState, SubmissionState
from fieldapp.web.fields import CleanText, PageQuery

CODE_LENGTH = 32
ID_LENGTH = 250
NOTE_LENGTH = 4000
NUMBER_LIMIT = 2_000_000_000


class Order(StrEnum):
    """How a list of submissions is ordered."""

    NEWEST = "newest"
    OLDEST = "oldest"
    QUEUE = "queue"


class PurposeQuery(Schema):
    """What somebody who may not read about people reads an entry for."""

    purpose = fields.Enum(
        Purpose,
        by_value=True,
        load_default=Purpose.AUDIT,
        metadata={
            "description": "For auditors, who read entries masked: `certification` "
            "opens plots and files, and stands in the log of the village."
        },
    )


class RevisionQuery(PurposeQuery):
    """Which revision."""

    revision = fields.Integer(
        load_default=None,
        validate=validate.Range(1, NUMBER_LIMIT),
        metadata={"description": "Its number; the current one where left out."},
    )


class SubmissionsQuery(PageQuery):
    """Which submissions."""

    area = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={"description": "The code of an area at any level, such as `33.02`."},
    )
    form = CleanText(load_default=None, validate=validate.Length(max=ID_LENGTH))
    state = fields.Enum(SubmissionState, by_value=True, load_default=None)
    received_from = fields.AwareDateTime(
        data_key="from",
        load_default=None,
        metadata={"description": "First received at this moment or later."},
    )
    received_to = fields.AwareDateTime(
        data_key="to",
        load_default=None,
        metadata={"description": "First received before this moment."},
    )
    facilitator = fields.UUID(load_default=None)
    reviewer = fields.UUID(
        load_default=None, metadata={"description": "Assigned to this person."}
    )
    is_flagged = fields.Boolean(
        data_key="flagged",
        load_default=None,
        metadata={"description": "Breaks rules, has warnings or flags; or none."},
    )
    flag = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={
            "description": "Has a quality flag of this code that nobody has looked "
            "into, such as `same-photo`."
        },
    )
    order = fields.Enum(
        Order,
        by_value=True,
        load_default=Order.NEWEST,
        metadata={
            "description": "`queue`: those that wait, first what breaks rules, then "
            "what has warnings or flags, then the rest, each the oldest first."
        },
    )


class SubmissionSummary(Schema):
    """A submission, as it stands in a list."""

    id = fields.String(attribute="submission.id")
    form_id = fields.String(attribute="submission.form_id")
    title = fields.String(
        allow_none=True,
        metadata={"description": "Null too where it may tell of a person."},
    )
    area_code = fields.String(attribute="submission.area_code")
    area_name = fields.String()
    state = fields.Enum(SubmissionState, by_value=True, attribute="submission.state")
    revision_id = fields.String(attribute="submission.revision_id")
    revision_number = fields.Integer(attribute="submission.revision_number")
    author_id = fields.UUID(attribute="submission.author_id")
    author_name = fields.String()
    violation_count = fields.Integer(attribute="submission.violation_count")
    warning_count = fields.Integer(attribute="submission.warning_count")
    captured_at = fields.AwareDateTime(
        attribute="submission.captured_at", allow_none=True
    )
    captured_on = fields.Date(attribute="submission.captured_on")
    received_at = fields.AwareDateTime(attribute="submission.received_at")
    updated_at = fields.AwareDateTime(attribute="submission.updated_at")
    is_demo = fields.Boolean(attribute="submission.is_demo")
    is_sealed = fields.Boolean(
        attribute="submission.is_sealed",
        metadata={"description": "Encrypted: nobody here can read or approve it."},
    )
    assigned_to = fields.UUID(attribute="submission.assigned_to", allow_none=True)


class ListedSubmission(SubmissionSummary):
    """A submission for who reviews it, or reads what others sent."""

    flag_codes = fields.List(
        fields.String(),
        attribute="submission.flags",
        metadata={
            "description": "Of its quality flags that nobody has looked into "
            "(docs/flags.md); the entry itself tells them in words."
        },
    )


class SubmissionPage(Schema):
    """A page of submissions."""

    items = fields.List(fields.Nested(ListedSubmission))
    next_cursor = fields.String(allow_none=True)


def _texts(description: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": f"{description} By language code: `id`, `en`."},
    )


class ReadValueResponse(Schema):
    """A value that a rule read."""

    path = fields.String()
    label = _texts("The question, with the item of a repeat if it is another one.")
    answer = _texts("What it was, as people read it.")


class FindingResponse(Schema):
    """A rule that the answers break, for people."""

    path = fields.String()
    rule = fields.String()
    label = _texts("The question, without markup, with the answers that it shows.")
    item = _texts("Which item of the repeats around it: `Wadah 2`. Empty outside.")
    message = _texts("The form's own message; ours where it has none.")
    reason = _texts("Which part of the condition fails, where that can be said.")
    value = fields.String(metadata={"description": "What came, as it came."})
    answer = _texts("The same as people read it: labels for codes, days written out.")
    readings = fields.List(
        fields.Nested(ReadValueResponse),
        metadata={"description": "The values that the rule read."},
    )
    detail = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "The same for programs, by path, as they came."},
    )


class AttachmentResponse(Schema):
    """A file of an entry."""

    name = fields.String()
    size = fields.Integer(allow_none=True)
    media_type = fields.String(allow_none=True)
    sha256 = fields.String(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    url = fields.String(
        allow_none=True,
        metadata={"description": "Where to get it; null while it has not come."},
    )


class HeldQuery(PageQuery):
    """Which held entries."""

    state = fields.Enum(HeldState, by_value=True, load_default=HeldState.HELD)
    reason = fields.Enum(HeldReason, by_value=True, load_default=None)


class HeldSummary(Schema):
    """An entry that waits for a person, or waited."""

    id = fields.UUID(attribute="held.id")
    reason = fields.Enum(HeldReason, by_value=True, attribute="held.reason")
    explanation = fields.Dict(
        keys=fields.String(), values=fields.String(), attribute="held.explanation"
    )
    instance_id = fields.String(attribute="held.instance_id")
    form_id = fields.String(attribute="held.form_id")
    form_version = fields.String(attribute="held.form_version")
    sender_id = fields.UUID(attribute="held.sender_id")
    sender_name = fields.String()
    received_at = fields.AwareDateTime(attribute="held.received_at")
    state = fields.Enum(HeldState, by_value=True, attribute="held.state")
    decided_by = fields.UUID(attribute="held.decided_by", allow_none=True)
    decided_at = fields.AwareDateTime(attribute="held.decided_at", allow_none=True)
    note = fields.String(attribute="held.note", allow_none=True)


class HeldPage(Schema):
    """A page of held entries."""

    items = fields.List(fields.Nested(HeldSummary))
    next_cursor = fields.String(allow_none=True)


class HeldDetail(HeldSummary):
    """A held entry with what is needed to decide."""

    detail = fields.Dict(attribute="held.detail")
    xml_url = fields.String()
    attachments = fields.List(fields.Nested(AttachmentResponse))


class ReleaseRequest(Schema):
    """How to take a held entry in."""

    area_code = CleanText(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={"description": "Where it is to stand, if not where it says itself."},
    )


class DiscardRequest(Schema):
    """Why a held entry is never to count."""

    note = CleanText(required=True, validate=validate.Length(max=NOTE_LENGTH))


class ReleaseOutcome(Schema):
    """What became of a released entry."""

    status = fields.Enum(OutcomeStatus, by_value=True)
    instance_id = fields.String()
    message = fields.Dict(keys=fields.String(), values=fields.String())
    violations = fields.List(fields.Nested(FindingResponse))
    warnings = fields.List(fields.Nested(FindingResponse))
    missing_files = fields.List(fields.String())
