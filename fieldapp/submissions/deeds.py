"""What the log says of submissions: identifiers and salted digests, no answers."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from fieldapp.identity.permissions import Actor
from fieldapp.ledger.chain import Deed
from fieldapp.masking.clearance import Purpose
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.known import Entry, StoredRevision
from fieldapp.submissions.models import HeldEntry, Submission
from fieldapp.submissions.prepare import Judged
from fieldapp.submissions.proofs import (
    answers_of,
    answers_root,
    file_digest,
    revision_digest,
    salted,
)


def revision_received(item: Judged, entry: Entry) -> Deed:
    """Log that a revision came, with a digest of which each answer can be proved."""
    delivery, id_ = item.envelope.delivery, entry.revision_id
    answers = answers_of(item.envelope.instance.root)
    return Deed(
        area_code=entry.area_code,
        kind="revision-received",
        actor=str(delivery.actor.user_id),
        subject=entry.id,
        digests={
            "answers": answers_root(entry.salt, id_, answers),
            "revision": revision_digest(entry.salt, id_, item.envelope.digest),
        },
        detail={
            "files": _files(entry.salt, id_, delivery.files),
            "form": f"{item.version.form_id}/{item.version.version}",
            "number": entry.number,
            "violations": len(item.violations),
        },
    )


def entry_moved(item: Judged, entry: Entry, *, away_from: str) -> Deed:
    """Log in the village left behind that a correction moved an entry elsewhere."""
    digest = revision_digest(entry.salt, entry.revision_id, item.envelope.digest)
    return Deed(
        area_code=away_from,
        kind="entry-moved",
        actor=str(item.envelope.delivery.actor.user_id),
        subject=entry.id,
        digests={"revision": digest},
        detail={"to": entry.area_code},
    )


def files_received(stored: StoredRevision, files: Sequence[ReceivedFile]) -> Deed:
    """Log that more files of a revision came."""
    entry = stored.entry
    return Deed(
        area_code=entry.area_code,
        kind="files-received",
        actor=str(stored.author_id),
        subject=entry.id,
        digests={"revision": revision_digest(entry.salt, stored.id, stored.digest)},
        detail={"files": _files(entry.salt, stored.id, files)},
    )


def personal_read(actor: Actor, submission: Submission, purpose: Purpose) -> Deed:
    """Log that somebody read, for a purpose, what is masked for them otherwise."""
    return Deed(
        area_code=submission.area_code,
        kind="personal-read",
        actor=str(actor.user_id),
        subject=submission.id,
        digests={},
        detail={"purpose": purpose.value, "revision": submission.revision_number},
    )


def held_deed(
    held: HeldEntry, kind: str, *, actor_id: UUID | None, detail: dict[str, Any]
) -> Deed:
    """Log what became of an entry that is held, in the sender's own area.

    Without an actor it is the server that did it, when a form was published.
    """
    return Deed(
        area_code=held.area_codes[0],
        kind=kind,
        actor=str(actor_id or "server"),
        subject=f"held:{held.id}",
        digests={"entry": salted(held.salt, held.digest)},
        detail=detail,
    )


def _files(secret: bytes, revision_id: str, files: Iterable[ReceivedFile]) -> list[str]:
    return [file_digest(secret, revision_id, file) for file in files]
