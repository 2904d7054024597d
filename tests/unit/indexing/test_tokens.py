"""Which texts share a token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.tokens import Analyzer, fold

ENGLISH = Analyzer("en-GB")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shirts", "shirt"),
        ("WOMEN'S", "women"),
        ("women’s", "women"),
        ("Cafe\u0301", "café"),
        ("STRASSE", "straße"),
        ("tee-001", "001 TEE"),
        ("t_shirt", "t shirt"),
        ("ﬁne", "FINE"),
    ],
)
def test_texts_that_hold_the_same_tokens(one: str, other: str) -> None:
    assert set(ENGLISH.words(one)) == set(ENGLISH.words(other))


def test_a_token_remembers_the_word_it_came_from_and_the_order() -> None:
    assert ENGLISH.words("Running shoes, shoe!") == {"run": "running", "shoe": "shoes"}


def test_signs_alone_hold_no_token() -> None:
    assert ENGLISH.words("!? -- …") == {}


def test_a_model_number_has_no_stem() -> None:
    assert list(ENGLISH.words("X100s x100")) == ["x100s", "x100"]


def test_marks_belong_to_their_word() -> None:
    assert list(Analyzer("xx").words("हिन्दी कमीज")) == ["हिन्दी", "कमीज"]


def test_each_language_has_its_own_stems() -> None:
    assert set(Analyzer("de").words("Hemden")) == set(Analyzer("de").words("Hemd"))
    assert set(Analyzer("xx").words("Hemden")) != set(Analyzer("xx").words("Hemd"))


@given(st.text())
def test_folding_twice_changes_nothing_more_and_any_text_has_tokens_or_none(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(ENGLISH.words(text))
