"""What is answered about areas."""

from marshmallow import Schema, fields


class HeadStatement(Schema):
    """What the signature speaks of."""

    area = fields.String(required=True)
    at = fields.String(required=True)
    digest = fields.String(required=True)
    position = fields.Integer(required=True)


class SignedHeadResponse(Schema):
    """A head, and the Ed25519 signature over its canonical JSON."""

    head = fields.Nested(HeadStatement, required=True)
    public_key = fields.String(required=True)
    signature = fields.String(required=True)
