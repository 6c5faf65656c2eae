"""Derive all facts and counters again from the approved revisions, and compare."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    MetaData,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    text,
)

from fieldapp.extensions import db
from fieldapp.forms.queries import get_version
from fieldapp.indicators import rollups
from fieldapp.indicators.counters import (
    DIGIT_COUNTS,
    FACT,
    ROLLUPS,
    SUCCESSIONS,
    lock_writers,
)
from fieldapp.indicators.facts import Origin, derive_facts
from fieldapp.indicators.service import distinct_secret, fact_rows, indicators_of
from fieldapp.submissions.judging import judge_again
from fieldapp.submissions.models import Revision, Submission, SubmissionState

BATCH = 500
SORT_MEMORY = "256MB"
"""What a sort or a hash of the rebuild may take; PostgreSQL's default spills."""


@dataclass(frozen=True)
class Comparison:
    """How many rows of a table were not as they should have been."""

    table: str
    missing: int
    surplus: int

    @property
    def is_equal(self) -> bool:
        """Say whether the table was right."""
        return not self.missing and not self.surplus


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild found."""

    submissions: int
    facts: int
    comparisons: tuple[Comparison, ...]

    @property
    def is_equal(self) -> bool:
        """Say whether everything was right before."""
        return all(comparison.is_equal for comparison in self.comparisons)


def rebuild() -> Rebuild:
    """Derive everything again; what was not equal is replaced.

    No approval is recorded meanwhile: they wait until the transaction ends.
    """
    lock_writers()
    staged = _temporary(FACT)
    submissions = 0
    for rows, number in _derived():
        submissions += number
        if rows:
            db.session.execute(insert(staged), rows)
    facts = db.session.scalar(select(func.count()).select_from(staged)) or 0
    of_facts = _renew(FACT, staged)
    _drop(staged)
    return Rebuild(submissions, facts, (of_facts, *rebuild_counters()))


def rebuild_counters() -> tuple[Comparison, ...]:
    """Add all stored facts up again; counters that were not equal are replaced."""
    lock_writers()
    db.session.execute(text(f"set local work_mem = '{SORT_MEMORY}'"))
    return tuple(
        _recount(counters.table, found)
        for counters, found in (
            (ROLLUPS, rollups.totals(FACT)),
            (DIGIT_COUNTS, rollups.digit_counts(FACT)),
            (SUCCESSIONS, rollups.successions(FACT)),
        )
    )


def _recount(table: Table, found: Select[Any]) -> Comparison:
    staged = _temporary(table)
    names = [column.name for column in table.columns]
    rows = found.subquery()
    db.session.execute(
        insert(staged).from_select(names, select(*(rows.c[name] for name in names)))
    )
    comparison = _renew(table, staged)
    _drop(staged)
    return comparison


def _derived() -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Derive the facts of all approved submissions, batch by batch."""
    secret = distinct_secret()
    after = ""
    while found := db.session.execute(_approved(after).limit(BATCH)).all():
        rows = [row for item in found for row in _facts_of(item, secret)]
        yield rows, len(found)
        after = found[-1].submission_id


def _approved(after: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Submission.id.label("submission_id"),
            *(Submission.form_id, Submission.area_code, Submission.captured_on),
            Revision.id.label("revision_id"),
            *(Revision.form_version_id, Revision.xml),
            *(Revision.captured_at, Revision.received_at),
        )
        .join(Revision, Revision.id == Submission.revision_id)
        .where(Submission.state == SubmissionState.APPROVED)
        .where(Submission.id > after)
        .order_by(Submission.id)
    )


def _facts_of(row: Row[Any], secret: bytes) -> list[dict[str, Any]]:
    indicators = indicators_of(row.form_version_id)
    if not indicators:
        return []
    definition = get_version(row.form_version_id).definition
    judgement = judge_again(definition, row.xml, received_at=row.received_at)
    origin = Origin(
        form_id=row.form_id,
        area_code=row.area_code,
        captured_on=row.captured_on,
        moment=row.captured_at or row.received_at,
    )
    drafts = derive_facts(indicators, judgement, origin, secret=secret)
    return fact_rows(drafts, origin, row.submission_id, row.revision_id)


def _temporary(table: Table) -> Table:
    """Make an empty table of the same columns, without a fact's own number."""
    columns = [Column(item.name, item.type) for item in _contents(table)]
    made = Table(f"staged_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    made.create(db.session.connection())
    return made


def _drop(staged: Table) -> None:
    staged.drop(db.session.connection())


def _contents(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name != "id"]


def _renew(table: Table, staged: Table) -> Comparison:
    """Compare a table with what it should be, and replace it where it differs."""
    stored, derived = select(*_contents(table)), select(*_contents(staged))
    comparison = Comparison(
        table.name, missing=_rows_of(derived, stored), surplus=_rows_of(stored, derived)
    )
    if not comparison.is_equal:
        db.session.execute(delete(table))
        names = [column.name for column in staged.columns]
        db.session.execute(insert(table).from_select(names, derived))
    return comparison


def _rows_of(rows: Select[Any], less: Select[Any]) -> int:
    left = rows.except_all(less).subquery()
    return db.session.scalar(select(func.count()).select_from(left)) or 0
