"""Counts of a field's values among the results. Owns which results a field is counted on; columns do the counting."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import cast

import numpy as np

from catalogue.states import FieldType
from indexing.fields import Counted, Mask, Measured
from indexing.filters import Checked
from indexing.fusion import Rows
from indexing.queries import Asked, Facet, FacetMode, RangeFacet, ValueFacet
from indexing.view import View

# What is shown of a list is its values.
SHOWN_TYPES = {
    FieldType.STRINGS: FieldType.STRING,
    FieldType.NUMBERS: FieldType.NUMBER,
    FieldType.BOOLEANS: FieldType.BOOLEAN,
}
MEASURED = frozenset({FieldType.NUMBER, FieldType.DATE})


def alternatives(view: View, filter_: Checked | None, asked: Asked | None) -> Mapping[str, Mask]:
    """The shown items that each field is counted on where these are others than the filter's own."""
    if filter_ is None or asked is None or asked.mode is FacetMode.SHOWN:
        return {}
    masks = filter_.apart(view, asked.fields)  # each condition once, however many fields are asked for
    return {
        field: reduce(np.logical_and, (mask for name, mask in masks.items() if name != field), view.shown)
        for field in masks
        if field is not None
    }


def count(view: View, name: str, rows: Rows, limit: int) -> Facet:
    """The values of a field among item rows, at most `limit` of them; numbers and dates in ten bins."""
    column = view.fields[name]
    type_ = SHOWN_TYPES.get(column.type, column.type)
    if type_ not in MEASURED:
        values = cast(Counted, column).top(rows, limit, view.spellings(name))
        return ValueFacet(type_, tuple(cast(list[tuple[str | bool, int]], values)))
    histogram = cast(Measured, column).histogram(rows)
    if histogram is None:
        return RangeFacet(type_, None, None, ())
    edges = histogram.edges
    return RangeFacet(type_, edges[0], edges[-1], tuple(zip(edges, edges[1:], histogram.counts, strict=False)))
