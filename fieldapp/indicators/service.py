"""Record what an approved revision adds, and take it back."""

import secrets
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.forms.queries import PublishedVersion, get_version
from fieldapp.indicators.counters import FACT, add_facts, lock_writers, subtract_facts
from fieldapp.indicators.definitions import Indicator, parse_indicators
from fieldapp.indicators.facts import FactDraft, Origin, derive_facts
from fieldapp.indicators.models import DistinctSecret, Fact
from fieldapp.submissions.models import Revision, Submission
from fieldapp.xform.judgement import Judgement

CACHED_VERSIONS = 256
SECRET_BYTES = 32


def record_facts(
    submission: Submission,
    revision_id: str,
    judgement: Judgement,
    version: PublishedVersion,
) -> None:
    """Add an approved revision to the indicators, in place of an earlier one.

    Inside the caller's transaction, which holds the ledger head of the
    submission's area, and takes no further head after this.
    """
    revision = db.session.get_one(Revision, revision_id)
    origin = Origin(
        form_id=submission.form_id,
        area_code=submission.area_code,
        captured_on=submission.captured_on,
        moment=revision.captured_at or revision.received_at,
    )
    drafts = derive_facts(
        indicators_of(version.id), judgement, origin, secret=distinct_secret()
    )
    if drafts or _fact_ids(submission.id):
        lock_writers()
        _take_back(submission.id)
        _store(fact_rows(drafts, origin, submission.id, revision_id))


def retract_facts(submission: Submission) -> None:
    """Take a submission out of the indicators; nothing happens where it is not in.

    Inside the caller's transaction, which holds the ledger head of the
    submission's area, and takes no further head after this.
    """
    if _fact_ids(submission.id):
        lock_writers()
        _take_back(submission.id)


@lru_cache(maxsize=CACHED_VERSIONS)
def indicators_of(form_version_id: int) -> tuple[Indicator, ...]:
    """Give the indicators of a published version, which never change.

    :raises SheetError: if they do not compile, which publishing prevents.
    """
    version = get_version(form_version_id)
    return parse_indicators(version.definition, version.indicators)


def distinct_secret() -> bytes:
    """Give the key of the hashes; the first call makes it."""
    secret = db.session.scalars(select(DistinctSecret.secret)).one_or_none()
    if secret is not None:
        return secret
    db.session.execute(
        upsert(DistinctSecret)
        .values(id=1, secret=secrets.token_bytes(SECRET_BYTES))
        .on_conflict_do_nothing()
    )
    return db.session.scalars(select(DistinctSecret.secret)).one()


def fact_rows(
    drafts: Iterable[FactDraft], origin: Origin, submission_id: str, revision_id: str
) -> list[dict[str, Any]]:
    """Give drafts as rows of the table of facts."""
    return [
        {
            "submission_id": submission_id,
            "revision_id": revision_id,
            "form_id": origin.form_id,
            "area_code": origin.area_code,
            "moment": origin.moment,
            "indicator": draft.indicator,
            "occurred_on": draft.occurred_on,
            "position": draft.position,
            "slices": list(draft.slices),
            "value": draft.value,
            "weight": draft.weight,
            "key": draft.key,
            "digits": list(draft.digits) if draft.digits else None,
        }
        for draft in drafts
    ]


def _fact_ids(submission_id: str) -> list[int]:
    found = select(Fact.id).where(Fact.submission_id == submission_id)
    return list(db.session.scalars(found))


def _take_back(submission_id: str) -> None:
    ids = _fact_ids(submission_id)
    if ids:
        subtract_facts(ids)
        db.session.execute(delete(Fact).where(Fact.id.in_(ids)))


def _store(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        ids = db.session.scalars(insert(FACT).returning(FACT.c.id), rows).all()
        add_facts(list(ids))
