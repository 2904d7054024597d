"""Order and pages, against plain sorting."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.ids import pairs_of
from indexing.queries import Position
from indexing.ranking import LAST_HIT, Ranked, page

Keys = st.lists(
    st.tuples(st.sampled_from([0.0, 0.4, 1.0]), st.sampled_from([-0.5, 0.0, 0.25]), st.uuids()), max_size=40
)
Key = tuple[float, float, UUID]


def ranked_of(keys: list[Key], *, ids_descend: bool = False) -> Ranked:
    values, scores = np.array([key[0] for key in keys]), np.array([key[1] for key in keys])
    return Ranked(np.arange(len(keys)), values, scores, pairs_of(key[2] for key in keys), ids_descend)


def walk(ranked: Ranked, keys: list[Key], limit: int) -> list[Key]:
    after: Position | None = None
    seen: list[Key] = []
    while True:
        first, more = page(ranked, limit, after)
        seen += [keys[place] for place in first]
        if not more:
            return seen
        after = Position(*seen[-1], len(seen))


@given(Keys, st.integers(1, 9), st.booleans())
def test_pages_walk_the_whole_set_in_order(keys: list[Key], limit: int, ids_descend: bool) -> None:
    sign = -1 if ids_descend else 1
    expected = sorted(keys, key=lambda key: (-key[0], -key[1], sign * key[2].int))
    assert walk(ranked_of(keys, ids_descend=ids_descend), keys, limit) == expected


@given(Keys.filter(bool), st.data())
def test_a_page_goes_on_behind_a_hit_that_is_gone(keys: list[Key], data: st.DataObject) -> None:
    ordered = sorted(set(keys), key=lambda key: (-key[0], -key[1], key[2]))
    gone = data.draw(st.integers(0, len(ordered) - 1))
    rest = ordered[:gone] + ordered[gone + 1 :]
    first, _ = page(ranked_of(rest), 100, Position(*ordered[gone], gone + 1))
    assert [rest[place] for place in first] == ordered[gone + 1 :]


@pytest.mark.parametrize("limit", [7, 100])
def test_pages_end_at_the_thousandth_hit(limit: int) -> None:
    keys = [(0.5, 0.5, UUID(int=number)) for number in range(1_500)]
    assert walk(ranked_of(keys), keys, limit) == keys[:LAST_HIT]
