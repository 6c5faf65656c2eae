"""Which entities a phone should forget: those that it made, and that are not to be.

A phone keeps what it created offline until the register has it. It asks about those
ids, and deletes what it is told is deleted; all else it keeps.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from fieldapp.entities.models import (
    ChangeKind,
    ChangeState,
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
)
from fieldapp.entities.reading import UUID_V4, actions_of
from fieldapp.entities.registers import reaches_entities
from fieldapp.entities.service import declared_in
from fieldapp.extensions import db
from fieldapp.forms.queries import find_version
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.submissions.models import HeldEntry, HeldState, Revision
from fieldapp.xform.instance import InstanceUnreadable, read_instance

MAX_IDS = 1_000
"""What is beyond is not answered about: the phone keeps it, and asks again."""
MAX_DISCARDED = 200
"""How many of a sender's discarded entries are looked through, the newest first."""


def deleted_states(
    actor: Actor, register_name: str, text: str
) -> list[tuple[str, bool]]:
    """Say of each id in a comma-separated list whether a phone should forget it.

    Ids that no phone makes are left out. Of entities that are not the person's to know
    nothing is told: they are answered as what is still on its way.
    """
    asked = dict.fromkeys(part.strip() for part in text.split(","))
    ids = [id_ for id_ in asked if UUID_V4.fullmatch(id_)][:MAX_IDS]
    gone = _gone(actor, register_name, ids) if ids else set()
    return [(id_, id_ in gone) for id_ in ids]


def _gone(actor: Actor, register_name: str, ids: Sequence[str]) -> set[str]:
    keys = [UUID(id_) for id_ in ids]
    here = or_(False, *reaches_entities(actor, (Permission.SUBMIT,)))
    rows = db.session.execute(
        select(Entity.id, Entity.state, here.label("is_here"))
        .where(Entity.id.in_(keys), Entity.register_name == register_name)
        .where(or_(here, Entity.id.in_(_made_by(actor, keys))))
    ).all()
    known = {str(row.id): row for row in rows}
    kept = {
        id_
        for id_, row in known.items()
        if row.is_here and row.state is EntityState.LISTED
    }
    gone = {
        id_
        for id_, row in known.items()
        if row.state is EntityState.DELETED
        or (row.state is EntityState.LISTED and not row.is_here)
    }
    open_ids = set(ids) - kept - gone
    return gone | _refused(actor, register_name, open_ids)


def _made_by(actor: Actor, ids: Collection[UUID]) -> Select[UUID]:
    return (
        select(EntityVersion.entity_id)
        .join(Revision, Revision.id == EntityVersion.revision_id)
        .where(EntityVersion.entity_id.in_(ids), Revision.author_id == actor.user_id)
    )


def _refused(actor: Actor, register_name: str, ids: Collection[str]) -> set[str]:
    """Name what the person's own entries made that were rejected or discarded."""
    if not ids:
        return set()
    rejected = set(
        db.session.scalars(
            select(EntityChange.entity_id)
            .join(Revision, Revision.id == EntityChange.revision_id)
            .where(_creates(), EntityChange.entity_id.in_(ids))
            .where(EntityChange.register_name == register_name)
            .where(Revision.author_id == actor.user_id)
        )
    )
    return rejected | (_discarded(actor, register_name) & set(ids))


def _creates() -> ColumnElement[bool]:
    return and_(
        EntityChange.kind != ChangeKind.UPDATE,
        EntityChange.state.in_((ChangeState.REFUSED, ChangeState.DISMISSED)),
    )


def _discarded(actor: Actor, register_name: str) -> set[str]:
    entries = db.session.scalars(
        select(HeldEntry)
        .where(HeldEntry.sender_id == actor.user_id)
        .where(HeldEntry.state == HeldState.DISCARDED)
        .order_by(HeldEntry.received_at.desc())
        .limit(MAX_DISCARDED)
    )
    return {id_ for entry in entries for id_ in _made_in(entry, register_name)}


def _made_in(entry: HeldEntry, register_name: str) -> Iterable[str]:
    version = find_version(entry.form_id, entry.form_version)
    if version is None or not declared_in(version.id):
        return
    try:
        root = read_instance(entry.xml).root
    except InstanceUnreadable:
        return
    for action in actions_of(declared_in(version.id), root):
        if action.register == register_name and action.kind != "update":
            yield action.entity_id
