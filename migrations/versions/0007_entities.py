"""Registers, their entities with all versions, and what entries asked for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_register_programme_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_register")),
    )
    op.create_table(
        "entity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_name", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "listed",
                "withdrawn",
                "deleted",
                name="entitystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(collation="C"), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_entity_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["register_name"], ["register.name"], name=op.f("fk_entity_register_name")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
    )
    op.create_index(
        "ix_entity_area_code",
        "entity",
        ["register_name", "area_code", "label", "id"],
        unique=False,
    )
    op.create_index(
        "ix_entity_label",
        "entity",
        ["register_name", "label", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'listed'"),
    )
    op.create_table(
        "register_count",
        sa.Column("register_name", sa.Text(collation="C"), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["register_name"],
            ["register.name"],
            name=op.f("fk_register_count_register_name"),
        ),
        sa.PrimaryKeyConstraint(
            "register_name", "area_code", name=op.f("pk_register_count")
        ),
    )
    op.create_table(
        "register_property",
        sa.Column("register_name", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["form.id"], name=op.f("fk_register_property_form_id")
        ),
        sa.ForeignKeyConstraint(
            ["register_name"],
            ["register.name"],
            name=op.f("fk_register_property_register_name"),
        ),
        sa.PrimaryKeyConstraint(
            "register_name",
            "name",
            "form_id",
            "path",
            name=op.f("pk_register_property"),
        ),
    )
    op.create_table(
        "entity_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("register_name", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "create",
                "update",
                "upsert",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("trunk_version", sa.Integer(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "applied",
                "waiting",
                "conflict",
                "dismissed",
                "refused",
                name="changestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("clashes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_code"], ["area.code"], name=op.f("fk_entity_change_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user.id"], name=op.f("fk_entity_change_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["register_name"],
            ["register.name"],
            name=op.f("fk_entity_change_register_name"),
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_entity_change_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_entity_change_submission_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_change")),
        sa.UniqueConstraint(
            "submission_id",
            "position",
            name=op.f("uq_entity_change_submission_id_position"),
        ),
    )
    op.create_index(
        "ix_entity_change_entity_id", "entity_change", ["entity_id"], unique=False
    )
    op.create_index(
        "ix_entity_change_open",
        "entity_change",
        ["area_code", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('waiting', 'conflict')"),
    )
    op.create_table(
        "entity_version",
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "created",
                "updated",
                "withdrawn",
                "kept",
                "deleted",
                name="versionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_standing", sa.Boolean(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=True),
        sa.Column("revision_id", sa.Text(), nullable=True),
        sa.Column("change_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_version_entity_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user.id"], name=op.f("fk_entity_version_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name=op.f("fk_entity_version_revision_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_entity_version_submission_id"),
        ),
        sa.PrimaryKeyConstraint("entity_id", "number", name=op.f("pk_entity_version")),
    )
    op.create_index(
        "ix_entity_version_submission_id",
        "entity_version",
        ["submission_id"],
        unique=False,
        postgresql_where=sa.text("is_standing"),
    )


def downgrade() -> None:

    op.drop_index("ix_entity_version_submission_id", table_name="entity_version")
    op.drop_table("entity_version")
    op.drop_index("ix_entity_change_open", table_name="entity_change")
    op.drop_index("ix_entity_change_entity_id", table_name="entity_change")
    op.drop_table("entity_change")
    op.drop_table("register_property")
    op.drop_table("register_count")
    op.drop_index("ix_entity_label", table_name="entity")
    op.drop_index("ix_entity_area_code", table_name="entity")
    op.drop_table("entity")
    op.drop_table("register")
