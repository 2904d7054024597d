"""Beam search against brute force on random tables: a table of log-probabilities is the model."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from captioning.beam import Beam, Hypothesis, Step, search
from captioning.errors import CaptionEmpty
from captioning.vocabulary import END, FORBIDDEN, SPECIALS

LENGTH = 4
WORDS = (4, 5, 6)  # beside <end>: four choices at each place, as style's V = 4
VOCABULARY = 7
Tables = dict[tuple[int, ...], NDArray[np.float64]]


def random_tables(seed: int) -> Tables:
    """Return log-probabilities of the next word after every possible beginning."""
    random = np.random.default_rng(seed)
    tables: Tables = {}
    for length in range(LENGTH):
        for words in itertools.product(WORDS, repeat=length):
            logits = random.normal(size=VOCABULARY) * 2
            tables[words] = logits - np.log(np.exp(logits).sum())
    return tables


def stepper(tables: list[Tables], width: int) -> Step:
    """Read the tables as a model would: each row keeps what it has written."""
    written: list[tuple[int, ...]] = [()] * (len(tables) * width)
    first = [True]

    def step(words: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.floating]:
        nonlocal written
        if first[0]:
            first[0] = False
        else:
            written = [
                (*written[parent], int(word)) if word in WORDS else written[parent]
                for word, parent in zip(words, parents, strict=True)
            ]
        unused = np.zeros(VOCABULARY)
        return np.stack([tables[row // width].get(said, unused) for row, said in enumerate(written)])

    return step


def found(seed: int, beam: Beam) -> list[Hypothesis]:
    return search(stepper([random_tables(seed)], beam.width), 1, beam)[0]


def brute_force(tables: Tables, power: float) -> list[Hypothesis]:
    """Return every caption that ends within the limit, the best first."""
    everything = [
        Hypothesis(words, total(tables, words) + float(tables[words][END]), finished=True)
        for length in range(1, LENGTH)
        for words in itertools.product(WORDS, repeat=length)
    ]
    return sorted(everything, key=lambda h: (-h.score(power), h.words))


def total(tables: Tables, words: tuple[int, ...]) -> float:
    return float(sum(tables[words[:place]][word] for place, word in enumerate(words)))


def greedily(tables: Tables) -> tuple[int, ...]:
    words: tuple[int, ...] = ()
    while len(words) < LENGTH:
        choices = [*WORDS] if not words else [END, *WORDS]
        word = max(choices, key=lambda choice: float(tables[words][choice]))
        if word == END:
            break
        words = (*words, word)
    return words


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_beam_as_wide_as_everything_finds_exactly_the_best_captions(power: float) -> None:
    for seed in range(300):
        wide = Beam(width=len(WORDS) ** LENGTH * 2, max_length=LENGTH, alternatives=3, length_power=power)
        expected = brute_force(random_tables(seed), power)[:4]
        hits = found(seed, wide)
        assert [hit.words for hit in hits] == [hypothesis.words for hypothesis in expected], seed
        assert [hit.log_probability for hit in hits] == pytest.approx([h.log_probability for h in expected])


def test_a_beam_of_one_is_greedy() -> None:
    for seed in range(300):
        assert found(seed, Beam(width=1, max_length=LENGTH, alternatives=0))[0].words == greedily(random_tables(seed))


def test_no_width_beats_brute_force_and_every_score_is_that_of_its_words() -> None:
    for seed in range(200):
        tables = random_tables(seed)
        best = brute_force(tables, 1.0)[0].score(1.0)
        for width in (1, 2, 3, 8):
            for hit in found(seed, Beam(width=width, max_length=LENGTH)):
                ending = float(tables[hit.words][END]) if hit.finished else 0.0
                assert hit.log_probability == pytest.approx(total(tables, hit.words) + ending)
                assert not hit.finished or hit.score(1.0) <= best + 1e-12


def test_photos_searched_together_find_what_each_finds_alone() -> None:
    beam = Beam(width=3, max_length=LENGTH)
    together = search(stepper([random_tables(seed) for seed in range(40)], beam.width), 40, beam)
    assert together == [found(seed, beam) for seed in range(40)]


def test_when_nothing_ends_the_best_unfinished_caption_is_returned() -> None:
    tables = random_tables(1)
    for row in tables.values():
        row[END] = -np.inf
    hits = search(stepper([tables], 3), 1, Beam(width=3, max_length=LENGTH))[0]
    assert len(hits) == 1
    assert not hits[0].finished
    assert len(hits[0].words) == LENGTH


@settings(max_examples=200, deadline=None)
@given(
    logits=arrays.arrays(np.float64, (6, 9), elements=st.floats(-1e6, 1e6)),
    width=st.integers(1, 6),
)
def test_padding_start_and_unknown_are_never_written_whatever_the_logits(
    logits: NDArray[np.float64], width: int
) -> None:
    turn = iter(logits)

    def step(words: NDArray[np.int64], parents: NDArray[np.int64]) -> NDArray[np.floating]:
        return np.tile(next(turn), (len(words), 1))

    for hit in search(step, 1, Beam(width=width, max_length=len(logits)))[0]:
        assert hit.words
        assert not set(hit.words) & {*FORBIDDEN, END}
        assert min(hit.words) >= len(SPECIALS)


def test_scores_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(CaptionEmpty, match="not a number"):
        search(lambda words, parents: np.full((len(words), VOCABULARY), np.nan), 1, Beam(width=2))


def test_words_without_any_probability_are_refused() -> None:
    with pytest.raises(CaptionEmpty, match="no word"):
        search(lambda words, parents: np.full((len(words), VOCABULARY), -np.inf), 1, Beam(width=2))
