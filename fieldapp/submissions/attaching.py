"""The files of a revision: those it names, those that came, those carried over."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.ledger.chain import Deed
from fieldapp.submissions import messages
from fieldapp.submissions.deeds import files_received
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.known import StoredRevision
from fieldapp.submissions.models import (
    Attachment,
    HeldReason,
    Revision,
    SubmissionState,
)
from fieldapp.submissions.prepare import Hold, Judged

CONTENT = ("digest", "size", "media_type", "received_at")

FileRow = dict[str, Any]


def file_rows(
    item: Judged, revision_id: str, *, carried: Mapping[str, FileRow], at: datetime
) -> dict[str, FileRow]:
    """Make the rows of a new revision's files, by name.

    Named files that did not come are taken over from the revision before, since
    clients send only new files with a correction (openrosa.md, section 9).
    """
    rows = {name: _row(revision_id, name) for name in item.expected_files}
    for name in rows.keys() & carried.keys():
        rows[name] = {**carried[name], "revision_id": revision_id}
    for file in item.envelope.delivery.files:
        rows[file.name] = _row(revision_id, file.name, file, at=at)
    return rows


def carried_files(revision_id: str) -> dict[str, FileRow]:
    """Read the files of the revision before, by name."""
    statement = select(Attachment).where(Attachment.revision_id == revision_id)
    return {
        row.name: {"name": row.name} | {name: getattr(row, name) for name in CONTENT}
        for row in db.session.scalars(statement)
    }


def add_files(
    stored: StoredRevision, files: Iterable[ReceivedFile], *, at: datetime
) -> list[Deed] | Hold:
    """Add files to a revision that is stored already; give what is to be logged.

    A file under a name that has other content already is a conflict, unless that
    content was taken over from the revision before: of a correction in parts, the
    first part has its place filled by then (an `audit.csv` has one name for ever).
    """
    present = stored_files(stored.id)
    new = [file for file in files if present.get(file.name) != file.digest]
    taken = [file for file in new if present.get(file.name) is not None]
    before = _files_before(stored) if taken else {}
    clash = next(
        (file for file in taken if present[file.name] != before.get(file.name)), None
    )
    if clash is not None:
        explanation = messages.HELD_FILE_CONFLICT.format(name=clash.name)
        return Hold(HeldReason.CONFLICT, explanation, {"file": clash.name})
    if not new:
        return []
    db.session.execute(_ADD, [_row(stored.id, file.name, file, at=at) for file in new])
    return [files_received(stored, new)]


def _files_before(stored: StoredRevision) -> dict[str, bytes | None]:
    """Read the files that an undecided revision may have taken over, by name."""
    entry = stored.entry
    if entry.revision_id != stored.id or entry.state is not SubmissionState.RECEIVED:
        return {}
    before = select(Revision.id).where(
        Revision.submission_id == entry.id, Revision.number == entry.number - 1
    )
    revision_id = db.session.scalar(before)
    return stored_files(revision_id) if revision_id is not None else {}


def missing_files(revision_id: str) -> tuple[str, ...]:
    """Name the files that a revision speaks of and that have not come yet."""
    files = stored_files(revision_id)
    return tuple(name for name, digest in files.items() if digest is None)


def stored_files(revision_id: str) -> dict[str, bytes | None]:
    """Read a revision's files by name: their digests, None where still missing."""
    statement = select(Attachment.name, Attachment.digest).where(
        Attachment.revision_id == revision_id
    )
    return {row.name: row.digest for row in db.session.execute(statement)}


def _row(
    revision_id: str,
    name: str,
    file: ReceivedFile | None = None,
    *,
    at: datetime | None = None,
) -> FileRow:
    return {
        "revision_id": revision_id,
        "name": name,
        "digest": file.digest if file else None,
        "size": file.size if file else None,
        "media_type": file.media_type if file else None,
        "received_at": at,
    }


_INSERT = upsert(Attachment)
_ADD = _INSERT.on_conflict_do_update(
    index_elements=["revision_id", "name"],
    set_={name: _INSERT.excluded[name] for name in CONTENT},
)
