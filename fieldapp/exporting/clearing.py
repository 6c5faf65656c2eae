"""How much of what tells of a person an export shows: one clearance for the whole file.

Somebody may coordinate one village and audit another: what they ask for at once is
shown as it is in the village where they may see less.
"""

from collections.abc import Sequence

from fieldapp.identity.permissions import Actor, Permission
from fieldapp.masking.clearance import Clearance, Purpose


def clearance_for(
    actor: Actor,
    areas: Sequence[str],
    programme_id: str | None,
    purpose: Purpose | None,
) -> Clearance:
    """Say how much an export of some areas shows to a person, for a purpose.

    Who names a purpose gets what is masked for it, whoever they are.
    """
    if purpose is not None:
        return Clearance(purpose)
    is_full = all(
        actor.may(Permission.READ_PERSONAL, code, programme_id) for code in areas
    )
    return Clearance.FULL if is_full else Clearance.AUDIT
