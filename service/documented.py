"""What the OpenAPI document says of every call: its problems. Owns no answers, only their description."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_STATUSES = (400, 403, 404, 405, 409, 412, 413, 415, 422, 500, 503, 507)

PROBLEMS: dict[str | int | HTTPStatus, Any] = {
    status: {"description": HTTPStatus(status).phrase, "content": _CONTENT} for status in _STATUSES
}


def picture_answers() -> dict[str | int | HTTPStatus, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {"description": "The picture", "content": {"image/jpeg": binary, "image/webp": binary}},
        304: {"description": HTTPStatus.NOT_MODIFIED.phrase},
    }


def form_body(form: type[BaseModel], json_body: type[BaseModel] | None = None) -> dict[str, Any]:
    """The description of a call that reads its multipart body by itself; `json_body` may come instead of the form."""
    content: dict[str, Any] = {"multipart/form-data": {"schema": form.model_json_schema()}}
    if json_body is not None:
        content["application/json"] = {"schema": json_body.model_json_schema()}
    return {"requestBody": {"required": True, "content": content}}
