"""Figures are what they say, on cases small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from captioning.data.examples import Example, Labels, caption_of
from captioning.evaluate import blind_figures
from captioning.metrics import caption_figures, look_figures, names, title_to_photo


def example(kind: str, colour: str) -> Example:
    labels = Labels(kind=kind, colour=colour)
    return Example("k", "test", caption_of(labels), "t", labels, lambda: Image.new("RGB", (1, 1)))


@pytest.mark.parametrize(
    ("caption", "words", "named"),
    [
        ("blue men's shirt", "shirt", True),
        ("blue men's t-shirt", "shirt", False),
        ("navy blue shirt", "blue", False),
        ("navy blue shirt", "navy blue", True),
        ("blue shirt", "navy blue", False),
        ("black casual shoes", "casual shoes", True),
        ("red dress, striped", "dress", True),
        ("red dress", "", False),
    ],
)
def test_only_whole_words_are_named(caption: str, words: str, named: bool) -> None:
    assert names(caption, words) is named


def test_caption_figures_count_kind_colour_both_and_distinct() -> None:
    examples = [example("shirt", "blue"), example("shirt", "red"), example("dress", "red"), example("tie", "grey")]
    figures = caption_figures(["blue shirt", "blue shirt", "red dress", "red dress"], examples)
    assert figures == {
        "names_kind": 0.75,
        "names_colour": 0.5,
        "names_kind_and_colour": 0.5,
        "whole_caption": 0.5,
        "distinct_captions_per_photo": 0.5,
    }


def test_a_captioner_that_says_one_thing_of_all_is_worth_no_more_than_a_blind_one() -> None:
    examples = [example("shirt", "blue"), example("dress", "red"), example("tie", "grey"), example("belt", "black")]
    same = ["blue shirt"] * 4
    assert blind_figures(same, examples)["blind_names_kind"] == caption_figures(same, examples)["names_kind"]


def test_recall_counts_titles_whose_own_photo_is_among_the_first() -> None:
    photos = np.eye(12, dtype=np.float32)
    titles = photos.copy()
    titles[0] = np.linspace(0, 1, 12)
    titles[1] = photos[2] + 0.5 * photos[1]
    figures = title_to_photo(titles, photos)
    assert figures["title_to_photo_r1"] == pytest.approx(10 / 12)
    assert figures["title_to_photo_r10"] == pytest.approx(11 / 12)


def test_look_precision_never_counts_the_photo_itself() -> None:
    examples = [example("shirt", "blue")] * 6 + [example("dress", "red")] * 6
    look = np.zeros((12, 2), dtype=np.float32)
    look[:6, 0], look[6:, 1] = 1, 1
    figures = look_figures(look, examples)
    assert figures["look_p10_kind"] == pytest.approx(0.5)
