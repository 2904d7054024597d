"""What may be asked of the goods, drawn by hypothesis: filters of every form, sorts, facets. Asks nothing itself."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.reference.facets import Counting
from tests.reference.filters import Tree
from tests.reference.goods import LISTS, TYPES, literals
from tests.reference.results import Asked, Field
from tests.reference.values import RESERVED

FIELDS = (*TYPES, *RESERVED)
SORTABLE = tuple(field for field in FIELDS if field not in (*LISTS, "caption"))
# Fields with few values meet more often than those with many.
COMMON = ("colour", "brand", "vegan", "available", "price", "materials", "launched", "group", "widths", "size in cm")
ORDERED = ("=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN", "EXISTS", "TO")
EQUAL = ("=", "!=", "IN", "NOT IN", "EXISTS")


@st.composite
def leaves(draw: st.DrawFn, fields: tuple[str, ...] = FIELDS) -> Tree:
    field = draw(st.sampled_from(COMMON) | st.sampled_from(fields) if fields is FIELDS else st.sampled_from(fields))
    is_boolean = {**RESERVED, **TYPES}[field] == "boolean"
    op = draw(st.sampled_from(EQUAL if is_boolean else ORDERED))
    literal = st.sampled_from(literals(field))
    match op:
        case "EXISTS":
            return {"field": field, "op": op}
        case "IN" | "NOT IN":
            return {"field": field, "op": op, "value": draw(st.lists(literal, min_size=1, max_size=4))}
        case "TO":
            return {"field": field, "op": op, "value": draw(st.lists(literal, min_size=2, max_size=2))}
        case _:
            return {"field": field, "op": op, "value": draw(literal)}


def trees(most_leaves: int = 8) -> st.SearchStrategy[Tree]:
    """Any nesting; and often the plain list of conditions that a shop's page asks."""
    any_form = st.recursive(leaves(), _around, max_leaves=most_leaves)
    return any_form | st.lists(leaves() | _around(leaves()), min_size=1, max_size=3).map(lambda parts: {"and": parts})


def _around(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    parts = st.lists(inner, min_size=1, max_size=3)
    return (
        parts.map(lambda each: {"and": each})
        | parts.map(lambda each: {"or": each})
        | inner.map(lambda one: {"not": one})
    )


def sorts() -> st.SearchStrategy[str | Field]:
    by_field = st.builds(Field, st.sampled_from(SORTABLE), st.booleans())
    return st.sampled_from(["relevance", "newest"]) | by_field


def askings() -> st.SearchStrategy[Asked]:
    thresholds = st.none() | st.just(0.0) | st.floats(0, 1)
    return st.builds(Asked, filter=st.none() | trees(), threshold=thresholds, by_group=st.booleans(), sort=sorts())


def countings() -> st.SearchStrategy[Counting]:
    fields = st.lists(st.sampled_from(COMMON) | st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True)
    return st.builds(Counting, fields.map(tuple), st.sampled_from(["shown", "alternatives"]), st.integers(1, 30))


def odd_texts() -> st.SearchStrategy[Any]:
    """What no database keeps, inside text that is otherwise fine."""
    bad = st.sampled_from(["\0", "\ud800", "\udfff", "\udc00\ud800"])
    return st.tuples(st.sampled_from(["", "navy"]), bad, st.sampled_from(["", "y"])).map("".join)
