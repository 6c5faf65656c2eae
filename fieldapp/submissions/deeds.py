"""What the log says of submissions: identifiers and salted digests, no answers."""

import hashlib
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


def salted(salt: bytes, value: bytes) -> str:
    """Digest what must not be guessed from the log, in hex."""
    return hashlib.sha256(salt + value).hexdigest()


def revision_received(item: Judged, entry: Entry) -> Deed:
    """Log that a revision came."""
    delivery = item.envelope.delivery
    return Deed(
        area_code=entry.area_code,
        kind="revision-received",
        actor=str(delivery.actor.user_id),
        subject=entry.id,
        digests={"revision": salted(entry.salt, item.envelope.digest)},
        detail={
            "files": _files(entry.salt, delivery.files),
            "form": f"{item.version.form_id}/{item.version.version}",
            "number": entry.number,
            "violations": len(item.violations),
        },
    )


def entry_moved(item: Judged, entry: Entry, *, away_from: str) -> Deed:
    """Log in the village left behind that a correction moved an entry elsewhere."""
    return Deed(
        area_code=away_from,
        kind="entry-moved",
        actor=str(item.envelope.delivery.actor.user_id),
        subject=entry.id,
        digests={"revision": salted(entry.salt, item.envelope.digest)},
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
        digests={"revision": salted(entry.salt, stored.digest)},
        detail={"files": _files(entry.salt, files)},
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


def _files(salt: bytes, files: Iterable[ReceivedFile]) -> list[str]:
    return [salted(salt, file.digest) for file in files]
