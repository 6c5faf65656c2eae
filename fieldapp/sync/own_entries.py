"""Select what happened to a person's own entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true, tuple_

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.identity.permissions import Actor
from fieldapp.review.models import Comment, Decision
from fieldapp.submissions.models import HeldEntry, Revision, Submission
from fieldapp.sync.cursor import Position

LIMIT = 200
"""Rows of each kind in one answer."""


@dataclass(frozen=True)
class Found:
    """Some rows, and the last of them where there are more."""

    rows: Sequence[Any]
    last: Position | None


def decisions_on_own(
    actor: Actor,
    is_new: ColumnElement[bool],
    *,
    since: datetime | None,
    after: Position | None,
) -> Found:
    """Read the decisions on entries whose current revision the person sent.

    ``since`` bounds the search by an index; ``is_new`` says what is new.
    """
    statement = (
        select(
            Decision.id,
            Decision.submission_id,
            Decision.revision_id,
            Revision.number.label("revision"),
            Submission.form_id,
            Decision.kind,
            Decision.note,
            Decision.questions,
            Decision.is_override,
            Decision.decided_at,
            User.name.label("reviewer"),
            Submission.state,
            Submission.is_sealed,
        )
        .join(Submission, Submission.id == Decision.submission_id)
        .join(Revision, Revision.id == Decision.revision_id)
        .join(User, User.id == Decision.reviewer_id)
        .where(Submission.author_id == actor.user_id, is_new)
        .where(true() if since is None else Submission.updated_at >= since)
    )
    return _found(statement, (Decision.decided_at, Decision.id), after)


def comments_on_own(
    actor: Actor,
    is_new: ColumnElement[bool],
    *,
    since: datetime | None,
    after: Position | None,
) -> Found:
    """Read what was said about entries whose current revision the person sent."""
    statement = (
        select(
            Comment.id,
            Comment.submission_id,
            Comment.revision_id,
            Comment.text,
            Comment.questions,
            Comment.author_id,
            User.name.label("author"),
            Comment.written_at,
        )
        .join(Submission, Submission.id == Comment.submission_id)
        .join(User, User.id == Comment.author_id)
        .where(Submission.author_id == actor.user_id, is_new)
        .where(true() if since is None else Submission.updated_at >= since)
    )
    return _found(statement, (Comment.written_at, Comment.id), after)


def held_of_own(
    actor: Actor, is_new: ColumnElement[bool], *, after: Position | None
) -> Found:
    """Read the entries of a person that are held, or were."""
    statement = select(
        HeldEntry.id,
        HeldEntry.instance_id,
        HeldEntry.form_id,
        HeldEntry.form_version,
        HeldEntry.reason,
        HeldEntry.explanation.label("texts"),
        HeldEntry.state,
        HeldEntry.note,
        HeldEntry.received_at,
        HeldEntry.decided_at,
    ).where(HeldEntry.sender_id == actor.user_id, is_new)
    return _found(statement, (HeldEntry.received_at, HeldEntry.id), after)


def _found(statement: Select[Any], keys: Any, after: Position | None) -> Found:
    if after is not None:
        statement = statement.where(tuple_(*keys) > tuple_(after.at, after.id))
    rows = db.session.execute(statement.order_by(*keys).limit(LIMIT + 1)).all()
    if len(rows) <= LIMIT:
        return Found(rows, None)
    last = rows[LIMIT - 1]
    return Found(rows[:LIMIT], Position(getattr(last, keys[0].key), last.id))
