"""Ask for a link that opens an entry of one's own in Enketo."""

from typing import Any
from urllib.parse import quote

from flask import current_app, request, url_for
from flask_smorest import Blueprint
from sqlalchemy import select

from fieldapp.config import Config
from fieldapp.enketo.handing_over import Instance, hand_over
from fieldapp.enketo.links import OPEN, NewLink, make_link
from fieldapp.enketo.problems import EnketoNotSetUp
from fieldapp.enketo.schemas import EditLinkRequest, EditLinkResponse
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.submissions.models import Attachment, SubmissionState
from fieldapp.submissions.prepare import read_sent

blueprint = Blueprint(
    "enketo",
    __name__,
    url_prefix="/api/v1",
    description="Correcting an entry in a browser.",
)


@blueprint.post("/submissions/<path:instance_id>/edit-link")
@requires(Permission.READ_OWN)
@blueprint.arguments(EditLinkRequest)
@blueprint.response(201, EditLinkResponse)
def create_edit_link(body: dict[str, str], instance_id: str) -> dict[str, Any]:
    """Hand an entry of one's own to Enketo, and give the link that opens it there."""
    new = make_link(current_actor(), instance_id)
    config: Config = current_app.config["FIELDAPP"]
    if config.enketo is None:
        raise EnketoNotSetUp
    instance = _instance(config, new, return_to=body["return_to"])
    told = {"instance_id": instance.instance_id, "expires_at": new.link.expires_at}
    # Nothing is locked while Enketo is asked.
    db.session.commit()
    return {"edit_url": hand_over(config.enketo, instance), **told}


def edit_link_url(
    submission_id: str, state: SubmissionState, *, is_sealed: bool
) -> str | None:
    """Say where a link to an entry of one's own is asked for, if that makes sense."""
    config: Config = current_app.config["FIELDAPP"]
    if config.enketo is None or is_sealed or state not in OPEN:
        return None
    return url_for("enketo.create_edit_link", instance_id=submission_id)


def _instance(config: Config, new: NewLink, *, return_to: str) -> Instance:
    root = config.public_url or request.host_url.rstrip("/")
    address = f"{root}/v1/edit/{new.token}"
    names = db.session.scalars(
        select(Attachment.name).where(
            Attachment.revision_id == new.revision.id, Attachment.digest.is_not(None)
        )
    )
    files = f"{address}/entry/files"
    return Instance(
        server_url=address,
        form_id=new.form_id,
        instance=new.revision.xml.decode("utf-8-sig"),
        instance_id=read_sent(new.revision.xml).instance_id,
        instance_attachments={
            name: f"{files}/{quote(name, safe='')}" for name in names
        },
        return_url=f"{root}{return_to}",
    )
