"""Registers over HTTP: lists of entities, their history, and what waits."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE

from fieldapp.entities import decisions
from fieldapp.entities.disclosing import reads_all_in_full
from fieldapp.entities.models import Entity, EntityChange
from fieldapp.entities.queries import (
    ChangeFilters,
    ChangeRow,
    EntityRow,
    change_rows,
    entity_rows,
    narrowed_changes,
    narrowed_entities,
    register_dict,
    version_rows,
)
from fieldapp.entities.registers import (
    READERS,
    get_visible_register,
    visible_registers,
)
from fieldapp.entities.schemas import (
    ChangesQuery,
    EntitiesQuery,
    EntityChangePage,
    EntityChangeResponse,
    EntityDetail,
    EntityPage,
    EntityResponse,
    ReasonRequest,
    RegisterResponse,
    RegistersResponse,
)
from fieldapp.extensions import db
from fieldapp.identity.access import current_actor, requires
from fieldapp.identity.permissions import Permission
from fieldapp.submissions.scope import reaches_submissions
from fieldapp.web.paging import fetch_page

READERS_OF_ENTRIES = (Permission.READ_SUBMISSIONS, Permission.READ_OWN)

blueprint = Blueprint(
    "entities",
    __name__,
    url_prefix="/api/v1",
    description="Registers of farmers, plots, groups, stores, from approved entries.",
)


@blueprint.get("/registers")
@requires(*READERS)
@blueprint.response(200, RegistersResponse)
def list_registers() -> dict[str, Any]:
    """List the registers that forms declare, with their properties."""
    registers = db.session.scalars(visible_registers(current_actor())).all()
    return {"items": [register_dict(register) for register in registers]}


@blueprint.get("/registers/<register_name>")
@requires(*READERS)
@blueprint.response(200, RegisterResponse)
def read_register(register_name: str) -> dict[str, Any]:
    """Give a register with its properties."""
    return register_dict(get_visible_register(current_actor(), register_name))


@blueprint.get("/registers/<register_name>/entities")
@requires(*READERS)
@blueprint.arguments(EntitiesQuery, location="query", unknown=RAISE)
@blueprint.response(200, EntityPage)
def list_entities(query: dict[str, Any], register_name: str) -> dict[str, Any]:
    """List the entities of one's area, by label where it is shown."""
    actor = current_actor()
    cursor, limit = query.pop("cursor"), query.pop("limit")
    statement = decisions.visible_entities(actor, register_name, *READERS)
    by_label = [Entity.label] if reads_all_in_full(actor) else []
    page = fetch_page(
        narrowed_entities(actor, statement, **query),
        [*by_label, Entity.id],
        cursor=cursor,
        limit=limit,
    )
    return {"items": entity_rows(actor, page.items), "next_cursor": page.next_cursor}


@blueprint.get("/registers/<register_name>/entities/<uuid:entity_id>")
@requires(*READERS)
@blueprint.response(200, EntityDetail)
def read_entity(register_name: str, entity_id: UUID) -> dict[str, Any]:
    """Give an entity with its history: which revision of which entry made each."""
    actor = current_actor()
    entity = decisions.get_visible_entity(actor, register_name, entity_id, *READERS)
    (row,) = entity_rows(actor, [entity])
    readable = reaches_submissions(actor, *READERS_OF_ENTRIES)
    return {**vars(row), "versions": version_rows(actor, entity, readable)}


@blueprint.post("/registers/<register_name>/entities/<uuid:entity_id>/delete")
@requires(Permission.REVIEW)
@blueprint.arguments(ReasonRequest)
@blueprint.response(200, EntityResponse)
def delete_entity(
    body: dict[str, str], register_name: str, entity_id: UUID
) -> EntityRow:
    """Take an entity off its register, for a reason that the log keeps a digest of."""
    actor = current_actor()
    entity = decisions.delete_entity(
        actor, register_name, entity_id, reason=body["note"]
    )
    db.session.commit()
    return entity_rows(actor, [entity])[0]


@blueprint.get("/entity-changes")
@requires(Permission.REVIEW)
@blueprint.arguments(ChangesQuery, location="query", unknown=RAISE)
@blueprint.response(200, EntityChangePage)
def list_changes(query: dict[str, Any]) -> dict[str, Any]:
    """List what entries ask of registers and could not be given, the newest first."""
    cursor, limit = query.pop("cursor"), query.pop("limit")
    page = fetch_page(
        narrowed_changes(
            decisions.visible_changes(current_actor()), ChangeFilters(**query)
        ),
        [EntityChange.id],
        cursor=cursor,
        limit=limit,
        newest_first=True,
    )
    return {"items": change_rows(page.items), "next_cursor": page.next_cursor}


@blueprint.post("/entity-changes/<int:change_id>/apply")
@requires(Permission.REVIEW)
@blueprint.arguments(ReasonRequest)
@blueprint.response(200, EntityChangeResponse)
def apply_change(body: dict[str, str], change_id: int) -> ChangeRow:
    """Have a change apply as it came; where it clashes, its values stand."""
    change = decisions.apply_change(current_actor(), change_id, note=body["note"])
    db.session.commit()
    return change_rows([change])[0]


@blueprint.post("/entity-changes/<int:change_id>/dismiss")
@requires(Permission.REVIEW)
@blueprint.arguments(ReasonRequest)
@blueprint.response(200, EntityChangeResponse)
def dismiss_change(body: dict[str, str], change_id: int) -> ChangeRow:
    """Decide that a change is never to apply."""
    change = decisions.dismiss_change(current_actor(), change_id, note=body["note"])
    db.session.commit()
    return change_rows([change])[0]
