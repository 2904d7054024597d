"""What calls take, as pydantic models. Owns names, bounds and examples; answers are in answers.py."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field, JsonValue

MOST_PHOTOS = 10
LONGEST_QUERY = 1_000
LONGEST_CURSOR = 2_000
Width = Literal["160", "320", "640", "1280"]
State = Literal["pending", "processing", "ready", "failed"]
Scope = Literal["read", "write", "admin"]

# Examples tell one story: this item, and this photo of it.
SKU = "SHIRT-01"
PHOTO_ID = "019abe6c-5d2f-7c3a-9a41-0f6d2c1b7e58"
ATTRIBUTES: dict[str, JsonValue] = {"colour": "blue", "kind": "shirt", "sizes": ["S", "M", "L"]}
PRICE = 34.9
KEY_ID = "019abe6c5d2f7c3a9a410f6d2c1b7e58"

_PAGE = "How many a page has."
_CURSOR = "`next_cursor` of the page before, with the same parameters."
_TEXT = "Text; empty: all items, newest first."
_LEAST = "Only hits that are at least so sure. Unset: the catalogue's threshold. 0: all."
_EXPLAIN = "Adds `why` to each hit, and `nearest` when nothing is close."
_CURSOR_EXAMPLE = "WyI5ZjEyIiwiIixbXV0.pQ3v"


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
    limit: int = Field(24, ge=1, le=100, description=_PAGE, json_schema_extra={"example": 24})
    cursor: str | None = Field(
        None, max_length=LONGEST_CURSOR, description=_CURSOR, json_schema_extra={"example": _CURSOR_EXAMPLE}
    )
    min_confidence: float | None = Field(None, ge=0, le=1, description=_LEAST, json_schema_extra={"example": 0.5})
    explain: bool = Field(default=False, description=_EXPLAIN, json_schema_extra={"example": True})


class SearchBody(_Body):
    """What to search for; a multipart request carries the same as its text part `query`, without `q`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"q": "blue striped shirt", "limit": 10}]})

    q: str = Field("", max_length=LONGEST_QUERY, description=_TEXT)
    limit: int = Field(24, ge=1, le=100, description=_PAGE)
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description=_CURSOR)
    min_confidence: float | None = Field(None, ge=0, le=1, description=_LEAST)
    explain: bool = Field(default=False, description=_EXPLAIN)


class SimilarQuery(CatalogueQuery):
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


class CaptionPatch(_Body):
    """A person's words, or a lock on the words that are there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "blue linen shirt with white stripes"}]})

    text: str | None = Field(None, description="The caption from now on.")
    locked: bool | None = Field(None, description="Keep the caption that is shown, a model's too, as it is.")


class PhotoPatch(_Body):
    """Where a photo stands among its item's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 0}]})

    position: int = Field(ge=0, le=2**31 - 1, description="0 is the main photo; the others close up.")


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
