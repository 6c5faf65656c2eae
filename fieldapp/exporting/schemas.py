"""What the views of exports take and give."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from fieldapp.exporting.formats import FormatName
from fieldapp.exporting.models import JobError, JobState
from fieldapp.masking.clearance import Purpose
from fieldapp.submissions.models import SubmissionState
from fieldapp.submissions.schemas import CODE_LENGTH, ID_LENGTH
from fieldapp.web.fields import CleanText
from fieldapp.web.text import LANGUAGES, Text

CONTINUED = frozenset({FormatName.CSV, FormatName.NDJSON})
NOT_CONTINUED = Text(
    "Hanya csv dengan satu tabel (table) dan ndjson yang dapat dilanjutkan.",
    "Only csv with one table (table) and ndjson can be continued.",
)


class ExportQuery(Schema):
    """Which entries of a form, and how they are written."""

    format = fields.Enum(FormatName, by_value=True, required=True)
    area = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={
            "description": "The code of an area at any level. Left out: all areas "
            "whose entries one reads."
        },
    )
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
    purpose = fields.Enum(
        Purpose,
        by_value=True,
        load_default=None,
        metadata={
            "description": "What the file is for; personal answers are masked for it. "
            "Left out: as one may see them oneself."
        },
    )
    labels = fields.String(
        load_default=None,
        validate=validate.OneOf(LANGUAGES),
        metadata={
            "description": "Labels of this language in place of the names of questions "
            "and choices (not in ndjson)."
        },
    )
    split = fields.Boolean(
        load_default=False,
        metadata={"description": "A column more for each choice of several: 1 or 0."},
    )
    table = fields.String(
        load_default=None,
        validate=validate.Length(max=ID_LENGTH),
        metadata={
            "description": "One table alone: a repeat by its path, such as `plot`; "
            "empty for the entries."
        },
    )
    bom = fields.Boolean(
        load_default=False,
        metadata={"description": "CSV that Excel opens as UTF-8 by itself."},
    )


class StreamQuery(ExportQuery):
    """The same, read at once."""

    after = CleanText(
        load_default=None,
        validate=validate.Length(max=ID_LENGTH),
        metadata={
            "description": "The `KEY` of the last entry that came: only what stands "
            "behind it (csv with one table, and ndjson). With `If-Match`, only if "
            "nothing has changed since."
        },
    )

    @validates_schema
    def check_after(self, query: dict[str, Any], **_rest: Any) -> None:
        """Refuse to continue what is no list of lines."""
        if query["after"] is None:
            return
        is_archive = query["format"] is FormatName.CSV and query["table"] is None
        if query["format"] not in CONTINUED or is_archive:
            raise ValidationError(NOT_CONTINUED.both(), "after")


class ExportRequest(ExportQuery):
    """An export to be made in the background."""

    form = CleanText(required=True, validate=validate.Length(max=ID_LENGTH))


class JobResponse(Schema):
    """An export that is made in the background."""

    id = fields.UUID()
    form_id = fields.String()
    query = fields.Dict(metadata={"description": "What was asked for."})
    state = fields.Enum(JobState, by_value=True)
    error = fields.Enum(JobError, by_value=True, allow_none=True)
    created_at = fields.AwareDateTime()
    ahead = fields.Integer(
        allow_none=True,
        metadata={
            "description": "How many exports are made before this one waits no "
            "more; null once it is begun."
        },
    )
    total = fields.Integer(allow_none=True, metadata={"description": "Entries in it."})
    written = fields.Integer(metadata={"description": "Entries written so far."})
    file_name = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True)
    sha256 = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime(allow_none=True)
    url = fields.String(
        allow_none=True,
        metadata={"description": "Where the file is; takes `Range`. Null before."},
    )


class JobList(Schema):
    """One's own exports, the newest first."""

    items = fields.List(fields.Nested(JobResponse))
