"""Lists of submissions that a person keeps under a name."""

from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.identity.permissions import Actor
from fieldapp.review.models import SavedFilter
from fieldapp.review.problems import TooManyFilters
from fieldapp.web.problems import nothing_here

MAX_FILTERS = 50


def filters_of(actor: Actor) -> Select[SavedFilter]:
    """Select a person's saved filters, by name."""
    return (
        select(SavedFilter)
        .where(SavedFilter.user_id == actor.user_id)
        .order_by(SavedFilter.name)
    )


def save_filter(actor: Actor, name: str, query: dict[str, Any]) -> SavedFilter:
    """Keep a filter, in the place of an earlier one of its name; the caller commits.

    :raises TooManyFilters: if the person keeps as many as they may.
    """
    row = upsert(SavedFilter).values(user_id=actor.user_id, name=name, query=query)
    db.session.execute(
        row.on_conflict_do_update(
            constraint="pk_saved_filter", set_={"query": row.excluded.query}
        )
    )
    kept = select(func.count()).where(SavedFilter.user_id == actor.user_id)
    if (db.session.scalar(kept) or 0) > MAX_FILTERS:
        raise TooManyFilters(MAX_FILTERS)
    return db.session.get_one(SavedFilter, (actor.user_id, name))


def drop_filter(actor: Actor, name: str) -> None:
    """Forget a filter; the caller commits.

    :raises NotFound: if the person keeps none of that name.
    """
    dropped = db.session.execute(
        delete(SavedFilter)
        .where(SavedFilter.user_id == actor.user_id, SavedFilter.name == name)
        .returning(SavedFilter.name)
    )
    if dropped.first() is None:
        raise nothing_here()
