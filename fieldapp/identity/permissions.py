"""Who may do what: permissions, the roles that carry them, and the actor."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from fieldapp.places.codes import contains


class Role(StrEnum):
    """What a person is to an area."""

    FACILITATOR = "facilitator"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing that a view lets a person do, in an area."""

    SUBMIT = "submit"
    READ_OWN = "read-own"
    READ_SUBMISSIONS = "read-submissions"
    READ_PERSONAL = "read-personal"
    REVIEW = "review"
    DECIDE_HELD = "decide-held"
    READ_REPORT = "read-report"
    READ_LEDGER = "read-ledger"
    MANAGE_FORMS = "manage-forms"
    MANAGE_PEOPLE = "manage-people"
    MANAGE_WEBHOOKS = "manage-webhooks"


ROLES: dict[Role, frozenset[Permission]] = {
    Role.FACILITATOR: frozenset(
        {Permission.SUBMIT, Permission.READ_OWN, Permission.READ_REPORT}
    ),
    Role.COORDINATOR: frozenset(
        {
            Permission.READ_SUBMISSIONS,
            Permission.READ_PERSONAL,
            Permission.REVIEW,
            Permission.DECIDE_HELD,
            Permission.READ_REPORT,
            Permission.READ_LEDGER,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.READ_SUBMISSIONS,
            Permission.READ_REPORT,
            Permission.READ_LEDGER,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission) - {Permission.SUBMIT},
}


@dataclass(frozen=True)
class Grant:
    """A role on an area, and where given in one programme only."""

    role: Role
    area_code: str
    programme_id: str | None = None

    def gives(self, permission: Permission) -> bool:
        """Say whether the role carries a permission."""
        return permission in ROLES[self.role]


@dataclass(frozen=True)
class Actor:
    """Who is asking: a person with the grants that stand at this moment."""

    user_id: UUID
    username: str
    name: str
    language: str
    grants: tuple[Grant, ...]
    device_id: UUID | None = None

    def grants_for(self, permission: Permission) -> tuple[Grant, ...]:
        """List the grants that carry a permission."""
        return tuple(grant for grant in self.grants if grant.gives(permission))

    def may(
        self, permission: Permission, area_code: str, programme_id: str | None = None
    ) -> bool:
        """Say whether the actor has a permission on the whole of an area.

        A grant limited to a programme gives nothing outside that programme.
        """
        return any(
            contains(grant.area_code, area_code)
            and grant.programme_id in (None, programme_id)
            for grant in self.grants_for(permission)
        )
