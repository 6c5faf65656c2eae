"""Make the exports that were ordered, one after the other, by a lease in their row."""

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from flask import current_app
from sqlalchemy import and_, or_, select, update

from fieldapp.config import Config
from fieldapp.exporting.deeds import Sent, log_begun, log_ended
from fieldapp.exporting.formats import Output, output
from fieldapp.exporting.jobs import PENDING, granted_again, path_of
from fieldapp.exporting.models import ExportJob, JobError, JobState
from fieldapp.exporting.rows import Snapshot, snapshot
from fieldapp.extensions import db
from fieldapp.identity.queries import load_actor
from fieldapp.web import clock
from fieldapp.web.problems import Problem, nothing_here

LEASE = timedelta(minutes=10)
"""Longer than the end of a workbook takes, between whose rows nothing is told."""

TELL_SECONDS = 2
MOST_TRIES = 3
KEPT_FOR = timedelta(days=1)

Stopping = Callable[[], bool]


class BrokenOffError(Exception):
    """The export is not wanted any more, or the worker is to end."""


def make_next(is_stopping: Stopping = lambda: False) -> bool:
    """Make the export that has waited longest; False where none waits."""
    job = _claim()
    if job is None:
        return False
    job_id = job.id
    try:
        _make(job, is_stopping)
    except BrokenOffError:
        db.session.rollback()
        _give_back(job_id)
    except Problem:
        db.session.rollback()
        _fail(job_id, JobError.NO_RIGHT)
    except OSError:
        db.session.rollback()
        current_app.logger.exception("exports: the file could not be written")
        _fail(job_id, JobError.NOT_WRITTEN)
    return True


def remove_expired() -> None:
    """Remove the files that were there for a day, with what is told of them."""
    old = or_(
        ExportJob.expires_at < clock.now(),
        and_(
            ExportJob.state == JobState.FAILED,
            ExportJob.created_at < clock.now() - KEPT_FOR,
        ),
    )
    for job in db.session.scalars(select(ExportJob).where(old)).all():
        path_of(job.id).unlink(missing_ok=True)
        db.session.delete(job)
    db.session.commit()
    _remove_abandoned()


def _claim() -> ExportJob | None:
    now = clock.now()
    free = or_(ExportJob.leased_until.is_(None), ExportJob.leased_until <= now)
    statement = (
        select(ExportJob)
        .where(ExportJob.state.in_(PENDING), free)
        .order_by(ExportJob.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    job = db.session.scalars(statement).one_or_none()
    if job is not None:
        job.tries += 1
        if job.tries > MOST_TRIES:
            job.state, job.error = JobState.FAILED, JobError.BROKEN_OFF
        else:
            job.state, job.leased_until = JobState.RUNNING, now + LEASE
    db.session.commit()
    return job


def _make(job: ExportJob, is_stopping: Stopping) -> None:
    if job.state is JobState.FAILED:
        return
    job_id = job.id
    actor = load_actor(job.owner_id)
    if actor is None:
        raise nothing_here()
    wish, granted = granted_again(actor, job)
    with snapshot(granted) as found:
        job.total, job.written = found.total, 0
        log_begun(job_id, granted, wish.writing, total=found.total)
        db.session.commit()
        found.at_batch = _Teller(job_id, found, is_stopping).tell
        file = output(found, wish.writing, granted.wanted.form_id)
        sent = _write(path_of(job_id), file, found)
    log_ended(job_id, granted, sent)
    _done(job_id, file, sent)
    db.session.commit()


class _Teller:
    """Tells from time to time how far an export is, and holds its lease."""

    def __init__(self, job_id: UUID, found: Snapshot, is_stopping: Stopping) -> None:
        self._job_id = job_id
        self._found = found
        self._is_stopping = is_stopping
        self._told_at = time.monotonic()

    def tell(self) -> None:
        """Tell, unless it was told just now.

        :raises BrokenOffError: if nobody wants it any more, or not from us.
        """
        if self._is_stopping():
            raise BrokenOffError
        if time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        told = {
            "written": self._found.entries_read,
            "leased_until": clock.now() + LEASE,
        }
        is_wanted = _change(self._job_id, told)
        db.session.commit()
        if not is_wanted:
            raise BrokenOffError


def _write(path: Path, file: Output, found: Snapshot) -> Sent:
    """Write a file beside its name, and give it the name once it is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    digest, size = hashlib.sha256(), 0
    try:
        private = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(private, "wb") as target:
            for chunk in file.chunks():
                digest.update(chunk)
                size += target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Sent(found.entries_read, size, digest.digest(), is_whole=True)


def _done(job_id: UUID, file: Output, sent: Sent) -> None:
    now = clock.now()
    told = {
        "state": JobState.DONE,
        "leased_until": None,
        "written": sent.entries,
        "file_name": file.name,
        "media_type": file.media_type,
        "size": sent.size,
        "digest": sent.digest,
        "ended_at": now,
        "expires_at": now + KEPT_FOR,
    }
    if not _change(job_id, told):
        path_of(job_id).unlink(missing_ok=True)


def _remove_abandoned() -> None:
    """Remove what workers left that were killed: no file is written for days."""
    config: Config = current_app.config["FIELDAPP"]
    if not config.exports_dir.exists():
        return
    limit = time.time() - 2 * KEPT_FOR.total_seconds()
    for path in config.exports_dir.iterdir():
        # Another worker may be faster.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()


def _give_back(job_id: UUID) -> None:
    """Leave an export to whoever comes next; one that was deleted is gone."""
    _change(job_id, {"state": JobState.WAITING, "leased_until": None})
    db.session.commit()


def _fail(job_id: UUID, error: JobError) -> None:
    told = {"state": JobState.FAILED, "error": error, "leased_until": None}
    _change(job_id, {**told, "ended_at": clock.now()})
    db.session.commit()


def _change(job_id: UUID, told: Mapping[str, object]) -> bool:
    """Change what is told of an export; say whether there still is one."""
    statement = (
        update(ExportJob)
        .where(ExportJob.id == job_id)
        .values(told)
        .returning(ExportJob.id)
    )
    return db.session.scalar(statement) is not None
