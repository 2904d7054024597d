"""A filter as JSON, to a tree and back. Owns this form's names and bounds; what a filter means, the tree says.

{"field", "op", "value"}, {"and": […]}, {"or": […]}, {"not": …}; `value` is a list for IN, a pair for TO, absent for
EXISTS.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from catalogue.words import is_storable
from indexing.filters.mistakes import SIGNS
from indexing.filters.notation import Value
from indexing.filters.parsing import DEEPEST, LONGEST, check_depth, check_length, refused, too_deep
from indexing.filters.tree import And, Comparison, Condition, Not, Op, Or, all_of, any_of

_OPS: Final = {op.value: op for op in Op}
_FORMS: Final = '{"field": …, "op": …, "value": …}, {"and": […]}, {"or": […]} or {"not": …}'
_SHOWN: Final = 60
_ENDS: Final = 2
_LARGEST: Final = sys.float_info.max
Json = Mapping[str, Any]


def to_json(condition: Condition) -> dict[str, Any]:
    match condition:
        case Comparison(name, op, values):
            leaf: dict[str, Any] = {"field": name, "op": op.value}
            if op in {Op.IN, Op.NOT_IN, Op.TO}:
                return {**leaf, "value": list(values)}
            return leaf if op is Op.EXISTS else {**leaf, "value": values[0]}
        case Not(part):
            return {"not": to_json(part)}
        case And(parts):
            return {"and": [to_json(part) for part in parts]}
        case Or(parts):
            return {"or": [to_json(part) for part in parts]}


def from_json(value: Any) -> Condition:
    """The condition that a JSON value states. Raises FilterSyntax; there is no column to name."""
    check_length(_least_length(value))
    condition = _read(value, 0)
    check_depth(condition)
    check_length(len(str(condition)))
    return condition


def _least_length(value: Any) -> int:
    """Characters that the filter has at least when it is written, counted no further than the limit."""
    length, waiting = 0, [value]
    while waiting and length <= LONGEST:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        else:
            length += len(one) if isinstance(one, str) else 1
    return length


def _read(value: Any, depth: int) -> Condition:
    if depth > 2 * DEEPEST:  # an AND or OR of one is no level of the tree, and not to be recursed into for ever
        raise too_deep()
    match value:
        case {"and": parts, **rest} if not rest:
            return all_of(_parts("and", parts, depth))
        case {"or": parts, **rest} if not rest:
            return any_of(_parts("or", parts, depth))
        case {"not": part, **rest} if not rest:
            return Not(_read(part, depth + 1))
        case {"field": name, "op": op, **rest} if not set(rest) - {"value"}:
            return _comparison(name, _op(op), value)
        case _:
            raise refused(f"A condition is {_FORMS}; {_shown(value)} is none of these.")


def _parts(word: str, parts: Any, depth: int) -> list[Condition]:
    if not isinstance(parts, list) or not parts:
        raise refused(f'"{word}" takes a list of one or more conditions; {_shown(parts)} is none.')
    return [_read(part, depth + 1) for part in parts]


def _op(op: Any) -> Op:
    written = " ".join(op.upper().split()) if isinstance(op, str) and op.isascii() else ""
    if written not in _OPS:
        meant = f'write "{SIGNS[op]}"' if isinstance(op, str) and SIGNS.get(op) in _OPS else "write one of these"
        raise refused(f"The operators are {', '.join(_OPS)}; {_shown(op)} is none: {meant}.")
    return _OPS[written]


def _comparison(name: Any, op: Op, leaf: Json) -> Comparison:
    if not isinstance(name, str) or not name or not is_storable(name):
        raise refused(f'"field" is the name of a field; {_shown(name)} is none.')
    return Comparison(unicodedata.normalize("NFC", name), op, tuple(_values(op, leaf)))


def _values(op: Op, leaf: Json) -> list[Value]:
    if op is Op.EXISTS:
        if "value" in leaf:
            raise refused("EXISTS takes no value; leave it out.")
        return []
    if "value" not in leaf:
        raise refused(f'{op.value} needs a "value".')
    value = leaf["value"]
    if op not in {Op.IN, Op.NOT_IN, Op.TO}:
        return [_value(value)]
    if not isinstance(value, list) or not value or (op is Op.TO and len(value) != _ENDS):
        wanted = "a pair, such as [10, 50]" if op is Op.TO else "a list of one or more values"
        raise refused(f"The value of {op.value} is {wanted}; {_shown(value)} is none.")
    return [_value(each) for each in value]


def _value(value: Any) -> Value:
    match value:
        case bool():
            return value
        case str() if is_storable(value):
            return value
        case int() | float() if abs(value) <= _LARGEST:
            return float(value) + 0.0  # no minus zero
        case _:
            raise refused(f"A value is a string, a number, true or false; {_shown(value)} is none.")


def _shown(value: Any) -> str:
    try:
        written = json.dumps(value, ensure_ascii=False)
    except ValueError:
        written = repr(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
