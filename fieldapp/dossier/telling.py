"""Tell what each entry of a log is about, each answer with the proof that it is so.

For an entry of the log that has more to tell there is one item, by its position:

    {"position": 7, "answers": [ANSWER, …], "files": [FILE, …], "document": {…}}
    {"position": 8, "words": {"salt": HEX, "text": "…"}}
    {"position": 9, "withheld": "elsewhere"}

ANSWER is ``{"path", "salt", "text"}``, or of an answer that is withheld ``{"digest",
"path", "shown"}``, of which only the digest is proved. Words that quote such an answer
are ``{"shown"}``: their digest stands in the log. FILE is ``{"name", "salt",
"sha256", "size"}``, with ``content`` where the file is in the dossier.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fieldapp.dossier.period import Period
from fieldapp.dossier.stored import (
    COMMENT,
    DECISION,
    FILES,
    REVISION,
    Line,
    Stored,
    find_line,
    read_stored,
)
from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion
from fieldapp.identity.permissions import Actor
from fieldapp.ledger.chain import Entry
from fieldapp.ledger.queries import batches_up_to
from fieldapp.ledger.verify import FILES as FOLDER
from fieldapp.masking.answers import masking_role
from fieldapp.masking.clearance import Clearance
from fieldapp.masking.masks import mask
from fieldapp.masking.notes import mask_notes, personal_answers
from fieldapp.review.models import Decision
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.models import Attachment, Revision, Submission
from fieldapp.submissions.proofs import (
    Answer,
    answer_digest,
    answer_salts,
    answers_of,
    file_digest,
    file_salt,
    revision_salt,
    words_salt,
)
from fieldapp.xform.instance import InstanceUnreadable, read_root

BATCH = 100
MAX_REMEMBERED = 10_000
"""Paths whose mask or label is remembered: repeats may have any number of them."""
CLIENTS_IDS = ("/meta/instanceID", "/meta/deprecatedID")
"""What phones write of an entry whether the form has it or not: random ids."""

Item = dict[str, Any]
HasFile = Callable[[bytes], bool]
"""Says whether a content is whole in the store, and takes it into the dossier."""


@dataclass(frozen=True)
class Shown:
    """An answer as a reader may see it."""

    path: str
    text: str
    is_masked: bool


@dataclass(frozen=True)
class Told:
    """An entry of the log in the period, with what it tells."""

    line: Line
    item: Item | None
    """None where the entry says all that there is."""
    submission: Submission | None = None
    version: PublishedVersion | None = None
    answers: tuple[Shown, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Teller:
    """Tells a log to one reader."""

    actor: Actor
    period: Period
    clearance: Clearance
    has_file: HasFile = field(default=lambda _digest: False)
    _roles: dict[tuple[int, str], str | None] = field(default_factory=dict)

    def tell(self, through: int) -> Iterator[Told]:
        """Tell the entries of the period, up to a position, in their order."""
        code = self.period.area_code
        for batch in batches_up_to(code, through, size=BATCH):
            own = (find_line(entry) for entry in batch if self._is_in_period(entry))
            lines = [line for line in own if line is not None]
            stored = read_stored(self.actor, lines)
            found = [self._told(line, stored) for line in lines]
            db.session.rollback()
            yield from found

    def _is_in_period(self, entry: Entry) -> bool:
        return self.period.since <= entry.recorded_at < self.period.until

    def _told(self, line: Line, stored: Stored) -> Told:
        has_words = "note" in line.digests or line.kind == COMMENT
        if line.kind not in {REVISION, FILES} and not (
            line.kind in {DECISION, COMMENT} and has_words
        ):
            return Told(line, None, stored.submissions.get(line.subject))
        submission = stored.submissions.get(line.subject)
        if submission is None:
            return Told(line, {"position": line.position, "withheld": "elsewhere"})
        if line.kind in {DECISION, COMMENT}:
            return self._words(line, stored, submission)
        files = self._files(line, stored, submission)
        if line.kind == FILES:
            item = {"position": line.position, "files": files}
            return Told(line, item, submission)
        return self._revision(line, stored, submission, files)

    def _words(self, line: Line, stored: Stored, submission: Submission) -> Told:
        words = stored.words.get((submission.id, line.recorded_at))
        if words is None:
            nothing = {"salt": "", "text": ""}
            item: Item = {"position": line.position, "words": nothing}
            return Told(line, item, submission)
        text = (words.note or "") if isinstance(words, Decision) else words.text
        shown = self._masked_words(text, stored, submission)
        if shown != text:
            item = {"position": line.position, "words": {"shown": shown}}
            return Told(line, item, submission, words=shown)
        salt = words_salt(submission.salt, words.id).hex()
        item = {"position": line.position, "words": {"salt": salt, "text": text}}
        return Told(line, item, submission, words=text)

    def _masked_words(self, text: str, stored: Stored, submission: Submission) -> str:
        """Mask what a text quotes of any revision of its entry."""
        if self.clearance is Clearance.FULL:
            return text
        answers: set[Answer] = set()
        for revision in stored.quoted[submission.id]:
            form = stored.version_of(revision).definition
            with suppress(InstanceUnreadable):
                answers |= {*personal_answers(form, revision.xml, self.clearance)}
        (shown,) = mask_notes([text], answers)
        return shown or ""

    def _revision(
        self, line: Line, stored: Stored, submission: Submission, files: list[Item]
    ) -> Told:
        revision = stored.revisions.get((submission.id, line.detail["number"]))
        answers = _answers(revision)
        if revision is None or answers is None:  # Spoilt, and the verifier says so.
            item: Item = {"position": line.position, "answers": [], "files": files}
            return Told(line, item, submission)
        version = stored.version_of(revision)
        roles = [self._role(version, path) for path, _ in answers]
        item = {
            "position": line.position,
            "answers": _proved(submission.salt, revision.id, answers, roles),
            "files": files,
        }
        if self.clearance is Clearance.FULL:
            salt = revision_salt(submission.salt, revision.id).hex()
            item["document"] = {"salt": salt, "xml": revision.xml.decode()}
        shown = tuple(
            Shown(path, text if role is None else mask(role, text), role is not None)
            for (path, text), role in zip(answers, roles, strict=True)
        )
        return Told(line, item, submission, version, shown)

    def _role(self, version: PublishedVersion, path: str) -> str | None:
        key = version.id, path
        if key not in self._roles:
            if len(self._roles) > MAX_REMEMBERED:
                self._roles.clear()
            is_id = path.endswith(CLIENTS_IDS)
            self._roles[key] = (
                None
                if is_id
                else masking_role(version.definition, path, self.clearance)
            )
        return self._roles[key]

    def _files(self, line: Line, stored: Stored, submission: Submission) -> list[Item]:
        """Tell the files of an entry; one that is not found so any more has no name."""
        known = {
            _digest_of(submission, each): each
            for each in stored.attachments.get(submission.id, ())
        }
        return [
            self._file(submission, known[digest]) if digest in known else {"name": None}
            for digest in line.detail["files"]
        ]

    def _file(self, submission: Submission, attachment: Attachment) -> Item:
        digest, revision_id = attachment.digest or b"", attachment.revision_id or ""
        item: Item = {
            "name": attachment.name,
            "salt": file_salt(submission.salt, revision_id, attachment.name).hex(),
            "sha256": digest.hex(),
            "size": attachment.size,
        }
        if self.clearance.opens_files:
            is_whole = self.has_file(digest)
            item["content"] = f"{FOLDER}{digest.hex()}" if is_whole else ""
        return item


def _answers(revision: Revision | None) -> list[Answer] | None:
    """Read the answers of a revision; none where its XML is no longer what came."""
    if revision is None:
        return None
    try:
        return answers_of(read_root(revision.xml))
    except InstanceUnreadable:
        return None


def _proved(
    secret: bytes,
    revision_id: str,
    answers: Sequence[Answer],
    roles: Sequence[str | None],
) -> list[Item]:
    salts = answer_salts(secret, revision_id, len(answers))
    return [
        {"path": answer[0], "salt": salt.hex(), "text": answer[1]}
        if role is None
        else {
            "digest": answer_digest(salt, answer).hex(),
            "path": answer[0],
            "shown": mask(role, answer[1]),
        }
        for salt, answer, role in zip(salts, answers, roles, strict=True)
    ]


def _digest_of(submission: Submission, attachment: Attachment) -> str:
    file = ReceivedFile(
        attachment.name,
        attachment.digest or b"",
        attachment.size or 0,
        attachment.media_type or "",
    )
    return file_digest(submission.salt, attachment.revision_id or "", file)
