"""Facets as the API shows them: values with counts, ranges with bins. Owns their units; counting is indexing's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from babel.numbers import get_currency_precision

from catalogue import dates
from catalogue.states import FieldType
from indexing.queries import Facet, ValueFacet
from service import answers

PRICE = "price"


def present_facets(facets: Mapping[str, Facet], currency: str) -> dict[str, answers.ValueFacet | answers.RangeFacet]:
    """By field; prices in the currency's main unit, dates as RFC 3339 in UTC."""
    return {name: _facet(name, facet, currency) for name, facet in facets.items()}


def _facet(name: str, facet: Facet, currency: str) -> answers.ValueFacet | answers.RangeFacet:
    if isinstance(facet, ValueFacet):
        values = [answers.FacetValue(value=value, count=count) for value, count in facet.values]
        return answers.ValueFacet(type="boolean" if facet.type is FieldType.BOOLEAN else "string", values=values)
    shown = _unit(name, facet.type, currency)
    return answers.RangeFacet(
        type="date" if facet.type is FieldType.DATE else "number",
        min=None if facet.low is None else shown(facet.low),
        max=None if facet.high is None else shown(facet.high),
        histogram=[(shown(start), shown(end), count) for start, end, count in facet.histogram],
    )


def _unit(name: str, type_: FieldType, currency: str) -> Callable[[float], float | str]:
    if type_ is FieldType.DATE:
        return lambda moment: dates.to_text(round(moment))
    if name == PRICE:
        minor = 10 ** get_currency_precision(currency)
        return lambda price: price / minor
    return lambda number: number
