"""Which registers there are, what they keep, and who may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import InstrumentedAttribute

from fieldapp.entities.declarations import LABEL, Declaration, declarations_of
from fieldapp.entities.models import (
    Entity,
    EntityChange,
    Register,
    RegisterProperty,
)
from fieldapp.extensions import db
from fieldapp.forms.checking import VILLAGE_LIST, refusal
from fieldapp.forms.models import Form
from fieldapp.identity.permissions import Actor, Permission
from fieldapp.identity.scope import area_condition
from fieldapp.web import clock
from fieldapp.web.problems import nothing_here
from fieldapp.xform.definition import FormDefinition, Path, path_text

CSV = ".csv"
READERS = (Permission.READ_SUBMISSIONS, Permission.SUBMIT)
"""Who knows the entities of an area: who reads its entries, who collects there."""


@dataclass(frozen=True)
class PropertyOfRegister:
    """A property, and the questions that it is saved from."""

    name: str
    sources: tuple[str, ...]
    """As ``form:/path/to/question``."""
    roles: frozenset[str]
    """By which it is masked: none where it tells of no person."""


def keep_registers(form: Form, definition: FormDefinition) -> None:
    """Note what a new version of a form declares, while it is published.

    :raises FormRefused: if its register cannot be one, or is another programme's.
    """
    for declaration in declarations_of(definition):
        _refuse_unusable(declaration, definition)
        statement = upsert(Register).values(
            name=declaration.register,
            programme_id=form.programme_id,
            created_at=clock.now(),
        )
        db.session.execute(statement.on_conflict_do_nothing())
        register = db.session.get_one(Register, declaration.register)
        if register.programme_id != form.programme_id:
            raise _refused(
                f"daftar {register.name} milik program lain.",
                f"the register {register.name} is another programme's.",
            )
        label = (LABEL, declaration.label_path, declaration.label_role)
        _keep_source(declaration.register, form.id, *label)
        for saved in declaration.properties:
            _keep_source(
                declaration.register, form.id, saved.name, saved.path, saved.role
            )


def is_register_list(definition: FormDefinition, name: str) -> bool:
    """Say whether a file is the list of a register: published, or declared here."""
    register = name.removesuffix(CSV)
    if register == name:
        return False
    declared = {each.register for each in declarations_of(definition)}
    return register in declared or db.session.get(Register, register) is not None


def properties_of(register_name: str) -> list[PropertyOfRegister]:
    """List the properties of a register by name; the label is one of them."""
    statement = (
        select(RegisterProperty)
        .where(RegisterProperty.register_name == register_name)
        .order_by(
            RegisterProperty.name, RegisterProperty.form_id, RegisterProperty.path
        )
    )
    rows: dict[str, list[RegisterProperty]] = {}
    for row in db.session.scalars(statement):
        rows.setdefault(row.name, []).append(row)
    return [
        PropertyOfRegister(
            name=name,
            sources=tuple(f"{row.form_id}:{row.path}" for row in found),
            roles=frozenset(role for row in found for role in row.roles),
        )
        for name, found in rows.items()
    ]


def visible_registers(actor: Actor) -> Select[Register]:
    """Select the registers of the programmes that a person reads or collects for."""
    programmes = {
        grant.programme_id
        for permission in READERS
        for grant in actor.grants_for(permission)
    }
    statement = select(Register).order_by(Register.name)
    if None in programmes:
        return statement
    return statement.where(Register.programme_id.in_(programmes))


def get_visible_register(actor: Actor, name: str) -> Register:
    """Get a register.

    :raises NotFound: if the actor may know of none with this name.
    """
    if "\x00" in name:
        raise nothing_here()
    statement = visible_registers(actor).where(Register.name == name)
    register = db.session.scalars(statement).one_or_none()
    if register is None:
        raise nothing_here()
    return register


def reaches_entities(
    actor: Actor, permissions: Sequence[Permission]
) -> list[ColumnElement[bool]]:
    """Build the conditions, of which one must hold, that a person reaches an entity."""
    return [
        area_condition(actor, permission, Entity.area_code, _entity_of_programme)
        for permission in permissions
    ]


def reaches_changes(actor: Actor) -> ColumnElement[bool]:
    """Build the condition that a person decides about what an entry asks for."""
    return area_condition(
        actor, Permission.REVIEW, EntityChange.area_code, _change_of_programme
    )


def _entity_of_programme(programme_id: str) -> ColumnElement[bool]:
    return _of_programme(Entity.register_name, programme_id)


def _change_of_programme(programme_id: str) -> ColumnElement[bool]:
    return _of_programme(EntityChange.register_name, programme_id)


def _of_programme(
    column: InstrumentedAttribute[str], programme_id: str
) -> ColumnElement[bool]:
    return column.in_(
        select(Register.name).where(Register.programme_id == programme_id)
    )


def _refuse_unusable(declaration: Declaration, definition: FormDefinition) -> None:
    if f"{declaration.register}{CSV}" == VILLAGE_LIST:
        raise _refused(
            f"nama {declaration.register} sudah dipakai untuk daftar desa.",
            f"the name {declaration.register} is taken by the list of villages.",
        )
    if definition.village_path is None:
        raise _refused(
            "perlu pertanyaan dengan role village: entitas milik satu desa.",
            "a question with the role village is needed: an entity belongs to one.",
        )


def _refused(indonesian: str, english: str) -> Exception:
    return refusal(f"lembar entities: {indonesian}", f"sheet entities: {english}")


def _keep_source(
    register: str, form_id: str, name: str, path: Path, role: str | None
) -> None:
    statement = upsert(RegisterProperty).values(
        register_name=register,
        name=name,
        form_id=form_id,
        path=path_text(path),
        roles=[] if role is None else [role],
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["register_name", "name", "form_id", "path"],
            set_={"roles": statement.excluded.roles},
        )
    )
