"""What each sort orders by, and what of it a position carries. Owns keys; ranking.py cuts by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from indexing.fields import Sortable
from indexing.fields.strings import NONE, StringColumn
from indexing.ids import uuid_at
from indexing.queries import ByField, Newest, Position, Relevance, Sort
from indexing.ranking import Place, Ranked, first_of_each
from indexing.results import Results
from indexing.view import View


@dataclass(frozen=True, slots=True)
class ByConfidence:
    """Nearest first: confidence, then score."""

    confidence: NDArray[np.float64]

    def ranked(self, view: View, results: Results) -> Ranked:
        return Ranked(results.rows, (-self.confidence, -results.scores()), view.items.ids.values)

    def place_of(self, position: Position) -> Place:
        return Place((-cast(float, position.value), -position.score), position.item_id, position.shown)

    def key_at(self, results: Results, place: int) -> tuple[float, float]:
        return float(self.confidence[place]), float(results.scored.score[results.rows[place]])


@dataclass(frozen=True, slots=True)
class ByColumn:
    """By a field's values, those without one last in both directions. Nothing but `newest` has ids descend."""

    column: Sortable
    descending: bool
    ids_descend: bool = False

    def ranked(self, view: View, results: Results) -> Ranked:
        missing = ~self.column.present()[results.rows]
        keys: NDArray[Any] = self.column.keys()[results.rows]
        keys = np.where(missing, keys.dtype.type(0), -keys if self.descending else keys)
        return Ranked(results.rows, (missing.view(np.int8), keys), view.items.ids.values, self.ids_descend)

    def place_of(self, position: Position) -> Place:
        if position.value is None:
            return Place((1, 0), position.item_id, position.shown)
        key = self.column.key_of(position.value)
        return Place((0, -key if self.descending else key), position.item_id, position.shown)

    def key_at(self, results: Results, place: int) -> tuple[str | float | None, float]:
        return self.column.value_at(int(results.rows[place])), 0.0


Order = ByConfidence | ByColumn


def order_of(view: View, results: Results, sort: Sort) -> Order:
    """Where nothing was compared, the most relevant are the newest."""
    match sort:
        case Relevance() if results.confidence is not None:
            return ByConfidence(results.confidence)
        case Relevance() | Newest():
            return ByColumn(_column(view, "created_at"), descending=True, ids_descend=True)
        case ByField():
            return ByColumn(_column(view, sort.name), sort.descending)


def position(view: View, order: Order, results: Results, place: int, shown: int) -> Position:
    """Of the last hit of a page, at `place` in the results."""
    value, score = order.key_at(results, place)
    return Position(value, score, uuid_at(view.items.ids.values, int(results.rows[place])), shown)


def one_of_each_group(view: View, results: Results) -> Results:
    """Of each group its most relevant item; items without a group stay apart."""
    groups = groups_of(view)[results.rows]
    keep = groups == NONE
    grouped = np.flatnonzero(~keep)
    members = results.chosen(~keep)
    ranked = order_of(view, members, Relevance()).ranked(view, members)
    keep[grouped[first_of_each(ranked, groups[grouped])]] = True
    return results.chosen(keep)


def groups_of(view: View) -> NDArray[np.int32]:
    """By item row a number for each exact spelling of a group, NONE where there is no group."""
    return cast(StringColumn, view.fields["group"]).codes


def _column(view: View, name: str) -> Sortable:
    return cast(Sortable, view.fields[name])
