"""What the views of registers take and give."""

from marshmallow import Schema, fields, validate

from fieldapp.entities.models import ChangeKind, ChangeState, EntityState, VersionKind
from fieldapp.web.fields import CleanText, PageQuery

CODE_LENGTH = 32
ID_LENGTH = 250
NOTE_LENGTH = 4000


class EntitiesQuery(PageQuery):
    """Which entities."""

    area = CleanText(
        load_default=None,
        validate=validate.Length(max=CODE_LENGTH),
        metadata={"description": "The code of an area at any level, such as `33.02`."},
    )
    search = CleanText(
        data_key="q",
        load_default=None,
        validate=validate.Length(max=ID_LENGTH),
        metadata={"description": "Part of the label, in any case."},
    )


class ChangesQuery(PageQuery):
    """Which changes; without a state or an entry those that wait for somebody."""

    area = CleanText(load_default=None, validate=validate.Length(max=CODE_LENGTH))
    register = CleanText(load_default=None, validate=validate.Length(max=ID_LENGTH))
    submission = CleanText(
        load_default=None,
        validate=validate.Length(max=ID_LENGTH),
        metadata={"description": "The id of an entry: all that it asks for."},
    )
    state = fields.Enum(ChangeState, by_value=True, load_default=None)


class ReasonRequest(Schema):
    """A decision, with its reason."""

    note = CleanText(required=True, validate=validate.Length(max=NOTE_LENGTH))


class RegisterPropertyResponse(Schema):
    """A property of a register."""

    name = fields.String()
    sources = fields.List(
        fields.String(),
        metadata={"description": "The questions it is saved from, as `form:/path`."},
    )
    roles = fields.List(
        fields.String(),
        metadata={"description": "By which it is masked for auditors, if it is."},
    )


class RegisterResponse(Schema):
    """A register."""

    name = fields.String()
    programme_id = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    label = fields.Nested(RegisterPropertyResponse, allow_none=True)
    properties = fields.List(fields.Nested(RegisterPropertyResponse))


class RegistersResponse(Schema):
    """All registers that one may know of."""

    items = fields.List(fields.Nested(RegisterResponse))


class EntityResponse(Schema):
    """An entity as it is now."""

    id = fields.UUID(attribute="entity.id")
    register = fields.String(attribute="entity.register_name")
    area_code = fields.String(attribute="entity.area_code")
    area_name = fields.String()
    state = fields.Enum(EntityState, by_value=True, attribute="entity.state")
    version = fields.Integer(attribute="entity.version")
    label = fields.String()
    values = fields.Dict(keys=fields.String(), values=fields.String())
    updated_at = fields.AwareDateTime(attribute="entity.updated_at")


class EntityPage(Schema):
    """One page of entities."""

    items = fields.List(fields.Nested(EntityResponse))
    next_cursor = fields.String(allow_none=True)


class EntityVersionResponse(Schema):
    """One state of an entity, and what it came from."""

    number = fields.Integer(attribute="version.number")
    kind = fields.Enum(VersionKind, by_value=True, attribute="version.kind")
    values = fields.Dict(keys=fields.String(), values=fields.String())
    changed = fields.Dict(keys=fields.String(), values=fields.String())
    is_standing = fields.Boolean(
        attribute="version.is_standing",
        metadata={"description": "Comes from an entry that is approved."},
    )
    submission_id = fields.String(attribute="version.submission_id", allow_none=True)
    revision_id = fields.String(attribute="version.revision_id", allow_none=True)
    revision_number = fields.Integer(allow_none=True)
    made_by = fields.String(allow_none=True)
    made_at = fields.AwareDateTime(attribute="version.made_at")


class EntityDetail(EntityResponse):
    """An entity with its history, the newest version first."""

    versions = fields.List(fields.Nested(EntityVersionResponse))


class EntityChangeResponse(Schema):
    """What one entity of an entry asks for, and what became of it."""

    id = fields.Integer(attribute="change.id")
    register = fields.String(attribute="change.register_name")
    entity_id = fields.String(attribute="change.entity_id")
    submission_id = fields.String(attribute="change.submission_id")
    revision_id = fields.String(attribute="change.revision_id")
    area_code = fields.String(attribute="change.area_code")
    area_name = fields.String()
    kind = fields.Enum(ChangeKind, by_value=True, attribute="change.kind")
    values = fields.Dict(
        keys=fields.String(), values=fields.String(), attribute="change.values"
    )
    base_version = fields.Integer(attribute="change.base_version", allow_none=True)
    state = fields.Enum(ChangeState, by_value=True, attribute="change.state")
    reason = fields.String(
        attribute="change.reason",
        allow_none=True,
        metadata={
            "description": "`not-here`, `base-missing`: it waits. `changed-meanwhile`, "
            "`base-unknown`, `id-in-use`, `deleted`: somebody has to decide. `bad-id`, "
            "`no-label`: it can only be dismissed."
        },
    )
    clashes = fields.List(fields.String(), attribute="change.clashes")
    recorded_at = fields.AwareDateTime(attribute="change.recorded_at")
    decided_by = fields.String(allow_none=True)
    decided_at = fields.AwareDateTime(attribute="change.decided_at", allow_none=True)
    note = fields.String(attribute="change.note", allow_none=True)


class EntityChangePage(Schema):
    """One page of changes."""

    items = fields.List(fields.Nested(EntityChangeResponse))
    next_cursor = fields.String(allow_none=True)
