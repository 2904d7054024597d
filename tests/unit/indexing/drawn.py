"""Shelves, questions and filters as hypothesis draws them: small, and full of what is easily got wrong."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from hypothesis import strategies as st

from catalogue.states import Space
from tests.unit.indexing.oracle import TYPES, Part, Question, distinct, value_of
from tests.unit.indexing.shelf import ShelfItem, ShelfPhoto, Vector

WORDS = ["navy", "shirt", "shirts", "shoe", "tee-1", "Blue"]
DIRECTIONS: list[Vector] = [(1, 0, 0), (4, 3, 0), (0, 1, 0), (-1, 0, 0), (3, 4, 0), (0, 0, 1)]
LISTS = {"tags", "widths"}


def _same(name: str, wanted: str) -> Part:
    def passes(item: ShelfItem) -> bool:
        return wanted in distinct(item, name)

    return Part(f'{name} = "{wanted.upper()}"', frozenset({name}), passes)


def _numeric(name: str, low: float, high: float) -> Part:
    def passes(item: ShelfItem) -> bool:
        return any(low <= value <= high for value in distinct(item, name))

    return Part(f"{name} {low} TO {high}", frozenset({name}), passes)


def _exists(name: str) -> Part:
    return Part(f"{name} EXISTS", frozenset({name}), lambda item: value_of(item, name) is not None)


def negated(part: Part) -> Part:
    return Part(f"NOT ({part.text})", part.names, lambda item: not part.passes(item))


def either(one: Part, other: Part) -> Part:
    text = f"({one.text} OR {other.text})"
    return Part(text, one.names | other.names, lambda item: one.passes(item) or other.passes(item))


Leaves = st.sampled_from(
    [_same("colour", "navy"), _same("colour", "red"), _same("tags", "new"), _numeric("size", 1, 3),
     _numeric("widths", 0, 1), _exists("colour"), _exists("tags"), _exists("made"), _exists("group"), _exists("price")]
)  # fmt: skip
Parts = st.lists(st.one_of(Leaves, Leaves.map(negated), st.builds(either, Leaves, Leaves)), max_size=3)

COLOURS = ["navy", "Navy", "NAVY", "red", "Red", "Straße", "STRASSE", "ı"]
Attributes = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(COLOURS),
        "tags": st.lists(st.sampled_from(["new", "NEW", "old"]), max_size=3),
        "size": st.sampled_from([1, 2, 2.5, 11]),
        "widths": st.lists(st.sampled_from([0, 0.5, 1, 10]), max_size=3),
        "sale": st.booleans(),
        "made": st.sampled_from(["2026-01-01", "2026-01-01T02:00:00+02:00", "2027-05-05T01:01:01.5Z"]),
    },
)
Photos = st.builds(
    ShelfPhoto,
    id=st.uuids(),
    position=st.integers(0, 2),
    picture=st.sampled_from("pqr"),
    vectors=st.dictionaries(st.sampled_from(list(Space)), st.sampled_from(DIRECTIONS)),
)
Items = st.builds(
    ShelfItem,
    id=st.uuids(),
    sku=st.sampled_from(["tee-1", "TEE-1", "navy", "!?", "y"]),
    texts=st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
    photos=st.lists(Photos, max_size=3, unique_by=lambda one: one.id).map(tuple),
    published=st.sampled_from([True, True, True, False]),
    available=st.booleans(),
    group=st.sampled_from([None, "g", "G", "h"]),
    created_s=st.integers(0, 3),
    price=st.sampled_from([None, 0, 999, 10_000]),
    attributes=Attributes,
)
Shelves = st.lists(Items, max_size=12, unique_by=lambda one: one.id)
Questions = st.builds(
    Question,
    text=st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
        st.sampled_from([" tee-1 ", "!?", "", " "]),
    ),
    vector=st.sampled_from(DIRECTIONS),
    of_photo=st.booleans(),
)
Comparing = Questions.filter(lambda question: question.compares)
SORTS = [
    "relevance", "newest", *(sign + name for name in sorted(TYPES.keys() - LISTS) for sign in ("", "-"))
]  # fmt: skip


def own_photos(item: ShelfItem) -> ShelfItem:
    """A photo belongs to one item for ever: ids of its own, whatever was drawn."""
    return replace(item, photos=tuple(replace(each, id=UUID(int=item.id.int ^ each.id.int)) for each in item.photos))
