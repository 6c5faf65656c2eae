"""What the views of webhooks take and give."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from fieldapp.notices.models import (
    DeliveryState,
    DigestFrequency,
    DisabledReason,
    EventKind,
    MailError,
    TryError,
)
from fieldapp.notices.targets import MAX_URL_LENGTH
from fieldapp.notices.webhooks import NewWebhook
from fieldapp.web.fields import CleanText, PageQuery
from fieldapp.web.text import Text

CODE_LENGTH = 32
NAME_LENGTH = 200
EMAIL_LENGTH = 254
ASCII = r"^[\x21-\x7e]+\Z"
EMAIL_RULE = Text(
    "Alamat surel hanya boleh berisi huruf Latin, angka dan tanda biasa.",
    "An e-mail address may have Latin letters, digits and ordinary signs only.",
)


def _events(**options: Any) -> fields.List[EventKind]:
    return fields.List(
        fields.Enum(EventKind, by_value=True),
        validate=validate.Length(1, len(EventKind)),
        metadata={"description": "The kinds of events that it tells of."},
        **options,
    )


def _url(**options: Any) -> CleanText:
    return CleanText(
        validate=validate.Length(max=MAX_URL_LENGTH),
        metadata={
            "description": "Must begin with https:// and lie in the internet, unless "
            "the operator allows the host.",
            "example": "https://example.org/hook",
        },
        **options,
    )


def _description(**options: Any) -> CleanText:
    return CleanText(
        allow_none=True, validate=validate.Length(max=NAME_LENGTH), **options
    )


class WebhookRequest(Schema):
    """A webhook to set up."""

    url = _url(required=True)
    area_code = CleanText(required=True, validate=validate.Length(max=CODE_LENGTH))
    programme_id = CleanText(
        load_default=None, allow_none=True, validate=validate.Length(max=NAME_LENGTH)
    )
    events = _events(required=True)
    description = _description(load_default=None)

    @post_load
    def _as_new(self, values: dict[str, Any], **_: Any) -> NewWebhook:
        return NewWebhook(**values)


class WebhookChanges(Schema):
    """What is to be otherwise; what is left out stays."""

    url = _url()
    events = _events()
    description = _description()
    is_enabled = fields.Boolean()


class WebhookResponse(Schema):
    """A webhook, without its secret."""

    id = fields.UUID()
    area_code = fields.String()
    programme_id = fields.String(allow_none=True)
    url = fields.String()
    description = fields.String(allow_none=True)
    events = fields.List(fields.String())
    owner_id = fields.UUID()
    created_at = fields.AwareDateTime()
    is_enabled = fields.Boolean()
    disabled_reason = fields.Enum(DisabledReason, by_value=True, allow_none=True)
    disabled_at = fields.AwareDateTime(allow_none=True)
    failures = fields.Integer(
        metadata={"description": "How many tries failed since the last success."}
    )
    failing_since = fields.AwareDateTime(allow_none=True)


class NewWebhookResponse(WebhookResponse):
    """A webhook with its secret, this once."""

    secret = fields.String(
        metadata={"description": "Shown this once (Standard Webhooks, `whsec_`)."}
    )


class WebhooksPage(Schema):
    """A page of webhooks."""

    items = fields.List(fields.Nested(WebhookResponse))
    next_cursor = fields.String(allow_none=True)


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    state = fields.Enum(DeliveryState, by_value=True, load_default=None)


def _time_of_next_try(delivery: Any) -> str | None:
    is_waiting = delivery.state is DeliveryState.WAITING
    return delivery.next_try_at.isoformat() if is_waiting else None


class DeliveryResponse(Schema):
    """An event as it was told, or is to be told."""

    id = fields.UUID()
    message_id = fields.Function(
        lambda delivery: f"msg_{delivery.id.hex}",
        metadata={"type": "string", "description": "The header `webhook-id`."},
    )
    event = fields.Enum(EventKind, by_value=True)
    occurred_at = fields.AwareDateTime()
    data = fields.Dict(attribute="content")
    state = fields.Enum(DeliveryState, by_value=True)
    created_at = fields.AwareDateTime()
    tries = fields.Integer()
    tried_at = fields.AwareDateTime(allow_none=True)
    next_try_at = fields.Function(
        _time_of_next_try,
        metadata={"type": "string", "format": "date-time", "nullable": True},
    )
    last_status = fields.Integer(allow_none=True)
    last_error = fields.Enum(TryError, by_value=True, allow_none=True)


class DeliveriesPage(Schema):
    """A page of deliveries, the newest first."""

    items = fields.List(fields.Nested(DeliveryResponse))
    next_cursor = fields.String(allow_none=True)


class DigestRequest(Schema):
    """Where to send digests, and how often."""

    email = CleanText(
        required=True,
        validate=[
            validate.Length(max=EMAIL_LENGTH),
            validate.Email(),
            validate.Regexp(ASCII, error=EMAIL_RULE.both()),
        ],
    )
    frequency = fields.Enum(DigestFrequency, by_value=True, required=True)


class DigestResponse(Schema):
    """A person's digests."""

    email = fields.String()
    frequency = fields.Enum(DigestFrequency, by_value=True)
    next_at = fields.AwareDateTime()
    sent_at = fields.AwareDateTime(allow_none=True)
    last_error = fields.Enum(MailError, by_value=True, allow_none=True)
    is_sending = fields.Boolean(
        metadata={"description": "Whether the operator has set up a mail server."}
    )
