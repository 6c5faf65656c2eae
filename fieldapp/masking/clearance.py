"""How much of what tells of a person somebody may read, and what for."""

from collections.abc import Mapping
from enum import StrEnum

from fieldapp.xform.roles import PLOT_LOCATION


class Purpose(StrEnum):
    """What somebody who may not read about people reads an entry for."""

    AUDIT = "audit"
    CERTIFICATION = "certification"


class Clearance(StrEnum):
    """How much somebody may read of one entry.

    `FULL` is for who works with the people in it: the facilitator whose entry it is,
    and the coordinators and administrators of its area. Auditors read it masked, and
    say what for: `CERTIFICATION` opens what a certificate rests on, and each access
    is written into the log of the village.
    """

    FULL = "full"
    AUDIT = Purpose.AUDIT
    CERTIFICATION = Purpose.CERTIFICATION

    def opens(self, role: str) -> bool:
        """Tell whether answers of a role are read as they came."""
        return self is Clearance.FULL or role in _OPENED[self]

    @property
    def opens_files(self) -> bool:
        """Tell whether photos and other files are read."""
        return self is not Clearance.AUDIT


_OPENED: Mapping[Clearance, frozenset[str]] = {
    Clearance.AUDIT: frozenset(),
    Clearance.CERTIFICATION: frozenset({PLOT_LOCATION}),
}
