"""Accounts and roles: who may give which role to whom.

An administrator gives and takes roles inside their own grants only, and every role
given or taken is written into the log of its area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.dialects.postgresql import insert as upsert

from fieldapp.extensions import db
from fieldapp.identity.models import RoleGrant, User
from fieldapp.identity.passwords import hash_password
from fieldapp.identity.permissions import Actor, Grant, Permission
from fieldapp.identity.problems import UsernameTaken
from fieldapp.identity.scope import area_condition
from fieldapp.ledger.chain import Deed
from fieldapp.ledger.service import append_deeds
from fieldapp.places.models import Area
from fieldapp.programmes.models import Programme
from fieldapp.web import clock
from fieldapp.web.problems import FieldError, InvalidRequest, nothing_here
from fieldapp.web.text import Text

OPERATOR = "operator"
"""Who acts where the command line does."""

NOT_YOURS_TO_GIVE = Text(
    "Wilayah atau program ini tidak ada, atau di luar kewenangan Anda.",
    "There is no such area or programme, or it is outside your own role.",
)


@dataclass(frozen=True)
class NewPerson:
    """What is needed to open an account."""

    username: str
    name: str
    password: str
    language: str = "id"
    is_demo: bool = False


def people(actor: Actor) -> Select[User]:
    """Select the people who have, or had, a role where the actor manages people."""
    return select(User).where(
        exists().where(RoleGrant.user_id == User.id, _managed(actor))
    )


def roles_of(actor: Actor, user_ids: Sequence[UUID]) -> Select[RoleGrant]:
    """Select the standing roles of some people, as far as the actor manages them."""
    return (
        select(RoleGrant)
        .where(RoleGrant.user_id.in_(user_ids), RoleGrant.revoked_at.is_(None))
        .where(_managed(actor))
        .order_by(RoleGrant.granted_at, RoleGrant.id)
    )


def is_in_sight(actor: Actor, user_id: UUID) -> bool:
    """Say whether the actor manages, or managed, any role of a person."""
    return db.session.scalar(people(actor).where(User.id == user_id)) is not None


def can_act_for(actor: Actor, user_id: UUID) -> bool:
    """Say whether the actor manages every role that a person has."""
    beyond = exists().where(
        RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None), ~_managed(actor)
    )
    statement = people(actor).where(User.id == user_id, ~beyond)
    return db.session.scalar(statement) is not None


def create_person(actor: Actor, person: NewPerson, grants: Sequence[Grant]) -> User:
    """Open an account with its first roles.

    :raises UsernameTaken: if somebody has the name.
    :raises InvalidRequest: if a role is not the actor's to give.
    """
    for grant in grants:
        _check_own(actor, grant)
    user = add_person(person)
    for grant in grants:
        add_grant(user.id, grant, by=actor.user_id)
    return user


def give_role(actor: Actor, user_id: UUID, grant: Grant) -> RoleGrant:
    """Give a person in sight one more role, inside the actor's own.

    :raises NotFound: if the person is not in the actor's area.
    :raises InvalidRequest: if the role is not the actor's to give.
    """
    if not is_in_sight(actor, user_id):
        raise nothing_here()
    _check_own(actor, grant)
    return add_grant(user_id, grant, by=actor.user_id)


def take_role(actor: Actor, user_id: UUID, grant_id: UUID) -> None:
    """Take a role away; the person's next request is answered without it.

    :raises NotFound: if the role does not stand, or is not the actor's to take.
    """
    statement = roles_of(actor, [user_id]).where(RoleGrant.id == grant_id)
    grant = db.session.scalar(statement.with_for_update())
    if grant is None:
        raise nothing_here()
    grant.revoked_at = clock.now()
    _enter("role-taken", grant, by=actor.user_id)


def add_person(person: NewPerson) -> User:
    """Open an account without roles, for whoever has been checked already.

    :raises UsernameTaken: if somebody has the name.
    """
    statement = (
        upsert(User)
        .values(
            id=uuid4(),
            username=person.username,
            name=person.name,
            password_hash=hash_password(person.password),
            language=person.language,
            is_demo=person.is_demo,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=[User.username])
        .returning(User)
    )
    user = db.session.scalar(statement)
    if user is None:
        raise UsernameTaken
    return user


def add_grant(user_id: UUID, grant: Grant, *, by: UUID | None) -> RoleGrant:
    """Write a role and its line in the log; one that stands already is left alone.

    :raises InvalidRequest: if there is no such area or programme.
    """
    _check_exists(grant)
    # Two who give the same role at once wait for each other here; the intake, which
    # only refers to the person, does not (FOR NO KEY UPDATE).
    person = select(User.id).where(User.id == user_id)
    db.session.execute(person.with_for_update(key_share=True))
    standing = db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.user_id == user_id,
            RoleGrant.role == grant.role,
            RoleGrant.area_code == grant.area_code,
            RoleGrant.programme_id.is_not_distinct_from(grant.programme_id),
            RoleGrant.revoked_at.is_(None),
        )
    )
    if standing is not None:
        return standing
    row = RoleGrant(
        id=uuid4(),
        user_id=user_id,
        role=grant.role,
        area_code=grant.area_code,
        programme_id=grant.programme_id,
        granted_at=clock.now(),
        granted_by=by,
    )
    db.session.add(row)
    db.session.flush()
    _enter("role-granted", row, by=by)
    return row


def _managed(actor: Actor) -> ColumnElement[bool]:
    return area_condition(
        actor,
        Permission.MANAGE_PEOPLE,
        RoleGrant.area_code,
        RoleGrant.programme_id.is_not_distinct_from,
    )


def _check_own(actor: Actor, grant: Grant) -> None:
    if not actor.may(Permission.MANAGE_PEOPLE, grant.area_code, grant.programme_id):
        raise _not_yours()
    _check_exists(grant)


def _check_exists(grant: Grant) -> None:
    if db.session.get(Area, grant.area_code) is None:
        raise _not_yours()
    programme = grant.programme_id
    if programme is not None and db.session.get(Programme, programme) is None:
        raise _not_yours()


def _not_yours() -> InvalidRequest:
    error = FieldError("area_code", NOT_YOURS_TO_GIVE)
    return InvalidRequest(NOT_YOURS_TO_GIVE, errors=[error])


def _enter(kind: str, grant: RoleGrant, *, by: UUID | None) -> None:
    deed = Deed(
        area_code=grant.area_code,
        kind=kind,
        actor=str(by) if by else OPERATOR,
        subject=str(grant.user_id),
        digests={},
        detail={"role": grant.role.value, "programme": grant.programme_id},
    )
    append_deeds([deed], at=clock.now())
