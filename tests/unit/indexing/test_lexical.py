"""Postings against plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from indexing.lexical import MERGED_AT, Lexicon

# Stems may be words, and the stem of a stem may be another: "shirtses" is "shirts", and "shirts" is "shirt".
STEMS = {
    "run": "run", "runs": "run", "running": "run", "ran": "ran", "shirt": "shirt", "shirts": "shirt",
    "shirtses": "shirts", "skirt": "skirt", "skirting": "skirt", "skø": "skø", "trhis": "trhis", "1002": "1002",
    "10021": "10021", "c&a": "c&a",
}  # fmt: skip
Held = st.frozensets(st.sampled_from(sorted(STEMS)), max_size=5).map(
    lambda words: {word: STEMS[word] for word in words}
)
Batches = st.lists(st.lists(Held, max_size=6), max_size=12)


def holding(lexicon: Lexicon, stem: str) -> list[int]:
    held = [one.held_by(span).tolist() for one in lexicon.segments for span in one.holding(stem)]
    assert all(rows == sorted(set(rows)) for rows in held)
    return sorted({row for rows in held for row in rows})


def starting(lexicon: Lexicon, prefix: str) -> list[int]:
    return sorted({int(row) for one in lexicon.segments for row in one.held_by(one.starting(prefix))})


def resembling(lexicon: Lexicon, form: str) -> list[int]:
    return sorted({int(row) for one in lexicon.segments for span in one.resembling(form) for row in one.held_by(span)})


def grown(batches: list[list[dict[str, str]]]) -> Lexicon:
    lexicon, rows = Lexicon(), 0
    for batch in batches:
        lexicon, rows = lexicon.with_rows(rows, batch), rows + len(batch)
    return lexicon


def one_typo(word: str) -> set[str]:
    """All that one letter put in, left out, changed or swapped makes of `word`, and the word."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        word,
        *(left + right[1:] for left, right in splits if right),
        *(left + letter + right for left, right in splits for letter in letters),
        *(left + letter + right[1:] for left, right in splits if right for letter in letters),
        *(left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1),
    }


@given(Batches)
@example([[STEMS], [STEMS], [{}], [STEMS] * 9, [STEMS]])
def test_a_lexicon_names_the_rows_that_hold_a_word(batches: list[list[dict[str, str]]]) -> None:
    lexicon, rows = Lexicon(), list[dict[str, str]]()
    for batch in batches:
        before, known = lexicon, len(rows)
        lexicon = lexicon.with_rows(known, batch)
        rows += batch
        for stem in {*STEMS, "absent"}:
            expected = [row for row, own in enumerate(rows) if stem in own.values()]
            assert holding(lexicon, stem) == expected
            assert holding(before, stem) == [row for row in expected if row < known]


@given(Batches, st.sampled_from(["r", "ru", "run", "shirt", "sk", "10", "1002", "c&", "zz"]))
def test_a_prefix_names_the_rows_with_a_longer_word(batches: list[list[dict[str, str]]], prefix: str) -> None:
    rows = [own for batch in batches for own in batch]
    expected = [row for row, own in enumerate(rows) if any(word.startswith(prefix) for word in own)]
    assert starting(grown(batches), prefix) == expected


@given(Batches, st.sampled_from(["shirt", "shrit", "skirts", "runing", "rann", "this", "10021", "runs", "shirtings"]))
def test_a_typo_names_the_rows_whose_word_or_stem_is_one_letter_off(
    batches: list[list[dict[str, str]]], form: str
) -> None:
    rows = [own for batch in batches for own in batch]
    forms = [{one for one in {*own, *own.values()} if one.isalpha()} for own in rows]
    assert resembling(grown(batches), form) == [row for row, own in enumerate(forms) if own & one_typo(form)]


@given(Batches)
def test_segments_are_few_and_each_is_far_larger_than_the_next(batches: list[list[dict[str, str]]]) -> None:
    sizes = [len(segment.rows) for segment in grown(batches).segments]
    assert all(one >= MERGED_AT * other for one, other in pairwise(sizes))


def test_rows_are_named_with_the_word_that_they_hold() -> None:
    (segment,) = Lexicon().with_rows(0, [{"shirt": "shirt"}, {"shirts": "shirt"}, {"skirt": "skirt"}]).segments
    wanted = np.array([False, True, True])
    assert segment.words_of(segment.starting("s"), wanted) == [(1, "shirts"), (2, "skirt")]


def test_a_lexicon_knows_what_it_takes() -> None:
    small = Lexicon().with_rows(0, [STEMS])
    assert 0 == Lexicon().size_bytes < small.size_bytes < small.with_rows(1, [STEMS] * 50).size_bytes
