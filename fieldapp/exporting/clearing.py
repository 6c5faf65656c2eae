"""How much of what tells of a person an export shows: one clearance for the whole file.

Somebody may coordinate one village and audit another: what they ask for at once is
shown as it is in the village where they may see less.
"""

from collections.abc import Sequence

from fieldapp.identity.permissions import Actor, Role
from fieldapp.masking.clearance import Clearance
from fieldapp.places.codes import contains

WORKING = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
"""Who works with the people in an entry, and not only with its numbers."""

PURPOSES = (Clearance.AUDIT, Clearance.CERTIFICATION)
"""What a person may say a file is for; it is masked then, whoever they are."""


def clearance_for(
    actor: Actor,
    areas: Sequence[str],
    programme_id: str | None,
    purpose: Clearance | None,
) -> Clearance:
    """Say how much an export of some areas shows to a person, for a purpose."""
    if purpose is not None:
        return purpose
    working = [
        grant.area_code
        for grant in actor.grants
        if grant.role in WORKING and grant.programme_id in (None, programme_id)
    ]
    is_full = all(any(contains(own, code) for own in working) for code in areas)
    return Clearance.FULL if is_full else Clearance.AUDIT
