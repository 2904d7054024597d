"""Postings against a dictionary."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from indexing import lexical
from indexing.lexical import Lexicon

Tokens = st.frozensets(st.sampled_from("abcdefgh"), max_size=5)


@given(st.lists(st.lists(Tokens, max_size=6), max_size=12), st.integers(0, 40))
def test_a_lexicon_names_the_rows_that_hold_a_token_before_and_after_merges(
    batches: list[list[frozenset[str]]], tail: int
) -> None:
    held: list[frozenset[str]] = []
    lexicon = Lexicon()
    with patch.object(lexical, "SMALLEST_TAIL", tail):
        for batch in batches:
            before, rows_before = lexicon, len(held)
            lexicon = lexicon.with_rows(len(held), batch)
            held += batch
            for token in "abcdefghi":
                rows = [row for row, tokens in enumerate(held) if token in tokens]
                assert lexicon.holding(token).tolist() == rows
                assert before.holding(token).tolist() == [row for row in rows if row < rows_before]
