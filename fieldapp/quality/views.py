"""Look into flags, and read how an entry was filled in."""

import math
from typing import Any
from uuid import UUID

from flask import current_app
from flask_smorest import Blueprint

from fieldapp.extensions import db
from fieldapp.forms.queries import get_version
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.quality.audit import Audit, Bounds
from fieldapp.quality.audit_files import find_audit
from fieldapp.quality.dismissing import dismiss
from fieldapp.quality.queries import read_flags
from fieldapp.quality.schemas import AuditResponse, DismissalRequest, FlagList
from fieldapp.submissions.attaching import stored_files
from fieldapp.submissions.disclosing import disclose
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Revision
from fieldapp.submissions.queries import get_revision
from fieldapp.submissions.schemas import RevisionQuery
from fieldapp.xform.definition import FormDefinition

PARTS_OF_A_DEGREE = 100
"""Two decimals, about a kilometre: as much of a home's place as auditors see."""

blueprint = Blueprint(
    "quality",
    __name__,
    url_prefix="/api/v1",
    description="What is odd about entries, and how they were filled in.",
)


@blueprint.post("/submissions/<path:instance_id>/flags/<uuid:flag_id>/dismissal")
@requires(Permission.REVIEW)
@blueprint.arguments(DismissalRequest)
@blueprint.response(201, FlagList)
def create_dismissal(
    body: dict[str, str], instance_id: str, flag_id: UUID
) -> dict[str, Any]:
    """Say what came of looking into a flag; it stays, and counts as open no more."""
    actor = current_actor()
    submission = dismiss(actor, instance_id, flag_id, body["note"])
    db.session.commit()
    return {"items": read_flags(actor, submission)}


@blueprint.get("/submissions/<path:instance_id>/audit")
@requires(Permission.READ_SUBMISSIONS)
@blueprint.arguments(RevisionQuery, location="query")
@blueprint.response(200, AuditResponse)
def read_audit_summary(query: dict[str, Any], instance_id: str) -> dict[str, Any]:
    """Tell how a revision was filled in, by the log that the phone kept of it."""
    entry = disclose(current_actor(), instance_id, Permission.READ_SUBMISSIONS)
    revision = get_revision(entry.submission, query["revision"])
    definition = get_version(revision.form_version_id).definition
    audit = _audit_of(revision, definition)
    return {"audit": audit and _summary(audit, definition)}


def _audit_of(revision: Revision, definition: FormDefinition) -> Audit | None:
    judgement = judge_again(definition, revision.xml, received_at=revision.received_at)
    files_dir = current_app.config["FIELDAPP"].files_dir
    return find_audit(judgement, stored_files(revision.id), files_dir)


def _summary(audit: Audit, definition: FormDefinition) -> dict[str, Any]:
    return {
        **vars(audit),
        "questions": [
            {**vars(each), "label": definition.labels_for(each.path)}
            for each in audit.questions
        ],
        "bounds": audit.bounds and _blurred(audit.bounds),
    }


def _blurred(box: Bounds) -> Bounds:
    """Widen a box to whole hundredths of a degree."""
    return Bounds(
        south=math.floor(box.south * PARTS_OF_A_DEGREE) / PARTS_OF_A_DEGREE,
        west=math.floor(box.west * PARTS_OF_A_DEGREE) / PARTS_OF_A_DEGREE,
        north=math.ceil(box.north * PARTS_OF_A_DEGREE) / PARTS_OF_A_DEGREE,
        east=math.ceil(box.east * PARTS_OF_A_DEGREE) / PARTS_OF_A_DEGREE,
    )
