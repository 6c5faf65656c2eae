"""Gather what is new for a person since a cursor."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement, or_, select, true

from fieldapp.extensions import Base, db
from fieldapp.forms.offered import OfferedForm, offered_forms
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.places.codes import lineage, within
from fieldapp.places.models import Area, AreaRelease
from fieldapp.review.models import Comment, Decision
from fieldapp.submissions.models import HeldEntry
from fieldapp.sync.cursor import Cursor, Position, Stage, Window
from fieldapp.sync.horizon import MARGIN, Horizon, take_horizon, written_since
from fieldapp.sync.own_entries import (
    Found,
    comments_on_own,
    decisions_on_own,
    held_of_own,
)
from fieldapp.web import clock

Reader = Callable[[Position | None], Found]
"""Reads a list on from a position."""


@dataclass(frozen=True)
class Changes:
    """What is new; ``forms`` and ``areas`` are None where they are as before."""

    forms: Sequence[OfferedForm] | None
    areas: Sequence[Area] | None
    decisions: Sequence[Any]
    comments: Sequence[Any]
    held: Sequence[Any]
    cursor: Cursor
    has_more: bool


def changes_since(actor: Actor, cursor: Cursor | None) -> Changes:
    """Gather what a person's client has not seen, or may not have seen.

    The horizon is taken before anything is read: what commits while we read is
    given now, or again, or the next time, but never left out.
    """
    horizon = take_horizon()
    start = _start(actor, cursor, horizon)
    forms = offered_forms(actor)
    forms_digest = _forms_digest(forms)
    areas_digest = _areas_digest(actor)
    changed = _own_entries(actor, start, horizon)
    return Changes(
        forms=None if forms_digest == start.forms else forms,
        areas=None if areas_digest == start.areas else _areas(actor),
        decisions=changed.decisions,
        comments=changed.comments,
        held=changed.held,
        cursor=replace(changed.cursor, forms=forms_digest, areas=areas_digest),
        has_more=changed.cursor.window is not None,
    )


@dataclass(frozen=True)
class _OwnEntries:
    decisions: Sequence[Any]
    comments: Sequence[Any]
    held: Sequence[Any]
    cursor: Cursor


def _start(actor: Actor, cursor: Cursor | None, horizon: Horizon) -> Cursor:
    """Give the cursor to go on from.

    It is empty for a client new to this person. In another history of the database
    the numbers mean nothing: what is new is then told by time alone.
    """
    if cursor is None or cursor.user_id != actor.user_id:
        return Cursor(actor.user_id, horizon.epoch)
    if cursor.epoch != horizon.epoch:
        return replace(cursor, epoch=horizon.epoch, lowest=0, window=None)
    return cursor


def _own_entries(actor: Actor, start: Cursor, horizon: Horizon) -> _OwnEntries:
    """Read on from where the client stands, one list after the other.

    All answers of one window ask for the same rows, and what it will have seen at
    the end was settled at the beginning.
    """
    window = start.window or Window(
        stage=Stage.DECISIONS,
        after=None,
        lowest=max(horizon.lowest, start.lowest),
        seen_at=clock.now(),
    )
    since = start.seen_at and start.seen_at - MARGIN
    readers: dict[Stage, Reader] = {
        Stage.DECISIONS: lambda after: decisions_on_own(
            actor, _is_new(Decision, start, horizon), since=since, after=after
        ),
        Stage.COMMENTS: lambda after: comments_on_own(
            actor, _is_new(Comment, start, horizon), since=since, after=after
        ),
        Stage.HELD: lambda after: held_of_own(
            actor, _is_new(HeldEntry, start, horizon), after=after
        ),
    }
    found: dict[Stage, Sequence[Any]] = {}
    for stage in list(Stage)[list(Stage).index(window.stage) :]:
        after = window.after if stage is window.stage else None
        part = readers[stage](after)
        found[stage] = part.rows
        if part.last:
            unfinished = replace(window, stage=stage, after=part.last)
            return _page(replace(start, window=unfinished), found)
    return _page(
        replace(start, lowest=window.lowest, seen_at=window.seen_at, window=None), found
    )


def _page(cursor: Cursor, found: Mapping[Stage, Sequence[Any]]) -> _OwnEntries:
    return _OwnEntries(
        decisions=found.get(Stage.DECISIONS, ()),
        comments=found.get(Stage.COMMENTS, ()),
        held=found.get(Stage.HELD, ()),
        cursor=cursor,
    )


def _is_new(table: type[Base], start: Cursor, horizon: Horizon) -> ColumnElement[bool]:
    return written_since(table, start.lowest, horizon) if start.lowest else true()


def _forms_digest(forms: Sequence[OfferedForm]) -> str:
    return _digest([(form.md5, form.version, form.area_codes) for form in forms])


def _areas_digest(actor: Actor) -> str:
    """Digest what the list of areas depends on, without reading the list."""
    releases = db.session.scalars(select(AreaRelease.id).order_by(AreaRelease.id))
    return _digest([_scope(actor), list(releases)])


def _areas(actor: Actor) -> Sequence[Area]:
    """Read the places where a person may send entries, and those above them."""
    scope = _scope(actor)
    above = {code for area_code in scope for code in lineage(area_code)}
    inside = [within(Area.code, code) for code in scope]
    statement = select(Area).where(or_(Area.code.in_(above), *inside))
    return db.session.scalars(statement.order_by(Area.code)).all()


def _scope(actor: Actor) -> list[str]:
    grants = actor.grants_for(Permission.SUBMIT)
    return sorted({grant.area_code for grant in grants})


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value)).hexdigest()
