"""Turns examples into the arrays that training reads: word numbers, labels, sentence embeddings; owns no pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from captioning.data.examples import Example, Labels, caption_of
from captioning.vocabulary import PAD, Vocabulary

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
_ANY = -1


@dataclass(frozen=True, slots=True)
class Words:
    """Everything but the pixels, row by row for the same examples."""

    tokens: NDArray[np.int64]  # (n, T): <start> … <end>, padded
    labels: NDArray[np.int64]  # (n, 4): kind, colour, audience, detail as numbers
    title: NDArray[np.int64]  # (n,): row of `title_vectors`; equal titles share one
    title_vectors: NDArray[np.float32]  # (titles, 384)
    phrase: NDArray[np.int64]  # (n, P): rows of `phrase_vectors` that are true of the example
    phrase_labels: NDArray[np.int64]  # (phrases, 4): what a phrase says; -1 where it says nothing
    phrase_vectors: NDArray[np.float32]  # (phrases, 384)


def phrases_of(labels: Labels) -> tuple[Labels, ...]:
    """Return the ways a shopper may say it: all of it, colour and kind, audience and kind, the kind alone."""
    return (
        labels,
        Labels(kind=labels.kind, colour=labels.colour),
        Labels(kind=labels.kind, colour="", audience=labels.audience),
        Labels(kind=labels.kind, colour=""),
    )


def words_of(examples: Sequence[Example], vocabulary: Vocabulary, encode: Encode) -> Words:
    """Encode captions, labels, titles and phrases of the examples.

    Args:
        encode: the sentence encoder: n texts → (n, 384).
    """
    numbers = _numbers_of_labels(examples)
    titles = {title: row for row, title in enumerate(sorted({example.title for example in examples}))}
    said = [phrases_of(example.labels) for example in examples]
    phrases = {labels: row for row, labels in enumerate(sorted({p for four in said for p in four}, key=caption_of))}
    return Words(
        tokens=padded([vocabulary.encode(example.caption) for example in examples]),
        labels=np.array([_as_numbers(example.labels, numbers, missing=0) for example in examples], dtype=np.int64),
        title=np.array([titles[example.title] for example in examples], dtype=np.int64),
        title_vectors=encode(list(titles)),
        phrase=np.array([[phrases[labels] for labels in four] for four in said], dtype=np.int64),
        phrase_labels=np.array([_as_numbers(p, numbers, missing=_ANY) for p in phrases], dtype=np.int64),
        phrase_vectors=encode([caption_of(p) for p in phrases]),
    )


def padded(sentences: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Return (n, longest) with <pad> behind the shorter ones."""
    rows = np.full((len(sentences), max(map(len, sentences))), PAD, dtype=np.int64)
    for row, sentence in enumerate(sentences):
        rows[row, : len(sentence)] = sentence
    return rows


def phrase_matches(labels: NDArray[np.int64], said: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return (n, m): whether phrase j says nothing that is not so of example i.

    Args:
        labels: (n, 4) of the examples; said: (m, 4) of the phrases, -1 where a phrase is silent.
    """
    agrees = (said[None] == _ANY) | (said[None] == labels[:, None])
    matches: NDArray[np.bool_] = agrees.all(axis=2)
    return matches


def likeness(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return (n, n) how alike two products are by their labels: the kind first, then colour, audience and detail.

    Squared, so that a neighbour that agrees in everything outweighs several that share the kind alone.
    """
    same = labels[:, None] == labels[None]  # (n, n, 4)
    graded = same[..., 0] * (0.2 + 0.5 * same[..., 1] + 0.15 * same[..., 2] + 0.15 * same[..., 3])
    squared: NDArray[np.float32] = (graded**2).astype(np.float32)
    return squared


def _numbers_of_labels(examples: Sequence[Example]) -> dict[str, int]:
    said = {word for e in examples for word in (e.labels.kind, e.labels.colour, e.labels.audience, e.labels.detail)}
    return {word: number for number, word in enumerate(["", *sorted(said - {""})])}


def _as_numbers(labels: Labels, numbers: dict[str, int], missing: int) -> tuple[int, int, int, int]:
    kind, colour, audience, detail = (
        numbers[word] if word else missing for word in (labels.kind, labels.colour, labels.audience, labels.detail)
    )
    return kind, colour, audience, detail
