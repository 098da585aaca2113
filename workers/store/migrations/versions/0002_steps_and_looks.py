"""steps that are sent twice, undo, drawn regions, second and third looks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("reviews", sa.Column("step", sa.Text(), nullable=True))
    op.add_column("reviews", sa.Column("undoes", sa.Integer(), nullable=True))
    op.create_index("uq_reviews_step", "reviews", ["step"], unique=True)
    op.create_table(
        "region_readings",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.Column("user_id", SERIAL, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name="fk_region_readings_document_id_documents"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_region_readings_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_region_readings"),
    )
    op.create_index("ix_region_readings_document_id", "region_readings", ["document_id"])
    for name, kind in (
        ("first_id", SERIAL), ("first_value", sa.Text()), ("first_state", sa.Text()),
        ("second_id", SERIAL), ("second_value", sa.Text()), ("second_state", sa.Text()), ("held_by", SERIAL),
    ):  # fmt: skip
        op.add_column("looks", sa.Column(name, kind, nullable=True))
    op.add_column("looks", sa.Column("held_until", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("held_until", "held_by", "second_state", "second_value", "second_id", "first_state",
                 "first_value", "first_id"):  # fmt: skip
        op.drop_column("looks", name)
    op.drop_table("region_readings")
    op.drop_index("uq_reviews_step", "reviews")
    op.drop_column("reviews", "undoes")
    op.drop_column("reviews", "step")
