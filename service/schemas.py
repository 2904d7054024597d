"""What calls take, as pydantic models. Owns names, bounds and examples; answers are in answers.py."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from indexing.filters import LONGEST as LONGEST_FILTER

MOST_PHOTOS = 10
LONGEST_QUERY = 1_000
LONGEST_CURSOR = 2_000
LONGEST_TOKEN = 64
LONGEST_FIELD = 300  # a name of 128 characters, each escaped
Width = Literal["160", "320", "640", "1280"]
State = Literal["pending", "processing", "ready", "failed"]
Scope = Literal["read", "write", "admin"]
FacetMode = Literal["shown", "alternatives"]
TypeName = Literal[
    "string", "number", "boolean", "date", "list of strings", "list of numbers", "list of booleans"
]  # fmt: skip

# Examples tell one story: this item, and this photo of it.
SKU = "SHIRT-01"
PHOTO_ID = "019abe6c-5d2f-7c3a-9a41-0f6d2c1b7e58"
ATTRIBUTES: dict[str, JsonValue] = {"colour": "blue", "kind": "shirt", "sizes": ["S", "M", "L"]}
PRICE = 34.9
KEY_ID = "019abe6c5d2f7c3a9a410f6d2c1b7e58"

_PAGE = "How many a page has."
_CURSOR = "`next_cursor` of the page before, with the same parameters; it stands for a query photo too."
_BY_PHOTO = "Instead of `q`: the token that an answer gave for a photo, within an hour."
_FILTER = 'Only items for which it is true, such as `colour = "navy" AND price < 50`'
_SORT = (
    "`relevance`, `newest`, `price_asc`, `price_desc`, or a field, `-` before it: descending. Items without a value "
    "are last. A field of one of these names stands in backticks."
)
_COLLAPSE = "`group`: of each group its most relevant item alone."
_FACETS = "Fields whose values are to be counted, 20 at most"
_FACET_LIMIT = "How many values of a field to show at most; all are counted."
_FACET_MODE = (
    "`shown`: counted on the result set. `alternatives`: each field without the filter's top-level conditions that "
    "name it alone, as boxes that choose several values need."
)
_TEXT = "Text; empty: all items, newest first."
_LEAST = "Only hits that are at least so sure. Unset: the catalogue's threshold. 0: all."
_EXPLAIN = "Adds `why` to each hit, and `nearest` when nothing is close."
FILTER_EXAMPLE = 'colour = "navy" AND price < 50'
QUERY = "5d1f0c9a2b7e4d3f8a6c1e0b9d4f7a2c"
_CURSOR_EXAMPLE = "WyI5ZjEyIiwiIixbXV0.pQ3v"


# How long a filter is, and whether it is one, indexing/filters/ says: a sentence of its own for a link and for JSON.
FilterText = Annotated[
    str | None,
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": LONGEST_FILTER}, {"type": "null"}]}),
    Field(description=_FILTER, json_schema_extra={"example": FILTER_EXAMPLE}),
]
FilterForm = Annotated[
    Any,
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": LONGEST_FILTER}, {"type": "object"}, {"type": "null"}]}),
]


class _Input(BaseModel):
    """What a caller sends: an unknown name is a fault, named in the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # flask-openapi3 asks for the schema at each request; making it anew costs a millisecond or two.
    @classmethod
    @cache
    def model_json_schema(cls, **how: Any) -> dict[str, Any]:  # type: ignore[override]  # called by keyword alone
        return super().model_json_schema(**how)


class _Body(_Input):
    """A JSON body: types as they are written, no guessing ("5" is no number)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SkuPath(_Input):
    sku: str = Field(
        description="The item's sku: 1 to 128 characters, no `/`, case-sensitive.", json_schema_extra={"example": SKU}
    )


class PhotoPath(_Input):
    photo_id: str = Field(description="The photo's id.", json_schema_extra={"example": PHOTO_ID})


class CatalogueQuery(_Input):
    catalogue: str = Field(
        "default",
        description="The catalogue's name; only a key that belongs to none needs it.",
        json_schema_extra={"example": "default"},
    )


class ItemsQuery(CatalogueQuery):
    filter: FilterText = None
    state: State | None = Field(
        None, description="Only items with a photo in this state.", json_schema_extra={"example": "failed"}
    )
    limit: int = Field(24, ge=1, le=100, description=_PAGE, json_schema_extra={"example": 24})
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description=_CURSOR, json_schema_extra={"example": _CURSOR_EXAMPLE}
    )


class UploadQuery(CatalogueQuery):
    bulk: bool = Field(
        default=False,
        description="Part of a large import: single uploads are worked on first.",
        json_schema_extra={"example": True},
    )


class ImageQuery(CatalogueQuery):
    width: Width = Field(
        "1280", description="Pixels; a smaller picture is not enlarged.", json_schema_extra={"example": "640"}
    )


class SearchQuery(CatalogueQuery):
    q: str = Field("", max_length=LONGEST_QUERY, description=_TEXT, json_schema_extra={"example": "blue striped shirt"})
    query: str | None = Field(
        None, max_length=LONGEST_TOKEN, description=_BY_PHOTO, json_schema_extra={"example": QUERY}
    )
    filter: FilterText = None
    sort: str = Field(
        "relevance", max_length=LONGEST_FIELD, description=_SORT, json_schema_extra={"example": "price_asc"}
    )
    collapse: Literal["group"] | None = Field(None, description=_COLLAPSE, json_schema_extra={"example": "group"})
    facets: str | None = Field(
        None,
        max_length=LONGEST_FILTER,
        description=f"{_FACETS}, with commas between; a name that holds one stands in backticks.",
        json_schema_extra={"example": "colour,price"},
    )
    facet_limit: int = Field(20, ge=1, le=1_000, description=_FACET_LIMIT, json_schema_extra={"example": 20})
    facet_mode: FacetMode = Field("shown", description=_FACET_MODE, json_schema_extra={"example": "shown"})
    limit: int = Field(24, ge=1, le=100, description=_PAGE, json_schema_extra={"example": 24})
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description=_CURSOR, json_schema_extra={"example": _CURSOR_EXAMPLE}
    )
    min_confidence: float | None = Field(None, ge=0, le=1, description=_LEAST, json_schema_extra={"example": 0.5})
    explain: bool = Field(default=False, description=_EXPLAIN, json_schema_extra={"example": True})


class SearchBody(_Body):
    """What to search for; a multipart request carries the same as its text part `query`, without `q`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"q": "blue striped shirt", "filter": "price < 50", "facets": ["colour"], "limit": 10}]
        }
    )

    q: str = Field("", max_length=LONGEST_QUERY, description=_TEXT)
    query: str | None = Field(None, max_length=LONGEST_TOKEN, description=_BY_PHOTO)
    filter: FilterForm = Field(None, description=f"{_FILTER}, or the same as JSON.")
    sort: str = Field("relevance", max_length=LONGEST_FIELD, description=_SORT)
    collapse: Literal["group"] | None = Field(None, description=_COLLAPSE)
    facets: list[str] | None = Field(None, max_length=20, description=f"{_FACETS}.")
    facet_limit: int = Field(20, ge=1, le=1_000, description=_FACET_LIMIT)
    facet_mode: FacetMode = Field("shown", description=_FACET_MODE)
    limit: int = Field(24, ge=1, le=100, description=_PAGE)
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description=_CURSOR)
    min_confidence: float | None = Field(None, ge=0, le=1, description=_LEAST)
    explain: bool = Field(default=False, description=_EXPLAIN)


class SimilarQuery(CatalogueQuery):
    filter: FilterText = None
    limit: int = Field(24, ge=1, le=100, description="How many to show at most.", json_schema_extra={"example": 24})
    min_confidence: float | None = Field(None, ge=0, le=1, description=_LEAST, json_schema_extra={"example": 0.5})
    explain: bool = Field(default=False, description=_EXPLAIN, json_schema_extra={"example": True})


class ItemBody(_Body):
    """What a merchant writes of an item; what is left out gets its default."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Saltwick Striped Blue Shirt",
                    "attributes": ATTRIBUTES,
                    "price": "34.90",
                    "url": "https://shop.example/shirt-01",
                    "group": "shirt-saltwick",
                }
            ]
        }
    )

    title: str = Field("", description="What the shop calls it.")
    attributes: dict[str, Any] = Field(
        default_factory=dict, description="Values: string, number, boolean, or a list of one of these; null: none."
    )
    url: str | None = Field(None, description="Its page in the shop.")
    price: float | str | None = Field(None, description="A number or a decimal string, in the catalogue's currency.")
    published: bool = Field(default=True, description="Shoppers may see it.")
    available: bool = Field(default=True, description="It can be bought; look-alikes show only such items.")
    group: str | None = Field(None, description="Variants of one product share a group.")


class ItemPatch(_Body):
    """A merge patch (RFC 7396): what is left out stays, null removes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"price": 29.9, "attributes": {"season": "summer", "colour": None}}]}
    )

    title: str | None = Field(None, description="What the shop calls it.")
    attributes: dict[str, Any] | None = Field(None, description="Merged one by one; null for one removes that one.")
    url: str | None = Field(None, description="Its page in the shop.")
    price: float | str | None = Field(None, description="A number or a decimal string, in the catalogue's currency.")
    published: bool | None = Field(None, description="Shoppers may see it; null: true.")
    available: bool | None = Field(None, description="It can be bought; null: true.")
    group: str | None = Field(None, description="Variants of one product share a group.")


class LineBody(ItemPatch):
    """A line of a batch: a write of one item. `put` takes what `ItemBody` does, `delete` nothing but the sku."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sku": SKU, "price": 29.9, "available": True}]})

    op: Literal["patch", "put", "delete"] = Field("patch", description="What to do with the item.")
    sku: str = Field(description="The item's sku.")


class CaptionPatch(_Body):
    """A person's words, or a lock on the words that are there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "blue linen shirt with white stripes"}]})

    text: str | None = Field(None, description="The caption from now on.")
    locked: bool | None = Field(None, description="Keep the caption that is shown, a model's too, as it is.")
    source: Literal["person", "import"] = Field(
        "person", description="Who wrote the text: `import` for a restored one."
    )


class PhotoPatch(_Body):
    """Where a photo stands among its item's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 0}]})

    position: int = Field(ge=0, le=2**31 - 1, description="0 is the main photo; the others close up.")


class FieldPath(_Input):
    name: str = Field(description="The field's name, case-sensitive.", json_schema_extra={"example": "sizes"})


class FieldBody(_Body):
    """The type that a field is to have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "list of strings"}]})

    type: TypeName = Field(
        description="A date is kept as its text, RFC 3339: a date, or a date and time with an offset."
    )


class KeyPath(_Input):
    key_id: str = Field(description="The key's id.", json_schema_extra={"example": KEY_ID})


class KeysQuery(_Input):
    limit: int = Field(24, ge=1, le=100, description=_PAGE, json_schema_extra={"example": 24})
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description=_CURSOR, json_schema_extra={"example": _CURSOR_EXAMPLE}
    )


class KeyBody(_Body):
    """A key to be made."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": "read", "catalogue": "default", "name": "shop window"}]}
    )

    scope: Scope = Field(description="Each includes those before it.")
    catalogue: str | None = Field(
        None, description="The one catalogue that it is for, `default` unless named; an admin key is for all."
    )
    name: str = Field(description="What people know it by.")
    origins: list[str] = Field(
        default_factory=list, description="Pages of other origins are refused with it; empty: none is."
    )


class UploadForm(BaseModel):
    """One part named `photo` for each photo, at most ten; JPEG, PNG, WebP, GIF, AVIF or HEIC."""

    photo: list[FileStorage] = Field(min_length=1, max_length=MOST_PHOTOS, description="A photo, as a file part.")


class OnePhotoForm(BaseModel):
    """One part named `photo`: JPEG, PNG, WebP, GIF, AVIF or HEIC."""

    photo: FileStorage = Field(description="The photo, as a file part.")


class SearchForm(BaseModel):
    """One part named `photo`, and the other parameters as a JSON text part named `query`."""

    photo: FileStorage = Field(description="The photo, as a file part.")
    query: str = Field("{}", description="A `SearchBody` as JSON text, without `q`.")
