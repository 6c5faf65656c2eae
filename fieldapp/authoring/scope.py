"""Which forms and drafts a person may see or change.

A form is for everybody who collects for its programme, wherever they are. To change
it one must be an administrator of the whole country, of its programme or of all.
"""

from sqlalchemy import Select, select

from fieldapp.authoring.models import FormDraft
from fieldapp.extensions import db
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.problems import NotPermitted
from fieldapp.places.models import COUNTRY
from fieldapp.web.problems import nothing_here


def visible_forms(actor: Actor) -> Select[Form]:
    """Select the forms of the programmes that a person reads entries of, by id."""
    programmes = {
        grant.programme_id for grant in actor.grants_for(Permission.READ_SUBMISSIONS)
    }
    statement = select(Form).order_by(Form.id)
    if None in programmes:
        return statement
    return statement.where(Form.programme_id.in_(programmes))


def get_visible_form(actor: Actor, form_id: str) -> Form:
    """Get a form.

    :raises NotFound: if the actor sees no such form.
    """
    form = db.session.scalars(
        visible_forms(actor).where(Form.id == form_id)
    ).one_or_none()
    if form is None:
        raise nothing_here()
    return form


def get_form_to_change(actor: Actor, form_id: str) -> Form:
    """Get a form that the actor may retire, close or open.

    :raises NotFound: if the actor may change no such form.
    """
    form = get_visible_form(actor, form_id)
    if not _may_change(actor, form.programme_id):
        raise nothing_here()
    return form


def visible_drafts(actor: Actor) -> Select[FormDraft]:
    """Select the drafts that a person may change, by form id."""
    programmes = {
        grant.programme_id
        for grant in actor.grants_for(Permission.MANAGE_FORMS)
        if grant.area_code == COUNTRY
    }
    statement = select(FormDraft).order_by(FormDraft.form_id)
    if None in programmes:
        return statement
    return statement.where(FormDraft.programme_id.in_(programmes))


def get_draft(actor: Actor, form_id: str) -> FormDraft:
    """Get a draft to look at or to change, locked until the transaction ends.

    :raises NotFound: if the actor may change no such draft.
    """
    statement = visible_drafts(actor).where(FormDraft.form_id == form_id)
    draft = db.session.scalars(statement.with_for_update()).one_or_none()
    if draft is None:
        raise nothing_here()
    return draft


def refuse_outsider(actor: Actor, form_id: str, programme_id: str | None) -> None:
    """Refuse a file of a programme, or for a form, that the actor may not change.

    :raises NotPermitted: if so.
    """
    form = db.session.get(Form, form_id)
    programmes = {programme_id} | ({form.programme_id} if form else set())
    if not all(_may_change(actor, each) for each in programmes):
        raise NotPermitted


def _may_change(actor: Actor, programme_id: str | None) -> bool:
    return actor.may(Permission.MANAGE_FORMS, COUNTRY, programme_id)
