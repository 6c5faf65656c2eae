"""Write judged entries into the database, all of a group in one transaction."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from fieldapp.identity.permissions import Permission
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import Heads, append_deeds, lock_heads
from fieldapp.pipeline import RowWriter, pipelined
from fieldapp.submissions import messages
from fieldapp.submissions.attaching import (
    CONTENT,
    FileRow,
    add_files,
    carried_files,
    file_rows,
    missing_files,
)
from fieldapp.submissions.deeds import entry_moved, revision_received
from fieldapp.submissions.delivery import Outcome, OutcomeStatus
from fieldapp.submissions.known import (
    Entry,
    StoredRevision,
    areas_of,
    stored_revisions,
)
from fieldapp.submissions.models import (
    Attachment,
    HeldReason,
    Revision,
    Submission,
    SubmissionState,
)
from fieldapp.submissions.prepare import Hold, Judged
from fieldapp.submissions.proofs import SALT_BYTES
from fieldapp.submissions.tallies import TallyKey, move_tallies

DEMO_CLIENT = "fieldapp-demo"
"""What the demo calls itself; its entries are marked for ever."""


class AreaMovedError(Exception):
    """An entry moved to another village while its log was being locked: try again."""


def record_entries(
    entries: Sequence[Judged],
    *,
    at: datetime,
    looks: bool = True,
    then: Callable[[], None] | None = None,
) -> list[Outcome | Hold]:
    """Write what can be written; say for each entry what came of it.

    A ``Hold`` means that nothing of the entry was written here. The caller commits;
    as ``then`` the commit goes in the same round trip as the rows.

    Without ``looks`` all are taken to be new; that they are is for the database to
    say, and a correction is looked up all the same.

    :raises AreaMovedError: if the caller should start the transaction again.
    :raises UniqueViolation: (psycopg's) if one is known, or came at the same moment.
    """
    areas = {item.area_code for item in entries}
    edited = {id_ for item in entries for id_ in changed_ids(item)}
    ids = {item.envelope.id for item in entries} | edited
    heads: Heads | None = None
    known = stored_revisions(ids) if looks or edited else {}
    if known or edited:
        heads = lock_heads(areas | areas_of(edited))
        known = stored_revisions(ids)
        _refuse_moved(edited & {*known}, known, heads)
    writing = _Writing(at, known)
    results = [writing.take(item) for item in entries]
    with pipelined():
        writing.flush()
        # Nobody can know of new rows before the commit: where all are new, the logs
        # are locked only now, and for as short as can be.
        heads = heads or lock_heads(areas)
        move_tallies(writing.tallies)
        append_deeds(writing.deeds, at=at, heads=heads)
        if then is not None:
            then()
    return results


def _refuse_moved(
    ids: set[str], known: Mapping[str, StoredRevision], heads: Heads
) -> None:
    if any(known[id_].entry.area_code not in heads.by_area for id_ in ids):
        raise AreaMovedError


def changed_ids(item: Judged) -> set[str]:
    """Name the revisions that an entry may change: what it corrects or replaces."""
    ids = {item.envelope.instance.deprecated_id}
    if item.released_by is not None:
        ids.add(item.envelope.id)
    return ids - {""}


@dataclass
class _Writing:
    """The rows of one transaction, gathered first and then written table by table."""

    at: datetime
    known: dict[str, StoredRevision]
    submissions: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)
    tallies: Counter[TallyKey] = field(default_factory=Counter)
    deeds: list[Deed] = field(default_factory=list)

    def take(self, item: Judged) -> Outcome | Hold:
        """Decide what an entry is: new, seen before, a correction, or a conflict."""
        stored = self.known.get(item.envelope.id)
        if stored is not None:
            return self._again(item, stored)
        deprecated_id = item.envelope.instance.deprecated_id
        if not deprecated_id:
            return self._create(item)
        original = self.known.get(deprecated_id)
        if original is None or not _is_of(original, item):
            return Hold(HeldReason.CONFLICT, messages.HELD_ORIGINAL_MISSING)
        return _hold_of_edit(original, item) or self._revise(item, original)

    def _again(self, item: Judged, stored: StoredRevision) -> Outcome | Hold:
        """Take the same instance again: add files that are missing, nothing else."""
        envelope = item.envelope
        if item.released_by and stored.digest != envelope.digest:
            return _hold_of_edit(stored, item) or self._revise(item, stored)
        if stored.author_id != envelope.delivery.actor.user_id:
            # Not a word about somebody else's entry, not even its digest.
            return Hold(HeldReason.CONFLICT, messages.HELD_CONFLICT)
        if stored.digest != envelope.digest:
            digests = {"stored": stored.digest.hex(), "sent": envelope.digest.hex()}
            return Hold(
                HeldReason.CONFLICT, messages.HELD_CONFLICT, {"digests": digests}
            )
        self.flush()
        added = add_files(stored, envelope.delivery.files, at=self.at)
        if isinstance(added, Hold):
            return added
        self.deeds += added
        return _outcome(OutcomeStatus.DUPLICATE, item, missing_files(envelope.id))

    def _create(self, item: Judged) -> Outcome:
        delivery = item.envelope.delivery
        entry = Entry(
            id=item.envelope.id,
            form_id=item.version.form_id,
            area_code=item.area_code,
            state=SubmissionState.RECEIVED,
            number=1,
            revision_id=item.envelope.id,
            captured_on=item.captured_on,
            salt=secrets.token_bytes(SALT_BYTES),
            authors={delivery.actor.user_id},
        )
        self.submissions.append(
            {
                "id": entry.id,
                "form_id": entry.form_id,
                "received_at": delivery.received_at,
                "salt": entry.salt,
                "is_demo": delivery.client == DEMO_CLIENT,
                **_current(item, entry, at=self.at),
            }
        )
        missing = self._add_revision(item, entry, carried={})
        return _outcome(OutcomeStatus.CREATED, item, missing)

    def _revise(self, item: Judged, original: StoredRevision) -> Outcome:
        self.flush()
        entry = original.entry
        self._count(entry, -1)
        entry.number += 1
        entry.revision_id = self._free_id(item, entry.number)
        if entry.area_code != item.area_code:
            left, entry.area_code = entry.area_code, item.area_code
            self.deeds.append(entry_moved(item, entry, away_from=left))
        entry.state = SubmissionState.RECEIVED
        entry.captured_on = item.captured_on
        entry.authors.add(item.envelope.delivery.actor.user_id)
        current = _current(item, entry, at=self.at)
        new = {f"new_{name}": value for name, value in current.items()}
        self.changes.append({"key": entry.id, **new})
        carried = carried_files(original.id)
        missing = self._add_revision(item, entry, carried=carried)
        return _outcome(OutcomeStatus.REVISED, item, missing)

    def _free_id(self, item: Judged, number: int) -> str:
        """Give the id of a new revision: its instance id, unless that is taken.

        It is where a person released an entry whose id another one has.
        """
        id_ = item.envelope.id
        return f"{id_}#{number}" if id_ in self.known else id_

    def _add_revision(
        self, item: Judged, entry: Entry, *, carried: dict[str, FileRow]
    ) -> tuple[str, ...]:
        envelope, delivery = item.envelope, item.envelope.delivery
        self.revisions.append(_revision(item, entry))
        rows = file_rows(item, entry.revision_id, carried=carried, at=self.at)
        self.files += rows.values()
        self._count(entry, 1)
        self.known[entry.revision_id] = StoredRevision(
            entry.revision_id, entry, envelope.digest, delivery.actor.user_id
        )
        self.deeds.append(revision_received(item, entry))
        return tuple(name for name, row in rows.items() if row["digest"] is None)

    def _count(self, entry: Entry, by: int) -> None:
        key = (entry.form_id, entry.area_code, entry.captured_on, entry.state)
        self.tallies[key] += by

    def flush(self) -> None:
        """Write all rows gathered so far, each table in one go.

        In the order of their ids, so that two writers of the same entries never wait
        for each other.
        """
        for writer, rows in (
            (_ADD_SUBMISSIONS, self.submissions),
            (_ADD_REVISIONS, self.revisions),
            (_ADD_FILES, self.files),
            (_CHANGE, self.changes),
        ):
            if rows:
                writer.write(sorted(rows, key=_row_id))
                rows.clear()


def _row_id(row: dict[str, Any]) -> str:
    return str(row.get("id") or row.get("key") or row["revision_id"])


def _is_of(original: StoredRevision, item: Judged) -> bool:
    """Say whether a correction is by an author of the entry, and of its form.

    What is somebody else's is to a sender as if it were not there.
    """
    entry = original.entry
    sender_id = item.envelope.delivery.actor.user_id
    return entry.form_id == item.version.form_id and sender_id in entry.authors


def _may_replace(entry: Entry, item: Judged) -> bool:
    """Say whether who releases an entry may decide about the one that it changes."""
    if item.released_by is None:
        return True
    return entry.form_id == item.version.form_id and item.released_by.may(
        Permission.DECIDE_HELD, entry.area_code, item.version.programme_id
    )


def _hold_of_edit(original: StoredRevision, item: Judged) -> Hold | None:
    """Say why a correction cannot be taken as the next revision, if so."""
    entry = original.entry
    if not _may_replace(entry, item):
        return Hold(HeldReason.CONFLICT, messages.HELD_CONFLICT)
    if entry.revision_id != original.id and item.released_by is None:
        return Hold(HeldReason.CONFLICT, messages.HELD_OUTDATED, {"of": entry.id})
    if entry.state in (SubmissionState.APPROVED, SubmissionState.REJECTED):
        return Hold(HeldReason.CONFLICT, messages.HELD_CLOSED, {"of": entry.id})
    return None


def _current(item: Judged, entry: Entry, *, at: datetime) -> dict[str, Any]:
    """Give what a submission says of its current revision."""
    return {
        "area_code": entry.area_code,
        "state": entry.state,
        "revision_number": entry.number,
        "revision_id": entry.revision_id,
        "author_id": item.envelope.delivery.actor.user_id,
        "title": item.title,
        "violation_count": len(item.violations),
        "warning_count": len(item.warnings),
        "is_sealed": item.is_sealed,
        "captured_at": item.captured_at,
        "captured_on": item.captured_on,
        "updated_at": at,
    }


def _revision(item: Judged, entry: Entry) -> dict[str, Any]:
    envelope, delivery = item.envelope, item.envelope.delivery
    return {
        "id": entry.revision_id,
        "submission_id": entry.id,
        "number": entry.number,
        "form_version_id": item.version.id,
        "xml": delivery.xml,
        "digest": envelope.digest,
        "author_id": delivery.actor.user_id,
        "device_id": delivery.actor.device_id,
        "client": delivery.client,
        "door": delivery.door,
        "received_at": delivery.received_at,
        "captured_at": item.captured_at,
        "violations": list(item.violations),
        "warnings": list(item.warnings),
    }


def _outcome(status: OutcomeStatus, item: Judged, missing: tuple[str, ...]) -> Outcome:
    return Outcome(
        status,
        messages.told(status, item.violations),
        instance_id=item.envelope.id,
        violations=item.violations,
        warnings=item.warnings,
        missing_files=missing,
    )


_ADD_REVISIONS = RowWriter(insert(Revision))
_ADD_FILES = RowWriter(insert(Attachment), "revision_id", "name", *CONTENT)
_CURRENT = (
    "area_code",
    "state",
    "revision_number",
    "revision_id",
    "author_id",
    "title",
    "violation_count",
    "warning_count",
    "is_sealed",
    "captured_at",
    "captured_on",
    "updated_at",
)
_ADD_SUBMISSIONS = RowWriter(
    insert(Submission), "id", "form_id", "received_at", "salt", "is_demo", *_CURRENT
)
_CHANGE = RowWriter(
    update(Submission)
    .where(Submission.id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in _CURRENT})
)
