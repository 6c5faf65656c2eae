"""Rows of a register, for tests that look at who may see them."""

from uuid import UUID, uuid4

from fieldapp.entities.models import (
    ChangeKind,
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    Register,
    VersionKind,
)
from fieldapp.extensions import db
from fieldapp.submissions.models import Submission
from fieldapp.web import clock

ENTITY_ID = "5b1cbf0c-2f6e-4c51-9a3a-0f9f6a1f7d01"


def make_registered(instance_id: str, *, programme_id: str) -> EntityChange:
    """Store a farmer whom an entry made, and a change of it that needs a person."""
    submission = db.session.get_one(Submission, instance_id)
    values = {"label": "Siti Rahasia", "hp": "0812"}
    at = clock.now()
    source = {"submission_id": submission.id, "revision_id": submission.revision_id}
    db.session.add(Register(name="petani", programme_id=programme_id, created_at=at))
    db.session.flush()
    entity = Entity(
        id=UUID(ENTITY_ID),
        register_name="petani",
        area_code=submission.area_code,
        state=EntityState.LISTED,
        version=1,
        label=values["label"],
        values=values,
        updated_at=at,
    )
    db.session.add(entity)
    db.session.flush()
    change = EntityChange(
        register_name="petani",
        entity_id=str(uuid4()),
        position=1,
        area_code=submission.area_code,
        kind=ChangeKind.UPDATE,
        branch_id="",
        values=values,
        state=ChangeState.WAITING,
        reason="not-here",
        clashes=[],
        recorded_at=at,
        **source,
    )
    db.session.add(change)
    version = EntityVersion(
        entity_id=entity.id,
        number=1,
        kind=VersionKind.CREATED,
        values=values,
        changed=values,
        is_standing=True,
        branch_id="",
        made_at=at,
        **source,
    )
    db.session.add(version)
    db.session.commit()
    return change
