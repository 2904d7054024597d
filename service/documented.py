"""How routes say what they answer: replies, headers and types of problems. Owns this vocabulary, not the document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from service.examples import example_of
from service.explained import explained
from service.problems import TYPES

Responses = dict[str | int | HTTPStatus, Any]

ITEMS = Tag(name="items", description="Products: what a shop says of them, and their photos.")
FIELDS = Tag(name="fields", description="Fields: what filters, facets and sorts may name, and of which type each is.")
PHOTOS = Tag(name="photos", description="Photos: upload, state, picture, caption, order.")
SEARCH = Tag(name="search", description="Find items by text or by a photo, and what looks like an item.")
CAPTIONS = Tag(name="captions", description="Captions for pictures that are not kept.")
HEALTH = Tag(name="health", description="Is this process alive, can it serve, and what is there to do?")

NDJSON = "application/x-ndjson"
REQUEST_ID, SEQ, ETAG, LOCATION = "X-Request-Id", "Vitrine-Seq", "ETag", "Location"
RETRY_AFTER, CHALLENGE = "Retry-After", "WWW-Authenticate"

# What a call can answer when it goes wrong, by code: any call; one that opens a catalogue; and what comes on top.
BODY = ("bad-request", "too-large", "body-too-slow", "uploads-busy")  # any request can bring one along
ANY = (*BODY, "invalid-input", "internal")
ENTRY = ("request-refused", "key-required", "key-refused", "scope-too-small", "other-catalogue")
CALL = (*ANY, *ENTRY, "not-found", "database-busy", "database-unreachable")
READING = (*CALL, "seq-not-reached")
VIEWING = (*READING, "view-behind")
WRITING = (*CALL, "storage-full")
GUARDED = ("version-mismatch",)
PAGING = ("invalid-cursor", "cursor-expired")
FILTERING = ("filter-syntax", "filter-type", "unknown-field")
JSON = ("not-json",)
PHOTO_FORM = ("malformed-form", "not-a-photo", "photo-too-large", "storage-full")
MODEL = ("model-not-ready", "model-busy")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no problem. Without a model it has no body; `headers` beside the request's id."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()


def blueprint(name: str, import_name: str, tag: Tag, prefix: str | None = "/v1") -> APIBlueprint:
    """A blueprint whose operations are named after their functions."""
    return APIBlueprint(
        name, import_name, url_prefix=prefix, abp_tags=[tag], operation_id_callback=lambda *, name, **_: name
    )


def says(*replies: Reply, problems: Iterable[str]) -> Responses:
    """For a route's `responses`. Raises KeyError for a code that is none."""
    responses: Responses = {reply.status: _reply(reply) for reply in replies}
    by_status = sorted(set(problems), key=lambda code: (TYPES[code].status, code))
    for status, codes in groupby(by_status, key=lambda code: TYPES[code].status):
        responses[int(status)] = _problems(list(codes))
    return responses


def picture(description: str, *media_types: str) -> dict[str, Any]:
    """The reply of a picture: bytes, in one of these types."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {
        "description": description,
        "headers": _headers(ETAG),
        "content": dict.fromkeys(media_types, binary),
    }


def form_body(form: type[BaseModel], json_body: type[BaseModel] | None = None) -> dict[str, Any]:
    """The description of a call that reads its multipart body by itself; `json_body` may come instead of the form."""
    content = {"multipart/form-data": {"schema": _reference("schemas", form.__name__)}}
    if json_body is not None:
        content["application/json"] = {"schema": _reference("schemas", json_body.__name__)}
    return {"requestBody": {"required": True, "content": content}}


def lines_body(line: type[BaseModel]) -> dict[str, Any]:
    """The description of a call that reads its body by itself, a JSON object a line; schema and example are of one."""
    content = {"schema": _reference("schemas", line.__name__), "example": example_of(line)}
    return {"requestBody": {"required": True, "content": {NDJSON: content}}}


def lines_reply(description: str, *lines: type[BaseModel]) -> dict[str, Any]:
    """A reply of JSON objects, a line each; schema and example are of one line."""
    schema = {"anyOf": [_reference("schemas", line.__name__) for line in lines]}
    content = {"schema": schema, "example": example_of(lines[0])}
    return {"description": description, "headers": _headers(), "content": {NDJSON: content}}


def _reply(reply: Reply) -> dict[str, Any]:
    said: dict[str, Any] = {"description": reply.description, "headers": _headers(*reply.headers)}
    if reply.model is not None:
        schema = _reference("schemas", reply.model.__name__)
        said["content"] = {"application/json": {"schema": schema, "example": example_of(reply.model)}}
    return said


def _problems(codes: list[str]) -> dict[str, Any]:
    """One status: which types come with it, each with an example."""
    headers = [RETRY_AFTER] if any(TYPES[code].retry_after_s for code in codes) else []
    if TYPES[codes[0]].status is HTTPStatus.UNAUTHORIZED:
        headers.append(CHALLENGE)
    narrowed = {"type": "object", "properties": {"type": {"enum": [f"/problems/{code}" for code in codes]}}}
    content = {
        "schema": {"allOf": [_reference("schemas", "Problem"), narrowed]},
        "examples": {code: _reference("examples", code) for code in codes},
    }
    return {
        "description": "\n".join(f"- `{code}`: {explained()[code].meaning}" for code in codes),
        "headers": _headers(*headers),
        "content": {"application/problem+json": content},
    }


def _headers(*names: str) -> dict[str, Any]:
    return {name: _reference("headers", name) for name in names}


def _reference(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
