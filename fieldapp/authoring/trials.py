"""Entries that phones send to try a draft: judged, shown, never counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.authoring.models import FormDraft, TrialEntry
from fieldapp.extensions import db
from fieldapp.submissions import messages
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.judging import judge
from fieldapp.submissions.prepare import read_sent
from fieldapp.submissions.problems import Unreadable
from fieldapp.web.text import Text
from fieldapp.xform.definition import FormDefinition
from fieldapp.xform.instance import read_instance
from fieldapp.xform.judgement import Judgement

KEPT = 500
"""Trial entries of one draft; older ones go when newer ones come."""

TRIED = Text(
    "Uji coba diterima; tidak dihitung. Tidak ada masalah.",
    "The trial is received; it does not count. There is no problem.",
)
TRIED_WITH_VIOLATIONS = Text(
    "Uji coba diterima; tidak dihitung. {count} isian melanggar aturan: {fields}.",
    "The trial is received; it does not count. {count} answers break the rules: "
    "{fields}.",
)
OTHER_FORM = Text(
    "Kiriman ini untuk formulir {sent}, bukan {wanted}.",
    "This is of the form {sent}, not of {wanted}.",
)


@dataclass(frozen=True)
class Trial:
    """A trial entry, judged by the draft as it is now."""

    entry: TrialEntry
    judgement: Judgement

    @property
    def missing_files(self) -> tuple[str, ...]:
        """Name the files that the entry speaks of and that have not come."""
        names = self.judgement.attachment_names
        return tuple(name for name in names if name not in self.entry.files)


def try_entry(
    draft: FormDraft,
    definition: FormDefinition,
    xml: bytes,
    files: Iterable[ReceivedFile],
    *,
    client: str,
    received_at: datetime,
) -> Text:
    """Keep a trial entry, and say what it came to; the caller commits.

    The same instance again takes the place of what came before; files that come in
    several parts are added up.

    :raises Unreadable: if it is no instance, or one of another form.
    :raises TooLarge: if its XML is longer than the engine reads.
    """
    instance = read_sent(xml)
    if instance.form_id != draft.form_id:
        raise Unreadable(OTHER_FORM.format(sent=instance.form_id, wanted=draft.form_id))
    row = upsert(TrialEntry).values(
        id=uuid4(),
        form_id=draft.form_id,
        instance_id=instance.instance_id,
        xml=xml,
        files={file.name: file.size for file in files},
        client=client,
        received_at=received_at,
    )
    sent = row.excluded
    changed = {
        "xml": sent.xml,
        "files": TrialEntry.files.op("||")(sent.files),
        "received_at": sent.received_at,
    }
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["form_id", "instance_id"], set_=changed
        )
    )
    _drop_oldest(draft.form_id)
    judgement = judge(definition, instance, received_at=received_at)
    return _told(judgement)


def trial_entries(draft: FormDraft) -> Select[TrialEntry]:
    """Select the trial entries of a draft, unordered."""
    return select(TrialEntry).where(TrialEntry.form_id == draft.form_id)


def judged_trial(definition: FormDefinition, entry: TrialEntry) -> Trial:
    """Judge a trial entry by its draft as it is now, as at the time it was made."""
    instance = read_instance(entry.xml)
    return Trial(entry, judge(definition, instance, received_at=entry.received_at))


def _told(judgement: Judgement) -> Text:
    if not judgement.violations:
        return TRIED
    count = len(judgement.violations)
    fields = messages.named(
        [{"label": each.label, "item": each.item} for each in judgement.violations]
    )
    return Text(
        TRIED_WITH_VIOLATIONS.id.format(count=count, fields=fields.id),
        TRIED_WITH_VIOLATIONS.en.format(count=count, fields=fields.en),
    )


def _drop_oldest(form_id: str) -> None:
    newest = (
        select(TrialEntry.id)
        .where(TrialEntry.form_id == form_id)
        .order_by(TrialEntry.received_at.desc(), TrialEntry.id.desc())
        .limit(KEPT)
    )
    db.session.execute(
        delete(TrialEntry).where(
            TrialEntry.form_id == form_id, TrialEntry.id.not_in(newest)
        )
    )
