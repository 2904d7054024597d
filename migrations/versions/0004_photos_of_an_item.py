"""Photos are counted by an index that no plan mistakes for the way to an item's photos

SQLite has no statistics and took (catalogue, status) for as good a way as (catalogue, item): every hit of a search
walked all ready photos of the shop.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_photos_catalogue_id_size_bytes_status"), "photos", ["catalogue_id", "size_bytes", "status"]
    )
    op.drop_index(op.f("ix_photos_catalogue_id_status_size_bytes"), table_name="photos")


def downgrade() -> None:
    op.create_index(
        op.f("ix_photos_catalogue_id_status_size_bytes"), "photos", ["catalogue_id", "status", "size_bytes"]
    )
    op.drop_index(op.f("ix_photos_catalogue_id_size_bytes_status"), table_name="photos")
