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


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("AB-1002", ["ab1002"]),
        ("AB 1002", ["ab1002"]),
        ("AB1002X", ["ab", "1002", "x"]),
        ("5\u00a0kg", ["5kg"]),
        ("5 kg 7", ["5kg", "kg7"]),
        ("AB_1002", []),
        ("AB  1002", []),
        ("5kg 7", ["5", "kg"]),
        ("3,5 mm (black)", ["5mm", "3.5"]),
        ("C&A, S10+.", ["s", "10", "c&a", "s10+"]),
        ("18-50 T-shirt", ["50t", "18-50"]),
        ("https://example.org/a-long-way-from-here", []),
    ],
)
def test_a_text_says_more_than_its_words(text: str, details: list[str]) -> None:
    assert ENGLISH.details(text) == details


def test_an_item_holds_its_words_and_what_they_say_beside() -> None:
    held = ENGLISH.held(["Running shoes", "AB-1002", "5"])
    assert held == {"running": "run", "shoes": "shoe", "ab": "ab", "1002": "1002", "ab1002": "ab1002", "5": "5"}


def test_words_of_two_texts_are_not_joined() -> None:
    assert "5kg" not in ENGLISH.held(["5", "kg"])


def test_a_part_of_a_mixed_run_has_a_stem() -> None:
    assert ENGLISH.held(["10socks"])["socks"] == "sock"


@pytest.mark.parametrize("spelling", ["KIRMIZI", "Kırmızı", "kırmızı", "kirmizi"])
def test_both_turkish_letters_i_are_one(spelling: str) -> None:
    assert list(Analyzer("tr").words(spelling)) == ["kirmiz"]


def test_sigma_at_the_end_of_a_word_is_a_sigma() -> None:
    assert Analyzer("el").words("ΔΡΟΜΟΣ δρόμος").keys() == {"δρομ"}


def test_chinese_is_held_as_it_is_written_between_blanks() -> None:
    assert list(Analyzer("zh").words("红色 衬衫")) == ["红色", "衬衫"]


def test_marks_belong_to_their_word() -> None:
    assert list(Analyzer("xx").words("हिन्दी कमीज")) == ["हिन्दी", "कमीज"]


def test_each_language_has_its_own_stems() -> None:
    assert set(Analyzer("de").words("Hemden")) == set(Analyzer("de").words("Hemd"))
    assert set(Analyzer("xx").words("Hemden")) != set(Analyzer("xx").words("Hemd"))


@given(st.text())
def test_folding_twice_changes_nothing_more_and_any_text_has_tokens_or_none(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(ENGLISH.words(text))


@given(st.text())
def test_an_item_holds_every_token_and_detail_of_a_query_that_is_its_text(text: str) -> None:
    held = ENGLISH.held([text])
    assert set(ENGLISH.words(text)) <= set(held.values())
    assert set(ENGLISH.details(text)) <= set(held)
