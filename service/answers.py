"""What calls answer, as pydantic models. Owns names; how rows become these is present.py's and hits.py's."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import State


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fault(_Answer):
    pointer: str
    detail: str


class Problem(_Answer):
    """RFC 9457. `instance` is the request's id; `errors` lists each wrong place of an input."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = Field(default_factory=list)


class Alternative(_Answer):
    text: str
    confidence: float


class Tag(_Answer):
    tag: str
    confidence: float


class Caption(_Answer):
    """`model` is the captioner's fingerprint when a model wrote it; a person's words have no confidence."""

    text: str
    confidence: float | None
    source: Literal["model", "person", "import"]
    model: str | None
    locked: bool


class Photo(_Answer):
    id: str
    sku: str
    state: State
    reason: str | None
    position: int
    width: int
    height: int
    media_type: str
    size_bytes: int
    image: str = Field(description="Where the picture is, relative to this service.")
    caption: Caption | None
    alternatives: list[Alternative]
    tags: list[Tag] = Field(description="Empty for captioners that give no tags, as the shipped one.")
    attempts: int
    created_at: datetime
    ready_at: datetime | None
    ready_seq: int | None = Field(description="The change number at which it became findable.")


class Uploaded(_Answer):
    """In the order of the parts: the photo, or why it was not taken."""

    photos: list[Photo | Problem]


class Item(_Answer):
    sku: str
    title: str
    attributes: dict[str, Any]
    price: float | None
    url: str | None
    published: bool
    available: bool
    group: str | None
    created_at: datetime
    updated_at: datetime
    photos: list[Photo]


class Items(_Answer):
    items: list[Item]
    next_cursor: str | None


class Captioned(_Answer):
    text: str
    confidence: float
    alternatives: list[Alternative]
    tags: list[Tag] = Field(description="Empty for captioners that give no tags, as the shipped one.")


class HitPhoto(_Answer):
    id: str
    image: str
    caption: str | None


class Why(_Answer):
    """A sentence for people, each space's share of the score, and the words of the query that the item holds."""

    text: str
    shares: dict[str, float]
    matched_terms: list[str]


class Hit(_Answer):
    """An item by its best photo. `confidence` is null where nothing was asked for; `photos` counts its ready ones."""

    sku: str
    title: str
    photo: HitPhoto | None
    attributes: dict[str, Any]
    confidence: float | None
    score: float
    why: Why | None = None
    photos: int


class Total(_Answer):
    value: int
    relation: Literal["eq", "gte"]


class Took(_Answer):
    """Milliseconds."""

    total: float
    encode: float
    search: float


class Found(_Answer):
    """`seq` is the change number that the answer shows; `nearest` comes with `explain` when nothing is close."""

    hits: list[Hit]
    total: Total
    nothing_close: bool
    nearest: list[Hit] | None = None
    next_cursor: str | None
    query: str | None
    took_ms: Took
    snapshot: str | None
    seq: int


class Similar(_Answer):
    """`duplicates` counts the items that show the very same picture; they are not among the hits."""

    hits: list[Hit]
    total: Total
    nothing_close: bool
    nearest: list[Hit] | None = None
    duplicates: int
    took_ms: Took
    snapshot: str | None
    seq: int


class Alive(_Answer):
    status: Literal["alive"]


class Worker(_Answer):
    owner: str
    queue: str
    device: str


class Ready(_Answer):
    """`degraded` names what is worse than it should be and leaves the service ready.

    `device` is where this process runs query photos, null before the first; `workers` name theirs.
    """

    status: Literal["ready"]
    device: str | None
    workers: list[Worker]
    degraded: list[str]
    seq: int


class NotReady(_Answer):
    status: Literal["not ready"]
    failing: list[str]
