"""The result set and its order against a reference written from the contract, and the rules one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.states import Space
from indexing.confidence import GUESSED
from indexing.errors import VectorRefused
from indexing.fusion import Weights
from indexing.overlay import overlaid
from indexing.queries import Hit, Page, PhotoQuery, TextQuery
from indexing.searcher import Searcher
from indexing.tokens import analyzer_for, fold
from indexing.view import View
from tests.unit.indexing.shelf import ShelfItem, ShelfPhoto, Vector, batch_of, unit, view_of

EAST: Vector = (1, 0, 0)
NEAR: Vector = (4, 3, 0)
NORTH: Vector = (0, 1, 0)
WEST: Vector = (-1, 0, 0)
WORDS = ["navy", "shirt", "shirts", "shoe", "tee-1", "Blue"]
SEARCHER = Searcher()
WEIGHTS = Weights()


def item(number: int, sku: str = "", *texts: str, **parts: object) -> ShelfItem:
    return ShelfItem(UUID(int=number), sku or f"sku{number}", texts, **parts)  # type: ignore[arg-type]  # test's choice


def photo(number: int, vector: Vector, **parts: object) -> ShelfPhoto:
    made = ShelfPhoto(UUID(int=1_000 + number), picture=str(number), vectors=dict.fromkeys(Space, vector))
    return replace(made, **parts)  # type: ignore[arg-type]  # test's choice


def ids(page: Page) -> list[int]:
    return [hit.item_id.int for hit in page.hits]


def encoded(vector: Vector) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return unit(*vector)


# The reference: plain Python over the shelf, from the contract's words.


@dataclass(frozen=True)
class Asked:
    text: str
    vector: Vector
    of_photo: bool


def cosine(vectors: Mapping[Space, Vector], space: Space, asked: Asked) -> float:
    if space not in vectors:
        return 0.0
    return round(float(unit(*vectors[space]).astype(np.float64) @ unit(*asked.vector).astype(np.float64)), 5)


def photo_score(one: ShelfPhoto, asked: Asked) -> float:
    if asked.of_photo:
        return cosine(one.vectors, Space.LOOK, asked)
    meaning, words = (cosine(one.vectors, space, asked) for space in (Space.MEANING, Space.WORDS))
    return round(WEIGHTS.meaning * meaning + WEIGHTS.words * words, 5)


def judge(one: ShelfItem, asked: Asked) -> tuple[float, float, UUID | None]:
    """Confidence, score and best photo of an item."""
    scored = sorted((-photo_score(each, asked), each.position, each.id) for each in one.photos)
    best = -scored[0][0] if scored else 0.0
    shown = scored[0][2] if scored else None
    if asked.of_photo:
        return float(GUESSED.photo(np.array([best]))[0]), best, shown
    tokens = set(analyzer_for("en").words(asked.text))
    own = set(analyzer_for("en").words("\n".join((one.sku, *one.texts))))
    share = len(tokens & own) / max(1, len(tokens))
    score = round(best + WEIGHTS.lexical * share, 5)
    confidence = float(GUESSED.text(np.array([score]))[0])
    if tokens and tokens <= own:
        confidence = max(confidence, GUESSED.threshold)
    if fold(one.sku) == fold(asked.text.strip()):
        confidence = 1.0
    return confidence, score, shown


def reference(items: list[ShelfItem], asked: Asked, least: float) -> list[tuple[int, float, float, UUID | None]]:
    judged = [(one.id.int, *judge(one, asked)) for one in items if one.published]
    kept = [hit for hit in judged if hit[1] >= least]
    return sorted(kept, key=lambda hit: (-hit[1], -hit[2], hit[0]))


Vectors = st.sampled_from([EAST, NEAR, NORTH, WEST, (3, 4, 0), (0, 0, 1)])
Photos = st.builds(
    ShelfPhoto,
    id=st.uuids(),
    position=st.integers(0, 2),
    picture=st.sampled_from("pqr"),
    vectors=st.dictionaries(st.sampled_from(list(Space)), Vectors),
)
Items = st.builds(
    ShelfItem,
    id=st.uuids(),
    sku=st.sampled_from(["tee-1", "TEE-1", "navy", "x", "y"]),
    texts=st.lists(st.sampled_from(WORDS), max_size=3).map(tuple),
    photos=st.lists(Photos, max_size=3, unique_by=lambda one: one.id).map(tuple),
    published=st.sampled_from([True, True, True, False]),
)
Shelves = st.lists(Items, max_size=12, unique_by=lambda one: one.id)
Questions = st.builds(
    Asked,
    text=st.one_of(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), st.sampled_from([" tee-1 ", "!?"])
    ),
    vector=Vectors,
    of_photo=st.booleans(),
)


def query_of(asked: Asked) -> TextQuery | PhotoQuery:
    vector = encoded(asked.vector)
    return PhotoQuery(vector) if asked.of_photo else TextQuery(asked.text, vector, vector)


@settings(max_examples=300, deadline=None)
@given(Shelves, Questions, st.sampled_from([None, 0.0, 0.2, 0.7, 1.0]), st.integers(1, 5))
def test_pages_are_the_result_set_in_its_order(
    shelf: list[ShelfItem], asked: Asked, least: float | None, limit: int
) -> None:
    view = view_of(*shelf)
    expected = reference(shelf, asked, GUESSED.threshold if least is None else least)
    hits: list[Hit] = []
    after = None
    while True:
        page = SEARCHER.search(view, query_of(asked), limit=limit, after=after, min_confidence=least)
        assert (page.total, page.nothing_close) == (len(expected), not expected)
        hits += page.hits
        after = page.next
        if after is None:
            break
    assert [(hit.item_id.int, hit.confidence, hit.score, hit.photo_id) for hit in hits] == expected


@settings(max_examples=100, deadline=None)
@given(Shelves, Questions, st.floats(0, 1), st.floats(0, 1))
def test_raising_the_threshold_gives_a_prefix_of_the_same_list(
    shelf: list[ShelfItem], asked: Asked, one: float, other: float
) -> None:
    view, query = view_of(*shelf), query_of(asked)
    longer = SEARCHER.search(view, query, limit=100, min_confidence=min(one, other)).hits
    shorter = SEARCHER.search(view, query, limit=100, min_confidence=max(one, other)).hits
    assert longer[: len(shorter)] == shorter


@settings(max_examples=100, deadline=None)
@given(Shelves, Shelves, Questions)
def test_a_score_depends_on_query_and_item_alone(shelf: list[ShelfItem], others: list[ShelfItem], asked: Asked) -> None:
    known = {one.id for one in shelf}
    others = [one for one in others if one.id not in known]
    alone = SEARCHER.search(view_of(*shelf), query_of(asked), limit=100, min_confidence=0)
    beside = SEARCHER.search(view_of(*others, *shelf), query_of(asked), limit=100, min_confidence=0)
    assert [hit for hit in beside.hits if hit.item_id in known] == list(alone.hits)


def test_an_item_is_one_hit_by_its_best_photo() -> None:
    shelf = item(1, photos=(photo(1, NORTH), photo(2, EAST), photo(3, NEAR)))
    (hit,) = SEARCHER.search(view_of(shelf), PhotoQuery(encoded(EAST)), limit=9).hits
    assert (hit.photo_id, hit.photos, hit.score) == (UUID(int=1_002), 3, 1.0)


def test_of_equal_photos_the_position_decides_then_the_id() -> None:
    first = item(1, photos=(photo(1, EAST, position=1), photo(2, EAST, position=0), photo(3, EAST, position=0)))
    (hit,) = SEARCHER.search(view_of(first), PhotoQuery(encoded(EAST)), limit=9).hits
    assert hit.photo_id == UUID(int=1_002)


def test_an_item_without_a_photo_is_found_by_its_words() -> None:
    view = view_of(item(1, "s1", "Navy Shirts"), item(2, "s2", "Red shoe"))
    (hit,) = SEARCHER.search(view, TextQuery("navy shirt"), limit=9).hits
    assert (hit.item_id.int, hit.photo_id, hit.photos, hit.confidence) == (1, None, 0, GUESSED.threshold)


def test_a_sku_is_found_first_in_any_case() -> None:
    view = view_of(item(1, "a", photos=(photo(1, EAST),)), item(2, "Tee-001"))
    page = SEARCHER.search(view, TextQuery(" TEE-001 ", encoded(EAST), encoded(EAST)), limit=9)
    assert (ids(page)[0], page.hits[0].confidence) == (2, 1.0)


def test_min_confidence_cuts_items_that_hold_every_token_too() -> None:
    view = view_of(item(1, "s1", "navy shirt"))
    assert ids(SEARCHER.search(view, TextQuery("navy"), limit=9)) == [1]
    assert ids(SEARCHER.search(view, TextQuery("navy"), limit=9, min_confidence=0.9)) == []


def test_min_confidence_zero_shows_everything() -> None:
    view = view_of(item(1, photos=(photo(1, WEST),)), item(2), item(3, published=False))
    page = SEARCHER.search(view, PhotoQuery(encoded(EAST)), limit=9, min_confidence=0)
    assert [(hit.item_id.int, hit.confidence, hit.score) for hit in page.hits] == [(2, 0.0, 0.0), (1, 0.0, -1.0)]


def test_nothing_close_names_what_was_closest() -> None:
    view = view_of(item(1, photos=(photo(1, (1, 4, 0)),)), item(2, photos=(photo(2, NORTH),)))
    page = SEARCHER.search(view, PhotoQuery(encoded(EAST)), limit=9)
    assert (page.hits, page.total, page.nothing_close) == ((), 0, True)
    assert [hit.item_id.int for hit in page.nearest] == [1]


def test_an_empty_text_shows_everything_newest_first() -> None:
    view = view_of(item(1, created_s=5), item(2, created_s=9), item(3, created_s=5), item(4, published=False))
    page = SEARCHER.search(view, TextQuery("  "), limit=2, min_confidence=1)
    assert (ids(page), page.total, page.nothing_close, page.hits[0].confidence) == ([2, 3], 3, False, None)
    rest = SEARCHER.search(view, TextQuery(""), limit=2, after=page.next)
    assert (ids(rest), rest.next) == ([1], None)


def test_an_empty_catalogue_has_nothing_close_and_an_empty_list() -> None:
    assert SEARCHER.search(view_of(), PhotoQuery(encoded(EAST)), limit=9).nothing_close
    assert SEARCHER.search(view_of(), TextQuery(""), limit=9).hits == ()


def test_a_hit_says_why() -> None:
    shelf = item(1, "s1", "Navy shoes", photos=(photo(1, EAST),))
    query = TextQuery("navy shoe hat", encoded(EAST), encoded(NORTH))
    (hit,) = SEARCHER.search(view_of(shelf), query, limit=9).hits
    assert hit.why is not None
    assert hit.why.matched_terms == ("navy", "shoe")
    assert hit.why.shares == {"meaning": 0.71, "words": 0.0, "lexical": 0.29}


def test_a_query_of_another_dimension_is_refused() -> None:
    view = view_of(item(1, photos=(photo(1, EAST),)))
    with pytest.raises(VectorRefused):
        SEARCHER.search(view, PhotoQuery(unit(1, 0)), limit=9)


def grown(view: View, *items: ShelfItem) -> View:
    return overlaid(view, batch_of(items), view.seq + 1)


def test_an_edited_item_is_found_by_its_new_words_alone() -> None:
    view = grown(view_of(item(1, "s1", "navy")), item(1, "s1", "red"))
    assert ids(SEARCHER.search(view, TextQuery("red"), limit=9)) == [1]
    assert ids(SEARCHER.search(view, TextQuery("navy"), limit=9)) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(Shelves, min_size=1, max_size=5), Questions)
def test_a_view_that_grew_answers_as_one_loaded_afresh(shelves: list[list[ShelfItem]], asked: Asked) -> None:
    truth: dict[UUID, ShelfItem] = {}
    view, rows = view_of(), 0
    for shelf in shelves:
        # A photo belongs to one item for ever: of each drawn item the ids are its own.
        shelf = [replace(one, photos=tuple(_own(one, each) for each in one.photos)) for one in shelf]
        view = grown(view, *shelf)
        truth |= {one.id: one for one in shelf}
        rows += len(shelf)
    assert len(view.items.live) == rows
    fresh = view_of(*truth.values())
    for least in (None, 0.0):
        expected = SEARCHER.search(fresh, query_of(asked), limit=100, min_confidence=least)
        assert SEARCHER.search(view, query_of(asked), limit=100, min_confidence=least) == expected


def _own(one: ShelfItem, each: ShelfPhoto) -> ShelfPhoto:
    return replace(each, id=UUID(int=one.id.int ^ each.id.int))
