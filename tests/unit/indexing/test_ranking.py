"""Order and pages, against plain sorting."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.ids import pairs_of
from indexing.ranking import LAST_HIT, Place, Ranked, first_of_each, page

Key = tuple[int, float, UUID]
Ids = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
Few = st.builds(lambda high, low: UUID(int=high << 64 | low), st.sampled_from([0, 1, 2**64 - 1]), st.integers(0, 3))
Keys = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from([-0.5, 0.0, 0.25]), st.one_of(Ids, Few)),
    max_size=40,
    unique_by=lambda key: key[2],
)


def ranked_of(keys: list[Key], *, ids_descend: bool = False) -> Ranked:
    """The ids stand in a column of their own, backwards, so that rows and places differ."""
    rows = np.arange(len(keys))[::-1].copy()
    ids = pairs_of(key[2] for key in reversed(keys))
    return Ranked(rows, (np.array([key[0] for key in keys]), np.array([key[1] for key in keys])), ids, ids_descend)


def in_order(keys: list[Key], *, ids_descend: bool = False) -> list[Key]:
    sign = -1 if ids_descend else 1
    return sorted(keys, key=lambda key: (key[0], key[1], sign * key[2].int))


def walk(ranked: Ranked, keys: list[Key], limit: int) -> list[Key]:
    after: Place | None = None
    seen: list[Key] = []
    while True:
        first, more = page(ranked, limit, after)
        seen += [keys[place] for place in first]
        if not more:
            return seen
        after = Place(seen[-1][:2], seen[-1][2], len(seen))


@given(Keys, st.integers(1, 9), st.booleans())
def test_pages_walk_the_whole_set_in_order(keys: list[Key], limit: int, ids_descend: bool) -> None:
    ranked = ranked_of(keys, ids_descend=ids_descend)
    assert walk(ranked, keys, limit) == in_order(keys, ids_descend=ids_descend)


@given(Keys.filter(bool), st.booleans(), st.data())
def test_a_page_goes_on_behind_a_hit_that_is_gone(keys: list[Key], ids_descend: bool, data: st.DataObject) -> None:
    ordered = in_order(keys, ids_descend=ids_descend)
    gone = data.draw(st.integers(0, len(ordered) - 1))
    rest = ordered[:gone] + ordered[gone + 1 :]
    one = ordered[gone]
    first, _ = page(ranked_of(rest, ids_descend=ids_descend), 100, Place(one[:2], one[2], gone + 1))
    assert [rest[place] for place in first] == ordered[gone + 1 :]


@pytest.mark.parametrize("limit", [7, 100])
def test_pages_end_at_the_thousandth_hit(limit: int) -> None:
    keys = [(1, 0.5, UUID(int=number)) for number in range(1_500)]
    assert walk(ranked_of(keys), keys, limit) == keys[:LAST_HIT]


@given(Keys, st.data())
def test_the_first_of_each_owner_is_the_first_in_order(keys: list[Key], data: st.DataObject) -> None:
    owners = data.draw(st.lists(st.integers(0, 4), min_size=len(keys), max_size=len(keys)))
    firsts: dict[int, int] = {}
    for key in in_order(keys):
        firsts.setdefault(owners[keys.index(key)], keys.index(key))
    found = first_of_each(ranked_of(keys), np.array(owners, np.int32))
    assert found.tolist() == sorted(firsts.values())
