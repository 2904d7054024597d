"""The tables: names, constraints, what a row means. No statement that reads or writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Integer
from uuid_utils.compat import uuid7

from catalogue.columns import Base, words_of
from catalogue.states import CaptionSource, ChangeKind, FieldType, KeyScope, PhotoStatus, Space, WorkKind

MOST_ATTEMPTS = 6  # of a piece of work
# Parts of `work` that have an index of their own.
OPEN = text("failed_at IS NULL")
HELD = text("token IS NOT NULL")
WORN_OUT = text(f"failed_at IS NULL AND attempts >= {MOST_ATTEMPTS}")  # a query must say it in these very words


class Catalogue(Base):
    """A shop's own world. `settings` is versioned: cursors and cached views are bound to `settings_version`."""

    __tablename__ = "catalogues"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(35), default="en")  # BCP 47
    currency: Mapped[str] = mapped_column(String(3))
    public: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    settings_version: Mapped[int] = mapped_column(default=1)
    active_set_id: Mapped[UUID | None]  # no foreign key: model_sets refers to this table already
    created_at: Mapped[datetime]


class CatalogueSeq(Base):
    """The change counter: one narrow row a catalogue, locked for one statement and the commit."""

    __tablename__ = "catalogue_seq"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)


class ModelSet(Base):
    """A fingerprint for the captioner and for each space; `checkpoint` names its folder under `models/`."""

    __tablename__ = "model_sets"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    captioner: Mapped[str] = mapped_column(String(64))
    look: Mapped[str] = mapped_column(String(64))
    meaning: Mapped[str] = mapped_column(String(64))
    words: Mapped[str] = mapped_column(String(64))
    checkpoint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("catalogue_id", "captioner", "look", "meaning", "words"),)


class Item(Base):
    """A product. `version` counts what merchants write, and nothing else."""

    __tablename__ = "items"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    sku: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(Text, default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    price_minor: Mapped[int | None] = mapped_column(BigInteger)  # in the currency's smallest unit
    url: Mapped[str | None] = mapped_column(Text)
    published: Mapped[bool] = mapped_column(default=True)
    available: Mapped[bool] = mapped_column(default=True)
    group: Mapped[str | None] = mapped_column(String(128))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("catalogue_id", "sku"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        Index(None, "catalogue_id", "created_at", "id"),
    )


class Photo(Base):
    """A photo of an item. Being worked on is a lease on its work, never a status."""

    __tablename__ = "photos"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    item_id: Mapped[UUID]
    position: Mapped[int]  # 0 is the main one
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]  # pixels, after orientation
    height: Mapped[int]
    difference_hash: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[PhotoStatus] = mapped_column(words_of(PhotoStatus), default=PhotoStatus.PENDING)
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)  # of the picture work that last ended
    caption_version: Mapped[int] = mapped_column(default=0)  # what people wrote or locked, for ETags
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    ready_seq: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["catalogue_id", "item_id"], ["items.catalogue_id", "items.id"]),
        UniqueConstraint("catalogue_id", "item_id", "sha256"),
        Index(None, "catalogue_id", "sha256"),
        # Counts and bytes of 100,000 photos in milliseconds. The status comes last: SQLite, without statistics, would
        # take (catalogue, status) for as short a way as (catalogue, item).
        Index(None, "catalogue_id", "size_bytes", "status"),
    )


class Caption(Base):
    """The history of captions; without `retired_at` a row is current for its source (and a model's fingerprint)."""

    __tablename__ = "captions"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    photo_id: Mapped[UUID]
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float | None]
    alternatives: Mapped[list[Any]] = mapped_column(default=list)  # [{"text", "confidence"}]
    source: Mapped[CaptionSource] = mapped_column(words_of(CaptionSource))
    fingerprint: Mapped[str | None] = mapped_column(String(64))  # the captioner's, when a model wrote it
    locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(["catalogue_id", "photo_id"], ["photos.catalogue_id", "photos.id"], ondelete="CASCADE"),
        CheckConstraint("(source = 'model') = (fingerprint IS NOT NULL)", name="model_has_fingerprint"),
        Index(None, "catalogue_id", "photo_id"),
    )


class Vector(Base):
    """One vector of a photo: float16, little-endian. `text_hash` (only of `words`) says which text it was made from."""

    __tablename__ = "vectors"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    photo_id: Mapped[UUID] = mapped_column(primary_key=True)
    space: Mapped[Space] = mapped_column(words_of(Space), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    values: Mapped[bytes]
    text_hash: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        ForeignKeyConstraint(["catalogue_id", "photo_id"], ["photos.catalogue_id", "photos.id"], ondelete="CASCADE"),
    )


class Work(Base):
    """The only to-do list. A row lives until it is done (deleted) or has failed for good (`failed_at`)."""

    __tablename__ = "work"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    photo_id: Mapped[UUID]
    kind: Mapped[WorkKind] = mapped_column(words_of(WorkKind))
    model_set_id: Mapped[UUID]
    rank: Mapped[int]  # 0 single upload, 1 bulk; +2 for a set that is not active
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(128))
    token: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    trace: Mapped[str | None] = mapped_column(String(55))  # of the request that made it due, for the logs

    __table_args__ = (
        ForeignKeyConstraint(["catalogue_id", "photo_id"], ["photos.catalogue_id", "photos.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["catalogue_id", "model_set_id"], ["model_sets.catalogue_id", "model_sets.id"]),
        UniqueConstraint("catalogue_id", "photo_id", "kind", "model_set_id"),
        # As claims walk it; what has failed for good stays in the table, and out of their way.
        Index(
            None,
            "kind",
            "rank",
            "catalogue_id",
            "due_at",
            "id",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        # What has killed its workers, looked for every other second: hardly ever a row.
        Index("ix_work_worn_out", "catalogue_id", sqlite_where=WORN_OUT, postgresql_where=WORN_OUT),
        # As leases are renewed and given back: few rows are held at a time.
        Index(None, "token", sqlite_where=HELD, postgresql_where=HELD),
    )


class Token(Base):
    """The global sequence of fencing tokens: a plain insert draws the next on every database."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )

    __table_args__ = ({"sqlite_autoincrement": True},)


class Change(Base):
    """A numbered line of the feed: what to read again."""

    __tablename__ = "changes"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[ChangeKind] = mapped_column(words_of(ChangeKind))
    item_id: Mapped[UUID | None]  # no foreign key: the feed outlives what it speaks of
    photo_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class Snapshot(Base):
    """A published folder of vectors and columns at change number `seq`."""

    __tablename__ = "snapshots"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    model_set_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    photos: Mapped[int]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    token: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    refused_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        ForeignKeyConstraint(["catalogue_id", "model_set_id"], ["model_sets.catalogue_id", "model_sets.id"]),
    )


class Lease(Base):
    """Who may do a named job now. The nil UUID as catalogue means the whole service."""

    __tablename__ = "leases"

    catalogue_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(128))
    token: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]


class Heartbeat(Base):
    """A worker process that was alive at `seen_at`."""

    __tablename__ = "heartbeats"

    owner: Mapped[str] = mapped_column(String(128), primary_key=True)
    queue: Mapped[str] = mapped_column(String(32))
    device: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Key(Base):
    """An API key: only its keyed hash. No catalogue: an admin key for all of them."""

    __tablename__ = "keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    catalogue_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalogues.id"))
    name: Mapped[str] = mapped_column(String(128))
    scope: Mapped[KeyScope] = mapped_column(words_of(KeyScope))
    secret_hash: Mapped[str] = mapped_column(String(64))
    origins: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Field(Base):
    """The register: a field's type is fixed by its first value, or declared."""

    __tablename__ = "fields"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    type: Mapped[FieldType] = mapped_column(words_of(FieldType))
    declared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Query(Base):
    """The vectors of a query photo, kept for an hour under the token that cursors and links carry."""

    __tablename__ = "queries"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    model_set_id: Mapped[UUID]
    look: Mapped[bytes | None]
    meaning: Mapped[bytes | None]
    expires_at: Mapped[datetime]


class Erasure(Base):
    """Bytes to be erased once nothing refers to them any more."""

    __tablename__ = "erasures"

    catalogue_id: Mapped[UUID] = mapped_column(ForeignKey("catalogues.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime]
