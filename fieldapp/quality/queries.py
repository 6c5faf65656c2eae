"""Read the flags of an entry, as far as the reader's scope reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.quality.models import EntryTrait, Flag, FlagCode, FlagDismissal
from fieldapp.quality.wording import sentence, title_of
from fieldapp.submissions.models import Revision, Submission
from fieldapp.submissions.queries import area_names, people_names
from fieldapp.submissions.scope import visible_submissions
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition

MAX_OTHERS = 20


@dataclass(frozen=True)
class OtherEntry:
    """Another entry that a flag speaks of, and that the reader may see."""

    submission: Submission
    area_name: str


@dataclass(frozen=True)
class DismissalRow:
    """A reviewer's word about a flag, with their name."""

    dismissal: FlagDismissal
    reviewer_name: str
    note: str | None
    """None for who does not review."""


@dataclass(frozen=True)
class FlagRow:
    """A flag as people read it."""

    flag: Flag
    title: Text
    sentence: Text
    label: dict[str, str]
    detail: dict[str, float]
    """The numbers that were compared; which entries, only ``others`` tells."""
    others: Sequence[OtherEntry]
    dismissal: DismissalRow | None


def read_flags(actor: Actor, submission: Submission) -> list[FlagRow]:
    """Read the flags of an entry; none for who only sees it as their own.

    They tell of other people's entries, and would tell a cheat what gave them away.
    """
    readable = visible_submissions(actor, Permission.READ_SUBMISSIONS)
    statement = (
        select(Flag)
        .where(Flag.submission_id == submission.id)
        .where(Flag.submission_id.in_(readable.with_only_columns(Submission.id)))
        .where(Flag.revision_id == submission.revision_id)
        .order_by(Flag.code, Flag.path, Flag.id)
    )
    flags = db.session.scalars(statement).all()
    if not flags:
        return []
    version = _version(submission.revision_id)
    may_review = actor.may(
        Permission.REVIEW, submission.area_code, version.programme_id
    )
    dismissals = _dismissals(submission.id, with_notes=may_review)
    return [
        _row(actor, flag, version.definition, dismissals.get(flag.id)) for flag in flags
    ]


def _version(revision_id: str) -> PublishedVersion:
    version_id = select(Revision.form_version_id).where(Revision.id == revision_id)
    return get_version(db.session.scalars(version_id).one())


def _row(
    actor: Actor,
    flag: Flag,
    definition: FormDefinition,
    dismissal: DismissalRow | None,
) -> FlagRow:
    others, is_elsewhere = _others(actor, flag)
    return FlagRow(
        flag=flag,
        title=title_of(flag.code),
        sentence=sentence(flag.code, flag.detail, is_elsewhere=is_elsewhere),
        label=dict(definition.labels_for(flag.path)) if flag.path else {},
        detail={
            name: value
            for name, value in flag.detail.items()
            if isinstance(value, int | float)
        },
        others=others,
        dismissal=dismissal,
    )


def _dismissals(submission_id: str, *, with_notes: bool) -> dict[UUID, DismissalRow]:
    """Read what was said; a note may name a person, and is for reviewers."""
    found = db.session.scalars(
        select(FlagDismissal).where(FlagDismissal.submission_id == submission_id)
    ).all()
    names = people_names(row.reviewer_id for row in found)
    return {
        row.flag_id: DismissalRow(
            row, names[row.reviewer_id], row.note if with_notes else None
        )
        for row in found
    }


def _others(actor: Actor, flag: Flag) -> tuple[list[OtherEntry], bool]:
    """Give the other entries that one may see, and whether there are any beyond."""
    if flag.digest is not None:
        ids = (
            select(EntryTrait.submission_id)
            .where(EntryTrait.kind == flag.code, EntryTrait.digest == flag.digest)
            .where(EntryTrait.submission_id != flag.submission_id)
        )
    elif flag.code is FlagCode.TRAVEL:
        ids = select(Submission.id).where(Submission.id == flag.detail["before"])
    else:
        return [], False
    statement = (
        visible_submissions(actor, Permission.READ_SUBMISSIONS)
        .where(Submission.id.in_(ids))
        .order_by(Submission.received_at, Submission.id)
        .limit(MAX_OTHERS)
    )
    found = db.session.scalars(statement).all()
    names = area_names(row.area_code for row in found)
    others = [OtherEntry(row, names[row.area_code]) for row in found]
    visible = visible_submissions(actor, Permission.READ_SUBMISSIONS)
    beyond = ids.except_(visible.with_only_columns(Submission.id)).limit(1)
    return others, db.session.execute(beyond).first() is not None
