"""Read all approved revisions again, and compare the registers with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, tuple_

from fieldapp.entities.models import (
    Entity,
    EntityChange,
    EntityState,
    EntityVersion,
    VersionKind,
)
from fieldapp.entities.reading import actions_of
from fieldapp.entities.registers import keep_registers
from fieldapp.entities.service import (
    MAX_ID,
    declared_in,
    record_entities,
    withdraw_entities,
)
from fieldapp.entities.versions import Maker, add_version, standing_values
from fieldapp.extensions import db
from fieldapp.forms.models import Form, FormVersion
from fieldapp.forms.queries import get_version
from fieldapp.ledger.service import lock_heads
from fieldapp.submissions.models import Revision, Submission, SubmissionState
from fieldapp.web import clock
from fieldapp.xform.instance import read_instance

BATCH = 500
DECIDED = (SubmissionState.APPROVED, SubmissionState.REJECTED)


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild found."""

    entries: int
    missing: int
    """Approved entries whose changes were not there, or other ones."""
    surplus: int
    """Entries that are not decided, and yet had changes."""
    wrong: int
    """Entities that were not the sum of what stands."""

    @property
    def is_equal(self) -> bool:
        """Say whether everything was right before."""
        return not (self.missing or self.surplus or self.wrong)


def rebuild() -> Rebuild:
    """Compare everything, and put right what is not; the caller commits.

    What was missing is applied as if it were approved now. Entries of the villages
    that were looked at wait until the transaction ends.
    """
    versions = _registering_versions()
    surplus = _take_back_undecided()
    entries = missing = 0
    for submission, revision in _approved(versions):
        entries += 1
        missing += _record_again(submission, revision)
    return Rebuild(entries, missing, surplus, _correct_entities())


def _registering_versions() -> list[int]:
    """Name the versions that declare entities, and keep their registers."""
    statement = select(FormVersion.id, Form).join(Form, Form.id == FormVersion.form_id)
    found = []
    for row in db.session.execute(statement.order_by(FormVersion.id)).all():
        version_id, form = row[0], row[1]
        if declared_in(version_id):
            keep_registers(form, get_version(version_id).definition)
            found.append(version_id)
    return found


def _take_back_undecided() -> int:
    statement = (
        select(Submission)
        .join(EntityChange, EntityChange.submission_id == Submission.id)
        .where(Submission.state.not_in(DECIDED))
        .distinct()
        .order_by(Submission.area_code, Submission.id)
    )
    submissions = db.session.scalars(statement).all()
    for submission in submissions:
        lock_heads([submission.area_code])
        withdraw_entities(submission, at=clock.now(), reviewer_id=None)
    return len(submissions)


def _approved(versions: list[int]) -> Iterator[Row[Submission, Revision]]:
    """Read approved entries village by village, so that logs are locked in order."""
    after = ("", "")
    key = tuple_(Submission.area_code, Submission.id)
    while True:
        rows = db.session.execute(
            select(Submission, Revision)
            .join(Revision, Revision.id == Submission.revision_id)
            .where(Submission.state == SubmissionState.APPROVED)
            .where(Revision.form_version_id.in_(versions), key > tuple_(*after))
            .order_by(Submission.area_code, Submission.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        yield from rows
        after = rows[-1][0].area_code, rows[-1][0].id


def _record_again(submission: Submission, revision: Revision) -> bool:
    """Record what an approved entry says, unless that is what is recorded."""
    lock_heads([submission.area_code])
    declarations = declared_in(revision.form_version_id)
    wanted = [
        (
            action.position,
            action.register,
            action.entity_id[:MAX_ID],
            action.kind,
            dict(action.values),
        )
        for action in actions_of(declarations, read_instance(revision.xml).root)
    ]
    if wanted == _recorded(submission, revision):
        return False
    at = clock.now()
    version = get_version(revision.form_version_id)
    withdraw_entities(submission, at=at, reviewer_id=None)
    record_entities(submission, revision, version, at=at, reviewer_id=None)
    return True


def _recorded(submission: Submission, revision: Revision) -> list[tuple[Any, ...]]:
    rows = db.session.scalars(
        select(EntityChange)
        .where(EntityChange.submission_id == submission.id)
        .where(EntityChange.revision_id == revision.id)
        .order_by(EntityChange.position)
    )
    return [
        (row.position, row.register_name, row.entity_id, row.kind.value, row.values)
        for row in rows
    ]


def _correct_entities() -> int:
    """Make each entity the sum of what stands, where it is not."""
    wrong = 0
    statement = (
        select(Entity)
        .where(Entity.state == EntityState.LISTED)
        .order_by(Entity.id)
        .execution_options(yield_per=BATCH)
    )
    for part in db.session.scalars(statement).partitions():
        sums = _sums_of(part)
        for entity in part:
            values = sums.get(entity.id, {})
            if values != entity.values:
                wrong += 1
                maker = Maker(None, clock.now())
                add_version(entity, VersionKind.KEPT, values, maker)
    return wrong


def _sums_of(entities: Any) -> dict[Any, dict[str, str]]:
    rows = db.session.scalars(
        select(EntityVersion)
        .where(EntityVersion.entity_id.in_([each.id for each in entities]))
        .where(EntityVersion.is_standing)
        .order_by(EntityVersion.entity_id, EntityVersion.number)
    )
    standing: dict[Any, list[EntityVersion]] = {}
    for row in rows:
        standing.setdefault(row.entity_id, []).append(row)
    return {id_: standing_values(found) for id_, found in standing.items()}
