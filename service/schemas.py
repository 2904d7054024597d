"""What calls take, as pydantic models. Owns names and bounds; answers are in answers.py."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field

MOST_PHOTOS = 10
LONGEST_QUERY = 1_000
LONGEST_CURSOR = 2_000
Width = Literal["160", "320", "640", "1280"]
State = Literal["pending", "processing", "ready", "failed"]


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
    sku: str = Field(description="The item's sku: 1 to 128 characters, case-sensitive.")


class PhotoPath(_Input):
    photo_id: str = Field(description="The photo's id.")


class CatalogueQuery(_Input):
    catalogue: str = Field("default", description="The catalogue's name.")


class ItemsQuery(CatalogueQuery):
    state: State | None = Field(None, description="Only items with a photo in this state.")
    limit: int = Field(24, ge=1, le=100)
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR)


class UploadQuery(CatalogueQuery):
    bulk: bool = Field(default=False, description="Part of a large import: single uploads are worked on first.")


class ImageQuery(CatalogueQuery):
    width: Width = Field("1280", description="Pixels; a smaller picture is not enlarged.")


class SearchQuery(CatalogueQuery):
    q: str = Field("", max_length=LONGEST_QUERY, description="Text; empty: all items, newest first.")
    limit: int = Field(24, ge=1, le=100)
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR)
    min_confidence: float | None = Field(None, ge=0, le=1, description="Unset: the catalogue's threshold. 0: all.")
    explain: bool = Field(default=False, description="Adds `why` to each hit, and `nearest` when nothing is close.")


class SearchBody(_Body):
    q: str = Field("", max_length=LONGEST_QUERY, description="Text; empty: all items, newest first.")
    limit: int = Field(24, ge=1, le=100)
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR)
    min_confidence: float | None = Field(None, ge=0, le=1, description="Unset: the catalogue's threshold. 0: all.")
    explain: bool = Field(default=False, description="Adds `why` to each hit, and `nearest` when nothing is close.")


class SimilarQuery(CatalogueQuery):
    limit: int = Field(24, ge=1, le=100)
    min_confidence: float | None = Field(None, ge=0, le=1)
    explain: bool = False


class ItemBody(_Body):
    """What a merchant writes of an item; what is left out gets its default."""

    title: str = ""
    attributes: dict[str, Any] = Field(
        default_factory=dict, description="Values: string, number, boolean, or a list of one of these; null: none."
    )
    url: str | None = None
    price: float | str | None = Field(None, description="A number or a decimal string, in the catalogue's currency.")
    published: bool = True
    available: bool = True
    group: str | None = Field(None, description="Variants of one product share a group.")


class ItemPatch(_Body):
    """A merge patch (RFC 7396): what is left out stays, null removes."""

    title: str | None = None
    attributes: dict[str, Any] | None = None
    url: str | None = None
    price: float | str | None = None
    published: bool | None = None
    available: bool | None = None
    group: str | None = None


class CaptionPatch(_Body):
    """A person's words; `locked` keeps the caption that is shown as it is."""

    text: str | None = None
    locked: bool | None = None


class PhotoPatch(_Body):
    position: int = Field(ge=0, le=2**31 - 1, description="0 is the main photo; the others close up.")


class UploadForm(BaseModel):
    """One part named `photo` for each photo, at most ten; JPEG, PNG, WebP, GIF, AVIF or HEIC."""

    photo: list[FileStorage]


class OnePhotoForm(BaseModel):
    """One part named `photo`: JPEG, PNG, WebP, GIF, AVIF or HEIC."""

    photo: FileStorage


class SearchForm(BaseModel):
    """One part named `photo`, and the other parameters as a JSON text part named `query`."""

    photo: FileStorage
    query: str = "{}"
