"""Whether an item passes a filter, in the JSON form. Owns the meaning of each operator; text is in wording.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.reference.values import Item, Types, comparable, known

Tree = Mapping[str, Any]


def passes(tree: Tree, item: Item, types: Types) -> bool:
    match tree:
        case {"and": parts}:
            return all(passes(part, item, types) for part in parts)
        case {"or": parts}:
            return any(passes(part, item, types) for part in parts)
        case {"not": part}:
            return not passes(part, item, types)
        case {"field": field, "op": op}:
            return _holds(op, known(item, field, types), _literals(tree.get("value"), types[field]))
        case _:
            raise AssertionError(tree)


def without(tree: Tree | None, field: str) -> Tree | None:
    """The filter less its top-level conditions that name only this field."""
    kept = [part for part in conditions(tree) if fields(part) != {field}]
    return {"and": kept} if kept else None


def conditions(tree: Tree | None) -> Iterator[Tree]:
    """Those of the top AND, and of the ANDs right in it. An OR of one is that one: no text tells them apart."""
    match tree:
        case None:
            return
        case {"and": parts} | {"or": [_] as parts}:
            for part in parts:
                yield from conditions(part)
        case _:
            yield tree


def fields(tree: Tree) -> set[str]:
    if "field" in tree:
        return {tree["field"]}
    parts = [tree["not"]] if "not" in tree else tree.get("and") or tree["or"]
    return set().union(*(fields(part) for part in parts))


def _literals(value: Any, of_type: str) -> list[Any]:
    if value is None:
        return []
    return [comparable(each, of_type) for each in (value if isinstance(value, list) else [value])]


def _holds(op: str, values: list[Any], literals: list[Any]) -> bool:
    match op:
        case "EXISTS":
            return bool(values)
        case "=" | "IN":
            return any(value in literals for value in values)
        case "!=" | "NOT IN":
            return all(value not in literals for value in values)
        case "<":
            return any(value < literals[0] for value in values)
        case "<=":
            return any(value <= literals[0] for value in values)
        case ">":
            return any(value > literals[0] for value in values)
        case ">=":
            return any(value >= literals[0] for value in values)
        case "TO":
            return any(literals[0] <= value <= literals[1] for value in values)
        case _:
            raise AssertionError(op)
