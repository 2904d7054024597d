"""Results to pages of hits: ids in place of rows, and why each hit is one. Owns no cut and no order."""

from __future__ import annotations

from uuid import UUID

from indexing.fusion import LEXICAL, Rows, Scored, best_photos
from indexing.ids import uuid_at
from indexing.matching import matched_terms
from indexing.queries import Hit, Page, Position, Relevance, Sort, Why
from indexing.ranking import page
from indexing.results import Results
from indexing.sorting import order_of, position
from indexing.view import View

NEAREST = 5  # what was closest, when nothing is close


def page_of(view: View, results: Results, sort: Sort, limit: int, after: Position | None) -> Page:
    """The first hits behind `after` in the order of `sort`, without what is nearest and without facets."""
    order = order_of(view, results, sort)
    places, more = page(order.ranked(view, results), limit, None if after is None else order.place_of(after))
    following = None
    if more:
        shown = len(places) + (0 if after is None else after.shown)
        following = position(view, order, results, int(places[-1]), shown)
    nothing_close = len(results) == 0 and results.confidence is not None
    return Page(_hits(view, results, places), len(results), nothing_close, nearest=(), next=following)


def nearest(view: View, results: Results) -> tuple[Hit, ...]:
    """What is closest of items that no threshold has cut; a score of 0 is not close at all."""
    near = results.chosen(results.scores() > 0)
    places, _ = page(order_of(view, near, Relevance()).ranked(view, near), NEAREST, None)
    return _hits(view, near, places)


def _hits(view: View, results: Results, places: Rows) -> tuple[Hit, ...]:
    rows = results.rows[places]
    photos = best_photos(view, results.scored, rows)
    terms = matched_terms(view, results.text, rows)
    return tuple(
        _hit(view, results, int(place), photos.get(int(results.rows[place])), held)
        for place, held in zip(places, terms, strict=True)
    )


def _hit(view: View, results: Results, place: int, photo: int | None, terms: tuple[str, ...]) -> Hit:
    """`photo`: the place of its best one among the candidates."""
    row, scored = int(results.rows[place]), results.scored
    compared = results.confidence is not None
    return Hit(
        uuid_at(view.items.ids.values, row),
        None if photo is None else _photo_id(view, scored, photo),
        confidence=None if results.confidence is None else float(results.confidence[place]),
        score=float(scored.score[row]) + 0.0,  # no minus zero
        photos=int(view.photo_counts[row]),
        why=Why(_shares(scored, row, photo), terms) if compared else None,
    )


def _photo_id(view: View, scored: Scored, photo: int) -> UUID:
    return uuid_at(view.photos.ids.values, int(scored.candidates.photo_rows[photo]))


def _shares(scored: Scored, row: int, photo: int | None) -> dict[str, float]:
    """What part of the score each space gave; a space that spoke against the item gave nothing."""
    given = {space: 0.0 if photo is None else max(0.0, float(part[photo])) for space, part in scored.parts.items()}
    if scored.lexical is not None:
        given[LEXICAL] = float(scored.lexical[row])
    whole = sum(given.values())
    return {name: round(part / whole, 2) if whole > 0 else 0.0 for name, part in given.items()}
