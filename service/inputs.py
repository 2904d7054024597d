"""What pydantic finds wrong becomes faults in plain sentences with JSON pointers. Owns the wording; no shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from catalogue.errors import Fault, InvalidInput

Model = TypeVar("Model", bound=BaseModel)
_SHOWN = 60
MOST_FAULTS = 100  # that are named; nobody reads more, and a body has room for a hundred thousand


def checked(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Read `values` as `model`. Raises InvalidInput that names each wrong place."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise faults_of(error) from None


def refuse(error: ValidationError) -> NoReturn:
    """flask-openapi3's callback: what it would answer itself is no problem+json."""
    raise faults_of(error) from None


def faults_of(error: ValidationError) -> InvalidInput:
    if (count := error.error_count()) > MOST_FAULTS:
        said = f"{count:,} places of the input are wrong, too many to name. See at /docs what this call takes."
        return InvalidInput.at("", said)
    faults = [_fault(detail) for detail in error.errors(include_url=False)]
    # A value that fits no branch of a union is named once for each: the first is enough.
    return InvalidInput(list({fault.pointer: fault for fault in reversed(faults)}.values())[::-1])


def _fault(error: ErrorDetails) -> Fault:
    pointer = "".join(f"/{_escaped(part)}" for place, part in enumerate(error["loc"]) if not place or _is_place(part))
    name = repr(str(error["loc"][0])) if error["loc"] else "The input"
    return Fault(pointer, _sentence(name, error))


def _sentence(name: str, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"{name} is not known to this call. Leave it out."
        case "missing":
            return f"{name} is missing."
        case "string_too_long":
            return f"{name} has {len(error['input']):,} characters; the limit is {context['max_length']:,}."
        case _:
            reason = error["msg"].replace("Input should", "it should", 1)
            return f"{name} is {_shown(error['input'])}; {reason[:1].lower()}{reason[1:]}."


def _is_place(part: int | str) -> bool:
    """A union's branch is named in the location too (`float`, `str`): no place in the input."""
    return part not in {"float", "str", "int"}


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
