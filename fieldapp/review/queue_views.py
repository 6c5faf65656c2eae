"""Working through the queue: comments, assignment, counts, saved filters."""

from typing import Any

from flask import request
from flask_smorest import Blueprint

from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.masking.clearance import Purpose
from fieldapp.places.models import COUNTRY
from fieldapp.places.queries import get_area
from fieldapp.review import comments, filters
from fieldapp.review.assigning import assign
from fieldapp.review.counts import count_entries
from fieldapp.review.models import SavedFilter
from fieldapp.review.queue_schemas import (
    AssignmentRequest,
    CommentList,
    CommentRequest,
    CommentResponse,
    CountsQuery,
    CountsResponse,
    FilterList,
    FilterRequest,
    FilterResponse,
)
from fieldapp.submissions.disclosing import disclosed
from fieldapp.submissions.queries import people_names, submission_rows
from fieldapp.submissions.schemas import ListedSubmission
from fieldapp.submissions.views import READERS, open_entry

blueprint = Blueprint(
    "queue",
    __name__,
    url_prefix="/api/v1",
    description="Working through what waits: comments, assignment, counts, filters.",
)


@blueprint.get("/submissions/<path:instance_id>/comments")
@requires(*READERS)
@blueprint.response(200, CommentList)
def list_comments(instance_id: str) -> dict[str, Any]:
    """List what was said about an entry, the first comment first."""
    entry = open_entry(instance_id, Purpose.AUDIT)
    rows = db.session.scalars(comments.comments_of(entry.submission)).all()
    names = people_names(row.author_id for row in rows)
    texts = entry.notes([row.text for row in rows])
    return {
        "items": [
            {"comment": row, "author_name": names[row.author_id], "text": text}
            for row, text in zip(rows, texts, strict=True)
        ]
    }


@blueprint.post("/submissions/<path:instance_id>/comments")
@requires(*READERS)
@blueprint.arguments(CommentRequest)
@blueprint.response(201, CommentResponse)
def create_comment(body: dict[str, Any], instance_id: str) -> dict[str, Any]:
    """Say something about an entry, to all who see it."""
    actor = current_actor()
    comment = comments.add_comment(actor, instance_id, **body)
    db.session.commit()
    return {"comment": comment, "author_name": actor.name, "text": comment.text}


@blueprint.put("/submissions/<path:instance_id>/assignment")
@requires(Permission.REVIEW)
@blueprint.arguments(AssignmentRequest)
@blueprint.response(200, ListedSubmission)
def put_assignment(body: dict[str, Any], instance_id: str) -> Any:
    """Ask somebody to review an entry, or nobody in particular."""
    actor = current_actor()
    submission = assign(actor, instance_id, body["user_id"])
    db.session.commit()
    return submission_rows(disclosed(actor, [submission]))[0]


@blueprint.get("/submission-counts")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.arguments(CountsQuery, location="query")
@blueprint.response(200, CountsResponse)
def read_counts(query: dict[str, Any]) -> dict[str, Any]:
    """Count entries by state: in all, by form, and by the areas right below one."""
    area = get_area(query["area"] or COUNTRY)
    counts = count_entries(current_actor(), area, form_id=query["form"])
    return {
        "total": counts.total,
        "forms": [
            {"form_id": form_id, **numbers}
            for form_id, numbers in sorted(counts.forms.items())
        ],
        "areas": [
            {"area_code": code, "area_name": counts.area_names[code], **numbers}
            for code, numbers in sorted(counts.areas.items())
        ],
    }


@blueprint.get("/my/filters")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(200, FilterList)
def list_filters() -> dict[str, Any]:
    """List one's saved filters."""
    return {"items": db.session.scalars(filters.filters_of(current_actor())).all()}


@blueprint.put("/my/filters/<name>")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.arguments(FilterRequest)
@blueprint.response(200, FilterResponse)
def put_filter(_body: dict[str, Any], name: str) -> SavedFilter:
    """Keep a list of submissions under a name; the query is kept as it was sent."""
    query = request.get_json()["query"]
    saved = filters.save_filter(current_actor(), name, query)
    db.session.commit()
    return saved


@blueprint.delete("/my/filters/<name>")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.response(204)
def delete_filter(name: str) -> None:
    """Forget a filter."""
    filters.drop_filter(current_actor(), name)
    db.session.commit()
