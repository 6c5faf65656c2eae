"""Read what a scope has opened: lists, revisions, files, and the names to show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm import defer

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.places.codes import within
from fieldapp.places.models import Area
from fieldapp.submissions.disclosing import Disclosed
from fieldapp.submissions.models import (
    Attachment,
    HeldEntry,
    HeldReason,
    HeldState,
    Revision,
    Submission,
    SubmissionState,
)
from fieldapp.web.problems import nothing_here

UNFLAGGED = 2
"""The priority of an entry that nothing is to be said about."""


@dataclass(frozen=True)
class Filters:
    """What a list of submissions is narrowed to; None narrows nothing."""

    area: str | None = None
    """An area at any level: all that lies in it."""
    form: str | None = None
    state: SubmissionState | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    """The first moment that is too late."""
    facilitator: UUID | None = None
    reviewer: UUID | None = None
    """Who they are assigned to."""
    is_flagged: bool | None = None
    """Whether rules are broken, or there are warnings or flags."""
    flag: str | None = None
    """The code of a flag that nobody has looked into."""


@dataclass(frozen=True)
class HeldFilters:
    """What a list of held entries is narrowed to; None narrows nothing."""

    state: HeldState | None = None
    reason: HeldReason | None = None


@dataclass(frozen=True)
class SubmissionRow:
    """A submission as its reader sees it, with the names of its place and author."""

    submission: Submission
    title: str | None
    area_name: str
    author_name: str


@dataclass(frozen=True)
class HeldRow:
    """A held entry with the name of its sender."""

    held: HeldEntry
    sender_name: str


def narrowed(statement: Select[Submission], filters: Filters) -> Select[Submission]:
    """Narrow a list of submissions."""
    equal = {
        Submission.form_id: filters.form,
        Submission.state: filters.state,
        Submission.author_id: filters.facilitator,
        Submission.assigned_to: filters.reviewer,
    }
    statement = statement.where(
        *(column == value for column, value in equal.items() if value is not None)
    )
    if filters.area is not None:
        statement = statement.where(within(Submission.area_code, filters.area))
    if filters.received_from is not None:
        statement = statement.where(Submission.received_at >= filters.received_from)
    if filters.received_to is not None:
        statement = statement.where(Submission.received_at < filters.received_to)
    if filters.is_flagged is not None:
        flagged = Submission.priority < UNFLAGGED
        statement = statement.where(flagged if filters.is_flagged else not_(flagged))
    if filters.flag is not None:
        # The second condition is the index's.
        statement = statement.where(Submission.flags.contains([filters.flag]))
        statement = statement.where(func.cardinality(Submission.flags) > 0)
    return statement


def narrowed_held(
    statement: Select[HeldEntry], filters: HeldFilters
) -> Select[HeldEntry]:
    """Narrow a list of held entries, whose XML is left unread."""
    if filters.state is not None:
        statement = statement.where(HeldEntry.state == filters.state)
    if filters.reason is not None:
        statement = statement.where(HeldEntry.reason == filters.reason)
    return statement.options(defer(HeldEntry.xml))


def submission_rows(entries: Sequence[Disclosed]) -> list[SubmissionRow]:
    """Add the names to some submissions, in two queries."""
    submissions = [each.submission for each in entries]
    areas = area_names(row.area_code for row in submissions)
    people = people_names(row.author_id for row in submissions)
    return [
        SubmissionRow(row, entry.title, areas[row.area_code], people[row.author_id])
        for entry, row in zip(entries, submissions, strict=True)
    ]


def held_rows(entries: Sequence[HeldEntry]) -> list[HeldRow]:
    """Add the names to some held entries, in one query."""
    people = people_names(entry.sender_id for entry in entries)
    return [HeldRow(entry, people[entry.sender_id]) for entry in entries]


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """Read the names of places, by code."""
    statement = select(Area.code, Area.name).where(Area.code.in_(set(codes)))
    return {row.code: row.name for row in db.session.execute(statement)}


def people_names(user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Read the names of people, by id."""
    statement = select(User.id, User.name).where(User.id.in_(set(user_ids)))
    return {row.id: row.name for row in db.session.execute(statement)}


def revisions_of(submission: Submission) -> Select[Revision]:
    """Select all revisions of a submission, the first one first, without their XML."""
    return (
        select(Revision)
        .where(Revision.submission_id == submission.id)
        .order_by(Revision.number)
        .options(defer(Revision.xml))
    )


def get_revision(submission: Submission, number: int | None = None) -> Revision:
    """Get one revision with its XML: the current one, or by number.

    :raises NotFound: if there is none with the number.
    """
    wanted = submission.revision_number if number is None else number
    statement = (
        select(Revision)
        .where(Revision.submission_id == submission.id)
        .where(Revision.number == wanted)
    )
    revision = db.session.scalars(statement).one_or_none()
    if revision is None:
        raise nothing_here()
    return revision


def attachments_of(owner: Revision | HeldEntry) -> Select[Attachment]:
    """Select the files of a revision or of a held entry, by name."""
    if isinstance(owner, Revision):
        owned = Attachment.revision_id == owner.id
    else:
        owned = Attachment.held_id == owner.id
    return select(Attachment).where(owned).order_by(Attachment.name)


def get_attachment(owner: Revision | HeldEntry, name: str) -> Attachment:
    """Get one file that has come.

    :raises NotFound: if there is none of that name, or it has not come yet.
    """
    if "\x00" in name:
        raise nothing_here()
    statement = attachments_of(owner).where(
        Attachment.name == name, Attachment.digest.is_not(None)
    )
    attachment = db.session.scalars(statement).one_or_none()
    if attachment is None:
        raise nothing_here()
    return attachment
