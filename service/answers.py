"""What calls answer, as pydantic models. Owns names and examples; how rows become these: present.py, hits.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas import ATTRIBUTES, PHOTO_ID, PRICE, SKU, State

_CAPTION = "blue shirt, striped"
_IMAGE = f"/v1/photos/{PHOTO_ID}/image"
_CAPTIONER = "3f0c7b1e9d2a4c58"
_SURE = 0.93
_SEQ = 1842


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fault(_Answer):
    """One wrong place of an input."""

    pointer: str = Field(description="JSON pointer into the input; empty: the request as a whole.", examples=["/limit"])
    detail: str = Field(
        description="What is wrong there, and what would be right.",
        examples=["'limit' is 500; it should be less than or equal to 100."],
    )


class Problem(_Answer):
    """Why a request was not done (RFC 9457)."""

    type: str = Field(
        json_schema_extra={"format": "uri-reference"},
        description="The kind of problem; the page at this address explains it.",
        examples=["/problems/invalid-input"],
    )
    title: str = Field(description="The kind in a few words; the same each time.", examples=["Invalid input"])
    status: int = Field(description="The HTTP status again.", examples=[422])
    detail: str = Field(
        description="What is wrong with this request, in a sentence.",
        examples=["'limit' is 500; it should be less than or equal to 100."],
    )
    instance: str = Field(description="The request's id, under which the log has it.", examples=["b0c1f0a7"])
    errors: list[Fault] = Field(
        default_factory=list, description="Each wrong place of an input; absent where there is none."
    )


class LineWritten(_Answer):
    """A line of a batch that was done."""

    sku: str = Field(examples=[SKU])
    status: Literal[200, 201, 204] = Field(description="As a single call's: written, made, deleted.", examples=[200])
    changed: bool = Field(description="False: the item was so before.", examples=[True])
    seq: int = Field(description="The change number that shows it.", examples=[_SEQ])


class LineProblem(Problem):
    """A line of a batch that was not done, and why."""

    sku: str | None = Field(description="The line's sku, where it could be read.", examples=[SKU])
    line: int = Field(description="Its number in the batch, from 1, blank lines counted.", examples=[3])


class Alternative(_Answer):
    """Another caption that the model thought of."""

    text: str = Field(examples=["blue shirt, plain"])
    confidence: float = Field(ge=0, le=1, examples=[0.04])


class Tag(_Answer):
    """A word for what a photo shows."""

    tag: str = Field(examples=["shirt"])
    confidence: float = Field(ge=0, le=1, examples=[0.97])


class Caption(_Answer):
    """What a photo shows, in words, and who says so."""

    text: str = Field(examples=[_CAPTION])
    confidence: float | None = Field(description="Null for a person's words.", examples=[_SURE])
    source: Literal["model", "person", "import"] = Field(description="Who wrote it.", examples=["model"])
    model: str | None = Field(description="The captioner's fingerprint, when a model wrote it.", examples=[_CAPTIONER])
    locked: bool = Field(description="No model replaces it.", examples=[False])


class Photo(_Answer):
    """A photo of an item, with its caption."""

    id: str = Field(examples=[PHOTO_ID])
    sku: str = Field(description="The item that it belongs to.", examples=[SKU])
    state: State = Field(
        description="`pending`: waits for its caption; `processing`: being worked on; `ready`: findable; `failed`: see "
        "`reason`.",
        examples=["ready"],
    )
    reason: str | None = Field(description="Why it failed.", examples=[None])
    position: int = Field(description="Its place among the item's photos; 0 is the main one.", examples=[0])
    width: int = Field(description="Pixels of the original, upright.", examples=[1200])
    height: int = Field(description="Pixels of the original, upright.", examples=[1600])
    media_type: str = Field(description="The original's, told by its bytes.", examples=["image/jpeg"])
    size_bytes: int = Field(description="Bytes of the original.", examples=[284113])
    image: str = Field(description="Where the picture is, relative to this service.", examples=[_IMAGE])
    caption: Caption | None = Field(description="The caption that is shown; null until there is one.")
    alternatives: list[Alternative] = Field(description="What else the model thought of, likeliest first.")
    tags: list[Tag] = Field(description="Empty for captioners that give no tags, as the shipped one.", examples=[[]])
    attempts: int = Field(description="How often captioning was tried.", examples=[1])
    created_at: datetime = Field(examples=["2026-11-21T18:03:07Z"])
    ready_at: datetime | None = Field(examples=["2026-11-21T18:03:09Z"])
    ready_seq: int | None = Field(description="The change number at which it became findable.", examples=[_SEQ])


class Uploaded(_Answer):
    """In the order of the parts: the photo, or why it was not taken."""

    photos: list[Photo | Problem]


class Item(_Answer):
    """A product with its photos."""

    sku: str = Field(examples=[SKU])
    title: str = Field(examples=["Saltwick Striped Blue Shirt"])
    attributes: dict[str, Any] = Field(description="What the merchant says of it.", examples=[ATTRIBUTES])
    price: float | None = Field(description="In the catalogue's currency.", examples=[PRICE])
    url: str | None = Field(description="Its page in the shop.", examples=["https://shop.example/shirt-01"])
    published: bool = Field(description="Shoppers may see it.", examples=[True])
    available: bool = Field(description="It can be bought; look-alikes show only such items.", examples=[True])
    group: str | None = Field(description="Variants of one product share a group.", examples=["shirt-saltwick"])
    created_at: datetime = Field(examples=["2026-11-21T18:03:07Z"])
    updated_at: datetime = Field(examples=["2026-11-21T18:03:07Z"])
    photos: list[Photo] = Field(description="By position; the first is the main one.")


class Items(_Answer):
    """A page of items."""

    items: list[Item]
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.", examples=[None])


class Captioned(_Answer):
    """What a picture shows that was not kept."""

    text: str = Field(examples=[_CAPTION])
    confidence: float = Field(ge=0, le=1, examples=[_SURE])
    alternatives: list[Alternative] = Field(description="What else the model thought of, likeliest first.")
    tags: list[Tag] = Field(description="Empty for captioners that give no tags, as the shipped one.", examples=[[]])


class HitPhoto(_Answer):
    """The photo that a hit is shown by."""

    id: str = Field(examples=[PHOTO_ID])
    image: str = Field(description="Where the picture is, relative to this service.", examples=[_IMAGE])
    caption: str | None = Field(examples=[_CAPTION])


class Why(_Answer):
    """Why an item was found."""

    text: str = Field(description="A sentence for people.", examples=['The caption says "blue shirt, striped"'])
    shares: dict[str, float] = Field(
        description="Each space's share of the score.", examples=[{"meaning": 0.6, "words": 0.3, "lexical": 0.1}]
    )
    matched_terms: list[str] = Field(
        description="The words of the query that the item holds; where one only nearly matches, the item's own.",
        examples=[["blue", "striped", "shirt"]],
    )


class Hit(_Answer):
    """An item by its best photo."""

    sku: str = Field(examples=[SKU])
    title: str = Field(examples=["Saltwick Striped Blue Shirt"])
    photo: HitPhoto | None = Field(description="Its best photo; null when none is ready.")
    attributes: dict[str, Any] = Field(examples=[ATTRIBUTES])
    confidence: float | None = Field(
        description="The chance that a person would call it a hit; null where nothing was asked for.", examples=[_SURE]
    )
    score: float = Field(description="What hits are ordered by; comparable within one answer.", examples=[1.274])
    why: Why | None = Field(default=None, description="With `explain`: why it was found.")
    photos: int = Field(description="How many of its photos are ready.", examples=[2])


class Total(_Answer):
    """How many items the whole result has."""

    value: int = Field(examples=[41])
    relation: Literal["eq", "gte"] = Field(description="`gte`: there are at least so many.", examples=["eq"])


class Took(_Answer):
    """Milliseconds."""

    total: float = Field(examples=[6.1])
    encode: float = Field(description="Turning the query into vectors.", examples=[2.0])
    search: float = Field(description="Comparing and ranking.", examples=[3.2])


class FacetValue(_Answer):
    """A value of a field, as most items spell it."""

    value: str | bool = Field(examples=["navy"])
    count: int = Field(description="Items of the result that have it.", examples=[17])


class ValueFacet(_Answer):
    """Values of a field of text or of true and false, the commonest first."""

    type: Literal["string", "boolean"] = Field(examples=["string"])
    values: list[FacetValue]


class RangeFacet(_Answer):
    """Values of a field of numbers or dates: where they lie."""

    type: Literal["number", "date"] = Field(examples=["number"])
    min: float | str | None = Field(description="Null where no item has a value; a date: RFC 3339.", examples=[9])
    max: float | str | None = Field(examples=[80])
    histogram: list[tuple[float | str, float | str, int]] = Field(
        description="From, to and items of ten equal bins; the last one holds its end.", examples=[[[9, 16.1, 12]]]
    )


class Found(_Answer):
    """A page of hits."""

    hits: list[Hit]
    total: Total
    nothing_close: bool = Field(description="No item reaches the threshold; `hits` is empty.", examples=[False])
    nearest: list[Hit] | None = Field(
        default=None, description="With `explain`, when nothing is close: what came closest.", examples=[[]]
    )
    next_cursor: str | None = Field(description="Asks for the next page; null on the last.", examples=[None])
    facets: dict[str, ValueFacet | RangeFacet] | None = Field(
        default=None,
        description="With `facets`: by field.",
        examples=[{"colour": {"type": "string", "values": [{"value": "navy", "count": 17}]}}],
    )
    query: str | None = Field(
        description="Of a photo: the token that stands for it for an hour, in `query` or in a cursor.", examples=[None]
    )
    took_ms: Took
    snapshot: str | None = Field(description="Always null so far: there are no snapshots.", examples=[None])
    seq: int = Field(description="The change number that the answer shows.", examples=[_SEQ])


class Similar(_Answer):
    """Look-alikes of an item."""

    hits: list[Hit]
    total: Total
    nothing_close: bool = Field(description="No item reaches the threshold; `hits` is empty.", examples=[False])
    nearest: list[Hit] | None = Field(
        default=None, description="With `explain`, when nothing is close: what came closest.", examples=[[]]
    )
    duplicates: int = Field(
        description="Items that show the very same picture; they are not among the hits.", examples=[0]
    )
    took_ms: Took
    snapshot: str | None = Field(description="Always null so far: there are no snapshots.", examples=[None])
    seq: int = Field(description="The change number that the answer shows.", examples=[_SEQ])
