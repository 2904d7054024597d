"""The engine's door: one contract on the fast engine and on the oracle, and the one held against the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catalogue.states import Space
from indexing.engines import Engine
from indexing.engines.faiss import FaissEngine
from indexing.errors import VectorRefused
from indexing.exact import ExactEngine
from tests.unit.indexing.shelf import unit

LOOK = Space.LOOK
ALL = np.ones(100, np.bool_)
EAST, NORTH, UP = unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)


def rows(*numbers: int) -> Any:
    return np.array(numbers, np.int64)


@pytest.fixture(params=[FaissEngine, ExactEngine])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
    return made


class TestContract:
    def test_an_empty_engine_finds_nothing(self, engine: Engine) -> None:
        assert len(engine.search(LOOK, EAST, 10, ALL).rows) == 0
        assert engine.dimension(LOOK) is None

    def test_more_asked_for_than_held_finds_each_row_once(self, engine: Engine) -> None:
        found = engine.upsert(LOOK, rows(0, 1), np.stack([EAST, NORTH])).search(LOOK, EAST, 50, ALL)
        assert found.rows.tolist() == [0, 1]
        assert found.scores.tolist() == [1.0, 0.0]

    def test_a_masked_row_is_in_no_search_and_the_older_engine_still_has_it(self, engine: Engine) -> None:
        held = engine.upsert(LOOK, rows(0, 1), np.stack([EAST, NORTH]))
        masked = held.mask(rows(0))
        assert masked.search(LOOK, EAST, 2, ALL).rows.tolist() == [1]
        assert masked.vector(LOOK, 0) is None
        assert held.search(LOOK, EAST, 2, ALL).rows.tolist() == [0, 1]

    def test_only_selected_rows_are_found(self, engine: Engine) -> None:
        held = engine.upsert(LOOK, rows(0, 1, 2), np.stack([EAST, NORTH, UP]))
        assert held.search(LOOK, EAST, 3, np.array([False, True, True])).rows.tolist() == [1, 2]

    def test_a_row_without_a_vector_is_not_found(self, engine: Engine) -> None:
        held = engine.upsert(LOOK, rows(1, 4), np.stack([EAST, NORTH]))
        assert held.search(LOOK, EAST, 9, ALL).rows.tolist() == [1, 4]
        assert held.vector(LOOK, 2) is None

    def test_of_equal_scores_the_lowest_rows_are_kept(self, engine: Engine) -> None:
        held = engine.upsert(LOOK, rows(0, 1, 2, 3), np.stack([NORTH, EAST, EAST, EAST]))
        assert held.search(LOOK, EAST, 2, ALL).rows.tolist() == [1, 2]

    def test_two_engines_grown_from_one_do_not_disturb_each_other(self, engine: Engine) -> None:
        base = engine.upsert(LOOK, rows(0), EAST[None]).upsert(LOOK, rows(1), EAST[None])
        first, second = base.upsert(LOOK, rows(2), NORTH[None]), base.upsert(LOOK, rows(2), UP[None])
        assert first.search(LOOK, NORTH, 9, ALL).scores.tolist() == [0.0, 0.0, 1.0]
        assert second.search(LOOK, UP, 9, ALL).scores.tolist() == [0.0, 0.0, 1.0]

    @pytest.mark.parametrize("wrong", [unit(1, 0), np.array([np.nan, 0, 1], np.float32), EAST * 0, EAST * 1.001])
    def test_what_is_no_unit_vector_of_the_dimension_is_refused_both_ways(self, engine: Engine, wrong: Any) -> None:
        held = engine.upsert(LOOK, rows(0), EAST[None])
        with pytest.raises(VectorRefused):
            held.upsert(LOOK, rows(1), wrong[None])
        with pytest.raises(VectorRefused):
            held.search(LOOK, wrong, 1, ALL)

    @pytest.mark.parametrize("again", [rows(0), rows(2, 2), rows(3, 2)])
    def test_a_row_is_written_once(self, engine: Engine, again: Any) -> None:
        held = engine.upsert(LOOK, rows(0), EAST[None])
        with pytest.raises(ValueError, match="once"):
            held.upsert(LOOK, again, np.stack([EAST] * len(again)))


@st.composite
def corpora(draw: st.DrawFn) -> tuple[Any, Any, Any, int, Any]:
    count, dimension = draw(st.integers(1, 40)), draw(st.integers(1, 20))
    numbers = hnp.arrays(np.int8, (count + 1, dimension), elements=st.integers(-3, 3)).map(
        lambda drawn: drawn + np.eye(len(drawn), drawn.shape[1]) * 0.5 + 0.01
    )
    vectors = np.stack([unit(*row) for row in draw(numbers)])
    masked = draw(hnp.arrays(np.bool_, count))
    selected = draw(hnp.arrays(np.bool_, count))
    return vectors[:-1], vectors[-1], masked, draw(st.integers(0, count + 3)), selected


@given(corpora())
def test_the_fast_engine_finds_what_brute_force_finds(corpus: tuple[Any, Any, Any, int, Any]) -> None:
    vectors, query, masked, k, selected = corpus
    every = np.arange(len(vectors))
    fast = FaissEngine().upsert(LOOK, every, vectors).mask(every[masked]).search(LOOK, query, k, selected)
    allowed = selected & ~masked
    exact = ExactEngine().upsert(LOOK, every, vectors).search(LOOK, query, len(vectors), allowed)
    scores = dict(zip(exact.rows.tolist(), exact.scores.tolist(), strict=True))
    assert len(set(fast.rows.tolist())) == len(fast.rows) == min(k, len(scores))
    for row, score in zip(fast.rows.tolist(), fast.scores.tolist(), strict=True):
        assert score == pytest.approx(scores[row], abs=2e-5)
    best = sorted(scores.values(), reverse=True)[:k]
    assert sorted(fast.scores.tolist(), reverse=True) == pytest.approx(best, abs=2e-5)


@given(corpora(), st.randoms())
def test_a_row_has_the_same_score_whatever_else_is_there(corpus: tuple[Any, Any, Any, int, Any], order: Any) -> None:
    vectors, query, _, _, _ = corpus
    shuffled = list(range(len(vectors)))
    order.shuffle(shuffled)
    every, all_of_it = np.arange(len(vectors)), np.ones(len(vectors), np.bool_)
    here = FaissEngine().upsert(LOOK, every, vectors).search(LOOK, query, len(vectors), all_of_it).scores
    there = FaissEngine().upsert(LOOK, every, vectors[shuffled]).search(LOOK, query, len(vectors), all_of_it).scores
    assert here[shuffled].tolist() == there.tolist()
