"""Read an entry whole, decide about entries, and see one's own."""

from typing import Any

from flask import url_for
from flask_smorest import Blueprint

from fieldapp.enketo.views import edit_link_url
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.quality.queries import read_flags
from fieldapp.review import service
from fieldapp.review.models import Decision
from fieldapp.review.queries import (
    ComparedRevisions,
    DecisionRow,
    SubmissionDetail,
    compare_revisions,
    last_decisions,
    read_detail,
)
from fieldapp.review.schemas import (
    DecisionOutcomes,
    DecisionRequest,
    DecisionsRequest,
    DecisionTaken,
    DifferencesQuery,
    DifferencesResponse,
    OwnEntries,
    SubmissionResponse,
)
from fieldapp.submissions.disclosing import disclosed
from fieldapp.submissions.models import HeldEntry, Submission
from fieldapp.submissions.queries import (
    HeldFilters,
    SubmissionRow,
    held_rows,
    narrowed_held,
    people_names,
    submission_rows,
)
from fieldapp.submissions.schemas import PurposeQuery
from fieldapp.submissions.scope import own_held, visible_submissions
from fieldapp.submissions.views import READERS, attachment_link, open_entry
from fieldapp.web.fields import PageQuery
from fieldapp.web.paging import MAX_LIMIT, fetch_page
from fieldapp.web.problems import Problem, asked_language

blueprint = Blueprint(
    "review",
    __name__,
    url_prefix="/api/v1",
    description="Entries with their history, and decisions about them.",
)


@blueprint.get("/submissions/<path:instance_id>")
@requires(*READERS)
@blueprint.arguments(PurposeQuery, location="query")
@blueprint.response(200, SubmissionResponse)
def read_submission(query: dict[str, Any], instance_id: str) -> dict[str, Any]:
    """Give an entry, by the instance id of any of its revisions."""
    actor = current_actor()
    entry = open_entry(instance_id, query["purpose"])
    flags = read_flags(actor, entry.submission)
    return {**_detail(read_detail(entry), actor), "flags": flags}


@blueprint.get("/submissions/<path:instance_id>/differences")
@requires(*READERS)
@blueprint.arguments(DifferencesQuery, location="query")
@blueprint.response(200, DifferencesResponse)
def read_differences(query: dict[str, Any], instance_id: str) -> ComparedRevisions:
    """Tell what a revision answers otherwise than an earlier one, by question."""
    entry = open_entry(instance_id, query.pop("purpose"))
    return compare_revisions(entry, **query)


@blueprint.post("/submissions/<path:instance_id>/decisions")
@requires(Permission.REVIEW)
@blueprint.arguments(DecisionRequest)
@blueprint.response(201, DecisionTaken)
def create_decision(body: dict[str, Any], instance_id: str) -> dict[str, Any]:
    """Decide about an entry, by the instance id of any of its revisions."""
    actor = current_actor()
    kind = body.pop("kind")
    decision = service.decide(actor, instance_id, kind, **body)
    db.session.commit()
    return _taken(decision, actor.name)


@blueprint.post("/decisions")
@requires(Permission.REVIEW)
@blueprint.arguments(DecisionsRequest)
@blueprint.response(200, DecisionOutcomes)
def create_decisions(body: dict[str, list[service.Order]]) -> dict[str, Any]:
    """Decide about many entries; each has its own outcome, and harms no other."""
    actor, orders = current_actor(), body["items"]
    results = service.decide_all(actor, orders)
    db.session.commit()
    return {
        "items": [
            {"instance_id": order.instance_id, **_outcome(result, actor.name)}
            for order, result in zip(orders, results, strict=True)
        ]
    }


@blueprint.get("/my/entries")
@requires(Permission.READ_OWN)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, OwnEntries)
def list_own_entries(query: dict[str, Any]) -> dict[str, Any]:
    """List one's own entries: submissions by what happened last, and held ones."""
    actor = current_actor()
    page = fetch_page(
        visible_submissions(actor, Permission.READ_OWN),
        [Submission.updated_at, Submission.id],
        newest_first=True,
        **query,
    )
    statement = narrowed_held(own_held(actor), HeldFilters())
    newest = statement.order_by(HeldEntry.received_at.desc()).limit(MAX_LIMIT)
    held = [] if query["cursor"] else db.session.scalars(newest).all()
    return {
        "items": _with_decisions(submission_rows(disclosed(actor, page.items))),
        "next_cursor": page.next_cursor,
        "held": held_rows(held),
    }


def _detail(detail: SubmissionDetail, actor: Actor) -> dict[str, Any]:
    submission = detail.row.submission
    id_, is_own = submission.id, submission.author_id == actor.user_id
    return {
        **_flat(detail.row),
        "record": detail.record,
        "violations": detail.violations,
        "warnings": detail.warnings,
        "approvals_needed": detail.approvals_needed,
        "decisions": detail.decisions,
        "revisions": [
            {
                "revision": row.revision,
                "author_name": row.author_name,
                "form_version": row.form_version,
                "xml_url": url_for(
                    "submissions.read_xml",
                    instance_id=id_,
                    revision=row.revision.number,
                ),
            }
            for row in detail.revisions
        ],
        "attachments": [
            attachment_link(each, "submissions.read_attachment", instance_id=id_)
            for each in detail.attachments
        ],
        "edit_link_url": _edit_link_url(submission) if is_own else None,
    }


def _flat(row: SubmissionRow) -> dict[str, Any]:
    return {
        "submission": row.submission,
        "title": row.title,
        "area_name": row.area_name,
        "author_name": row.author_name,
    }


def _with_decisions(rows: list[SubmissionRow]) -> list[dict[str, Any]]:
    last = last_decisions([row.submission.id for row in rows])
    names = people_names(each.reviewer_id for each in last.values())
    decisions = {
        key: DecisionRow(each, names[each.reviewer_id], each.note)
        for key, each in last.items()
    }
    return [
        {
            **_flat(row),
            "decision": decisions.get(row.submission.id),
            "edit_link_url": _edit_link_url(row.submission),
        }
        for row in rows
    ]


def _edit_link_url(submission: Submission) -> str | None:
    return edit_link_url(
        submission.id, submission.state, is_sealed=submission.is_sealed
    )


def _taken(decision: Decision, reviewer_name: str) -> dict[str, Any]:
    submission = db.session.get_one(Submission, decision.submission_id)
    return {
        "decision": decision,
        "reviewer_name": reviewer_name,
        "note": decision.note,
        "state": submission.state,
    }


def _outcome(result: Decision | Problem, reviewer_name: str) -> dict[str, Any]:
    if isinstance(result, Problem):
        body = result.as_dict(asked_language())
        return {"status": "refused", "decision": None, "problem": body}
    taken = _taken(result, reviewer_name)
    return {"status": "decided", "decision": taken, "problem": None}
