"""What of an entry goes out to a person: the only door for its answers.

Whatever is told of an entry to somebody who reads it, in a list, whole, as XML, as a
file or as a difference, is asked of a `Disclosed`, which knows what they may read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.queries import get_definition
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.masking.answers import mask_record, mask_title, mask_xml, masked_words
from fieldapp.masking.clearance import Clearance, Purpose
from fieldapp.masking.findings import Finding, mask_findings
from fieldapp.masking.notes import mask_notes, personal_answers
from fieldapp.submissions.deeds import personal_read
from fieldapp.submissions.models import Attachment, Revision, Submission
from fieldapp.submissions.problems import PurposeNeeded
from fieldapp.submissions.scope import get_visible_submission, read_in_full
from fieldapp.web import clock
from fieldapp.web.text import Text
from fieldapp.xform.answers import Words
from fieldapp.xform.judgement import Judgement
from fieldapp.xform.record import to_record
from fieldapp.xform.schema import record_schema

FILES_CLOSED = Text(
    "Foto dan berkas hanya dibuka untuk sertifikasi. Tambahkan purpose=certification; "
    "akses ini dicatat di log desa.",
    "Photos and files are opened for certification only. Add purpose=certification; "
    "the log of the village will say so.",
)


@dataclass(frozen=True)
class Disclosed:
    """An entry as one person may read it."""

    submission: Submission
    clearance: Clearance
    title: str | None

    def record(self, judgement: Judgement) -> dict[str, Any]:
        """Give the typed record of a judged revision."""
        form = judgement.definition
        dumped = record_schema(form)().dump(to_record(judgement))
        return mask_record(form, dumped, self.clearance)

    def xml(self, revision: Revision) -> bytes:
        """Give a revision's XML: byte for byte as it came, or masked."""
        form = get_definition(revision.form_version_id)
        return mask_xml(form, revision.xml, self.clearance)

    def violations(self, revision: Revision) -> list[Finding]:
        """Give the rules that a revision breaks."""
        return self._findings(revision, revision.violations)

    def warnings(self, revision: Revision) -> list[Finding]:
        """Give what is odd about a revision."""
        return self._findings(revision, revision.warnings)

    @property
    def words(self) -> Words:
        """Give how its answers are written for people."""
        return partial(masked_words, clearance=self.clearance)

    def file(self, attachment: Attachment) -> Attachment:
        """Give a file that may be read.

        :raises PurposeNeeded: if it may be only for another purpose.
        """
        if not self.clearance.opens_files:
            raise PurposeNeeded(FILES_CLOSED)
        return attachment

    def notes(self, texts: Sequence[str | None]) -> list[str | None]:
        """Give what people wrote about it, without the answers that they quote."""
        if self.clearance is Clearance.FULL or not any(texts):
            return list(texts)
        statement = select(Revision).where(Revision.submission_id == self.submission.id)
        answers = (
            answer
            for revision in db.session.scalars(statement)
            for answer in personal_answers(
                get_definition(revision.form_version_id), revision.xml, self.clearance
            )
        )
        return mask_notes(texts, answers)

    def _findings(
        self, revision: Revision, findings: Sequence[Mapping[str, Any]]
    ) -> list[Finding]:
        form = get_definition(revision.form_version_id)
        return mask_findings(form, findings, self.clearance)


def disclosed(
    actor: Actor,
    submissions: Sequence[Submission],
    *,
    purpose: Purpose = Purpose.AUDIT,
) -> list[Disclosed]:
    """Say how much of some submissions that a person sees they may read."""
    full = read_in_full(actor, submissions)
    titles = _masked_titles([each for each in submissions if each.id not in full])
    return [
        Disclosed(each, Clearance.FULL, each.title)
        if each.id in full
        else Disclosed(each, Clearance(purpose), titles[each.id])
        for each in submissions
    ]


def disclose(
    actor: Actor,
    instance_id: str,
    *permissions: Permission,
    purpose: Purpose = Purpose.AUDIT,
) -> Disclosed:
    """Open one entry that a person sees, by the instance id of any of its revisions.

    What is opened for certification, the log of its village says. The caller commits.

    :raises NotFound: if there is none, or none that the person may know of.
    """
    submission = get_visible_submission(actor, instance_id, *permissions)
    (entry,) = disclosed(actor, [submission], purpose=purpose)
    if entry.clearance is not Clearance.CERTIFICATION:
        return entry
    lock_heads([submission.area_code])
    submission = get_visible_submission(actor, instance_id, *permissions)
    append_deeds([personal_read(actor, submission, purpose)], at=clock.now())
    return entry


def _masked_titles(submissions: Sequence[Submission]) -> dict[str, str | None]:
    """Read which version gave each title, and withhold those that may show a name."""
    if not submissions:
        return {}
    titles = {each.revision_id: each.title for each in submissions}
    statement = select(
        Revision.id, Revision.submission_id, Revision.form_version_id
    ).where(Revision.id.in_(titles))
    return {
        row.submission_id: mask_title(
            get_definition(row.form_version_id), titles[row.id], Clearance.AUDIT
        )
        for row in db.session.execute(statement)
    }
