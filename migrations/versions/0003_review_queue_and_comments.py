"""A queue of what waits, who is asked to review it, comments, saved filters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PRIORITY = (
    "case when violation_count > 0 then 0 when warning_count > 0 then 1 else 2 end"
)


def upgrade() -> None:
    op.add_column(
        "submission",
        sa.Column(
            "priority",
            sa.SmallInteger(),
            sa.Computed(PRIORITY, persisted=True),
            nullable=False,
        ),
    )
    op.add_column("submission", sa.Column("assigned_to", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_submission_assigned_to"),
        "submission",
        "user",
        ["assigned_to"],
        ["id"],
    )
    op.create_index(
        "ix_submission_queue",
        "submission",
        ["priority", "received_at", "id"],
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_submission_assigned_to",
        "submission",
        ["assigned_to"],
        postgresql_where=sa.text("assigned_to is not null"),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_comment_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_comment_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_comment_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(
        "ix_comment_submission_id", "comment", ["submission_id", "written_at"]
    )
    op.create_table(
        "saved_filter",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_saved_filter_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_saved_filter")),
    )


def downgrade() -> None:
    op.drop_table("saved_filter")
    op.drop_index("ix_comment_submission_id", table_name="comment")
    op.drop_table("comment")
    op.drop_index("ix_submission_assigned_to", table_name="submission")
    op.drop_index("ix_submission_queue", table_name="submission")
    op.drop_constraint(
        op.f("fk_submission_assigned_to"), "submission", type_="foreignkey"
    )
    op.drop_column("submission", "assigned_to")
    op.drop_column("submission", "priority")
