"""What a query's words are worth to an item, and which of them it holds."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.matching import Lexical, match, matched_terms
from indexing.overlay import overlaid
from indexing.tokens import analyzer_for
from indexing.view import View
from tests.unit.indexing.shelf import ShelfItem, batch_of, view_of

TITLES = ["Navy shirts", "navy skirt", "Sneakers AB-1002", "sneaker ab1020", "5 kg bag", "10% wool", "shirt shirts", ""]
QUERIES = [
    "navy shirt",
    "shrits",
    "ab-1002",
    "AB1020",
    "sneak",
    "5kg",
    "10%",
    "nav",
    "AB-1002 sneakers",
    "!",
    "wool bags",
]


def items(*titles: str, first: int = 1) -> list[ShelfItem]:
    return [ShelfItem(UUID(int=number), f"s{number}", (title,)) for number, title in enumerate(titles, first)]


def worth(title: str, query: str) -> float:
    return float(match(view_of(*items(title)), query).share[0])


def holds(title: str, query: str) -> bool:
    return bool(match(view_of(*items(title)), query).holds_all[0])


def test_a_word_is_worth_more_than_a_longer_one_and_that_more_than_one_with_a_typo() -> None:
    exact, prefix, typo, typo_of_stem, other = (
        worth(title, "sneaker") for title in ("Sneakers", "sneakerhead", "sneeker", "sneakar", "shoe")
    )
    assert exact == 1 > prefix > typo == typo_of_stem > other == 0


def test_a_typo_in_the_word_is_worth_more_than_one_in_its_stem() -> None:
    assert worth("bakpacks", "backpacks") > worth("bakpack", "backpacks") > 0


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Item AB-1002", "ab1002"),
        ("Item AB 1002", "AB-1002"),
        ("Item ab1002", "AB-1002"),
        ("Rice 5 kg", "5kg rice"),
        ("Rice 5kg", "5 kg"),
        ("Shirts, navy", "navy shirt"),
        ("100% wool", "100 %"),
    ],
)
def test_an_item_that_holds_every_token(title: str, query: str) -> None:
    assert holds(title, query)
    assert worth(title, query) == 1 or query == "100 %"


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("AB-1020", "AB-1002"),
        ("AB-10020", "AB-1002"),
        ("Navy skirts", "navy shirts"),
        ("Navy shirtdress", "navy shirt"),
        ("Rice 15 kg", "5kg"),
        ("Navy", "!?"),
        ("Navy", ""),
    ],
)
def test_an_item_that_does_not_hold_every_token(title: str, query: str) -> None:
    assert not holds(title, query)


@pytest.mark.parametrize(
    ("nearer", "other", "query"),
    [
        ("AB-1002", "AB-1020", "ab1002"),
        ("AB-1002", "1002 parts, A to B, ab", "AB-1002"),
        ("Jack 3.5 mm", "Jack 5.3 mm", "3.5 mm"),
        ("Jack 3.5 mm", "Jack 5.3 mm", "3,5mm"),
        ("Top by C&A", "Top A, C", "c&a"),
        ("Lens 18-50", "Lens 50-18", "18-50"),
        ("Case S10+", "Case S10", "s10+"),
        ("Fan TX-500", "Fan TX-5000", "tx 500"),
    ],
)
def test_of_look_alikes_the_right_one_is_worth_more(nearer: str, other: str, query: str) -> None:
    assert worth(nearer, query) > worth(other, query)


@pytest.mark.parametrize(
    ("title", "query"),
    [("1002", "1020"), ("shirt", "shrots"), ("boot", "bot"), ("shirt", "hsitr")],
)
def test_numbers_short_words_and_two_typos_are_not_forgiven(title: str, query: str) -> None:
    assert worth(title, f"{query} x") == 0


def test_only_the_last_word_may_be_half_typed_and_not_by_one_letter() -> None:
    assert worth("necklace", "neck") > 0
    assert worth("necklace", "neck x") == worth("necklace", "n") == 0


def test_a_sku_is_the_query_in_any_case_and_with_blanks_around() -> None:
    view = view_of(ShelfItem(UUID(int=1), "Tee-001"), ShelfItem(UUID(int=2), "Tee-0011"))
    assert match(view, " TEE-001\n").is_sku.tolist() == [True, False]


def test_terms_are_the_querys_words_and_of_what_only_nearly_matches_the_items_own() -> None:
    view = view_of(*items("Navy Shirts", "navy skirt", "Sneakers", "red"))
    terms = matched_terms(view, "Shirts navy sneak", np.array([2, 1, 0, 3]))
    assert terms == [("sneakers",), ("skirt", "navy"), ("shirts", "navy"), ()]


def by_item(view: View, lexical: Lexical) -> dict[int, tuple[float, bool]]:
    ids = view.items.ids.values[:, 1]
    return {
        int(ids[row]): (float(lexical.share[row]), bool(lexical.holds_all[row]))
        for row in np.flatnonzero(view.items.live)
    }


Titles = st.lists(st.lists(st.sampled_from(TITLES), max_size=3).map(" ".join), max_size=6)


@given(Titles, Titles, st.lists(st.sampled_from(QUERIES), min_size=1, max_size=2).map(" ".join))
def test_what_an_item_is_worth_depends_on_the_query_and_the_item_alone(
    titles: list[str], others: list[str], query: str
) -> None:
    own = items(*titles)
    alone, beside = view_of(*own), view_of(*items(*others, first=100))
    for one in own:
        beside = overlaid(beside, batch_of([one]), beside.seq + 1)
    expected = by_item(alone, match(alone, query))
    found = by_item(beside, match(beside, query))
    assert {number: each for number, each in found.items() if number < 100} == expected


@given(Titles, st.lists(st.sampled_from(QUERIES), min_size=1, max_size=2).map(" ".join))
def test_an_item_holds_every_token_exactly_if_they_are_among_its_own(titles: list[str], query: str) -> None:
    analyzer = analyzer_for("en")
    tokens = set(analyzer.words(query))
    held = [tokens and tokens <= set(analyzer.held([*one.texts, one.sku]).values()) for one in items(*titles)]
    assert match(view_of(*items(*titles)), query).holds_all.tolist() == [bool(each) for each in held]


@given(st.text(), st.text())
def test_any_text_can_be_asked_of_any_item(title: str, query: str) -> None:
    view = view_of(*items(title))
    share = match(view, query).share[0]
    assert 0 <= share <= 1
    assert len(matched_terms(view, query, np.array([0]))) == 1
