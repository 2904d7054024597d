"""What calls answer about the service itself: health, keys, fields, numbers. Owns names and examples, as answers.py
does."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import KEY_ID, Scope, TypeName

_CAPTIONER = "3f0c7b1e9d2a4c58"
_SEQ = 1842


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Alive(_Answer):
    """The process runs."""

    status: Literal["alive"]


class Worker(_Answer):
    """A worker that was heard of lately."""

    owner: str = Field(examples=["shop-1:4211"])
    queue: str = Field(examples=["caption"])
    device: str = Field(examples=["cpu"])


class Ready(_Answer):
    """The process can answer searches."""

    status: Literal["ready"]
    device: str | None = Field(
        description="Where this process runs query photos; null before the first.", examples=["cpu"]
    )
    degraded: list[str] = Field(
        description="What is worse than it should be and leaves the service ready.",
        examples=[["workers silent: no caption worker was heard of for 20 seconds; uploads wait"]],
    )


class NotReady(_Answer):
    """The process cannot answer searches."""

    status: Literal["not ready"]
    failing: list[str] = Field(
        description="What fails, each in a sentence.", examples=[["The database cannot be reached."]]
    )


class Key(_Answer):
    """A key, without its secret."""

    id: str = Field(description="The part of the key that may be shown.", examples=[KEY_ID])
    name: str = Field(examples=["shop window"])
    scope: Scope = Field(description="Each includes those before it.", examples=["read"])
    catalogue: str | None = Field(description="Null for an admin key: it is for all.", examples=["default"])
    origins: list[str] = Field(description="Empty: it may come from any page.", examples=[["https://shop.example"]])
    created_at: datetime = Field(examples=["2026-11-21T18:03:07Z"])
    last_used_at: datetime | None = Field(description="To the minute.", examples=["2026-11-21T18:05:00Z"])
    revoked_at: datetime | None = Field(examples=[None])


class NewKey(Key):
    """A key as it was made."""

    key: str = Field(description="The whole key: nobody can show it again.", examples=[f"vt_live_{KEY_ID}_…"])


class Keys(_Answer):
    """A page of keys, newest first, the revoked ones among them."""

    keys: list[Key]
    next_cursor: str | None = Field(description="Null on the last page.", examples=[None])


class FieldReport(_Answer):
    """A field: what filters, facets and sorts may name."""

    name: str = Field(examples=["sizes"])
    type: TypeName = Field(examples=["list of strings"])
    declared: bool = Field(description="Its type was set by hand, not by its first value.", examples=[False])
    reserved: bool = Field(description="Every item has it; its type stays.", examples=[False])
    cardinality: int = Field(
        description="Distinct values of the items that you may see; of a list each of its values. Absent, as the "
        "examples are, where a change of the type is not loaded yet.",
        examples=[3],
        default=0,
    )
    examples: list[Any] = Field(
        description="The commonest values, as facets show them.", examples=[["M", "L", "S"]], default_factory=list
    )


class Fields(_Answer):
    """All fields: those of attributes by name, then those that every item has."""

    fields: list[FieldReport]
    seq: int = Field(description="The change number that the answer shows.", examples=[_SEQ])


class ItemCounts(_Answer):
    """How many items there are."""

    total: int = Field(examples=[1200])
    published: int = Field(examples=[1150])


class PhotoCounts(_Answer):
    """How many photos there are, by state; one that is being worked on is still pending."""

    pending: int = Field(examples=[12])
    ready: int = Field(examples=[2380])
    failed: int = Field(examples=[2])
    bytes: int = Field(description="Of the originals, as uploaded.", examples=[734003200])


class WorkCounts(_Answer):
    """Work of one kind for one of the catalogue's model sets."""

    kind: Literal["text", "picture"] = Field(examples=["picture"])
    model_set: Literal["active", "adopting", "other"] = Field(
        description="The set that searches use, the one that will take its place, or one that was in use before.",
        examples=["active"],
    )
    due: int = Field(description="Waits for a worker.", examples=[8])
    leased: int = Field(description="In a worker's hands.", examples=[4])
    later: int = Field(description="Failed at first, and is tried again in a while.", examples=[0])
    failed: int = Field(description="Failed for good; a retry makes it due again.", examples=[2])
    oldest_due_s: float = Field(description="For how long the oldest due work has been due.", examples=[3.2])


class VectorCounts(_Answer):
    """How many photos have a vector of the active model set, by space."""

    look: int = Field(examples=[2380])
    meaning: int = Field(examples=[2380])
    words: int = Field(examples=[2380])


class ModelSet(_Answer):
    """The models that made captions and vectors."""

    id: str = Field(examples=["01927c40-7b2e-7c5a-8f30-3f6c2d1b9a77"])
    checkpoint: str = Field(description="Its folder under `models` in the data folder.", examples=["9d2a4c58"])
    captioner: str = Field(description="The captioner's fingerprint.", examples=[_CAPTIONER])


class Adopting(_Answer):
    """A model set on its way to become the active one: it does so once it is done with every photo."""

    set: ModelSet
    done: int = Field(description="Photos that it has seen or failed on.", examples=[900])
    failed: int = Field(description="Photos that it failed on for good.", examples=[1])
    total: int = Field(description="Photos of the catalogue.", examples=[2394])


class Stats(_Answer):
    """What a catalogue holds, what is still to be done, and who does it."""

    catalogue: str = Field(examples=["default"])
    items: ItemCounts
    photos: PhotoCounts
    vectors: VectorCounts
    work: list[WorkCounts] = Field(description="Empty when nothing is to be done and nothing has failed.")
    active_set: ModelSet | None = Field(description="Null before the first model is adopted.")
    adopting_set: Adopting | None = Field(description="Null unless a new model is on its way.")
    workers: list[Worker] = Field(description="The workers that were heard of lately; they serve every catalogue.")
    seq: int = Field(description="The newest change number.", examples=[_SEQ])
    view_seq: int | None = Field(
        description="The number up to which the process that answers has loaded; null before its first search.",
        examples=[_SEQ],
    )
