"""All tables

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogues",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("active_set_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogues")),
        sa.UniqueConstraint("name", name=op.f("uq_catalogues_name")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "leases",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("catalogue_id", "name", name=op.f("pk_leases")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "catalogue_seq",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogues.id"], name=op.f("fk_catalogue_seq_catalogue_id_catalogues")
        ),
        sa.PrimaryKeyConstraint("catalogue_id", name=op.f("pk_catalogue_seq")),
    )
    op.create_table(
        "changes",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "vectors",
                "text",
                "attributes",
                "hidden",
                "gone",
                "catalogue",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_changes_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("catalogue_id", "seq", name=op.f("pk_changes")),
    )
    op.create_table(
        "erasures",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_erasures_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("catalogue_id", "sha256", name=op.f("pk_erasures")),
    )
    op.create_table(
        "fields",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "string",
                "number",
                "boolean",
                "date",
                "list of strings",
                "list of numbers",
                "list of booleans",
                name="fieldtype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_fields_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("catalogue_id", "name", name=op.f("pk_fields")),
    )
    op.create_table(
        "items",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=128), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("attributes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("group", sa.String(length=128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_items_price_not_negative")),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_items_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_items")),
        sa.UniqueConstraint("catalogue_id", "sku", name=op.f("uq_items_catalogue_id_sku")),
    )
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_items_catalogue_id_created_at_id"), ["catalogue_id", "created_at", "id"], unique=False
        )

    op.create_table(
        "keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("catalogue_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column(
            "scope",
            sa.Enum("read", "write", "admin", name="keyscope", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("origins", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_keys_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
    )
    op.create_table(
        "model_sets",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("captioner", sa.String(length=64), nullable=False),
        sa.Column("look", sa.String(length=64), nullable=False),
        sa.Column("meaning", sa.String(length=64), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("checkpoint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogues.id"], name=op.f("fk_model_sets_catalogue_id_catalogues")
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_model_sets")),
        sa.UniqueConstraint(
            "catalogue_id",
            "captioner",
            "look",
            "meaning",
            "words",
            name=op.f("uq_model_sets_catalogue_id_captioner_look_meaning_words"),
        ),
    )
    op.create_table(
        "queries",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("model_set_id", sa.Uuid(), nullable=False),
        sa.Column("look", sa.LargeBinary(), nullable=True),
        sa.Column("meaning", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogues.id"], name=op.f("fk_queries_catalogue_id_catalogues")),
        sa.PrimaryKeyConstraint("catalogue_id", "token", name=op.f("pk_queries")),
    )
    op.create_table(
        "photos",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("difference_hash", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending", "ready", "failed", name="photostatus", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("caption_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_seq", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "item_id"],
            ["items.catalogue_id", "items.id"],
            name=op.f("fk_photos_catalogue_id_item_id_items"),
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_photos")),
        sa.UniqueConstraint("catalogue_id", "item_id", "sha256", name=op.f("uq_photos_catalogue_id_item_id_sha256")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photos_catalogue_id_sha256"), ["catalogue_id", "sha256"], unique=False)

    op.create_table(
        "snapshots",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_set_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "model_set_id"],
            ["model_sets.catalogue_id", "model_sets.id"],
            name=op.f("fk_snapshots_catalogue_id_model_set_id_model_sets"),
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "captions",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("alternatives", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "model", "person", "import", name="captionsource", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(source = 'model') = (fingerprint IS NOT NULL)", name=op.f("ck_captions_model_has_fingerprint")
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "photo_id"],
            ["photos.catalogue_id", "photos.id"],
            name=op.f("fk_captions_catalogue_id_photo_id_photos"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_captions")),
    )
    with op.batch_alter_table("captions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_captions_catalogue_id_photo_id"), ["catalogue_id", "photo_id"], unique=False
        )

    op.create_table(
        "vectors",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column(
            "space",
            sa.Enum("look", "meaning", "words", name="space", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "photo_id"],
            ["photos.catalogue_id", "photos.id"],
            name=op.f("fk_vectors_catalogue_id_photo_id_photos"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "photo_id", "space", "fingerprint", name=op.f("pk_vectors")),
    )
    op.create_table(
        "work",
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("text", "picture", name="workkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("model_set_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "model_set_id"],
            ["model_sets.catalogue_id", "model_sets.id"],
            name=op.f("fk_work_catalogue_id_model_set_id_model_sets"),
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_id", "photo_id"],
            ["photos.catalogue_id", "photos.id"],
            name=op.f("fk_work_catalogue_id_photo_id_photos"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("catalogue_id", "id", name=op.f("pk_work")),
        sa.UniqueConstraint(
            "catalogue_id",
            "photo_id",
            "kind",
            "model_set_id",
            name=op.f("uq_work_catalogue_id_photo_id_kind_model_set_id"),
        ),
    )
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_work_catalogue_id_kind_rank_due_at"),
            ["catalogue_id", "kind", "rank", "due_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_catalogue_id_kind_rank_due_at"))

    op.drop_table("work")
    op.drop_table("vectors")
    with op.batch_alter_table("captions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_captions_catalogue_id_photo_id"))

    op.drop_table("captions")
    op.drop_table("snapshots")
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_photos_catalogue_id_sha256"))

    op.drop_table("photos")
    op.drop_table("queries")
    op.drop_table("model_sets")
    op.drop_table("keys")
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_items_catalogue_id_created_at_id"))

    op.drop_table("items")
    op.drop_table("fields")
    op.drop_table("erasures")
    op.drop_table("changes")
    op.drop_table("catalogue_seq")
    op.drop_table("tokens")
    op.drop_table("leases")
    op.drop_table("heartbeats")
    op.drop_table("catalogues")
