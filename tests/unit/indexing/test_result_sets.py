"""Filters, sorts, groups, pages and facets of one result set, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.confidence import GUESSED
from indexing.filters import Checked, check, parse
from indexing.overlay import overlaid
from indexing.queries import Asked, ByField, FacetMode, Hit, Newest, Page, Relevance, Search, Sort
from indexing.searcher import Searcher
from indexing.view import View
from tests.unit.indexing.drawn import SORTS, Comparing, Parts, Questions, Shelves, own_photos
from tests.unit.indexing.oracle import FIELDS, TYPES, Found, Oracle, Part, Question, facet
from tests.unit.indexing.shelf import ShelfItem, batch_of, view_of

SEARCHER = Searcher()
Thresholds = st.sampled_from([None, 0.0, 0.2, 0.7, 1.0])
Shown = tuple[int, float | None, float, object]


def sort_of(name: str) -> Sort:
    if name in {"relevance", "newest"}:
        return Relevance() if name == "relevance" else Newest()
    return ByField(name.removeprefix("-"), descending=name.startswith("-"))


def filter_of(parts: Sequence[Part], view: View) -> Checked | None:
    return check(parse(" AND ".join(part.text for part in parts)), view) if parts else None


def shelf_view(shelf: Sequence[ShelfItem]) -> View:
    return view_of(*shelf, fields=FIELDS)


def hit_of(hit: Hit) -> Shown:
    return hit.item_id.int, hit.confidence, hit.score, hit.photo_id


def found_of(found: Found) -> Shown:
    return found.item.id.int, found.confidence, found.score, found.photo


def walk(view: View, search: Search) -> list[Page]:
    pages = [SEARCHER.search(view, search)]
    while (after := pages[-1].next) is not None:
        pages.append(SEARCHER.search(view, replace(search, after=after)))
    return pages


@settings(max_examples=150, deadline=None)
@given(
    Shelves, Questions, Parts, Thresholds, st.sampled_from(SORTS), st.booleans(), st.integers(1, 5),
)  # fmt: skip
def test_pages_are_the_result_set_in_its_order(
    shelf: list[ShelfItem], question: Question, parts: list[Part], least: float | None, sort: str, by_group: bool,
    limit: int,
) -> None:  # fmt: skip
    view = shelf_view(shelf)
    threshold = GUESSED.threshold if least is None else least
    oracle = Oracle(shelf, question)
    expected = oracle.in_order(oracle.result_set(parts, threshold, by_group=by_group), sort)
    search = Search(
        question.query, limit, filter=filter_of(parts, view), sort=sort_of(sort), min_confidence=least,
        by_group=by_group,
    )  # fmt: skip
    pages = walk(view, search)
    assert [hit_of(hit) for page in pages for hit in page.hits] == [found_of(each) for each in expected]
    nothing = not expected and question.compares
    assert {(page.total, page.nothing_close) for page in pages} == {(len(expected), nothing)}


@settings(max_examples=150, deadline=None)
@given(Shelves, Questions, Parts, Thresholds, st.booleans(), st.sampled_from(FacetMode), st.integers(1, 4))
def test_facets_count_exactly_the_result_set(
    shelf: list[ShelfItem], question: Question, parts: list[Part], least: float | None, by_group: bool,
    mode: FacetMode, limit: int,
) -> None:  # fmt: skip
    view = shelf_view(shelf)
    threshold = GUESSED.threshold if least is None else least
    search = Search(
        question.query, 1, filter=filter_of(parts, view), min_confidence=least, by_group=by_group,
        facets=Asked(tuple(TYPES), limit, mode),
    )  # fmt: skip
    facets = SEARCHER.search(view, search).facets
    oracle = Oracle(shelf, question)
    assert list(facets) == list(TYPES)
    for name, counted in facets.items():
        lenient = [part for part in parts if part.names != {name}] if mode is FacetMode.ALTERNATIVES else parts
        found = oracle.result_set(lenient, threshold, by_group=by_group)
        assert counted == facet(shelf, [each.item for each in found], name, limit), name


@settings(max_examples=80, deadline=None)
@given(Shelves, Comparing, Parts, st.floats(0, 1), st.floats(0, 1))
def test_raising_the_threshold_gives_a_prefix_of_the_same_list(
    shelf: list[ShelfItem], question: Question, parts: list[Part], one: float, other: float
) -> None:
    view = shelf_view(shelf)
    longer, shorter = (
        SEARCHER.search(view, Search(question.query, 100, filter=filter_of(parts, view), min_confidence=least)).hits
        for least in sorted((one, other))
    )
    assert longer[: len(shorter)] == shorter


@settings(max_examples=80, deadline=None)
@given(Shelves, Shelves, Questions, Parts)
def test_a_hit_is_the_same_whatever_stands_beside_it(
    shelf: list[ShelfItem], others: list[ShelfItem], question: Question, parts: list[Part]
) -> None:
    known = {one.id for one in shelf}
    others = [own_photos(one) for one in others if one.id not in known]
    alone = SEARCHER.search(shelf_view(shelf), Search(question.query, 100, min_confidence=0)).hits
    among = shelf_view([*others, *shelf])
    filtered = SEARCHER.search(
        among, Search(question.query, 100, filter=filter_of(parts, among), min_confidence=0)
    ).hits
    passing = {one.id for one in shelf if all(part.passes(one) for part in parts)}
    assert [hit for hit in filtered if hit.item_id in known] == [hit for hit in alone if hit.item_id in passing]


@settings(max_examples=80, deadline=None)
@given(Shelves, Shelves, Questions, st.sampled_from(SORTS), st.integers(1, 4))
def test_a_page_goes_on_in_a_later_view_behind_where_the_last_one_ended(
    shelf: list[ShelfItem], later: list[ShelfItem], question: Question, sort: str, limit: int
) -> None:
    """Nothing twice, nothing left out of what is behind: whatever came, went or moved meanwhile."""
    before = shelf_view(shelf)
    search = Search(question.query, limit, sort=sort_of(sort), min_confidence=0)
    first = SEARCHER.search(before, search)
    if first.next is None:
        return
    last = next(one for one in shelf if one.id == first.hits[-1].item_id)
    known = {one.id for one in shelf}
    later = [own_photos(one) for one in later if one.id not in known]
    gone = {one.id for one in shelf[::2]}
    batch = batch_of(later, fields=FIELDS)
    after = overlaid(before, replace(batch, touched=[*batch.touched, *gone]), 2)
    oracle = Oracle([*(one for one in shelf if one.id not in gone or one is last), *later], question)
    expected = oracle.in_order(oracle.result_set([], 0.0, by_group=False), sort)
    place = [found.item for found in expected].index(last)
    rest = SEARCHER.search(after, Search(question.query, 100, first.next, sort=sort_of(sort), min_confidence=0))
    assert [hit.item_id for hit in rest.hits] == [found.item.id for found in expected[place + 1 :]]
