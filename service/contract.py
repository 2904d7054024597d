"""The OpenAPI 3.1 document: what the routes say, completed. Owns what all calls share; a route's own is documented.py.

flask-openapi3 gives paths, parameters and bodies. Schemas come from pydantic itself, which says more of them.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from types import ModuleType
from typing import Any

from flask_openapi3.openapi import OpenAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from service import answers, reports, schemas
from service.documented import CHALLENGE, ETAG, LOCATION, REQUEST_ID, RETRY_AFTER, SEQ
from service.examples import example_of
from service.exchange import MIN_SEQ_HEADER
from service.explained import explained
from service.scopes import SCOPES

Document = dict[str, Any]

TITLE = "Vitrine"
VERSION = "0.1.0"
DESCRIPTION = """\
Makes a shop's product photos findable: captions, text search over pictures, look-alikes.

A **catalogue** holds **items** (products, each known by its `sku`); an item has **photos**; a photo has a **caption**.
JSON in and out, UTF-8, times in UTC (RFC 3339); ids and cursors are opaque.

- **Problems** come as `application/problem+json` (RFC 9457). `type` is the address of a page that explains it;
  `/problems` lists them all. An address that does not take a method answers 405 `method-not-allowed`.
- **Reading your own write**: each write to a catalogue answers with `Vitrine-Seq`, its change number. A read that
  sends it back as `Vitrine-Min-Seq` shows that write, whichever process answers.
- **Lost updates**: send the `ETag` that you read as `If-Match`; if somebody else wrote in between, nothing is written.
- **Request ids**: send `X-Request-Id` to choose the id that the log and a problem's `instance` have.
- **Keys**: once a key exists, each call under `/v1` needs one: `Authorization: Bearer vt_live_…`. `read` is enough to
  look, `write` includes it, `admin` includes both. Without any key the service serves its own machine alone.
"""
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key from `vitrine keys create`: `vt_live_<id>_<secret>`.",
}

_NUMBER, _TEXT = {"type": "integer", "minimum": 0}, {"type": "string"}
_HEADERS: Document = {
    REQUEST_ID: {
        "description": "The request's id: the one that was sent, if sane, else a new one.",
        "required": True,
        "schema": _TEXT,
        "example": "b0c1f0a7",
    },
    SEQ: {
        "description": "The change number of this write, to be sent as `Vitrine-Min-Seq` by whoever must see it.",
        "required": True,
        "schema": _NUMBER,
        "example": 1842,
    },
    ETAG: {
        "description": "For `If-Match`: the version of what people have written, whatever models add to it. "
        "A picture's is for `If-None-Match`.",
        "required": True,
        "schema": _TEXT,
        "example": '"0f6d2c1b7e58-3"',
    },
    LOCATION: {
        "description": "Where the first photo is.",
        "required": True,
        "schema": _TEXT | {"format": "uri-reference"},
        "example": f"/v1/photos/{schemas.PHOTO_ID}",
    },
    RETRY_AFTER: {
        "description": "Seconds after which to try again; some problems of this status come without.",
        "schema": _NUMBER,
        "example": 2,
    },
    CHALLENGE: {"description": "How to send a key.", "required": True, "schema": _TEXT, "example": "Bearer"},
}
_MIN_SEQ, _IF_MATCH, _IF_NONE_MATCH = "MinSeq", "IfMatch", "IfNoneMatch"
_PARAMETERS: Document = {
    _MIN_SEQ: {
        "name": MIN_SEQ_HEADER,
        "in": "header",
        "description": "Show at least this change number: what an earlier answer gave as `Vitrine-Seq`.",
        "schema": _NUMBER | {"maximum": 10**18 - 1},
        "example": 1842,
    },
    _IF_MATCH: {
        "name": "If-Match",
        "in": "header",
        "description": "Write only if this `ETag` is still the present one.",
        "schema": _TEXT,
        "example": '"0f6d2c1b7e58-3"',
    },
    _IF_NONE_MATCH: {
        "name": "If-None-Match",
        "in": "header",
        "description": "Answer 304 if this `ETag` is still the present one.",
        "schema": _TEXT,
        "example": '"9f86d081884c7d65-640-webp"',
    },
}
# A call that can fail by a header takes that header.
_TAKEN_BY = {"seq-not-reached": _MIN_SEQ, "version-mismatch": _IF_MATCH}
# Operations are named after their functions, and so are routes behind the dot.
_SCOPES = {endpoint.rpartition(".")[2]: scope for endpoint, scope in SCOPES.items()}


def document(app: OpenAPI, server: str) -> Document:
    """The whole document; `server` is the address that its paths are relative to."""
    made = deepcopy(app.api_doc)
    made["info"] |= {
        "title": TITLE,
        "version": VERSION,
        "description": DESCRIPTION,
        "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
    }
    made["servers"] = [{"url": server}]
    made["components"] = {
        "schemas": _schemas(),
        "headers": _HEADERS,
        "parameters": _PARAMETERS,
        "examples": {code: {"summary": page.title, "value": page.example} for code, page in explained().items()},
        "securitySchemes": {"bearer": BEARER},
    }
    for operation in (each for path in made["paths"].values() for each in path.values()):
        _complete(operation)
    return made


@cache
def _schemas() -> Document:
    chosen: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "serialization") for module in (answers, reports) for model in _models(module)),
        *((model, "validation") for model in _bodies().values()),
    ]
    _, made = models_json_schema(chosen, ref_template="#/components/schemas/{model}")
    return dict(made["$defs"])


def _bodies() -> dict[str, type[BaseModel]]:
    """What is sent; the other models of schemas.py are parameters, which flask-openapi3 writes out one by one."""
    return {model.__name__: model for model in _models(schemas) if model.__name__.endswith(("Body", "Patch", "Form"))}


def _models(module: ModuleType) -> list[type[BaseModel]]:
    """The public models that the module defines."""
    defined = [value for name, value in vars(module).items() if not name.startswith("_") and isinstance(value, type)]
    return [each for each in defined if issubclass(each, BaseModel) and each.__module__ == module.__name__]


def _complete(operation: Document) -> None:
    for reply in operation["responses"].values():
        reply["headers"] = reply.get("headers", {}) | {REQUEST_ID: {"$ref": f"#/components/headers/{REQUEST_ID}"}}
    scope = _SCOPES[operation["operationId"]]
    # The second way: a service without any key, on its own machine.
    operation["security"] = [] if scope is None else [{"bearer": [scope.value]}, {}]
    # A docstring's first line is a sentence, and a heading here; flask-openapi3 writes the others' ends as HTML.
    operation["summary"] = operation["summary"].removesuffix(".")
    operation["description"] = operation["description"].replace("<br/>", "\n").strip()
    for parameter in operation.get("parameters", ()):
        for name in ("title", "description", "example"):  # said once, outside the schema
            parameter["schema"].pop(name, None)
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = content["application/json"]
        body["example"] = example_of(_bodies()[body["schema"]["$ref"].rpartition("/")[2]])
    taken = [name for code, name in _TAKEN_BY.items() if code in _codes(operation)]
    if "304" in operation["responses"]:
        taken.append(_IF_NONE_MATCH)
    operation.setdefault("parameters", []).extend({"$ref": f"#/components/parameters/{name}"} for name in taken)


def _codes(operation: Document) -> set[str]:
    """The types of problems that the operation documents."""
    problems = (reply.get("content", {}).get("application/problem+json") for reply in operation["responses"].values())
    return {code for problem in problems if problem for code in problem["examples"]}
