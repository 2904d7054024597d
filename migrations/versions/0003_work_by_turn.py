"""Indexes of work: in the order of claims, by token, and of what is worn out

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("failed_at IS NULL")
HELD = sa.text("token IS NOT NULL")
WORN_OUT = sa.text("failed_at IS NULL AND attempts >= 6")


def upgrade() -> None:
    op.create_index(
        "ix_work_kind_rank_catalogue_id_due_at_id",
        "work",
        ["kind", "rank", "catalogue_id", "due_at", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_work_token", "work", ["token"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("ix_work_worn_out", "work", ["catalogue_id"], sqlite_where=WORN_OUT, postgresql_where=WORN_OUT)
    op.drop_index("ix_work_catalogue_id_kind_rank_due_at", "work")


def downgrade() -> None:
    op.create_index("ix_work_catalogue_id_kind_rank_due_at", "work", ["catalogue_id", "kind", "rank", "due_at"])
    op.drop_index("ix_work_worn_out", "work")
    op.drop_index("ix_work_token", "work")
    op.drop_index("ix_work_kind_rank_catalogue_id_due_at_id", "work")
