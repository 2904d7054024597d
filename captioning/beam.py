"""Beam search over any step function, batched over photos and beams; knows no network, imports no torch."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from captioning.errors import CaptionEmpty
from captioning.vocabulary import END, FORBIDDEN, START

Step = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.floating]]
"""(words, parents), each (photos * width,) → log-probabilities (photos * width, V) of the next word.

`parents` names the row of the previous call that each row continues, so that the caller can reorder its state.
"""


@dataclass(frozen=True, slots=True)
class Beam:
    """How wide and how far to look. `max_length` counts words, <end> included.

    Captions are ranked by their log-probability over length to the power of `length_power`: 0 asks for the likeliest
    caption, 1 for the likeliest word by word, which favours longer ones. On our short captions both name equally much.
    """

    width: int = 4
    max_length: int = 16
    alternatives: int = 3
    length_power: float = 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A caption with the sum of its words' log-probabilities (<end> counts as a word when `finished`)."""

    words: tuple[int, ...]
    log_probability: float
    finished: bool

    @property
    def length(self) -> int:
        """Words that have a probability, <end> included."""
        return len(self.words) + int(self.finished)

    def score(self, power: float) -> float:
        """Length-normalised log-probability: higher is better, 0 the best."""
        return self.log_probability / float(self.length**power)


def search(step: Step, photos: int, beam: Beam) -> list[list[Hypothesis]]:
    """Find the likeliest captions of each photo.

    A caption has at least one word; <pad>, <start> and <unk> are in none. Finished captions leave their beam and
    the others go on until none of them can still win: stopping at the first finished one misses the best caption
    about every second time. When none finishes, the best unfinished one is returned.

    Args:
        step: gives the log-probabilities of the next word.
        photos: how many photos are searched at once.
    Returns:
        for each photo up to 1 + `alternatives` hypotheses, the best first.
    Raises:
        CaptionEmpty: a log-probability is not a number, or no word has any probability.
    """
    beams = [_Beams(beam, photo * beam.width) for photo in range(photos)]
    words = np.full(photos * beam.width, START, dtype=np.int64)
    parents = np.arange(photos * beam.width, dtype=np.int64)
    for length in range(1, beam.max_length + 1):
        log_probabilities = _allowed(step(words, parents), first=length == 1)
        for photo in beams:
            rows = slice(photo.first_row, photo.first_row + beam.width)
            words[rows], parents[rows] = photo.advance(log_probabilities[rows])
        if all(photo.settled for photo in beams):
            break
    return [photo.ranked() for photo in beams]


@dataclass
class _Beams:
    """The beams of one photo: what is written, what it scores (-inf: not in use), and what has finished."""

    beam: Beam
    first_row: int
    written: list[tuple[int, ...]] = field(init=False)
    scores: NDArray[np.float64] = field(init=False)
    finished: list[Hypothesis] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.written = [()] * self.beam.width
        self.scores = np.full(self.beam.width, -np.inf)
        self.scores[0] = 0.0

    def advance(self, log_probabilities: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Take the best continuations: (width, V) → the word of each beam, and the row that it continues."""
        width, vocabulary = log_probabilities.shape
        totals = (self.scores[:, None] + log_probabilities).ravel()
        before = self.written
        after: list[tuple[int, ...]] = [()] * width
        words, parents = np.zeros(width, dtype=np.int64), np.arange(width, dtype=np.int64)
        self.scores = np.full(width, -np.inf)
        for place, index in enumerate(_best(totals, width)):
            parent, word = divmod(int(index), vocabulary)
            words[place], parents[place] = word, parent
            if word == END:
                self.finished.append(Hypothesis(before[parent], float(totals[index]), finished=True))
            else:
                after[place] = (*before[parent], word)
                self.scores[place] = totals[index]
        self.written = after
        return words, parents + self.first_row

    @property
    def settled(self) -> bool:
        """Whether no live beam can still enter the best: its total only falls, and its length has a limit."""
        best_live = float(self.scores.max())
        wanted = 1 + self.beam.alternatives
        if best_live == -np.inf:
            return True
        if len(self.finished) < wanted:
            return False
        power = self.beam.length_power
        worst = sorted((hypothesis.score(power) for hypothesis in self.finished), reverse=True)[wanted - 1]
        return best_live / float(self.beam.max_length**power) <= worst

    def ranked(self) -> list[Hypothesis]:
        """Return the best finished captions, or the best unfinished one; equal ones by their words."""
        if self.finished:
            ranked = sorted(self.finished, key=lambda h: (-h.score(self.beam.length_power), h.words))
            return ranked[: 1 + self.beam.alternatives]
        best = int(np.argmax(self.scores))
        if not np.isfinite(self.scores[best]):
            raise CaptionEmpty("The captioner gave no word a probability. Its weights are damaged: restore them.")
        return [Hypothesis(self.written[best], float(self.scores[best]), finished=False)]


def _allowed(log_probabilities: NDArray[np.floating], *, first: bool) -> NDArray[np.float64]:
    """Return a copy in which what may not be written has no probability."""
    masked = log_probabilities.astype(np.float64)
    if np.isnan(masked).any():
        raise CaptionEmpty("The captioner gave a score that is not a number. Its weights are damaged: restore them.")
    masked[:, FORBIDDEN] = -np.inf
    if first:
        masked[:, END] = -np.inf
    return masked


def _best(totals: NDArray[np.float64], width: int) -> NDArray[np.int64]:
    """Return the indexes of the `width` highest finite totals, the highest first, equal ones by index."""
    cut = np.partition(totals, -width)[-width] if width < len(totals) else -np.inf
    candidates = np.flatnonzero(totals >= cut)
    ordered = candidates[np.argsort(-totals[candidates], kind="stable")][:width]
    return ordered[np.isfinite(totals[ordered])]
