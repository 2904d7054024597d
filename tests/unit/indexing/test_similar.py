"""Look-alikes: who is near, and who is never named."""

from __future__ import annotations

from uuid import UUID

from catalogue.states import Space
from indexing.filters import check, parse
from indexing.searcher import Searcher
from tests.unit.indexing.shelf import ShelfItem, ShelfPhoto, Vector, view_of

SEARCHER = Searcher()
EAST: Vector = (1, 0, 0)
NEAR: Vector = (9, 1, 0)
NORTH: Vector = (0, 1, 0)
SEED = UUID(int=1)


def item(number: int, *photos: ShelfPhoto, **parts: object) -> ShelfItem:
    return ShelfItem(UUID(int=number), f"sku{number}", (), photos, **parts)  # type: ignore[arg-type]  # test's choice


def photo(number: int, vector: Vector, picture: str | None = None) -> ShelfPhoto:
    return ShelfPhoto(UUID(int=1_000 + number), number, picture or str(number), {Space.LOOK: vector})


def found(*items: ShelfItem, least: float | None = None, passing: str = "") -> tuple[list[int], int]:
    view = view_of(*items)
    filter_ = check(parse(passing), view) if passing else None
    answer = SEARCHER.similar(view, SEED, limit=9, filter_=filter_, min_confidence=least)
    return [hit.item_id.int for hit in answer.page.hits], answer.duplicates


def test_look_alikes_are_near_and_never_the_item_itself() -> None:
    assert found(item(1, photo(1, EAST)), item(2, photo(2, NEAR)), item(3, photo(3, NORTH))) == ([2], 0)


def test_the_nearest_pair_of_photos_counts() -> None:
    seed = item(1, photo(1, EAST), photo(2, NORTH))
    assert found(seed, item(2, photo(3, (1, 1, 0))), item(3, photo(4, (0, -1, 0)), photo(5, NORTH))) == ([3, 2], 0)


def test_variants_unpublished_and_unavailable_items_are_not_named() -> None:
    shelf = [
        item(1, photo(1, EAST), group="tee"),
        item(2, photo(2, EAST), group="tee"),
        item(3, photo(3, EAST), published=False),
        item(4, photo(4, EAST), available=False),
        item(5, photo(5, EAST)),
    ]
    assert found(*shelf) == ([5], 0)


def test_items_without_a_group_are_no_variants_of_each_other() -> None:
    assert found(item(1, photo(1, EAST)), item(2, photo(2, EAST))) == ([2], 0)


def test_the_very_same_picture_is_counted_and_left_out() -> None:
    shelf = [item(1, photo(1, EAST, "p")), item(2, photo(2, EAST, "p"), photo(3, NEAR)), item(3, photo(4, EAST))]
    assert found(*shelf) == ([3], 1)


def test_an_unpublished_items_look_alikes_can_be_asked_for() -> None:
    assert found(item(1, photo(1, EAST), published=False), item(2, photo(2, NEAR))) == ([2], 0)


def test_an_item_that_cannot_be_compared_has_nothing_close() -> None:
    assert found(item(1), item(2, photo(2, EAST))) == ([], 0)
    assert found(item(2, photo(2, EAST))) == ([], 0)
    assert found(item(1), item(2, photo(2, EAST)), least=0) == ([2], 0)


def test_a_filter_chooses_among_look_alikes_and_those_of_the_same_picture() -> None:
    shelf = [item(1, photo(1, EAST, "p"))] + [
        item(n, photo(n, EAST, picture), attributes={"colour": colour})
        for n, colour, picture in [(2, "navy", "a"), (3, "red", "b"), (4, "navy", "p"), (5, "red", "p")]
    ]
    assert found(*shelf) == ([2, 3], 2)
    assert found(*shelf, passing='colour = "navy"') == ([2], 1)


def test_what_is_sold_out_is_named_when_the_filter_speaks_of_it() -> None:
    shelf = [item(1, photo(1, EAST)), item(2, photo(2, EAST), available=False), item(3, photo(3, EAST))]
    assert found(*shelf, passing="sku EXISTS") == ([3], 0)
    assert found(*shelf, passing="available = false") == ([2], 0)
    assert found(*shelf, passing="available EXISTS") == ([2, 3], 0)


def test_the_closest_are_named_when_none_reaches_the_threshold() -> None:
    shelf = [
        item(1, photo(1, EAST)),
        item(2, photo(2, (1, 5, 0))),
        item(3, photo(3, (1, 3, 0))),
        item(4, photo(4, NORTH)),
    ]
    page = SEARCHER.similar(view_of(*shelf), SEED, limit=9).page
    assert (page.hits, page.nothing_close, [hit.item_id.int for hit in page.nearest]) == ((), True, [3, 2])
