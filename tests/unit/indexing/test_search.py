"""The rules of a result set, one by one; test_result_sets.py holds them all against an oracle."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.states import FieldType, Space
from indexing.errors import VectorRefused
from indexing.filters import check, parse
from indexing.overlay import overlaid
from indexing.queries import (
    Asked,
    ByField,
    FacetMode,
    Page,
    PhotoQuery,
    RangeFacet,
    Relevance,
    Search,
    Sort,
    TextQuery,
    ValueFacet,
)  # fmt: skip
from indexing.searcher import Searcher
from indexing.view import View
from tests.unit.indexing.drawn import Questions, Shelves, own_photos
from tests.unit.indexing.oracle import FIELDS, TYPES, Question
from tests.unit.indexing.shelf import CATALOGUE, ShelfItem, ShelfPhoto, Vector, batch_of, unit, view_of

EAST: Vector = (1, 0, 0)
NEAR: Vector = (4, 3, 0)
NORTH: Vector = (0, 1, 0)
WEST: Vector = (-1, 0, 0)
SEARCHER = Searcher()


def item(number: int, sku: str = "", *texts: str, **parts: object) -> ShelfItem:
    return ShelfItem(UUID(int=number), sku or f"sku{number}", texts, **parts)  # type: ignore[arg-type]  # test's choice


def photo(number: int, vector: Vector, **parts: object) -> ShelfPhoto:
    made = ShelfPhoto(UUID(int=1_000 + number), picture=str(number), vectors=dict.fromkeys(Space, vector))
    return replace(made, **parts)  # type: ignore[arg-type]  # test's choice


def ids(page: Page) -> list[int]:
    return [hit.item_id.int for hit in page.hits]


def encoded(vector: Vector) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return unit(*vector)


def test_an_item_is_one_hit_by_its_best_photo() -> None:
    shelf = item(1, photos=(photo(1, NORTH), photo(2, EAST), photo(3, NEAR)))
    (hit,) = SEARCHER.search(view_of(shelf), Search(PhotoQuery(encoded(EAST)), limit=9)).hits
    assert (hit.photo_id, hit.photos, hit.score) == (UUID(int=1_002), 3, 1.0)


def test_of_equal_photos_the_position_decides_then_the_id() -> None:
    first = item(1, photos=(photo(1, EAST, position=1), photo(2, EAST, position=0), photo(3, EAST, position=0)))
    (hit,) = SEARCHER.search(view_of(first), Search(PhotoQuery(encoded(EAST)), limit=9)).hits
    assert hit.photo_id == UUID(int=1_002)


def test_an_item_without_a_photo_is_found_by_its_words() -> None:
    view = view_of(item(1, "s1", "Navy Shirts"), item(2, "s2", "Red shoe"))
    (hit,) = SEARCHER.search(view, Search(TextQuery("navy shirt"), limit=9)).hits
    assert (hit.item_id.int, hit.photo_id, hit.photos) == (1, None, 0)


def test_a_sku_is_found_first_in_any_case() -> None:
    view = view_of(item(1, "a", photos=(photo(1, EAST),)), item(2, "Tee-001"))
    page = SEARCHER.search(view, Search(TextQuery(" TEE-001 ", encoded(EAST), encoded(EAST)), limit=9))
    assert (ids(page)[0], page.hits[0].confidence) == (2, 1.0)


def test_min_confidence_cuts_items_that_hold_every_token_too() -> None:
    view = view_of(item(1, "s1", "navy shirt"))
    assert ids(SEARCHER.search(view, Search(TextQuery("navy"), limit=9))) == [1]
    assert ids(SEARCHER.search(view, Search(TextQuery("navy"), limit=9, min_confidence=0.9))) == []


def test_min_confidence_zero_shows_everything() -> None:
    view = view_of(item(1, photos=(photo(1, WEST),)), item(2), item(3, published=False))
    page = SEARCHER.search(view, Search(PhotoQuery(encoded(EAST)), limit=9, min_confidence=0))
    assert [(hit.item_id.int, hit.confidence, hit.score) for hit in page.hits] == [(2, 0.0, 0.0), (1, 0.0, -1.0)]


def test_nothing_close_names_what_was_closest() -> None:
    view = view_of(item(1, photos=(photo(1, (1, 4, 0)),)), item(2, photos=(photo(2, NORTH),)))
    page = SEARCHER.search(view, Search(PhotoQuery(encoded(EAST)), limit=9))
    assert (page.hits, page.total, page.nothing_close) == ((), 0, True)
    assert [hit.item_id.int for hit in page.nearest] == [1]


def test_an_empty_text_shows_everything_newest_first() -> None:
    view = view_of(item(1, created_s=5), item(2, created_s=9), item(3, created_s=5), item(4, published=False))
    page = SEARCHER.search(view, Search(TextQuery("  "), limit=2, min_confidence=1))
    assert (ids(page), page.total, page.nothing_close, page.hits[0].confidence) == ([2, 3], 3, False, None)
    rest = SEARCHER.search(view, Search(TextQuery(""), limit=2, after=page.next))
    assert (ids(rest), rest.next) == ([1], None)


def test_an_empty_catalogue_has_nothing_close_and_an_empty_list() -> None:
    assert SEARCHER.search(view_of(), Search(PhotoQuery(encoded(EAST)), limit=9)).nothing_close
    assert SEARCHER.search(view_of(), Search(TextQuery(""), limit=9)).hits == ()


def test_a_hit_says_why() -> None:
    shelf = item(1, "s1", "Navy shoes", photos=(photo(1, EAST),))
    query = TextQuery("navy shoe hat", encoded(EAST), encoded(NORTH))
    (hit,) = SEARCHER.search(view_of(shelf), Search(query, limit=9)).hits
    assert hit.why is not None
    assert hit.why.matched_terms == ("navy", "shoe")
    assert hit.why.shares == {"meaning": 0.71, "words": 0.0, "lexical": 0.29}


def test_the_words_of_a_query_that_the_encoder_cannot_read_stand_in_for_its_vectors() -> None:
    view = view_of(item(1, "s1", "sneakers", photos=(photo(1, (0, 0, 1)),)), item(2, "s2", photos=(photo(2, NEAR),)))
    query = TextQuery("sneekers", encoded((2, 1, 0)), encoded((2, 1, 0)))
    assert ids(SEARCHER.search(view, Search(query, limit=9))) == [2]
    assert ids(SEARCHER.search(view, Search(replace(query, is_foreign=True), limit=9))) == [2, 1]


def test_a_query_of_another_dimension_is_refused() -> None:
    view = view_of(item(1, photos=(photo(1, EAST),)))
    with pytest.raises(VectorRefused):
        SEARCHER.search(view, Search(PhotoQuery(unit(1, 0)), limit=9))


def grown(view: View, *items: ShelfItem) -> View:
    return overlaid(view, batch_of(items, fields=FIELDS), view.seq + 1)


def test_an_edited_item_is_found_by_its_new_words_alone() -> None:
    view = grown(view_of(item(1, "s1", "navy")), item(1, "s1", "red"))
    assert ids(SEARCHER.search(view, Search(TextQuery("red"), limit=9))) == [1]
    assert ids(SEARCHER.search(view, Search(TextQuery("navy"), limit=9))) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(Shelves, min_size=1, max_size=5), Questions)
def test_a_view_that_grew_answers_as_one_loaded_afresh(shelves: list[list[ShelfItem]], question: Question) -> None:
    truth: dict[UUID, ShelfItem] = {}
    view, rows = view_of(fields=FIELDS), 0
    for shelf in shelves:
        shelf = [own_photos(one) for one in shelf]
        view = grown(view, *shelf)
        truth |= {one.id: one for one in shelf}
        rows += len(shelf)
    assert len(view.items.live) == rows
    fresh = view_of(*truth.values(), fields=FIELDS)
    for least in (None, 0.0):
        search = Search(question.query, limit=100, min_confidence=least, facets=Asked(tuple(TYPES)))
        assert SEARCHER.search(view, search) == SEARCHER.search(fresh, search)


def test_the_threshold_is_a_setting_of_the_catalogue() -> None:
    """It is what an item that holds every token has at least, too."""
    view = view_of(item(1, "s1", "navy"), item(2, photos=(photo(2, (1, 1, 0)),)))
    strict = replace(view, catalogue=replace(CATALOGUE, settings={"min_confidence": 0.9}))
    (hit,) = SEARCHER.search(strict, Search(TextQuery("navy"), limit=9)).hits
    assert hit.confidence == 0.9
    assert ids(SEARCHER.search(view, Search(PhotoQuery(encoded(EAST)), limit=9))) == [2]
    assert SEARCHER.search(strict, Search(PhotoQuery(encoded(EAST)), limit=9)).nothing_close
    assert ids(SEARCHER.search(strict, Search(PhotoQuery(encoded(EAST)), limit=9, min_confidence=0.2))) == [2]


def test_nothing_is_close_when_no_item_passes_the_filter() -> None:
    view = view_of(item(1, "s1", "navy"))
    none = check(parse('title = "red"'), view)
    for query, compared in ((TextQuery("navy"), True), (PhotoQuery(encoded(EAST)), True), (TextQuery(""), False)):
        page = SEARCHER.search(view, Search(query, limit=9, filter=none))
        assert (page.hits, page.nearest, page.total, page.nothing_close) == ((), (), 0, compared)


def sorted_ids(view: View, sort: Sort, limit: int) -> list[int]:
    """All pages."""
    page = SEARCHER.search(view, Search(TextQuery(""), limit, sort=sort))
    found = ids(page)
    while page.next is not None:
        page = SEARCHER.search(view, Search(TextQuery(""), limit, page.next, sort=sort))
        found += ids(page)
    return found


@pytest.mark.parametrize("limit", [1, 100])
def test_strings_sort_by_128_characters_and_missing_ones_are_last_both_ways(limit: int) -> None:
    long = "é" * 128
    texts = {1: long + "b", 2: long + "a", 3: long[:-1], 4: None, 5: "É" * 200, 6: "zebra"}
    view = view_of(*(item(n, attributes={} if text is None else {"name": text}) for n, text in texts.items()))
    assert sorted_ids(view, ByField("name"), limit) == [6, 3, 1, 2, 5, 4]
    assert sorted_ids(view, ByField("name", descending=True), limit) == [1, 2, 5, 3, 6, 4]


def test_moments_that_no_float_tells_apart_are_pages_of_their_own() -> None:
    moments = {2: "2400-01-01T00:00:00.000003Z", 1: "2400-01-01T00:00:00.000004Z", 3: "2400-01-01T00:00:00.000005Z"}
    view = view_of(*(item(n, attributes={"made": moment}) for n, moment in moments.items()), fields=FIELDS)
    assert sorted_ids(view, ByField("made"), 1) == [2, 1, 3]


def test_of_a_group_the_most_relevant_item_stands_for_it_whatever_the_sort() -> None:
    shelf = [
        item(1, photos=(photo(1, NEAR),), group="tee", price=100),
        item(2, photos=(photo(2, EAST),), group="tee", price=300),
        item(3, photos=(photo(3, EAST),), group="Tee", price=200),
        item(4, photos=(photo(4, EAST),), price=400),
        item(5, photos=(photo(5, EAST),), price=500),
    ]
    search = Search(PhotoQuery(encoded(EAST)), 9, sort=ByField("price"), by_group=True, facets=Asked(("price",)))
    page = SEARCHER.search(view_of(*shelf), search)
    assert (ids(page), page.total) == ([3, 2, 4, 5], 4)
    facet = page.facets["price"]
    assert isinstance(facet, RangeFacet)
    assert (facet.low, facet.high, [count for *_, count in facet.histogram]) == (
        200,
        500,
        [1, 0, 0, 1, 0, 0, 1, 0, 0, 1],
    )


def test_alternatives_leave_out_the_conditions_that_name_the_field_alone() -> None:
    colours = {1: ("navy", 1), 2: ("Red", 1), 3: ("red", 2), 4: ("red", 2)}
    view = view_of(*(item(n, attributes={"colour": colour, "size": size}) for n, (colour, size) in colours.items()))
    asked = check(parse('(colour = "navy" AND size < 2) AND NOT (colour = "red" AND size = 2)'), view)
    counted = {}
    for mode in FacetMode:
        search = Search(TextQuery(""), 9, filter=asked, facets=Asked(("colour", "size"), mode=mode))
        page = SEARCHER.search(view, search)
        counted[mode] = page.facets["colour"]
        assert (ids(page), page.facets["size"]) == ([1], RangeFacet(FieldType.NUMBER, 1, 1, ((1, 1, 1),)))
    assert counted[FacetMode.SHOWN] == ValueFacet(FieldType.STRING, (("navy", 1),))
    assert counted[FacetMode.ALTERNATIVES] == ValueFacet(FieldType.STRING, (("navy", 1), ("red", 1)))


def test_a_sort_by_relevance_of_an_empty_text_is_the_newest_first() -> None:
    view = view_of(item(1, created_s=5), item(2, created_s=9), item(3, created_s=5))
    assert sorted_ids(view, Relevance(), 2) == [2, 3, 1]
