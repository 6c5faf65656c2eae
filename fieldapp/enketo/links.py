"""Links that open an entry in Enketo: who gets one, and what it opens."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from fieldapp.enketo.models import EditLink
from fieldapp.enketo.problems import EditLinkExpired, NotCorrectable, OtherEntry
from fieldapp.extensions import db
from fieldapp.forms.models import FormState, FormVersion
from fieldapp.forms.queries import get_version
from fieldapp.identity.devices import new_token
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.queries import load_actor, token_digest
from fieldapp.submissions.known import stored_revisions
from fieldapp.submissions.models import Revision, SubmissionState
from fieldapp.submissions.prepare import read_sent
from fieldapp.submissions.queries import get_revision
from fieldapp.submissions.scope import get_visible_submission
from fieldapp.web.clock import now
from fieldapp.web.text import Text

LIFETIME = timedelta(hours=24)
"""Long enough to go on after a night; what comes later is told to ask again."""

OPEN = frozenset({SubmissionState.RECEIVED, SubmissionState.RETURNED})
"""The states in which the intake takes a correction."""

DECIDED = Text(
    "Entri ini sudah disetujui atau ditolak. Minta koordinator membukanya kembali.",
    "The entry is approved or rejected. Ask the coordinator to open it again.",
)
SEALED = Text(
    "Isian entri ini dienkripsi di HP; hanya HP itu yang bisa memperbaikinya.",
    "The entry was encrypted on the phone; only that phone can correct it.",
)
FORM_CLOSED = Text(
    "Formulir entri ini sudah ditutup. Hubungi koordinator.",
    "The form of this entry is closed. Ask your coordinator.",
)
NO_TASK_HERE = Text(
    "Anda tidak lagi bertugas di desa entri ini. Hubungi koordinator.",
    "You have no task in the village of this entry any more. Ask your coordinator.",
)


@dataclass(frozen=True)
class NewLink:
    """A link that was just made; the token is told this once."""

    token: str
    link: EditLink
    revision: Revision
    form_id: str


@dataclass(frozen=True)
class OpenLink:
    """What is behind a link: who corrects, and what."""

    actor: Actor
    revision: Revision
    form_id: str
    version: str

    def refuse_other(self, xml: bytes) -> None:
        """Refuse what is no correction of this entry.

        :raises OtherEntry: if it is another entry, a new one, or of another form.
        :raises Unreadable: if it is no instance at all.
        :raises TooLarge: if its XML is longer than the engine reads.
        """
        sent = read_sent(xml)
        corrected = stored_revisions([sent.deprecated_id]).get(sent.deprecated_id)
        is_it = corrected and corrected.entry.id == self.revision.submission_id
        if not is_it or sent.form_id != self.form_id:
            raise OtherEntry


def make_link(actor: Actor, instance_id: str) -> NewLink:
    """Make a link to an entry of one's own; the caller commits.

    Nobody corrects what others sent, so a link is made by the facilitator alone: it
    speaks in the name of who asked for it. Links that are past their day are removed.

    :raises NotFound: if the actor has sent no such entry.
    :raises NotCorrectable: if the intake would not take a correction of it.
    """
    submission = get_visible_submission(actor, instance_id, Permission.READ_OWN)
    revision = get_revision(submission)
    version = get_version(revision.form_version_id)
    if submission.is_sealed:
        raise NotCorrectable(SEALED)
    if submission.state not in OPEN:
        raise NotCorrectable(DECIDED)
    if version.state is FormState.CLOSED:
        raise NotCorrectable(FORM_CLOSED)
    if not actor.may(Permission.SUBMIT, submission.area_code, version.programme_id):
        raise NotCorrectable(NO_TASK_HERE)
    at, token = now(), new_token()
    db.session.execute(delete(EditLink).where(EditLink.expires_at <= at))
    link = EditLink(
        token_digest=token_digest(token),
        user_id=actor.user_id,
        revision_id=revision.id,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    db.session.add(link)
    db.session.flush()
    return NewLink(token, link, revision, version.form_id)


def open_link(token: str) -> OpenLink:
    """Find what is behind a token; its case says nothing, as Enketo lowers it.

    :raises EditLinkExpired: if there is no such link, or not any more, or if its
        person is not active.
    """
    statement = (
        select(EditLink.user_id, Revision, FormVersion.form_id, FormVersion.version)
        .join(Revision, Revision.id == EditLink.revision_id)
        .join(FormVersion, FormVersion.id == Revision.form_version_id)
        .where(EditLink.token_digest == token_digest(token.lower()))
        .where(EditLink.expires_at > now())
    )
    row = db.session.execute(statement).one_or_none()
    actor = load_actor(row[0]) if row else None
    if row is None or actor is None:
        raise EditLinkExpired
    return OpenLink(actor, *row[1:])
