"""What the views of people take and give."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from fieldapp.identity.passwords import MAX_LENGTH, MIN_LENGTH
from fieldapp.identity.permissions import Grant, Role
from fieldapp.web.fields import CleanText, Secret
from fieldapp.web.text import LANGUAGES, Text

USERNAME = r"^[a-z0-9._-]{3,64}\Z"
USERNAME_RULE = Text(
    "Nama pengguna: 3 sampai 64 huruf kecil, angka, titik, garis bawah atau strip.",
    "A user name is 3 to 64 lower-case letters, digits, dots, underscores or hyphens.",
)
NAME_LENGTH = 200
CODE_LENGTH = 32

PASSWORD_LENGTH = validate.Length(MIN_LENGTH, MAX_LENGTH)


class LoginRequest(Schema):
    """A name and its password."""

    username = CleanText(required=True, validate=validate.Length(max=NAME_LENGTH))
    password = Secret(
        required=True, load_only=True, validate=validate.Length(max=MAX_LENGTH)
    )


class TokenPairResponse(Schema):
    """A session's tokens."""

    access_token = fields.String()
    refresh_token = fields.String()
    token_type = fields.String()
    expires_in = fields.Integer(
        metadata={"description": "Seconds that the access token is good for."}
    )


class GrantRequest(Schema):
    """A role to give."""

    role = fields.Enum(Role, by_value=True, required=True)
    area_code = CleanText(required=True, validate=validate.Length(max=CODE_LENGTH))
    programme_id = CleanText(
        load_default=None, allow_none=True, validate=validate.Length(max=NAME_LENGTH)
    )

    @post_load
    def _as_grant(self, values: dict[str, Any], **_: Any) -> Grant:
        return Grant(**values)


class GrantResponse(Schema):
    """A role as it was given."""

    id = fields.UUID()
    role = fields.Enum(Role, by_value=True)
    area_code = fields.String()
    programme_id = fields.String(allow_none=True)
    granted_at = fields.AwareDateTime()


class MyGrantResponse(Schema):
    """A role of the caller's own."""

    role = fields.Enum(Role, by_value=True)
    area_code = fields.String()
    area_name = fields.String()
    programme_id = fields.String(allow_none=True)


class MeResponse(Schema):
    """Who is calling."""

    id = fields.UUID()
    username = fields.String()
    name = fields.String()
    language = fields.String()
    permissions = fields.List(fields.String())
    grants = fields.List(fields.Nested(MyGrantResponse))


class PersonRequest(Schema):
    """An account to open."""

    username = CleanText(
        required=True, validate=validate.Regexp(USERNAME, error=USERNAME_RULE.both())
    )
    name = CleanText(required=True, validate=validate.Length(max=NAME_LENGTH))
    password = Secret(required=True, load_only=True, validate=PASSWORD_LENGTH)
    language = fields.String(load_default="id", validate=validate.OneOf(LANGUAGES))
    grants = fields.List(
        fields.Nested(GrantRequest),
        required=True,
        validate=validate.Length(1, 50),
        metadata={"description": "The first roles, each inside the caller's own."},
    )


class PersonResponse(Schema):
    """An account, with the roles that the caller manages."""

    id = fields.UUID()
    username = fields.String()
    name = fields.String()
    language = fields.String()
    is_active = fields.Boolean()
    grants = fields.List(fields.Nested(GrantResponse))


class PeoplePage(Schema):
    """A page of accounts."""

    items = fields.List(fields.Nested(PersonResponse))
    next_cursor = fields.String(allow_none=True)


class DeviceQuery(Schema):
    """Whose devices."""

    user_id = fields.UUID(
        load_default=None, metadata={"description": "Oneself where left out."}
    )


class DeviceRequest(Schema):
    """A phone to set up."""

    label = CleanText(required=True, validate=validate.Length(max=NAME_LENGTH))
    user_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Oneself where left out."},
    )


class DeviceResponse(Schema):
    """A phone, without its token."""

    id = fields.UUID()
    user_id = fields.UUID()
    label = fields.String()
    created_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class PhoneSetUp(Schema):
    """What a phone is set up with; null where nothing was made just now."""

    token = fields.String(
        allow_none=True,
        metadata={"description": "Shown when it is made, and never again."},
    )
    server_url = fields.String(
        allow_none=True,
        metadata={"description": "What the phone is set to (ODK Collect: Server URL)."},
    )
    settings_qr = fields.String(
        allow_none=True,
        metadata={
            "description": "The text of the QR code that ODK Collect scans, to draw it "
            "oneself. It holds the token."
        },
    )
    settings_qr_png = fields.String(
        allow_none=True,
        metadata={"description": "The same code as a picture: a `data:` address."},
    )


class NewDeviceResponse(DeviceResponse, PhoneSetUp):
    """A phone with its token, this once, and what it signs in with instead."""

    username = fields.String(
        metadata={"description": "For a phone that is set up by hand, without a token."}
    )
    password = fields.String(
        metadata={"description": "The phone's own; not that of the account."}
    )
    sign_in_url = fields.String(
        metadata={"description": "The server address that goes with name and password."}
    )


class DevicesResponse(Schema):
    """A person's phones."""

    items = fields.List(fields.Nested(DeviceResponse))
