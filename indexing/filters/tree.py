"""A filter as a tree of frozen values, and as text again. Knows neither fields' types nor columns.

An AND never stands directly in an AND, nor an OR in an OR: `all_of` and `any_of` make them, so that equal filters are
equal trees, and text, tree and text again is the same.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from indexing.filters.notation import Value, write_name, write_value


class Op(enum.Enum):
    EQUAL = "="
    NOT_EQUAL = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    IN = "IN"
    NOT_IN = "NOT IN"
    EXISTS = "EXISTS"
    TO = "TO"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`values`: one or more for IN and NOT IN, both ends for TO, none for EXISTS, else one.

    `columns`: where the name and each value stand in the text that it was read from, from 1; empty for JSON.
    """

    name: str
    op: Op
    values: tuple[Value, ...] = ()
    columns: tuple[int, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        name, values = write_name(self.name), [write_value(value) for value in self.values]
        match self.op:
            case Op.EXISTS:
                return f"{name} EXISTS"
            case Op.TO:
                return f"{name} {values[0]} TO {values[1]}"
            case Op.IN | Op.NOT_IN:
                return f"{name} {self.op.value} [{', '.join(values)}]"
            case _:
                return f"{name} {self.op.value} {values[0]}"


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition

    def __str__(self) -> str:
        return f"NOT {_written(self.part, (And, Or))}"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " AND ".join(_written(part, (Or,)) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " OR ".join(str(part) for part in self.parts)


Condition: TypeAlias = Comparison | Not | And | Or


def all_of(parts: Iterable[Condition]) -> Condition:
    """Their AND; a single part is itself."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: Iterable[Condition]) -> Condition:
    """Their OR; a single part is itself."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case Comparison():
            return ()
        case Not(part):
            return (part,)
        case And(parts) | Or(parts):
            return parts


def comparisons_of(condition: Condition) -> tuple[Comparison, ...]:
    """The leaves, from left to right."""
    if isinstance(condition, Comparison):
        return (condition,)
    return tuple(leaf for part in parts_of(condition) for leaf in comparisons_of(part))


def is_deeper(condition: Condition, most: int) -> bool:
    """Whether more than `most` ANDs, ORs and NOTs stand in each other. Does not recurse: it may be very deep."""
    level: list[Condition] = [condition]
    for _ in range(most + 1):
        level = [inner for each in level for inner in parts_of(each)]
    return bool(level)


def _written(part: Condition, in_brackets: tuple[type, ...]) -> str:
    return f"({part})" if isinstance(part, in_brackets) else str(part)
