"""Quality flags, what they are derived from, and what reviewers say of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD_PRIORITY = (
    "case when violation_count > 0 then 0 when warning_count > 0 then 1 else 2 end"
)
PRIORITY = (
    "case when violation_count > 0 then 0 "
    "when warning_count > 0 or cardinality(flags) > 0 then 1 else 2 end"
)
CODES = (
    "same-nik",
    "same-person",
    "same-point",
    "same-photo",
    "too-many",
    "too-fast",
    "travel",
    "nik-birth-year",
    "point-outside",
    "point-far",
    "number-far",
    "clock-ahead",
    "clock-changed",
)


def upgrade() -> None:
    op.add_column(
        "submission",
        sa.Column(
            "flags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
    )
    _renew_priority(PRIORITY)
    op.create_index(
        "ix_submission_flags",
        "submission",
        ["flags"],
        postgresql_using="gin",
        postgresql_where=sa.text("cardinality(flags) > 0"),
    )
    op.create_table(
        "flag_position",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_flag_position_area_code")
        ),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_flag_position")),
    )
    _create_profiles()
    _create_traits()
    _create_flags()


def downgrade() -> None:
    for table in (
        "flag_dismissal",
        "flag",
        "entry_trait",
        "entry_profile",
        "flag_position",
    ):
        op.drop_table(table)
    op.drop_index("ix_submission_flags", table_name="submission")
    _renew_priority(OLD_PRIORITY)
    op.drop_column("submission", "flags")


def _renew_priority(formula: str) -> None:
    op.drop_index("ix_submission_queue", table_name="submission")
    op.drop_column("submission", "priority")
    op.add_column(
        "submission",
        sa.Column(
            "priority",
            sa.SmallInteger(),
            sa.Computed(formula, persisted=True),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_submission_queue",
        "submission",
        ["priority", "received_at", "id"],
        postgresql_where=sa.text("state = 'received'"),
    )


def _create_profiles() -> None:
    op.create_table(
        "entry_profile",
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("numbers", postgresql.JSONB(), nullable=False),
        sa.Column("points", postgresql.JSONB(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_entry_profile_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_entry_profile_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form.id"], name=op.f("fk_entry_profile_form_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name=op.f("fk_entry_profile_revision_id"),
            ondelete="CASCADE",
        ),
        _of_submission("entry_profile"),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_entry_profile")),
    )
    op.create_index(
        "ix_entry_profile_village",
        "entry_profile",
        ["area_code", "form_id", "position"],
    )
    op.create_index(
        "ix_entry_profile_submission_id", "entry_profile", ["submission_id"]
    )
    op.create_index(
        "ix_entry_profile_way",
        "entry_profile",
        ["author_id", "ended_at", "submission_id"],
        postgresql_where=sa.text("latitude is not null"),
    )


def _create_traits() -> None:
    op.create_table(
        "entry_trait",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("kind", _codes(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        _of_submission("entry_trait"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_trait")),
    )
    op.create_index("ix_entry_trait_kind_digest", "entry_trait", ["kind", "digest"])
    op.create_index("ix_entry_trait_submission_id", "entry_trait", ["submission_id"])


def _create_flags() -> None:
    op.create_table(
        "flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("code", _codes(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        _of_submission("flag"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    op.create_index("ix_flag_submission_id", "flag", ["submission_id"])
    op.create_table(
        "flag_dismissal",
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["user.id"], name=op.f("fk_flag_dismissal_reviewer_id")
        ),
        _of_submission("flag_dismissal"),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_flag_dismissal")),
    )
    op.create_index(
        "ix_flag_dismissal_submission_id", "flag_dismissal", ["submission_id"]
    )


def _of_submission(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["submission_id"],
        ["submission.id"],
        name=op.f(f"fk_{table}_submission_id"),
        ondelete="CASCADE",
    )


def _codes() -> sa.Enum:
    return sa.Enum(
        *CODES, name="flagcode", native_enum=False, create_constraint=True, length=32
    )
