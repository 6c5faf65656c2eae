"""A small form that adds up in every way, and approved entries of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path

from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.forms.models import FormVersion
from fieldapp.forms.queries import get_version
from fieldapp.identity.models import User
from fieldapp.indicators import service
from fieldapp.ledger.service import lock_heads
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Revision, Submission, SubmissionState
from tests.factories import SEMEDO, make_area, make_user
from tests.form_factories import publish_form

FORM = Path(__file__).with_name("timbang.md").read_text()
VERSION = "2026112101"

ANSWERS = {
    "village": SEMEDO,
    "visited_on": "2026-03-05",
    "member": "M1",
    "sex": "P",
    "standards": "eu",
    "store": "S1",
    "stock": "",
}

Sack = tuple[str, str, str]
"""Grade, kilograms and moisture, as a phone writes them."""

_numbers = count(1)


def publish_weighing(version: str = VERSION, *, only: str = "") -> int:
    """Publish the form, whole or with one indicator; gives the key of its version."""
    source = FORM.replace(VERSION, version)
    if only:
        head, _, sheet = source.partition("| indicators |\n")
        columns, *rows = sheet.splitlines()
        kept = [row for row in rows if row.startswith(f"| | {only} |")]
        source = "\n".join((f"{head}| indicators |", columns, *kept, ""))
    publish_form(source)
    statement = select(FormVersion.id).where(FormVersion.version == version)
    return db.session.scalars(statement).one()


def weighing_xml(
    instance_id: str, village: str, *, sacks: Sequence[Sack] = (), **answers: str
) -> bytes:
    """Write an entry as a phone does."""
    given = {**ANSWERS, "village": village, **answers}
    written = "".join(f"<{name}>{text}</{name}>" for name, text in given.items())
    items = "".join(
        f"<sack><grade>{grade}</grade><kg>{kg}</kg><moisture>{moisture}</moisture></sack>"
        for grade, kg, moisture in sacks
    )
    return (
        f'<data id="timbang" version="{VERSION}">{written}{items}'
        f"<meta><instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def make_entry(
    version_id: int,
    author: User | None = None,
    *,
    area_code: str = SEMEDO,
    captured_at: datetime | None = None,
    sacks: Sequence[Sack] = (),
    **answers: str,
) -> Submission:
    """Store an entry that waits for its decision."""
    make_area(area_code)
    number = next(_numbers)
    at = captured_at or datetime.combine(date(2026, 3, 5), time(3), UTC)
    author = author or make_user()
    instance_id = f"uuid:{number:08}"
    xml = weighing_xml(instance_id, area_code, sacks=sacks, **answers)
    submission = Submission(
        id=instance_id,
        form_id="timbang",
        area_code=area_code,
        state=SubmissionState.RECEIVED,
        revision_number=1,
        revision_id=instance_id,
        author_id=author.id,
        violation_count=0,
        warning_count=0,
        captured_at=at,
        captured_on=at.date(),
        received_at=at,
        updated_at=at,
        salt=b"salt",
    )
    db.session.add(submission)
    db.session.flush()
    db.session.add(_revision(submission, version_id, author, xml, at))
    db.session.commit()
    return submission


def approve(submission: Submission) -> None:
    """Approve an entry as the review does, inside the caller's transaction."""
    lock_heads([submission.area_code])
    revision = db.session.get_one(Revision, submission.revision_id)
    version = get_version(revision.form_version_id)
    judgement = judge_again(
        version.definition, revision.xml, received_at=revision.received_at
    )
    submission.state = SubmissionState.APPROVED
    service.record_facts(submission, revision.id, judgement, version)


def reopen(submission: Submission) -> None:
    """Take an approval back as the review does, inside the caller's transaction."""
    lock_heads([submission.area_code])
    submission.state = SubmissionState.RECEIVED
    service.retract_facts(submission)


def correct(
    submission: Submission, *, sacks: Sequence[Sack] = (), **answers: str
) -> None:
    """Store a further revision of an entry, which becomes its current one."""
    before = db.session.get_one(Revision, submission.revision_id)
    number = submission.revision_number + 1
    instance_id = f"{submission.id}-{number}"
    xml = weighing_xml(instance_id, submission.area_code, sacks=sacks, **answers)
    author = db.session.get_one(User, before.author_id)
    revision = _revision(
        submission, before.form_version_id, author, xml, before.received_at
    )
    revision.id, revision.number = instance_id, number
    db.session.add(revision)
    db.session.flush()
    submission.revision_number, submission.revision_id = number, instance_id
    db.session.commit()


def _revision(
    submission: Submission, version_id: int, author: User, xml: bytes, at: datetime
) -> Revision:
    return Revision(
        id=submission.id,
        submission_id=submission.id,
        number=1,
        form_version_id=version_id,
        xml=xml,
        digest=b"digest",
        author_id=author.id,
        client="test",
        door="openrosa",
        received_at=at,
        captured_at=submission.captured_at,
        violations=[],
        warnings=[],
    )
