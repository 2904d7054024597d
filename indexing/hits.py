"""Judged items to pages of hits: the cut by confidence, ids in place of rows, and why each hit is one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from indexing.fusion import LEXICAL, NO_PHOTO, Scored
from indexing.ids import uuid_at
from indexing.matching import matched_terms
from indexing.queries import Hit, Page, Position, Why
from indexing.ranking import Ranked, page
from indexing.view import View

NEAREST = 5  # what was closest, when nothing is close


@dataclass(frozen=True, slots=True)
class Judged:
    """Every item of a view as one query sees it, by item row."""

    view: View
    scored: Scored
    confidence: NDArray[np.float64]
    text: str = ""


def relevant(judged: Judged, allowed: NDArray[np.bool_], threshold: float, limit: int, after: Position | None) -> Page:
    """The allowed items (by row) whose confidence reaches the threshold: confidence, score, then ascending id."""
    rows = np.flatnonzero(allowed & (judged.confidence >= threshold))
    ranked = _by_relevance(judged, rows)
    first, more = page(ranked, limit, after)
    hits = _hits(judged, ranked.rows[first])
    following = _position(ranked, first, after) if more else None
    nearest = () if len(rows) else _nearest(judged, allowed)
    return Page(hits, len(rows), nothing_close=len(rows) == 0, nearest=nearest, next=following)


def newest(view: View, scored: Scored, limit: int, after: Position | None) -> Page:
    """All shown items, newest first, of equal ones the larger id first; nothing is compared."""
    rows = np.flatnonzero(view.shown)
    created = view.items.created_us.values[rows].astype(np.float64)  # exact: microseconds stay below 2^53
    ranked = Ranked(rows, created, np.zeros(len(rows)), view.items.ids.values[rows], ids_descend=True)
    first, more = page(ranked, limit, after)
    hits = tuple(
        Hit(*_what(view, scored, int(row)), confidence=None, score=0.0, photos=int(view.photo_counts[row]), why=None)
        for row in ranked.rows[first]
    )
    following = _position(ranked, first, after) if more else None
    return Page(hits, len(rows), nothing_close=False, nearest=(), next=following)


def _nearest(judged: Judged, allowed: NDArray[np.bool_]) -> tuple[Hit, ...]:
    ranked = _by_relevance(judged, np.flatnonzero(allowed & (judged.scored.score > 0)))
    first, _ = page(ranked, NEAREST, None)
    return _hits(judged, ranked.rows[first])


def _by_relevance(judged: Judged, rows: NDArray[np.int64]) -> Ranked:
    ids = judged.view.items.ids.values[rows]
    return Ranked(rows, judged.confidence[rows], judged.scored.score[rows], ids)


def _position(ranked: Ranked, first: NDArray[np.int64], after: Position | None) -> Position:
    last = int(first[-1])
    shown = len(first) + (0 if after is None else after.shown)
    return Position(float(ranked.values[last]), float(ranked.scores[last]), uuid_at(ranked.ids, last), shown)


def _hits(judged: Judged, rows: NDArray[np.int64]) -> tuple[Hit, ...]:
    view, scored = judged.view, judged.scored
    return tuple(
        Hit(
            *_what(view, scored, int(row)),
            confidence=float(judged.confidence[row]),
            score=float(scored.score[row]),
            photos=int(view.photo_counts[row]),
            why=Why(_shares(scored, int(row)), terms),
        )
        for row, terms in zip(rows, matched_terms(view, judged.text, rows), strict=True)
    )


def _what(view: View, scored: Scored, row: int) -> tuple[UUID, UUID | None]:
    photo = int(scored.photo[row])
    found = None if photo == NO_PHOTO else uuid_at(view.photos.ids.values, photo)
    return uuid_at(view.items.ids.values, row), found


def _shares(scored: Scored, row: int) -> dict[str, float]:
    """What part of the score each space gave; a space that spoke against the item gave nothing."""
    photo = int(scored.photo[row])
    given = {space: 0.0 if photo == NO_PHOTO else max(0.0, float(part[photo])) for space, part in scored.parts.items()}
    if scored.lexical is not None:
        given[LEXICAL] = float(scored.lexical[row])
    whole = sum(given.values())
    return {name: round(part / whole, 2) if whole > 0 else 0.0 for name, part in given.items()}
