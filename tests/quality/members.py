"""A form of members with all that flags look at, and entries as phones send them."""

from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldapp.extensions import db
from fieldapp.identity.models import User
from fieldapp.quality.following import follow_next
from fieldapp.quality.models import Flag
from fieldapp.submissions.delivery import ReceivedFile
from fieldapp.submissions.models import Submission
from fieldapp.web.clock import now
from tests.entries import deliver
from tests.factories import SEMEDO, Headers
from tests.form_factories import publish_form

FORM = Path(__file__).parents[1] / "data" / "anggota" / "anggota.md"

FLAGS = "/api/v1/submissions"


def publish_members(
    *,
    version: str = "1",
    max_per_day: str = "",
    min_minutes: str = "",
    flags_off: str = "",
) -> None:
    """Publish the form."""
    source = FORM.read_text().replace("{{max_per_day}}", max_per_day)
    source = source.replace("{{min_minutes}}", min_minutes)
    source = source.replace("{{version}}", version)
    publish_form(source.replace("{{flags_off}}", flags_off))


def member_xml(
    instance_id: str,
    *,
    village: str = SEMEDO,
    deprecated_id: str = "",
    points: tuple[str, ...] = (),
    made_at: datetime | None = None,
    minutes: float = 12,
    audit: str = "",
    version: str = "1",
    **answers: object,
) -> bytes:
    """Write an entry; each made some days ago, so that no clock is ahead."""
    end = made_at or now() - timedelta(days=2)
    start = end - timedelta(minutes=minutes)
    values = {"member_no": instance_id, **answers}
    names = ("member_no", "name", "birth_year", "nik", "kg", "income")
    filled = "".join(f"<{name}>{values.get(name, '')}</{name}>" for name in names)
    plots = "".join(f"<plot><gps>{point}</gps></plot>" for point in points)
    deprecated = (
        f"<deprecatedID>{deprecated_id}</deprecatedID>" if deprecated_id else ""
    )
    return (
        f'<data id="anggota" version="{version}">'
        f"<start>{start.isoformat(timespec='milliseconds')}</start>"
        f"<end>{end.isoformat(timespec='milliseconds')}</end>"
        f"<village>{village}</village>{filled}{plots}"
        f"<photo>{answers.get('photo', '')}</photo>"
        f"<meta><audit>{audit}</audit>"
        f"<instanceID>{instance_id}</instanceID>{deprecated}</meta></data>"
    ).encode()


def send_member(
    sender: User,
    instance_id: str,
    *,
    files: tuple[ReceivedFile, ...] = (),
    **answers: object,
) -> None:
    """Hand an entry to the intake, as a door does."""
    deliver(sender, member_xml(instance_id, **answers), files=files)  # type: ignore[arg-type]


def raise_all() -> None:
    """Do what the worker does, until nothing is new."""
    while follow_next(current_app.config["FIELDAPP"]):
        db.session.commit()
    db.session.rollback()


def codes_of(instance_id: str) -> list[str]:
    """List the codes of an entry's flags, looked into or not."""
    found = select(Flag.code).where(Flag.submission_id == instance_id)
    return sorted(code.value for code in db.session.scalars(found))


def flags_of(
    client: FlaskClient, headers: Headers, instance_id: str
) -> list[dict[str, object]]:
    """Read the flags of an entry through the API."""
    answer = client.get(f"{FLAGS}/{instance_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    flags = answer.get_json()["flags"]
    assert isinstance(flags, list)
    return flags


def everything_raised() -> list[tuple[object, ...]]:
    """List all flags, and what the entries' rows say of them, to compare."""
    flags = select(
        Flag.id, Flag.submission_id, Flag.revision_id, Flag.code, Flag.path, Flag.detail
    )
    rows = select(Submission.id, Submission.flags)
    return [
        tuple(map(repr, row))
        for statement in (flags.order_by(Flag.id), rows.order_by(Submission.id))
        for row in db.session.execute(statement)
    ]
