"""Exports that are made in the background: ordered, looked at, deleted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, func, select

from fieldapp.config import Config
from fieldapp.exporting.asking import Granted, grant
from fieldapp.exporting.models import ExportJob, JobState
from fieldapp.exporting.ordering import Order, checked, read_order
from fieldapp.exporting.problems import ExportNotReady, TooManyJobs
from fieldapp.exporting.rows import snapshot
from fieldapp.exporting.schemas import ExportQuery
from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here

PENDING = (JobState.WAITING, JobState.RUNNING)
MOST_PENDING = 5
"""Of one person; more would only wait."""


def order(actor: Actor, request: Mapping[str, Any]) -> ExportJob:
    """Take an order for an export; the caller commits.

    :raises NotFound: if the person may have no such thing.
    :raises AreaPartlyOutside: if they may have a part of it only.
    :raises TooManyJobs: if too many of theirs are waiting.
    """
    wish = read_order(request)
    granted = grant(actor, wish.wanted)
    with snapshot(granted) as found:
        checked(found, wish.writing)
    pending = jobs_of(actor).where(ExportJob.state.in_(PENDING)).order_by(None)
    number = db.session.scalar(select(func.count()).select_from(pending.subquery()))
    if number and number >= MOST_PENDING:
        raise TooManyJobs(MOST_PENDING)
    job = ExportJob(
        owner_id=actor.user_id,
        form_id=wish.wanted.form_id,
        query=ExportQuery().dump(request),
        areas=list(granted.areas),
        clearance=granted.clearance,
        created_at=clock.now(),
    )
    db.session.add(job)
    db.session.flush()
    return job


def jobs_of(actor: Actor) -> Select[ExportJob]:
    """Select a person's own exports, the newest first."""
    return (
        select(ExportJob)
        .where(ExportJob.owner_id == actor.user_id)
        .order_by(ExportJob.created_at.desc(), ExportJob.id)
    )


def get_job(actor: Actor, job_id: UUID) -> ExportJob:
    """Get one of a person's own exports.

    :raises NotFound: if there is none of theirs.
    """
    job = db.session.scalars(jobs_of(actor).where(ExportJob.id == job_id)).one_or_none()
    if job is None:
        raise nothing_here()
    return job


def get_file(actor: Actor, job_id: UUID) -> ExportJob:
    """Get an export whose file is there, and still the person's to read.

    :raises NotFound: if they have no such export, or their rights are others now.
    :raises ExportNotReady: if it is not made.
    """
    job = get_job(actor, job_id)
    granted_again(actor, job)
    if job.state is not JobState.DONE or not path_of(job.id).exists():
        raise ExportNotReady(job.state.value)
    return job


def granted_again(actor: Actor, job: ExportJob) -> tuple[Order, Granted]:
    """Check that a person may still have what they ordered, as they might then.

    :raises NotFound: if not.
    """
    wish = order_of(job)
    granted = grant(actor, wish.wanted)
    if list(granted.areas) != job.areas or granted.clearance is not job.clearance:
        raise nothing_here()
    return wish, granted


def order_of(job: ExportJob) -> Order:
    """Read again what was ordered."""
    return read_order({"form": job.form_id, **ExportQuery().load(_given(job.query))})


def ahead_of(job: ExportJob) -> int | None:
    """Count the exports that are made before this one; None once it is begun."""
    if job.state is not JobState.WAITING:
        return None
    earlier = select(func.count()).where(
        ExportJob.state.in_(PENDING), ExportJob.created_at < job.created_at
    )
    return db.session.scalar(earlier)


def delete(actor: Actor, job_id: UUID) -> None:
    """Delete an export with its file; one that is being made is broken off.

    :raises NotFound: if the person has no such export.
    """
    job = get_job(actor, job_id)
    path_of(job.id).unlink(missing_ok=True)
    db.session.delete(job)


def path_of(job_id: UUID) -> Path:
    """Say where the file of an export lies."""
    config: Config = current_app.config["FIELDAPP"]
    return config.exports_dir / str(job_id)


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
