"""Counts of submissions by form, area, local day and state, always up to date."""

from collections import Counter
from datetime import date

from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.pipeline import RowWriter
from fieldapp.submissions.models import SubmissionState, Tally

TallyKey = tuple[str, str, date, SubmissionState]
"""Form, area, local day, state."""


def move_tallies(changes: Counter[TallyKey]) -> None:
    """Add to the tallies; the caller holds the heads of the areas' logs."""
    rows = [
        {
            "form_id": form_id,
            "area_code": area_code,
            "captured_on": captured_on,
            "state": state,
            "number": by,
        }
        for (form_id, area_code, captured_on, state), by in sorted(changes.items())
        if by
    ]
    if rows:
        _MOVE.write(rows)


_INSERT = upsert(Tally)
_MOVE = RowWriter(
    _INSERT.on_conflict_do_update(
        constraint="pk_tally", set_={"number": Tally.number + _INSERT.excluded.number}
    )
)
