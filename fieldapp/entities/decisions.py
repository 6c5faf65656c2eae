"""What a coordinator decides about changes that wait, and about whole entities."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select

from fieldapp.entities.declarations import LABEL
from fieldapp.entities.models import (
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    VersionKind,
)
from fieldapp.entities.problems import (
    ChangeAlreadyDecided,
    ChangeNotApplicable,
    EntityAlreadyDeleted,
)
from fieldapp.entities.reading import UUID_V4
from fieldapp.entities.registers import (
    get_visible_register,
    reaches_changes,
    reaches_entities,
)
from fieldapp.entities.settling import (
    FAULTS,
    create,
    keep,
    merged_into,
    settle_waiting,
    update,
)
from fieldapp.entities.versions import (
    Maker,
    add_version,
    find_locked,
    get_locked,
    insert_entity,
)
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.submissions import messages
from fieldapp.submissions.models import Revision, Submission
from fieldapp.submissions.problems import OwnEntry
from fieldapp.submissions.proofs import words_digest
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here

OPEN = (ChangeState.WAITING, ChangeState.CONFLICT)


def visible_changes(actor: Actor) -> Select[EntityChange]:
    """Select what entries of a person's area ask of registers."""
    return select(EntityChange).where(reaches_changes(actor))


def visible_entities(
    actor: Actor, register_name: str, *permissions: Permission
) -> Select[Entity]:
    """Select the entities of a register on which a person has one of some permissions.

    :raises NotFound: if the actor may know of no such register.
    """
    register = get_visible_register(actor, register_name)
    return (
        select(Entity)
        .where(Entity.register_name == register.name)
        .where(Entity.state != EntityState.WITHDRAWN)
        .where(or_(False, *reaches_entities(actor, permissions)))
    )


def get_visible_entity(
    actor: Actor, register_name: str, entity_id: UUID, *permissions: Permission
) -> Entity:
    """Get an entity.

    :raises NotFound: if the actor may know of none with this id.
    """
    statement = visible_entities(actor, register_name, *permissions)
    entity = db.session.scalars(statement.where(Entity.id == entity_id)).one_or_none()
    if entity is None:
        raise nothing_here()
    return entity


def apply_change(actor: Actor, change_id: int, *, note: str) -> EntityChange:
    """Have a change apply as it came, on a person's word; the caller commits.

    What clashes takes the change's values. An entity of another village is changed
    where the actor may review there too.

    :raises NotFound: if the actor sees no such change.
    :raises ChangeAlreadyDecided: if it does not wait for anybody.
    :raises OwnEntry: if it comes from an entry that the actor sent.
    :raises ChangeNotApplicable: if it is no entity at all, or not within reach.
    """
    change = _lock(actor, change_id)
    maker = Maker(actor.user_id, clock.now())
    entity = _applied(actor, change, maker)
    _decide(change, ChangeState.APPLIED, maker, note, also_in=entity.area_code)
    settle_waiting(entity, maker)
    return change


def dismiss_change(actor: Actor, change_id: int, *, note: str) -> EntityChange:
    """Decide that a change is never to apply; the caller commits.

    :raises NotFound: if the actor sees no such change.
    :raises ChangeAlreadyDecided: if it does not wait for anybody.
    :raises OwnEntry: if it comes from an entry that the actor sent.
    """
    change = _lock(actor, change_id)
    maker = Maker(actor.user_id, clock.now())
    _decide(change, ChangeState.DISMISSED, maker, note)
    keep(change, maker)
    return change


def delete_entity(
    actor: Actor, register_name: str, entity_id: UUID, *, reason: str
) -> Entity:
    """Take an entity off its register, for a reason; the caller commits.

    :raises NotFound: if the actor sees no such entity to decide about.
    :raises EntityAlreadyDeleted: if it was deleted before.
    """
    visible = get_visible_entity(actor, register_name, entity_id, Permission.REVIEW)
    lock_heads([visible.area_code])
    entity = get_locked(visible.id)
    if entity.state is not EntityState.LISTED:
        raise EntityAlreadyDeleted
    maker = Maker(actor.user_id, clock.now())
    entity.state = EntityState.DELETED
    add_version(entity, VersionKind.DELETED, entity.values, maker)
    deed = Deed(
        area_code=entity.area_code,
        kind="entity-deleted",
        actor=str(actor.user_id),
        subject=f"entity:{entity.id}",
        digests={"reason": words_digest(_salt_of(entity), entity.id, reason)},
        detail={"register": entity.register_name, "version": entity.version},
    )
    append_deeds([deed], at=maker.at)
    return entity


def _lock(actor: Actor, change_id: int) -> EntityChange:
    """Get a change to decide about, with the log of its village locked."""
    statement = visible_changes(actor).where(EntityChange.id == change_id)
    found = db.session.scalars(statement).one_or_none()
    if found is None:
        raise nothing_here()
    lock_heads({found.area_code, *_areas_of(found)})
    change = db.session.scalars(
        statement.with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if change is None:
        raise nothing_here()
    if change.state not in OPEN:
        raise ChangeAlreadyDecided
    authors = select(Revision.author_id).where(
        Revision.submission_id == change.submission_id
    )
    if actor.user_id in db.session.scalars(authors).all():
        raise OwnEntry(messages.OWN_ENTRY)
    return change


def _applied(actor: Actor, change: EntityChange, maker: Maker) -> Entity:
    if change.reason in FAULTS:
        raise ChangeNotApplicable
    entity = find_locked(UUID(change.entity_id))
    if entity is not None and entity.state is not EntityState.WITHDRAWN:
        _refuse_out_of_reach(actor, change, entity)
        merged = merged_into(entity, change)
        changed: Mapping[str, str] = change.values if merged is None else merged.changed
        entity.state = EntityState.LISTED
        return update(change, entity, dict(changed), maker)
    if not change.values.get(LABEL):
        raise ChangeNotApplicable
    entity = entity or insert_entity(change, maker)
    if entity is None or entity.register_name != change.register_name:
        raise ChangeNotApplicable
    return create(change, entity, maker)


def _refuse_out_of_reach(actor: Actor, change: EntityChange, entity: Entity) -> None:
    """Answer about an entity that the actor may not know as about none."""
    reached = or_(False, *reaches_entities(actor, (Permission.REVIEW,)))
    is_reached = db.session.scalar(
        select(Entity.id).where(Entity.id == entity.id, reached)
    )
    if not is_reached or entity.register_name != change.register_name:
        raise ChangeNotApplicable


def _areas_of(change: EntityChange) -> Sequence[str]:
    """Name the village of the entity that a change speaks of, if there is one."""
    if not UUID_V4.fullmatch(change.entity_id):
        return ()
    statement = select(Entity.area_code).where(Entity.id == UUID(change.entity_id))
    return db.session.scalars(statement).all()


def _decide(
    change: EntityChange,
    state: ChangeState,
    maker: Maker,
    note: str,
    *,
    also_in: str | None = None,
) -> None:
    """Note and log a decision, in the village of the entry and in the entity's."""
    change.state = state
    change.decided_by, change.decided_at = maker.user_id, maker.at
    change.note = note
    submission = db.session.get_one(Submission, change.submission_id)
    digest = words_digest(submission.salt, f"change {change.id}", note)
    deeds = [
        Deed(
            area_code=code,
            kind=f"entity-change-{state.value}",
            actor=str(maker.user_id),
            subject=change.submission_id,
            digests={"note": digest},
            detail={"register": change.register_name, "position": change.position},
        )
        for code in sorted({change.area_code, also_in or change.area_code})
    ]
    append_deeds(deeds, at=maker.at)
    db.session.flush()


def _salt_of(entity: Entity) -> bytes:
    """Give the salt of the entry that made an entity."""
    return db.session.scalars(
        select(Submission.salt)
        .join(EntityVersion, EntityVersion.submission_id == Submission.id)
        .where(EntityVersion.entity_id == entity.id)
        .order_by(EntityVersion.number)
        .limit(1)
    ).one()
