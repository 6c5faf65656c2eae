"""Webhooks, how far each has read the logs, what it was told; digests by mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REASONS = ("by-person", "failing", "gone", "owner-without-right")
EVENTS = (
    "entry.received",
    "entry.corrected",
    "entry.returned",
    "entry.approved",
    "entry.rejected",
    "entry.reopened",
    "form.published",
)
STATES = ("waiting", "delivered", "failed")
ERRORS = (
    "target-refused",
    "unknown-host",
    "connection",
    "tls",
    "timeout",
    "answer",
    "status",
    "disabled",
)
FREQUENCIES = ("daily", "weekly")
MAIL_ERRORS = ("recipient-refused", "server")


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", _enum("disabledreason", REASONS), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_visit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_webhook_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_webhook_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_webhook_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_area_code", "webhook", ["area_code"])
    op.create_table(
        "webhook_position",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_webhook_position_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_webhook_position_area_code")
        ),
        sa.PrimaryKeyConstraint(
            "webhook_id", "area_code", name=op.f("pk_webhook_position")
        ),
    )
    _create_deliveries()
    _create_digests()


def _create_deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event", _enum("eventkind", EVENTS), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("state", _enum("deliverystate", STATES), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", _enum("tryerror", ERRORS), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_webhook_delivery_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_webhook_delivery_area_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint(
            "webhook_id",
            "area_code",
            "position",
            name=op.f("uq_webhook_delivery_webhook_id_area_code_position"),
        ),
    )
    op.create_index(
        "ix_webhook_delivery_created_at",
        "webhook_delivery",
        ["webhook_id", "created_at", "id"],
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "next_try_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _create_digests() -> None:
    op.create_table(
        "digest_subscription",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("frequency", _enum("digestfrequency", FREQUENCIES), nullable=False),
        sa.Column("covered_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", _enum("mailerror", MAIL_ERRORS), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_digest_subscription_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_digest_subscription")),
    )
    op.create_index(
        "ix_digest_subscription_next_at", "digest_subscription", ["next_at"]
    )
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"])


def downgrade() -> None:
    op.drop_index("ix_decision_decided_at", "decision")
    op.drop_table("digest_subscription")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_position")
    op.drop_table("webhook")


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(
        *values, name=name, native_enum=False, create_constraint=True, length=32
    )
