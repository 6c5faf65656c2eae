"""What the other entries of a village say, when an entry of it came."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select

from fieldapp.extensions import db
from fieldapp.quality.examining import Others, Profile
from fieldapp.quality.limits import WINDOW
from fieldapp.quality.models import EntryProfile

Said = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""The entry, its numbers and its points by question."""


class Village:
    """The newest entries of one form in one village, up to a position of its log."""

    def __init__(self, said: list[Said]) -> None:
        self._said: deque[Said] = deque(said, maxlen=WINDOW)

    @classmethod
    def at(cls, area_code: str, form_id: str, position: int) -> "Village":
        """Read what the village said before a position: the same whenever it is read.

        A revision counts until the log tells that another one came, or that the entry
        went to another village.
        """
        statement = (
            select(
                EntryProfile.submission_id, EntryProfile.numbers, EntryProfile.points
            )
            .where(EntryProfile.area_code == area_code)
            .where(EntryProfile.form_id == form_id)
            .where(EntryProfile.position < position)
            .where(
                or_(
                    EntryProfile.closed_at.is_(None),
                    EntryProfile.closed_at > position,
                )
            )
            .order_by(EntryProfile.position.desc())
            .limit(WINDOW)
        )
        rows = db.session.execute(statement).all()
        return cls([(row[0], row[1], row[2]) for row in reversed(rows)])

    def add(self, submission_id: str, profile: Profile) -> None:
        """Put the next entry behind the others."""
        self._said.append((submission_id, profile.numbers, profile.points))

    def others(self, submission_id: str) -> Others:
        """Give what all but one entry say, by question."""
        numbers: dict[str, list[float]] = {}
        points: dict[str, list[tuple[float, float]]] = {}
        for other_id, said_numbers, said_points in self._said:
            if other_id == submission_id:
                continue
            for path, values in said_numbers.items():
                numbers.setdefault(path, []).extend(values)
            for path, places in said_points.items():
                points.setdefault(path, []).extend(
                    (place[0], place[1]) for place in places
                )
        return Others(numbers, points)
