"""Give registers what approved entries say, and take it back.

Inside the caller's transaction, which holds the ledger head of the entry's area: two
entries of one village never change its entities at the same time. What is read here of
an entity stands, since its row is locked.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import delete, select

from fieldapp.entities.declarations import Declaration, declarations_of
from fieldapp.entities.models import (
    ChangeKind,
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    VersionKind,
)
from fieldapp.entities.reading import actions_of
from fieldapp.entities.settling import keep, settle, settle_waiting
from fieldapp.entities.versions import Maker, add_version, get_locked, standing_values
from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.submissions.models import Revision, Submission
from fieldapp.xform.instance import read_instance

CACHED_VERSIONS = 256
MAX_ID = 100
"""What is longer is no id, and only shown."""


def record_entities(
    submission: Submission,
    revision: Revision,
    version: PublishedVersion,
    *,
    at: datetime,
    reviewer_id: UUID | None,
) -> None:
    """Apply what an approved revision says; what cannot be applied waits for a person.

    It never keeps an entry from being approved.
    """
    changes = _changes(submission, revision, version, ChangeState.WAITING, at)
    maker = Maker(reviewer_id, at)
    for change in changes:
        entity = settle(change, maker)
        if entity is not None:
            settle_waiting(entity, maker)


def refuse_entities(
    submission: Submission,
    revision: Revision,
    version: PublishedVersion,
    *,
    at: datetime,
    reviewer_id: UUID,
) -> None:
    """Note what a rejected revision would have made or changed.

    The phone asks whether it should forget what it shows on its own account.
    """
    maker = Maker(reviewer_id, at)
    for change in _changes(submission, revision, version, ChangeState.REFUSED, at):
        keep(change, maker)


def withdraw_entities(
    submission: Submission, *, at: datetime, reviewer_id: UUID | None
) -> None:
    """Take back what the entry's decided revision has said."""
    maker = Maker(reviewer_id, at)
    db.session.execute(
        delete(EntityChange).where(EntityChange.submission_id == submission.id)
    )
    mine = EntityVersion.submission_id == submission.id
    ids = db.session.scalars(
        select(EntityVersion.entity_id)
        .where(mine, EntityVersion.is_standing)
        .distinct()
        .order_by(EntityVersion.entity_id)
    ).all()
    for entity_id in ids:
        _withdraw(get_locked(entity_id), submission.id, maker)


@lru_cache(maxsize=CACHED_VERSIONS)
def declared_in(form_version_id: int) -> tuple[Declaration, ...]:
    """Give what a published version declares, which never changes."""
    return declarations_of(get_version(form_version_id).definition)


def _changes(
    submission: Submission,
    revision: Revision,
    version: PublishedVersion,
    state: ChangeState,
    at: datetime,
) -> list[EntityChange]:
    declarations = declared_in(version.id)
    if not declarations:
        return []
    actions = actions_of(declarations, read_instance(revision.xml).root)
    changes = [
        EntityChange(
            register_name=action.register,
            entity_id=action.entity_id[:MAX_ID],
            submission_id=submission.id,
            revision_id=revision.id,
            position=action.position,
            area_code=submission.area_code,
            kind=ChangeKind(action.kind),
            base_version=action.base_version,
            trunk_version=action.trunk_version,
            branch_id=action.branch_id,
            values=dict(action.values),
            state=state,
            reason=action.fault or None,
            clashes=[],
            recorded_at=at,
        )
        for action in actions
    ]
    db.session.add_all(changes)
    db.session.flush()
    return changes


def _withdraw(entity: Entity, submission_id: str, maker: Maker) -> None:
    """Make an entity what it is without one entry; without its maker it is nothing."""
    versions = db.session.scalars(
        select(EntityVersion)
        .where(EntityVersion.entity_id == entity.id, EntityVersion.is_standing)
        .order_by(EntityVersion.number)
    ).all()
    kept = [each for each in versions if each.submission_id != submission_id]
    lives = any(each.is_creation for each in kept)
    for version in versions:
        version.is_standing = lives and version.submission_id != submission_id
    if entity.state is EntityState.DELETED:
        return
    if lives:
        values = standing_values(kept)
        add_version(entity, VersionKind.WITHDRAWN, values, maker)
        return
    entity.state = EntityState.WITHDRAWN
    add_version(entity, VersionKind.WITHDRAWN, dict(entity.values), maker)
    _let_wait([each.change_id for each in kept if each.change_id is not None])


def _let_wait(change_ids: Sequence[int]) -> None:
    """Have what others said of an entity wait until it is there again."""
    statement = select(EntityChange).where(EntityChange.id.in_(change_ids))
    for change in db.session.scalars(statement):
        change.state, change.reason = ChangeState.WAITING, "not-here"
    db.session.flush()
