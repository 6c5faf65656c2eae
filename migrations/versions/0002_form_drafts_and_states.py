"""Drafts of forms, forms that are retired, and entries that are sealed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATES = ("open", "retired", "closed")


def upgrade() -> None:
    op.add_column(
        "form", sa.Column("state", sa.String(32), server_default="open", nullable=False)
    )
    op.add_column("form", sa.Column("state_reason", sa.Text(), nullable=True))
    op.execute("update form set state = 'closed' where not is_open")
    op.create_check_constraint(
        op.f("ck_form_formstate"), "form", sa.column("state").in_(STATES)
    )
    op.alter_column("form", "state", server_default=None)
    op.drop_column("form", "is_open")
    op.add_column(
        "submission",
        sa.Column("is_sealed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "form_draft",
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=True),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_form_draft_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["user.id"], name=op.f("fk_form_draft_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("form_id", name=op.f("pk_form_draft")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_form_draft_token_digest")),
    )
    op.create_table(
        "draft_file",
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"],
            ["form_draft.form_id"],
            name=op.f("fk_draft_file_form_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("form_id", "name", name=op.f("pk_draft_file")),
    )
    op.create_table(
        "trial_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"],
            ["form_draft.form_id"],
            name=op.f("fk_trial_entry_form_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_entry")),
        sa.UniqueConstraint(
            "form_id", "instance_id", name=op.f("uq_trial_entry_form_id_instance_id")
        ),
    )
    op.create_index(
        "ix_trial_entry_received_at", "trial_entry", ["form_id", "received_at", "id"]
    )


def downgrade() -> None:
    op.drop_table("trial_entry")
    op.drop_table("draft_file")
    op.drop_table("form_draft")
    op.drop_column("submission", "is_sealed")
    op.add_column(
        "form",
        sa.Column("is_open", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.execute("update form set is_open = state = 'open'")
    op.alter_column("form", "is_open", server_default=None)
    op.drop_column("form", "state_reason")
    op.drop_column("form", "state")
