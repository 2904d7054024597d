"""Figures of captions and vectors as plain functions of values: 0 to 1, higher is better; runs no model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from captioning.data.examples import Example

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a captioner said and saw, row by row for the examples it was asked about."""

    captions: list[str]
    look: Vectors
    meaning: Vectors


def caption_figures(captions: Sequence[str], examples: Sequence[Example]) -> dict[str, float]:
    """Return the shares of captions that name kind, colour and both in whole words, and how many differ."""
    kinds = [names(caption, e.labels.kind) for caption, e in zip(captions, examples, strict=True)]
    colours = [names(caption, e.labels.colour) for caption, e in zip(captions, examples, strict=True)]
    both = [kind and colour for kind, colour in zip(kinds, colours, strict=True)]
    exact = [caption == e.caption for caption, e in zip(captions, examples, strict=True)]
    return {
        "names_kind": _share(kinds),
        "names_colour": _share(colours),
        "names_kind_and_colour": _share(both),
        "whole_caption": _share(exact),
        "distinct_captions_per_photo": len(set(captions)) / max(1, len(captions)),
    }


def names(caption: str, words: str) -> bool:
    """Say whether a caption holds the words as whole words: "shirt" is not in "t-shirt", nor "blue" in "navy blue"."""
    before = r"(?<!navy )" if words == "blue" else ""
    return bool(words) and re.search(rf"(?<![\w'-]){before}{re.escape(words)}(?![\w'-])", caption) is not None


def title_to_photo(titles: Vectors, photos: Vectors) -> dict[str, float]:
    """Return R@1 and R@10: the share of titles whose own photo is among the first 1 and 10 of all photos.

    Args:
        titles, photos: (n, M) unit rows in `meaning`, row by row of the same product.
    """
    similarity = titles @ photos.T
    own = np.diagonal(similarity)[:, None]
    rank = (similarity > own).sum(axis=1)
    return {"title_to_photo_r1": _share(rank < 1), "title_to_photo_r10": _share(rank < 10)}


def look_figures(look: Vectors, examples: Sequence[Example]) -> dict[str, float]:
    """Return precision@10 of the look-alikes among the same photos: same kind, and same kind and colour."""
    similarity = look @ look.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :10]
    kinds = np.array([e.labels.kind for e in examples])
    both = np.array([f"{e.labels.colour} {e.labels.kind}" for e in examples])
    return {
        "look_p10_kind": float((kinds[nearest] == kinds[:, None]).mean()),
        "look_p10_kind_and_colour": float((both[nearest] == both[:, None]).mean()),
    }


def _share(hits: Sequence[bool] | NDArray[np.bool_]) -> float:
    return float(np.mean(hits)) if len(hits) else 0.0
