"""Ids as pairs of numbers, against plain sets."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from indexing.ids import in_pairs, pairs_of, uuid_at

# Many that agree in their last bits, in their high or in their low half alone.
Halves = st.sampled_from([0, 1, 1 << 20, (1 << 20) + 1, 1 << 63])
Ids = st.builds(lambda high, low: UUID(int=(high << 64) | low), Halves, Halves)


@given(st.lists(Ids, max_size=30), st.lists(Ids, max_size=6))
def test_an_id_is_among_others_if_both_its_halves_are_one_of_them(ids: list[UUID], wanted: list[UUID]) -> None:
    pairs = pairs_of(ids)
    assert in_pairs(pairs, pairs_of(wanted)).tolist() == [one in wanted for one in ids]
    assert [uuid_at(pairs, row) for row in range(len(ids))] == ids
