"""Work remembers the trace of the request that caused it; photos are counted by an index

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.String(length=55), nullable=True))
    op.create_index(
        op.f("ix_photos_catalogue_id_status_size_bytes"), "photos", ["catalogue_id", "status", "size_bytes"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_photos_catalogue_id_status_size_bytes"), table_name="photos")
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_column("trace")
