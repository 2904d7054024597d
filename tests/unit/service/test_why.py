"""The sentence that says why a hit was found."""

from __future__ import annotations

import pytest

from service.why import sentence


@pytest.mark.parametrize(
    ("shares", "terms", "is_sku", "said"),
    [
        ({"look": 1.0}, [], False, "Looks like your photo"),
        ({"meaning": 0.6, "words": 0.4}, [], False, "The picture shows what you describe"),
        ({"meaning": 0.2, "words": 0.8, "lexical": 0.0}, [], False, "Title and caption say something close"),
        (
            {"meaning": 0.6, "lexical": 0.4},
            ["navy", "shirt"],
            False,
            'The picture shows what you describe, and title, caption, attributes or sku say "navy" and "shirt"',
        ),
        ({"meaning": 0.6}, ["tee"], True, "Its sku is what you typed"),
        ({"look": 0.0}, [], False, "There was nothing to compare"),
        ({}, [], False, "There was nothing to compare"),
    ],
)
def test_it_names_the_largest_share_and_the_words(
    shares: dict[str, float], terms: list[str], is_sku: bool, said: str
) -> None:
    assert sentence(shares, terms, "your photo", is_sku=is_sku) == said
