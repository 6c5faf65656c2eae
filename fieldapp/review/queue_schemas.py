"""What the views of the queue take and give: comments, counts, filters."""

from marshmallow import Schema, fields, validate

from fieldapp.review.schemas import MAX_QUESTIONS, PATH_LENGTH
from fieldapp.submissions.schemas import (
    CODE_LENGTH,
    ID_LENGTH,
    NOTE_LENGTH,
    SubmissionsQuery,
)
from fieldapp.web.fields import CleanText

NAME_LENGTH = 100


class CommentRequest(Schema):
    """Something to be said about an entry."""

    text = CleanText(required=True, validate=validate.Length(max=NOTE_LENGTH))
    questions = fields.List(
        CleanText(validate=validate.Length(max=PATH_LENGTH)),
        load_default=list,
        validate=validate.Length(max=MAX_QUESTIONS),
        metadata={"description": "Paths of the questions that it is about."},
    )


class CommentResponse(Schema):
    """Something that was said about an entry."""

    id = fields.UUID(attribute="comment.id")
    revision_id = fields.String(
        attribute="comment.revision_id",
        metadata={"description": "The revision that was current."},
    )
    author_id = fields.UUID(attribute="comment.author_id")
    author_name = fields.String()
    text = fields.String()
    questions = fields.List(fields.String(), attribute="comment.questions")
    written_at = fields.AwareDateTime(attribute="comment.written_at")


class CommentList(Schema):
    """All that was said about an entry, the first comment first."""

    items = fields.List(fields.Nested(CommentResponse))


class AssignmentRequest(Schema):
    """Who is to review an entry."""

    user_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Null: nobody in particular."},
    )


class CountsQuery(Schema):
    """What to count."""

    area = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={"description": "The country where left out."},
    )
    form = CleanText(load_default=None, validate=validate.Length(max=ID_LENGTH))


class Numbers(Schema):
    """Numbers of entries by state."""

    received = fields.Integer(dump_default=0)
    approved = fields.Integer(dump_default=0)
    returned = fields.Integer(dump_default=0)
    rejected = fields.Integer(dump_default=0)


class FormNumbers(Numbers):
    """Of one form."""

    form_id = fields.String()


class AreaNumbers(Numbers):
    """Of one area right below the one that was asked for."""

    area_code = fields.String()
    area_name = fields.String()


class CountsResponse(Schema):
    """How many entries stand where, as far as one reads them."""

    total = fields.Nested(Numbers)
    forms = fields.List(fields.Nested(FormNumbers))
    areas = fields.List(fields.Nested(AreaNumbers))


class FilterRequest(Schema):
    """A list of submissions to come back to."""

    query = fields.Nested(SubmissionsQuery(exclude=("cursor", "limit")), required=True)


class FilterResponse(Schema):
    """A saved list of submissions."""

    name = fields.String()
    query = fields.Dict(metadata={"description": "For `GET /submissions`."})


class FilterList(Schema):
    """All filters that a person keeps, by name."""

    items = fields.List(fields.Nested(FilterResponse))
