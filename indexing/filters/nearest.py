"""The sentence for a field that there is none of: which one was probably meant. Owns no list of fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz, process

from indexing.errors import UnknownField
from indexing.filters.notation import at_column, write_name

NEAR: Final = 70.0  # of 100: "color" and "colour" have 91, "cost" and "colour" 40
MOST_NAMED = 8
LONGEST_SHOWN = 60


def unknown_field(name: str, known: Iterable[str], pointer: str, column: int | None = None) -> UnknownField:
    """The error that names the nearest of the `known` fields, or some of them where none is near."""
    names = sorted(known)
    shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
    return UnknownField.at(pointer, at_column(column, f'There is no field "{shown}". {_remedy(name, names)}'))


def _remedy(name: str, names: list[str]) -> str:
    nearest = process.extractOne(name, names, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=NEAR)
    if nearest is not None:
        return f"Did you mean {write_name(nearest[0])}?"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"There are {', '.join(map(write_name, names[:MOST_NAMED]))}{more}; GET /v1/fields lists them."
