"""The only ways to read submissions and held entries: inside a person's scope."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.scope import area_condition
from fieldapp.submissions.models import HeldEntry, Revision, Submission, Tally
from fieldapp.web.problems import nothing_here


def visible_submissions(actor: Actor, *permissions: Permission) -> Select[Submission]:
    """Select the submissions on which a person has one of some permissions.

    ``READ_OWN`` opens what the person sent last themselves, in whatever area, and
    never what others sent.
    """
    return select(Submission).where(reaches_submissions(actor, *permissions))


def reaches_submissions(actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """Build the condition that a person has one of some permissions on a submission."""
    return or_(false(), *(_opens(actor, permission) for permission in permissions))


def visible_tallies(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that a count is of submissions that a person reads."""
    return area_condition(
        actor, Permission.READ_SUBMISSIONS, Tally.area_code, _tallied_in_programme
    )


def get_visible_submission(
    actor: Actor, instance_id: str, *permissions: Permission
) -> Submission:
    """Get a submission by the instance id of any of its revisions, as it is now.

    :raises NotFound: if there is none, or none that the person may know of.
    """
    if "\x00" in instance_id:
        raise nothing_here()
    statement = (
        visible_submissions(actor, *permissions)
        .join(Revision, Revision.submission_id == Submission.id)
        .where(Revision.id == instance_id)
        .execution_options(populate_existing=True)
    )
    submission = db.session.scalars(statement).one_or_none()
    if submission is None:
        raise nothing_here()
    return submission


def read_in_full(actor: Actor, submissions: Sequence[Submission]) -> set[str]:
    """Tell which of some submissions that a person sees are shown without masks.

    What they sent themselves, and where they work with the people in it.
    """
    ids = {each.id for each in submissions}
    reading = actor.grants_for(Permission.READ_SUBMISSIONS)
    if all(grant.gives(Permission.READ_PERSONAL) for grant in reading):
        return ids
    opened = visible_submissions(actor, Permission.READ_PERSONAL, Permission.READ_OWN)
    statement = opened.where(Submission.id.in_(ids)).with_only_columns(Submission.id)
    return set(db.session.scalars(statement))


def visible_held(actor: Actor) -> Select[HeldEntry]:
    """Select the held entries that a person may decide about.

    They are seen by the coordinators of the sender's own areas. A role in one
    programme reaches those that name a form of that programme.
    """
    code = func.unnest(HeldEntry.area_codes).column_valued("code")
    column = cast("InstrumentedAttribute[str]", code)
    reached = area_condition(actor, Permission.DECIDE_HELD, column, _held_in_programme)
    return select(HeldEntry).where(exists(select(code).where(reached)))


def own_held(actor: Actor) -> Select[HeldEntry]:
    """Select the held entries that a person sent themselves."""
    if not actor.grants_for(Permission.READ_OWN):
        return select(HeldEntry).where(false())
    return select(HeldEntry).where(HeldEntry.sender_id == actor.user_id)


def get_visible_held(
    actor: Actor, held_id: UUID, *, for_update: bool = False
) -> HeldEntry:
    """Get one held entry that a person may decide about.

    :raises NotFound: if there is none, or none that the person may know of.
    """
    statement = visible_held(actor).where(HeldEntry.id == held_id)
    if for_update:
        # A file that comes meanwhile refers to the entry and need not wait.
        statement = statement.with_for_update(key_share=True).execution_options(
            populate_existing=True
        )
    held = db.session.scalars(statement).one_or_none()
    if held is None:
        raise nothing_here()
    return held


def _opens(actor: Actor, permission: Permission) -> ColumnElement[bool]:
    if permission is Permission.READ_OWN:
        if not actor.grants_for(permission):
            return false()
        return Submission.author_id == actor.user_id
    return area_condition(actor, permission, Submission.area_code, _in_programme)


def _in_programme(programme_id: str) -> ColumnElement[bool]:
    return Submission.form_id.in_(_forms_of(programme_id))


def _held_in_programme(programme_id: str) -> ColumnElement[bool]:
    return HeldEntry.form_id.in_(_forms_of(programme_id))


def _tallied_in_programme(programme_id: str) -> ColumnElement[bool]:
    return Tally.form_id.in_(_forms_of(programme_id))


def _forms_of(programme_id: str) -> Select[Any]:
    return select(Form.id).where(Form.programme_id == programme_id)
