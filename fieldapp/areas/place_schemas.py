"""What is asked and answered about places."""

from marshmallow import Schema, fields, validate

LEVELS = range(1, 5)


class AreaQuery(Schema):
    """The beginning of a name; after a comma, names of places above it."""

    q = fields.String(
        required=True,
        validate=validate.Length(min=2, max=100),
        metadata={"example": "tajur halang, cijeruk"},
    )
    level = fields.Integer(validate=validate.OneOf(LEVELS))
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))


class AreaName(Schema):
    """A place above another."""

    code = fields.String(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)


class AreaSummary(AreaName):
    """A place with its full path, which tells namesakes apart."""

    level = fields.Integer(required=True)
    path = fields.String(
        required=True,
        metadata={"example": "Semedo, Pekuncen, Kabupaten Banyumas, Jawa Tengah"},
    )


class AreaDetail(AreaSummary):
    """A place, all above it, and its time zone."""

    above = fields.List(fields.Nested(AreaName), required=True)
    time_zone = fields.String(required=True)


class AreaList(Schema):
    """Places, in order."""

    items = fields.List(fields.Nested(AreaSummary), required=True)
