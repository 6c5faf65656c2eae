"""What the views of forms and drafts take and give."""

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from fieldapp.forms.models import FormState
from fieldapp.identity.schemas import PhoneSetUp
from fieldapp.submissions.schemas import CODE_LENGTH, NOTE_LENGTH, FindingResponse
from fieldapp.web.fields import CleanText


class UploadQuery(Schema):
    """How a draft is to be tried."""

    area = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={
            "description": "Whose villages the phone that tries it chooses from; the "
            "whole country where left out, which makes a long list."
        },
    )


class UploadFiles(Schema):
    """The form file."""

    form = Upload(
        required=True, metadata={"description": "An XLSForm, `.xlsx` or `.md`."}
    )


class StateRequest(Schema):
    """What a form is to become."""

    state = fields.Enum(
        FormState,
        by_value=True,
        required=True,
        metadata={
            "description": "`retired`: offered to no phone, entries still count; "
            "`closed`: the same, and entries are held; `open`: as before."
        },
    )
    reason = CleanText(required=True, validate=validate.Length(max=NOTE_LENGTH))


class QuestionResponse(Schema):
    """A question or a group of a form."""

    path = fields.String()
    label = fields.Dict(keys=fields.String(), values=fields.String())
    kind = fields.String(
        metadata={"description": "The type of its answer, or `group` or `repeat`."}
    )


class AspectResponse(Schema):
    """One thing that is otherwise; empty where the version does not say it."""

    name = fields.String(
        metadata={"description": "`type`, `constraint`, `label::id`, `choice::a`, …"}
    )
    before = fields.String()
    after = fields.String()


class ChangeResponse(Schema):
    """A question that both versions ask, otherwise."""

    question = fields.Nested(QuestionResponse)
    aspects = fields.List(fields.Nested(AspectResponse))
    is_retyped = fields.Boolean(
        metadata={"description": "Of another type: such a version is not published."}
    )


class ComparisonResponse(Schema):
    """What a version asks otherwise than an earlier one."""

    earlier_version = fields.String()
    added = fields.List(fields.Nested(QuestionResponse), attribute="comparison.added")
    removed = fields.List(
        fields.Nested(QuestionResponse), attribute="comparison.removed"
    )
    changed = fields.List(fields.Nested(ChangeResponse), attribute="comparison.changed")


class FormSummary(Schema):
    """A form, as it stands in a list."""

    form_id = fields.String(attribute="id")
    title = fields.Dict(keys=fields.String(), values=fields.String())
    programme_id = fields.String(allow_none=True)
    state = fields.Enum(FormState, by_value=True)
    state_reason = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class FormList(Schema):
    """All forms that one may see."""

    items = fields.List(fields.Nested(FormSummary))


class VersionSummary(Schema):
    """A published version, without its content."""

    version = fields.String()
    md5 = fields.String()
    source_name = fields.String()
    published_at = fields.AwareDateTime()
    published_by = fields.UUID(
        allow_none=True, metadata={"description": "Null: the operator did."}
    )


class FormDetail(FormSummary):
    """A form with all its versions, the newest first."""

    versions = fields.List(fields.Nested(VersionSummary))


class DraftSummary(Schema):
    """A draft, as it stands in a list."""

    form_id = fields.String()
    version = fields.String()
    title = fields.Dict(keys=fields.String(), values=fields.String())
    programme_id = fields.String(allow_none=True)
    area_code = fields.String()
    source_name = fields.String()
    uploaded_at = fields.AwareDateTime()
    uploaded_by = fields.UUID()


class DraftList(Schema):
    """All drafts that one may change."""

    items = fields.List(fields.Nested(DraftSummary))


class DraftFileResponse(Schema):
    """A file that goes with a draft."""

    name = fields.String()
    size = fields.Integer()
    md5 = fields.String()


class RemarkResponse(Schema):
    """One thing about a form file, of pyxform or of the server."""

    severity = fields.String(validate=validate.OneOf(["error", "warning", "note"]))
    code = fields.String(metadata={"description": "Of the kind; it never changes."})
    texts = fields.Dict(keys=fields.String(), values=fields.String())
    sheet = fields.String()
    row = fields.Integer(
        allow_none=True,
        metadata={"description": "As Excel shows it; the line of a Markdown file."},
    )
    column = fields.String()
    path = fields.String()


class DraftDetail(DraftSummary, PhoneSetUp):
    """A draft, what is to be said about it, and what it changes."""

    files = fields.List(fields.Nested(DraftFileResponse))
    missing_files = fields.List(
        fields.String(),
        metadata={"description": "Lists that it reads; without them, no publishing."},
    )
    remarks = fields.List(fields.Nested(RemarkResponse))
    comparison = fields.Nested(
        ComparisonResponse,
        allow_none=True,
        metadata={"description": "With the newest version; null for a new form."},
    )


class DraftToken(PhoneSetUp):
    """A new token of a draft, shown this once."""


class TrialResponse(Schema):
    """A trial entry, judged by the draft as it is now."""

    id = fields.UUID(attribute="entry.id")
    instance_id = fields.String(attribute="entry.instance_id")
    client = fields.String(attribute="entry.client")
    received_at = fields.AwareDateTime(attribute="entry.received_at")
    title = fields.String(attribute="judgement.instance_name")
    violations = fields.List(
        fields.Nested(FindingResponse), attribute="judgement.violations"
    )
    warnings = fields.List(
        fields.Nested(FindingResponse), attribute="judgement.warnings"
    )
    files = fields.List(fields.String(), attribute="entry.files")
    missing_files = fields.List(fields.String())


class TrialPage(Schema):
    """A page of trial entries."""

    items = fields.List(fields.Nested(TrialResponse))
    next_cursor = fields.String(allow_none=True)


class PublicationResponse(Schema):
    """What publishing came to."""

    form_id = fields.String()
    version = fields.String()
    is_new = fields.Boolean(
        metadata={"description": "False where this very version was there already."}
    )
    taken_in = fields.Integer(
        metadata={"description": "Entries that were held for this form, and count now."}
    )
