"""What is behind the token in an address.

The forms of a phone's owner, a draft, or one entry that Enketo corrects.
"""

from dataclasses import dataclass
from typing import Protocol
from wsgiref.types import WSGIEnvironment

from flask import current_app, request
from werkzeug.exceptions import BadRequest

from fieldapp.authoring.drafts import find_draft_by_token
from fieldapp.authoring.models import FormDraft
from fieldapp.authoring.offered import offered_draft, offered_draft_files
from fieldapp.config import Config
from fieldapp.enketo.links import OpenLink, open_link
from fieldapp.entities.integrity import deleted_states
from fieldapp.entities.lists import all_offered_files
from fieldapp.forms.offered import (
    OfferedFile,
    OfferedForm,
    OfferedXml,
    get_offered_form,
    get_offered_xml,
    offered_forms,
)
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.queries import find_device_actor
from fieldapp.openrosa.problems import NoTask, WrongDeviceToken
from fieldapp.openrosa.signing_in import signed_in_actor
from fieldapp.web.problems import nothing_here

OWNERS = "key"
DRAFT = "draft"
EDIT = "edit"
"""The kinds of doors with a token, as they stand in an address."""
SIGNED_IN = "signed-in"
"""The door without a token, where a phone signs in by name."""


class Door(Protocol):
    """What stands behind a token."""

    @property
    def language(self) -> str:
        """Give the language of names in lists."""

    def forms(self, form_id: str | None) -> list[OfferedForm]:
        """List the forms, or the one asked for."""

    def xml(self, form_id: str, version: str) -> OfferedXml:
        """Get the XForm of a version."""

    def files(self, form_id: str, version: str) -> list[OfferedFile]:
        """List the files that go with a version."""

    def deleted_states(self, register: str, ids: str) -> list[tuple[str, bool]]:
        """Say of each of some entities whether a phone should forget it."""


@dataclass(frozen=True)
class OwnersDoor:
    """A phone that speaks for its owner."""

    actor: Actor

    @property
    def language(self) -> str:
        """Give the owner's language."""
        return self.actor.language

    def forms(self, form_id: str | None) -> list[OfferedForm]:
        """List the forms that the owner may fill in."""
        return offered_forms(self.actor, form_id=form_id)

    def xml(self, form_id: str, version: str) -> OfferedXml:
        """Get a version that the owner may fill in."""
        return get_offered_xml(self.actor, form_id, version)

    def files(self, form_id: str, version: str) -> list[OfferedFile]:
        """List the files of such a version, its lists cut to the owner's areas."""
        return all_offered_files(self.actor, form_id, version)

    def deleted_states(self, register: str, ids: str) -> list[tuple[str, bool]]:
        """Say which entities the owner's phone should forget."""
        return deleted_states(self.actor, register, ids)


@dataclass(frozen=True)
class DraftDoor:
    """A phone that tries a draft, whoever holds it."""

    draft: FormDraft
    language: str = "id"

    def forms(self, form_id: str | None) -> list[OfferedForm]:
        """List the draft."""
        is_wanted = form_id in (None, self.draft.form_id)
        return [offered_draft(self.draft)] if is_wanted else []

    def xml(self, form_id: str, version: str) -> OfferedXml:
        """Get the draft's XForm."""
        self._refuse_other(form_id, version)
        return OfferedXml(self.draft.xml, self.draft.md5)

    def files(self, form_id: str, version: str) -> list[OfferedFile]:
        """List the draft's files."""
        self._refuse_other(form_id, version)
        return offered_draft_files(self.draft)

    def deleted_states(self, register: str, ids: str) -> list[tuple[str, bool]]:
        """Leave a phone that tries a draft with what it made."""
        del register, ids
        return []

    def _refuse_other(self, form_id: str, version: str) -> None:
        if (form_id, version) != (self.draft.form_id, self.draft.version):
            raise nothing_here()


@dataclass(frozen=True)
class EditDoor:
    """Enketo, which has been handed one entry to correct."""

    link: OpenLink

    @property
    def language(self) -> str:
        """Give the facilitator's language."""
        return self.link.actor.language

    def forms(self, form_id: str | None) -> list[OfferedForm]:
        """List the version in which the entry was filled in, be it the newest or not.

        In another version, answers whose questions have moved would be lost.
        """
        link = self.link
        is_wanted = form_id in (None, link.form_id)
        found = get_offered_form(link.actor, link.form_id, link.version)
        return [found] if is_wanted else []

    def xml(self, form_id: str, version: str) -> OfferedXml:
        """Get that version."""
        self._refuse_other(form_id, version)
        return get_offered_xml(self.link.actor, form_id, version)

    def files(self, form_id: str, version: str) -> list[OfferedFile]:
        """List its files, the villages cut to the facilitator's areas."""
        self._refuse_other(form_id, version)
        return all_offered_files(self.link.actor, form_id, version)

    def deleted_states(self, register: str, ids: str) -> list[tuple[str, bool]]:
        """Say nothing: only a phone holds entities that it made itself."""
        del register, ids
        return []

    def _refuse_other(self, form_id: str, version: str) -> None:
        if (form_id, version) != (self.link.form_id, self.link.version):
            raise nothing_here()


def open_door(kind: str, token: str) -> Door:
    """Open what an address leads to, for whoever wants to download forms.

    :raises PhoneSignInRequired: if the phone is to sign in first.
    :raises WrongDevicePassword: if it did so wrongly.
    :raises WrongDeviceToken: if the token is unknown or revoked.
    :raises EditLinkExpired: if the token of a link is unknown, or past its day.
    :raises NoTask: if no role of the phone's owner lets them send anything.
    """
    if kind == DRAFT:
        return DraftDoor(draft_at(token))
    if kind == EDIT:
        return EditDoor(open_link(token))
    actor = phone_actor(kind, token, request.environ)
    if not actor.grants_for(Permission.SUBMIT):
        raise NoTask
    return OwnersDoor(actor)


def refuse_unknown(kind: str, token: str) -> None:
    """Refuse a phone that nobody knows.

    :raises WrongDeviceToken: if its token leads nowhere.
    :raises EditLinkExpired: if it is a link's, and leads nowhere.
    :raises PhoneSignInRequired: if it is to sign in first.
    :raises WrongDevicePassword: if it did so wrongly.
    """
    if kind == DRAFT:
        draft_at(token)
    elif kind == EDIT:
        open_link(token)
    else:
        phone_actor(kind, token, request.environ)


def phone_actor(kind: str, token: str, environ: WSGIEnvironment) -> Actor:
    """Read whose phone it is, by its token or by what it signs in with.

    :raises WrongDeviceToken: if the token is unknown, or the phone revoked.
    :raises PhoneSignInRequired: if the phone is to sign in first.
    :raises WrongDevicePassword: if it did so wrongly.
    """
    if kind != SIGNED_IN:
        return device_actor(token)
    config: Config = current_app.config["FIELDAPP"]
    return signed_in_actor(environ, config.secret_key)


def device_actor(token: str) -> Actor:
    """Read whose phone it is.

    :raises WrongDeviceToken: if the token is unknown or revoked.
    """
    actor = find_device_actor(token)
    if actor is None:
        raise WrongDeviceToken
    return actor


def draft_at(token: str) -> FormDraft:
    """Read which draft a token is for.

    :raises WrongDeviceToken: if it is unknown, or its draft is gone.
    """
    draft = find_draft_by_token(token)
    if draft is None:
        raise WrongDeviceToken
    return draft


def base_url(kind: str, token: str) -> str:
    """Give the address of a phone, up to and with its token where it has one.

    It is the operator's public address where that is set, else the one used.
    Behind a proxy it is what the proxy says only where the operator has said how
    many proxies to believe.

    :raises BadRequest: if the request does not say which host it was sent to; phones
        reject a list whose addresses have none.
    """
    config: Config = current_app.config["FIELDAPP"]
    if config.public_url is None and not request.host:
        raise BadRequest
    used = f"{request.host_url.rstrip('/')}{request.root_path.rstrip('/')}"
    root = f"{config.public_url or used}/v1"
    return root if kind == SIGNED_IN else f"{root}/{kind}/{token}"
