"""An example of a model, put together from the examples of its fields. Owns no value; models give theirs."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python


def example_of(model: type[BaseModel]) -> Any:
    """The model's own example, else one made of its fields'. Raises TypeError that names a field without one."""
    given = model.model_config.get("json_schema_extra")
    if isinstance(given, dict) and isinstance(examples := given.get("examples"), list):
        return examples[0]
    made = {}
    for name, field in model.model_fields.items():
        try:
            made[name] = field.examples[0] if field.examples else _of(field.annotation)
        except TypeError as error:
            raise TypeError(f"{model.__name__}.{name}: {error}") from None
    return to_jsonable_python(made)


def _of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return example_of(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments[0]
    if origin is list:
        return [_of(arguments[0])]
    if origin in (Union, UnionType):
        return _of(next(branch for branch in arguments if branch is not NoneType))
    raise TypeError("it has no example, and one cannot be made up for its type.")
