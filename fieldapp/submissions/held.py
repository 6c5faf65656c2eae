"""Entries that are kept but count nowhere until a person decides."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.queries import load_actor
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.places.models import COUNTRY
from fieldapp.submissions import messages
from fieldapp.submissions.deeds import held_deed
from fieldapp.submissions.delivery import (
    Delivery,
    Outcome,
    OutcomeStatus,
    ReceivedFile,
)
from fieldapp.submissions.known import areas_of
from fieldapp.submissions.models import (
    Attachment,
    HeldEntry,
    HeldReason,
    HeldState,
)
from fieldapp.submissions.prepare import Hold, Release, Waiting, prepare
from fieldapp.submissions.problems import (
    AlreadyDecided,
    NotAllowed,
    OwnEntry,
    StillHeld,
)
from fieldapp.submissions.proofs import SALT_BYTES
from fieldapp.submissions.record import changed_ids, record_entries
from fieldapp.submissions.scope import get_visible_held
from fieldapp.web.clock import now

Key = tuple[UUID, bytes]
"""Sender and digest: the same bytes of the same person are held once."""


def hold_entries(entries: Sequence[Waiting], *, at: datetime) -> list[Outcome]:
    """Keep entries for a person to decide; the caller commits.

    What is held, released or discarded already is only told so again; files that
    are new are added.
    """
    lock_heads(_areas(item.envelope.delivery.actor)[0] for item in entries)
    known = _known(entries)
    deeds = []
    for item in entries:
        key = _key(item)
        if key not in known:
            held = _insert(item, at=at)
            known[key] = held
            deeds.append(
                held_deed(
                    held,
                    "entry-held",
                    actor_id=held.sender_id,
                    detail={"reason": held.reason.value},
                )
            )
        _add_files(known[key].id, item.envelope.delivery.files, at=at)
    append_deeds(deeds, at=at)
    return [_outcome(item, known[_key(item)]) for item in entries]


def release(actor: Actor, held_id: UUID, *, area_code: str | None = None) -> Outcome:
    """Take a held entry in after all, where ``area_code`` says or where it says.

    It goes through the intake as if it came now, on the word of the actor. The
    caller commits.

    :raises NotFound: if the actor sees no such entry.
    :raises StillHeld: if it still cannot be taken in; the detail says why.
    """
    held = _deciding(actor, held_id)
    prepared = prepare(_delivery(held), release=Release(actor, area_code))
    if isinstance(prepared, Waiting):
        raise StillHeld(prepared.hold.explanation)
    at = now()
    lock_heads(
        {prepared.area_code, held.area_codes[0], *areas_of(changed_ids(prepared))}
    )
    (outcome,) = record_entries([prepared], at=at)
    if isinstance(outcome, Hold):
        raise StillHeld(outcome.explanation)
    _decide(held, HeldState.RELEASED, actor.user_id, at=at, note=None)
    return outcome


def take_in_again(held_id: UUID) -> bool:
    """Give an entry that was held for its form to the intake, as if it came now.

    It is for when the form has been published or opened (design.md, section 5). What
    then keeps it from being counted is what it is held for from then on. The caller
    commits.
    """
    held = db.session.get_one(HeldEntry, held_id, with_for_update=True)
    if held.state is not HeldState.HELD or held.reason is not HeldReason.FORM:
        return False
    sender = load_actor(held.sender_id)
    try:
        if sender is None:
            return False
        prepared = prepare(replace(_delivery(held), actor=_on_device(sender, held)))
    except NotAllowed:
        return False
    if isinstance(prepared, Waiting):
        return _hold_for(held, prepared.hold)
    at = now()
    lock_heads(
        {prepared.area_code, held.area_codes[0], *areas_of(changed_ids(prepared))}
    )
    (outcome,) = record_entries([prepared], at=at)
    if isinstance(outcome, Hold):
        return _hold_for(held, outcome)
    _decide(held, HeldState.RELEASED, None, at=at, note=None)
    return True


def held_for_form(form_id: str) -> Select[UUID]:
    """Select the ids of the entries held because of their form, in their order."""
    return (
        select(HeldEntry.id)
        .where(HeldEntry.state == HeldState.HELD, HeldEntry.form_id == form_id)
        .where(HeldEntry.reason == HeldReason.FORM)
        .order_by(HeldEntry.received_at, HeldEntry.id)
    )


def discard(actor: Actor, held_id: UUID, *, note: str) -> HeldEntry:
    """Decide that a held entry is never to count, for a reason; the caller commits.

    :raises NotFound: if the actor sees no such entry.
    """
    held = _deciding(actor, held_id)
    at = now()
    lock_heads([held.area_codes[0]])
    _decide(held, HeldState.DISCARDED, actor.user_id, at=at, note=note)
    return held


def _deciding(actor: Actor, held_id: UUID) -> HeldEntry:
    held = get_visible_held(actor, held_id, for_update=True)
    if held.state is not HeldState.HELD:
        raise AlreadyDecided(messages.ALREADY_DECIDED)
    if held.sender_id == actor.user_id:
        raise OwnEntry(messages.OWN_ENTRY)
    return held


def _decide(
    held: HeldEntry,
    state: HeldState,
    decided_by: UUID | None,
    *,
    at: datetime,
    note: str | None,
) -> None:
    held.state = state
    held.decided_by = decided_by
    held.decided_at = at
    held.note = note
    deed = held_deed(
        held,
        f"held-entry-{state.value}",
        actor_id=decided_by,
        detail={"has_note": note is not None},
    )
    append_deeds([deed], at=at)
    db.session.flush()


def _hold_for(held: HeldEntry, hold: Hold) -> bool:
    """Say anew why an entry is held, where its form is no longer the reason."""
    held.reason = hold.reason
    held.explanation = hold.explanation.as_dict()
    held.detail = dict(hold.detail)
    return False


def _on_device(sender: Actor, held: HeldEntry) -> Actor:
    return replace(sender, device_id=held.device_id)


def _delivery(held: HeldEntry) -> Delivery:
    statement = select(Attachment).where(Attachment.held_id == held.id)
    files = tuple(
        ReceivedFile(row.name, row.digest, row.size or 0, row.media_type or "")
        for row in db.session.scalars(statement)
        if row.digest is not None
    )
    sender = Actor(held.sender_id, "", "", "id", (), held.device_id)
    return Delivery(sender, held.xml, files, held.door, held.client, held.received_at)


def _known(entries: Sequence[Waiting]) -> dict[Key, HeldEntry]:
    statement = select(HeldEntry).where(
        tuple_(HeldEntry.sender_id, HeldEntry.digest).in_(
            [_key(item) for item in entries]
        )
    )
    rows = db.session.scalars(statement)
    return {(row.sender_id, row.digest): row for row in rows}


def _key(item: Waiting) -> Key:
    return item.envelope.delivery.actor.user_id, item.envelope.digest


def _insert(item: Waiting, *, at: datetime) -> HeldEntry:
    envelope, delivery = item.envelope, item.envelope.delivery
    held = HeldEntry(
        id=uuid4(),
        reason=item.hold.reason,
        explanation=item.hold.explanation.as_dict(),
        detail=dict(item.hold.detail),
        instance_id=envelope.id,
        form_id=envelope.instance.form_id,
        form_version=envelope.instance.version,
        area_codes=_areas(delivery.actor),
        xml=delivery.xml,
        digest=envelope.digest,
        salt=secrets.token_bytes(SALT_BYTES),
        sender_id=delivery.actor.user_id,
        device_id=delivery.actor.device_id,
        client=delivery.client,
        door=delivery.door,
        received_at=at,
        state=HeldState.HELD,
    )
    db.session.add(held)
    db.session.flush()
    return held


def _areas(actor: Actor) -> list[str]:
    """List the areas whose coordinators see what a person sent and we hold."""
    grants = actor.grants_for(Permission.SUBMIT)
    return sorted({grant.area_code for grant in grants}) or [COUNTRY]


def _add_files(held_id: UUID, files: Sequence[ReceivedFile], *, at: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {
            "held_id": held_id,
            "name": file.name,
            "digest": file.digest,
            "size": file.size,
            "media_type": file.media_type,
            "received_at": at,
        }
        for file in files
    ]
    if rows:
        db.session.execute(upsert(Attachment).on_conflict_do_nothing(), rows)


def _outcome(item: Waiting, held: HeldEntry) -> Outcome:
    digests = item.hold.detail.get("digests", {})
    if held.state is not HeldState.HELD:
        return Outcome(
            OutcomeStatus.DUPLICATE, messages.DUPLICATE, instance_id=item.envelope.id
        )
    return Outcome(
        OutcomeStatus.HELD,
        item.hold.explanation,
        instance_id=item.envelope.id,
        held_reason=held.reason,
        digests=digests,
    )
