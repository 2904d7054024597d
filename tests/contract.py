"""The contract as the tests' referee: each answer that an app gives is held against its own OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, request
from flask_openapi3.openapi import OpenAPI
from jsonschema import Draft202012Validator

from service.contract import document

SAID = {"ETag", "Location", "Retry-After", "Vitrine-Seq", "WWW-Authenticate", "X-Request-Id"}


def referee(app: OpenAPI) -> list[str]:
    """From now on, what the app answers and does not document is added to this list."""
    fouls: list[str] = []
    made = document(app, "/")

    def watch(response: Response) -> Response:
        documented = path_of(request.url_rule.rule) if request.url_rule else None
        operation = made["paths"].get(documented, {}).get(request.method.lower())  # HEAD and OPTIONS are nobody's own
        if operation is not None:
            what = f"{request.method} {request.full_path} → {response.status_code}"
            fouls.extend(f"{what}: {foul}" for foul in _fouls(made, operation, response))
        return response

    app.after_request_funcs[None].insert(0, watch)  # they run from the end: the answer is complete by now
    return fouls


def path_of(rule: str) -> str:
    """A route's address as the document writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def resolved(made: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = made
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def faults(made: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    """Where the value does not fit the schema, which may refer to the document's components."""
    whole = {**schema, "components": made["components"]}
    return [error.message[:300] for error in Draft202012Validator(whole).iter_errors(value)]


def _fouls(made: Mapping[str, Any], operation: Mapping[str, Any], response: Response) -> Iterator[str]:
    reply = operation["responses"].get(str(response.status_code))
    if reply is None:
        yield f"this status is not documented: {response.get_data(as_text=True)[:300]}"
        return
    headers = {name: resolved(made, header) for name, header in reply["headers"].items()}
    yield from (f"{name} is not documented" for name in SAID & set(response.headers.keys()) - set(headers))
    yield from (
        f"{name} is missing"
        for name, header in headers.items()
        if header.get("required") and name not in response.headers
    )
    content = reply.get("content", {})
    if not content:
        if response.get_data():
            yield "a body came, and none is documented"
        return
    kind = response.mimetype
    if kind not in content:
        yield f"{kind} is not documented"
    elif response.is_json:
        yield from faults(made, content[kind]["schema"], response.json)
