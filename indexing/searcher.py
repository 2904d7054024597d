"""The door to search: a view and a search in, a page of ids out. Owns no encoding, no hydration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import numpy as np

from catalogue.states import Space
from indexing.confidence import GUESSED, Calibration
from indexing.facets import alternatives, count
from indexing.fields import Mask
from indexing.filters import Checked
from indexing.fusion import FIRST, Candidates, Weights, candidates, cosines, fused
from indexing.hits import nearest, page_of
from indexing.matching import match
from indexing.queries import Facet, Page, PhotoQuery, Relevance, Search, Similar, TextQuery
from indexing.results import Judged, Results
from indexing.similar import looks_like
from indexing.sorting import one_of_each_group
from indexing.view import View


@dataclass(frozen=True, slots=True)
class Searcher:
    weights: Weights = FIRST
    calibration: Calibration = GUESSED

    def search(self, view: View, search: Search) -> Page:
        """The next hits of the result set, which is defined over all shown items of the view that pass the filter.

        Raises:
            VectorRefused: a query vector that does not belong to the view's model set.
        """
        passing = view.shown if search.filter is None else view.shown & search.filter.mask(view)
        others = alternatives(view, search.filter, search.facets)
        compared = np.logical_or.reduce([passing, *others.values()]) if others else passing
        judged = self._judge(view, search.query, candidates(view, compared))
        reaching = judged.reaching(_or(search.min_confidence, judged.default))
        results = _set(view, reaching.among(passing) if others else reaching, search)
        page = page_of(view, results, search.sort, search.limit, search.after)
        closest = nearest(view, judged.reaching(0.0).among(passing)) if page.nothing_close else ()
        return replace(page, nearest=closest, facets=_facets(view, search, results, reaching, others))

    def similar(
        self,
        view: View,
        item_id: UUID,
        *,
        limit: int,
        filter_: Checked | None = None,
        min_confidence: float | None = None,
    ) -> Similar:
        """Look-alikes of an item that pass the filter, by the nearest pair of photos; available ones unless the filter
        says which; never itself, its group, or items that show the very same picture.

        An item that cannot be compared yet has nothing close.
        """
        found = looks_like(view, item_id, filter_)
        judged = Judged(found.scored, self.calibration.photo, self._threshold(view))
        results = judged.reaching(_or(min_confidence, judged.default))
        page = page_of(view, results, Relevance(), limit, None)
        closest = nearest(view, judged.reaching(0.0)) if page.nothing_close else ()
        return Similar(replace(page, nearest=closest), found.duplicates)

    def _threshold(self, view: View) -> float:
        """The catalogue's own, which is a setting."""
        return float(view.catalogue.settings.get("min_confidence", self.calibration.threshold))

    def _judge(self, view: View, query: TextQuery | PhotoQuery, of: Candidates) -> Judged:
        default = self._threshold(view)
        if isinstance(query, PhotoQuery):
            parts = {Space.LOOK.value: cosines(view, of, Space.LOOK, query.look)}
            return Judged(fused(view, of, parts, None), self.calibration.photo, default)
        if not query.text.strip():
            return Judged(fused(view, of, {}, None), None, default)
        lexical = match(view, query.text)
        parts = {
            Space.MEANING.value: self.weights.meaning * cosines(view, of, Space.MEANING, query.meaning),
            Space.WORDS.value: self.weights.words * cosines(view, of, Space.WORDS, query.words),
        }
        said = self.weights.instead if query.is_foreign else self.weights.beside
        scored = fused(view, of, parts, partial(said, lexical.share))
        return Judged(scored, self.calibration.text, default, query.text, lexical)


def _or(asked: float | None, default: float) -> float:
    return default if asked is None else asked


def _set(view: View, results: Results, search: Search) -> Results:
    return one_of_each_group(view, results) if search.by_group else results


def _facets(
    view: View, search: Search, results: Results, reaching: Results, others: Mapping[str, Mask]
) -> dict[str, Facet]:
    """Of exactly the results; the fields among `others` of what would be the results under their filter."""
    if search.facets is None:
        return {}
    counted = {name: _set(view, reaching.among(items), search) for name, items in others.items()}
    return {
        name: count(view, name, counted.get(name, results).rows, search.facets.limit) for name in search.facets.fields
    }
