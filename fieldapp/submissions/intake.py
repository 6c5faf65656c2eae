"""The one way in, whatever the door: judge, write, answer.

deliveries ─ prepare (read, judge; no locks) ─ group commit ─ outcomes
                                                   ├─ record_entries
                                                   └─ hold_entries
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, repeat
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from sqlalchemy.exc import DBAPIError

from fieldapp.extensions import db
from fieldapp.forms.queries import forget_states
from fieldapp.identity.permissions import Actor
from fieldapp.ledger.service import append_deeds, lock_heads
from fieldapp.submissions import messages
from fieldapp.submissions.attaching import add_files, missing_files
from fieldapp.submissions.delivery import (
    Delivery,
    Outcome,
    OutcomeStatus,
    ReceivedFile,
)
from fieldapp.submissions.group_commit import GroupCommit
from fieldapp.submissions.held import held_for_form, hold_entries, take_in_again
from fieldapp.submissions.known import areas_of, stored_revisions
from fieldapp.submissions.prepare import Hold, Judged, Waiting, prepare
from fieldapp.submissions.problems import FileNameTaken
from fieldapp.submissions.record import AreaMovedError, record_entries
from fieldapp.web.clock import now
from fieldapp.web.problems import NotFound, Problem

TRIES = 5
RACES = (DeadlockDetected, SerializationFailure, UniqueViolation)
"""What another process can do to a transaction; a second try finds its traces."""

Answer = TypeVar("Answer")


def accept(deliveries: Sequence[Delivery]) -> list[Outcome]:
    """Take in deliveries, and say for each what became of it.

    On return all that was not refused is committed. One bad delivery harms no
    other. The caller's own transaction is ended: nothing of it may be open.
    """
    prepared = [_prepared(delivery) for delivery in deliveries]
    # Whoever waits for the group holds no connection meanwhile.
    if db.session.registry.has():
        db.session.rollback()
    to_write = [item for item in prepared if not isinstance(item, Outcome)]
    written = iter(_group.submit(to_write) if to_write else ())
    return [item if isinstance(item, Outcome) else next(written) for item in prepared]


def add_file(actor: Actor, instance_id: str, file: ReceivedFile) -> Outcome:
    """Add one file to a revision of the actor's own; commits.

    :raises NotFound: if the actor has sent no such revision.
    :raises FileNameTaken: if other content has the name; nothing is kept then.
    """
    at = now()
    return with_retries(lambda: _add_file(actor, instance_id, file, at))


def accept_held_for(form_id: str) -> int:
    """Take in what was held because of a form, now that it is published or open.

    Each entry is committed by itself; gives how many are taken in.
    """
    forget_states()
    waiting = db.session.scalars(held_for_form(form_id)).all()
    db.session.commit()
    return sum(with_retries(partial(take_in_again, held_id)) for held_id in waiting)


def refuse_unsent(actor: Actor, instance_id: str) -> None:
    """Refuse a file, before it is read, for an entry that the actor has not sent.

    :raises NotFound: if the actor has sent no such revision.
    :raises FileNameTaken: if other content has the name; nothing is kept then.
    """
    stored = stored_revisions([instance_id]).get(instance_id)
    if stored is None or stored.author_id != actor.user_id:
        raise NotFound(messages.NO_SUCH_ENTRY)


def _prepared(delivery: Delivery) -> Judged | Waiting | Outcome:
    try:
        return prepare(delivery)
    except Problem as problem:
        return Outcome(OutcomeStatus.REFUSED, problem.detail, problem=problem)


def _write(items: Sequence[Judged | Waiting]) -> list[Outcome]:
    at = now()
    judged = [item for item in items if isinstance(item, Judged)]
    recorded = iter(_recorded(judged, at) if judged else ())
    outcomes: list[Outcome | Waiting] = []
    for item in items:
        if isinstance(item, Waiting):
            outcomes.append(item)
            continue
        result = next(recorded)
        outcomes.append(
            Waiting(item.envelope, result) if isinstance(result, Hold) else result
        )
    return _held(outcomes, at)


def _recorded(judged: Sequence[Judged], at: datetime) -> list[Outcome | Hold]:
    # Nearly all entries are new: the first try does not look, and where one was
    # known after all its id is refused, and the second try looks.
    looks = chain([False], repeat(True))
    return _retried(
        lambda: record_entries(judged, at=at, looks=next(looks), then=db.session.commit)
    )


def _held(outcomes: list[Outcome | Waiting], at: datetime) -> list[Outcome]:
    waiting = [item for item in outcomes if isinstance(item, Waiting)]
    if not waiting:
        return [item for item in outcomes if isinstance(item, Outcome)]
    held = iter(with_retries(lambda: hold_entries(waiting, at=at)))
    return [next(held) if isinstance(item, Waiting) else item for item in outcomes]


def _add_file(
    actor: Actor, instance_id: str, file: ReceivedFile, at: datetime
) -> Outcome:
    heads = lock_heads(areas_of([instance_id]))
    stored = stored_revisions([instance_id]).get(instance_id)
    if stored is None or stored.author_id != actor.user_id:
        raise NotFound(messages.NO_SUCH_ENTRY)
    if stored.entry.area_code not in heads.by_area:
        raise AreaMovedError
    added = add_files(stored, [file], at=at)
    if isinstance(added, Hold):
        raise FileNameTaken(messages.FILE_NAME_TAKEN.format(name=file.name))
    append_deeds(added, at=at, heads=heads)
    return Outcome(
        OutcomeStatus.CREATED if added else OutcomeStatus.DUPLICATE,
        messages.FILE_RECEIVED if added else messages.DUPLICATE,
        instance_id=instance_id,
        missing_files=missing_files(instance_id),
    )


def with_retries(write: Callable[[], Answer]) -> Answer:
    """Run and commit a transaction; again where another one got in its way."""
    return _retried(lambda: _committed(write()))


def _committed(answer: Answer) -> Answer:
    db.session.commit()
    return answer


def _retried(run: Callable[[], Answer]) -> Answer:
    for _ in range(1, TRIES):
        try:
            return _run(run)
        except (AreaMovedError, DBAPIError, *RACES) as error:
            if not _is_race(error):
                raise
    return _run(run)


def _run(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except BaseException:
        db.session.rollback()
        raise


def _is_race(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, (AreaMovedError, *RACES))


_group = GroupCommit(_write)
