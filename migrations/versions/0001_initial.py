"""The tables of the main job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "area_release",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("decree", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_release")),
    )
    op.create_table(
        "digit_count",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(collation="C"), nullable=False),
        sa.Column("parent", sa.Text(collation="C"), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("prefix", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "area_code",
            "form_id",
            "indicator",
            "slice",
            "parent",
            "grain",
            "starts_on",
            "prefix",
            name=op.f("pk_digit_count"),
        ),
    )
    op.create_table(
        "distinct_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_distinct_secret")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_table(
        "rollup",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("value_sum", sa.Numeric(), nullable=False),
        sa.Column("weight_sum", sa.Numeric(), nullable=False),
        sa.Column("product_sum", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "area_code",
            "form_id",
            "grain",
            "starts_on",
            "indicator",
            "slice",
            name=op.f("pk_rollup"),
        ),
    )
    op.create_table(
        "sign_in_window",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_window")),
    )
    op.create_table(
        "succession",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("next_grain", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("slice", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("value_sum", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "area_code",
            "form_id",
            "grain",
            "next_grain",
            "next_on",
            "starts_on",
            "indicator",
            "slice",
            name=op.f("pk_succession"),
        ),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "username = lower(username)", name=op.f("ck_user_username_lower")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
    )
    op.create_table(
        "area",
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("parent_code", sa.Text(collation="C"), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "search_name",
            sa.Text(collation="C"),
            sa.Computed(
                "regexp_replace(\n    lower(name COLLATE \"C\"),\n    '^(kabupaten|kota) (administrasi )?|[^a-z0-9]', '', 'g'\n)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("release_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["area.code"], name=op.f("fk_area_parent_code")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["area_release.id"], name=op.f("fk_area_release_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_area")),
    )
    op.create_index(op.f("ix_area_parent_code"), "area", ["parent_code"], unique=False)
    op.create_index(
        "ix_area_search_name", "area", ["search_name", "level", "code"], unique=False
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_device_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_device_token_digest")),
    )
    op.create_index("ix_device_user_id", "device", ["user_id"], unique=False)
    op.create_table(
        "form",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_form_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
    )
    op.create_table(
        "refresh_family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("current_jti", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_refresh_family_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_family")),
    )
    op.create_index(
        "ix_refresh_family_user_id", "refresh_family", ["user_id"], unique=False
    )
    op.create_table(
        "form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form.id"], name=op.f("fk_form_version_form_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["user.id"], name=op.f("fk_form_version_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_version")),
        sa.UniqueConstraint(
            "form_id", "version", name=op.f("uq_form_version_form_id_version")
        ),
    )
    op.create_table(
        "held_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "conflict",
                "area",
                "form",
                name="heldreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "explanation", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column(
            "area_codes", postgresql.ARRAY(sa.Text(collation="C")), nullable=False
        ),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "released",
                "discarded",
                name="heldstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user.id"], name=op.f("fk_held_entry_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_held_entry_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["user.id"], name=op.f("fk_held_entry_sender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_entry")),
        sa.UniqueConstraint(
            "sender_id", "digest", name=op.f("uq_held_entry_sender_id_digest")
        ),
    )
    op.create_index(
        "ix_held_entry_received_at", "held_entry", ["received_at", "id"], unique=False
    )
    op.create_table(
        "ledger_entry",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_ledger_entry_area_code")
        ),
        sa.PrimaryKeyConstraint("area_code", "position", name=op.f("pk_ledger_entry")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_ledger_head_area_code")
        ),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "facilitator",
                "coordinator",
                "auditor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_role_grant_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["user.id"], name=op.f("fk_role_grant_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_role_grant_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_role_grant_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index("ix_role_grant_user_id", "role_grant", ["user_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "approved",
                "returned",
                "rejected",
                name="submissionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("revision_number", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("violation_count", sa.Integer(), nullable=False),
        sa.Column("warning_count", sa.Integer(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_submission_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_submission_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form.id"], name=op.f("fk_submission_form_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
    )
    op.create_index(
        "ix_submission_area_code",
        "submission",
        ["area_code", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_submission_author_id",
        "submission",
        ["author_id", "updated_at"],
        unique=False,
    )
    op.create_index(
        "ix_submission_received_at", "submission", ["received_at", "id"], unique=False
    )
    op.create_table(
        "tally",
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "approved",
                "returned",
                "rejected",
                name="submissionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_tally_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form.id"], name=op.f("fk_tally_form_id")
        ),
        sa.PrimaryKeyConstraint(
            "form_id", "area_code", "captured_on", "state", name=op.f("pk_tally")
        ),
    )
    op.create_index(
        "ix_tally_waiting",
        "tally",
        ["form_id", "area_code", "captured_on"],
        unique=False,
        postgresql_where=sa.text("state = 'received' and number > 0"),
    )
    op.create_table(
        "form_media",
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["form_version.id"],
            name=op.f("fk_form_media_form_version_id"),
        ),
        sa.PrimaryKeyConstraint("form_version_id", "name", name=op.f("pk_form_media")),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "violations", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_revision_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_revision_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["form_version.id"],
            name=op.f("fk_revision_form_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_revision_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint(
            "submission_id", "number", name=op.f("uq_revision_submission_id_number")
        ),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=True),
        sa.Column("held_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(digest, size) in (0, 2)",
            name=op.f("ck_attachment_digest_with_size"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(revision_id, held_id) = 1",
            name=op.f("ck_attachment_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["held_id"], ["held_entry.id"], name=op.f("fk_attachment_held_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_attachment_revision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("held_id", "name", name=op.f("uq_attachment_held_id_name")),
        sa.UniqueConstraint(
            "revision_id", "name", name=op.f("uq_attachment_revision_id_name")
        ),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "approve",
                "return",
                "reject",
                "reopen",
                name="decisionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_override", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["user.id"], name=op.f("fk_decision_reviewer_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_decision_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_decision_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        "ix_decision_submission_id",
        "decision",
        ["submission_id", "decided_at"],
        unique=False,
    )
    op.create_table(
        "fact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slices", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("weight", sa.Numeric(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("digits", postgresql.ARRAY(sa.Text(collation="C")), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_fact_area_code")
        ),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_fact_form_id")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_fact_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_fact_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_index(
        "ix_fact_key",
        "fact",
        ["form_id", "indicator", "key", "occurred_on"],
        unique=False,
        postgresql_where="key is not null",
    )
    op.create_index("ix_fact_submission_id", "fact", ["submission_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_fact_submission_id", table_name="fact")
    op.drop_index("ix_fact_key", table_name="fact", postgresql_where="key is not null")
    op.drop_table("fact")
    op.drop_index("ix_decision_submission_id", table_name="decision")
    op.drop_table("decision")
    op.drop_table("attachment")
    op.drop_table("revision")
    op.drop_table("form_media")
    op.drop_index(
        "ix_tally_waiting",
        table_name="tally",
        postgresql_where=sa.text("state = 'received' and number > 0"),
    )
    op.drop_table("tally")
    op.drop_index("ix_submission_received_at", table_name="submission")
    op.drop_index("ix_submission_author_id", table_name="submission")
    op.drop_index("ix_submission_area_code", table_name="submission")
    op.drop_table("submission")
    op.drop_index("ix_role_grant_user_id", table_name="role_grant")
    op.drop_table("role_grant")
    op.drop_table("ledger_head")
    op.drop_table("ledger_entry")
    op.drop_index("ix_held_entry_received_at", table_name="held_entry")
    op.drop_table("held_entry")
    op.drop_table("form_version")
    op.drop_index("ix_refresh_family_user_id", table_name="refresh_family")
    op.drop_table("refresh_family")
    op.drop_table("form")
    op.drop_index("ix_device_user_id", table_name="device")
    op.drop_table("device")
    op.drop_index("ix_area_search_name", table_name="area")
    op.drop_index(op.f("ix_area_parent_code"), table_name="area")
    op.drop_table("area")
    op.drop_table("user")
    op.drop_table("succession")
    op.drop_table("sign_in_window")
    op.drop_table("rollup")
    op.drop_table("programme")
    op.drop_table("distinct_secret")
    op.drop_table("digit_count")
    op.drop_table("area_release")
