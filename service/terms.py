"""What a search asks beside its query: filter, sort, facets, read against a view. Owns how parameters name fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalogue.errors import InvalidInput
from catalogue.states import FieldType
from indexing.filters import Checked, check, from_json, parse, read_name, unknown_field, write_name
from indexing.queries import Asked, ByField, FacetMode, Newest, Relevance, Sort
from indexing.view import View
from service import schemas

MOST_FACETS = 20
SORTS: dict[str, Sort] = {
    "relevance": Relevance(),
    "newest": Newest(),
    "price_asc": ByField("price"),
    "price_desc": ByField("price", descending=True),
}
LISTS = frozenset({FieldType.STRINGS, FieldType.NUMBERS, FieldType.BOOLEANS})
_NAME = re.compile(r"\s*(`(?:[^`\\]|\\[`\\])+`|[^,]*)\s*(?:,|$)")
_QUOTED = re.compile(r"`(?:[^`\\]|\\[`\\])+`")


@dataclass(frozen=True, slots=True)
class Terms:
    """Fit for the view that they were read against."""

    filter: Checked | None
    sort: Sort
    facets: Asked | None


def terms_of(view: View, asked: schemas.SearchQuery | schemas.SearchBody) -> Terms:
    """Raises FilterSyntax, FilterType, UnknownField, InvalidInput: what names no field, or cannot be done with one."""
    names = split_names(asked.facets) if isinstance(asked.facets, str) else asked.facets
    return Terms(filter_of(view, asked.filter), _sort_of(view, asked.sort), _facets_of(view, asked, names))


def filter_of(view: View, written: Any) -> Checked | None:
    """A filter as text or JSON; None for none. Raises FilterSyntax, FilterType, UnknownField."""
    if written is None:
        return None
    return check(parse(written) if isinstance(written, str) else from_json(written), view)


def sort_text(sort: Sort) -> str:
    """One text for each sort, however it was written."""
    match sort:
        case Relevance():
            return "relevance"
        case Newest():
            return "newest"
        case ByField(name, descending):
            return f"{'-' if descending else ''}{write_name(name)}"


def split_names(written: str) -> list[str]:
    """The names of a comma list; those in backticks may hold commas."""
    return [found[1].strip() for found in _NAME.finditer(written) if found[1].strip()]


def _facets_of(
    view: View, asked: schemas.SearchQuery | schemas.SearchBody, written: Sequence[str] | None
) -> Asked | None:
    if not written:
        return None
    if len(written) > MOST_FACETS:
        raise InvalidInput.at("/facets", f"{len(written)} facets; the limit is {MOST_FACETS}.")
    names = tuple(dict.fromkeys(_named(view, name, "/facets") for name in written))
    return Asked(names, asked.facet_limit, FacetMode(asked.facet_mode))


def _sort_of(view: View, written: str) -> Sort:
    if written in SORTS:
        return SORTS[written]
    descending = written.startswith("-")
    name = _named(view, written[1:] if descending else written, "/sort")
    if view.fields[name].type in LISTS:
        raise InvalidInput.at(
            "/sort", f"{write_name(name)} is a list, and items are sorted by one value each. Sort by another field."
        )
    return ByField(name, descending)


def _named(view: View, written: str, pointer: str) -> str:
    """The field of that name, which may stand in backticks. Raises UnknownField."""
    name = read_name(written) if _QUOTED.fullmatch(written) else unicodedata.normalize("NFC", written)
    if name not in view.fields:
        raise unknown_field(name, view.fields, pointer)
    return name
