"""The OpenAPI document as `/docs` shows it: calls by tag, their fields, replies and a curl line. Reads it alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

Document = Mapping[str, Any]
_TRIED = frozenset({"q", "width"})  # parameters of the address that a curl line shows


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a type's name; `model` is the one to read on."""

    text: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a part of a body."""

    name: str
    place: str  # path, query or header; empty in a body
    kind: tuple[Word, ...]
    required: bool
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A model, or one form of a body."""

    name: str
    media_type: str
    description: str
    fields: tuple[Field, ...]
    example: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    status: str
    description: str
    headers: tuple[str, ...]
    kinds: tuple[str, ...]  # media types
    model: str | None
    example: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str | None
    parameters: tuple[Field, ...]
    bodies: tuple[Shape, ...]
    curl: str
    replies: tuple[Reply, ...]
    problems: tuple[str, ...]  # codes


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    description: str
    operations: tuple[Operation, ...]


def groups(document: Document) -> list[Group]:
    """The calls by tag, and by path within it."""
    calls = [
        (call["tags"][0], _operation(document, path, method, call))
        for path, item in sorted(document["paths"].items())
        for method, call in item.items()
    ]
    return [
        Group(tag["name"], tag["description"], tuple(call for name, call in calls if name == tag["name"]))
        for tag in document["tags"]
    ]


def models(document: Document) -> list[Shape]:
    """What calls answer, by name; bodies are shown where they are sent."""
    calls = [call for item in document["paths"].values() for call in item.values()]
    contents = [content for call in calls for content in call.get("requestBody", {}).get("content", {}).values()]
    sent = {_target(content["schema"]) for content in contents}
    schemas = document["components"]["schemas"]
    return [_shape(name, "", schema) for name, schema in sorted(schemas.items()) if name not in sent]


def _operation(document: Document, path: str, method: str, call: Document) -> Operation:
    parameters = [_resolved(document, parameter) for parameter in call.get("parameters", ())]
    content = call.get("requestBody", {}).get("content", {})
    bodies = [_body(document, media_type, body) for media_type, body in content.items()]
    return Operation(
        id=call["operationId"],
        method=method.upper(),
        path=path,
        summary=call["summary"],
        description=call.get("description", ""),
        scope=_scope(call),
        parameters=tuple(map(_parameter, parameters)),
        bodies=tuple(bodies),
        curl=_curl(document["servers"][0]["url"], path, method, call, parameters, bodies),
        replies=tuple(_replies(call)),
        problems=tuple(_problems(call)),
    )


def _scope(call: Document) -> str | None:
    return next((scope for way in call.get("security", ()) for scope in way.get("bearer", ())), None)


def _replies(call: Document) -> Iterator[Reply]:
    for status, reply in call["responses"].items():
        content = {name: body for name, body in reply.get("content", {}).items() if "problem" not in name}
        if content or int(status) < 400:
            body: Document = next(iter(content.values()), {})
            yield Reply(
                status=status,
                description=reply["description"],
                headers=tuple(reply["headers"]),
                kinds=tuple(content),
                model=_target(body.get("schema", {})),
                example=_pretty(body["example"]) if "example" in body else None,
            )


def _problems(call: Document) -> Iterator[str]:
    for reply in call["responses"].values():
        yield from reply.get("content", {}).get("application/problem+json", {}).get("examples", ())


def _resolved(document: Document, value: Document) -> Document:
    if "$ref" not in value:
        return value
    _, kind, name = value["$ref"].rsplit("/", 2)
    found: Document = document["components"][kind][name]
    return found


def _parameter(parameter: Document) -> Field:
    schema = parameter["schema"]
    default = schema.get("default")
    return Field(
        name=parameter["name"],
        place=parameter["in"],
        kind=_kind(schema),
        required=parameter.get("required", False),
        default=None if default is None else json.dumps(default),
        description=parameter.get("description", ""),
    )


def _body(document: Document, media_type: str, body: Document) -> Shape:
    name = _target(body["schema"]) or ""
    example = _pretty(body["example"]) if "example" in body else None
    shape = _shape(name, media_type, document["components"]["schemas"][name])
    return Shape(name, media_type, shape.description, shape.fields, example)


def _shape(name: str, media_type: str, schema: Document) -> Shape:
    required = schema.get("required", ())
    fields = [
        Field(
            name=field,
            place="",
            kind=_kind(value),
            required=field in required,
            default=json.dumps(value["default"]) if value.get("default") is not None else None,
            description=value.get("description", ""),
        )
        for field, value in schema.get("properties", {}).items()
    ]
    return Shape(name, media_type, schema.get("description", ""), tuple(fields), None)


def _kind(schema: Document) -> tuple[Word, ...]:
    """The schema's type as a reader would name it."""
    if model := _target(schema):
        return (Word(model, model),)
    if branches := schema.get("anyOf"):
        joined = [word for branch in branches for word in (Word(" or "), *_kind(branch))]
        return tuple(joined[1:])
    if "enum" in schema or "const" in schema:
        return (Word(" | ".join(map(json.dumps, schema.get("enum", [schema.get("const")])))),)
    match schema.get("type"):
        case "array":
            return (Word("list of "), *_kind(schema.get("items", {})))
        case "object":
            return (Word("object"),)
        case None:
            return (Word("any value"),)
        case other:
            return (Word({"date-time": "time", "binary": "file"}.get(schema.get("format", ""), str(other))),)


def _target(schema: Document) -> str | None:
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def _curl(
    server: str, path: str, method: str, call: Document, parameters: Sequence[Document], bodies: Sequence[Shape]
) -> str:
    """A line for a shell, of the examples."""
    known = {parameter["name"]: str(parameter["example"]) for parameter in parameters if "example" in parameter}
    address = server.rstrip("/") + path.format_map({name: quote(value, safe="") for name, value in known.items()})
    asked = urlencode([(name, value) for name, value in known.items() if name in _TRIED])
    start = "curl" if method == "get" or (method == "post" and bodies) else f"curl -X {method.upper()}"
    lines = [f"{start} {shlex.quote(f'{address}?{asked}' if asked else address)}"]
    if _scope(call):
        lines.append('-H "Authorization: Bearer $VITRINE_KEY"')
    if bodies:
        example = bodies[-1].example  # where there is a choice, JSON comes last
        lines.extend(_sent(bodies[-1].media_type, example) if example else ["-F photo=@shirt.jpg"])
    if any("image" in kind for reply in _replies(call) for kind in reply.kinds):
        lines.append("-o shirt.jpg")
    return " \\\n  ".join(lines)


def _sent(media_type: str, example: str) -> list[str]:
    body = shlex.quote(_compact(example))
    if media_type == "application/json":
        return [f"--json {body}"]
    return [f"-H {shlex.quote(f'Content-Type: {media_type}')}", f"--data-binary {body}"]


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False)
