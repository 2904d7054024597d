"""Why a hit was found, in a sentence for people. Owns the wording; shares and terms are search's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_BY_SHARE = {
    "look": "Looks like {asked}",
    "meaning": "The picture shows what you describe",
    "words": "Title and caption say something close",
    "lexical": "It holds what you typed",
}


def sentence(shares: Mapping[str, float], terms: Sequence[str], asked: str, *, is_sku: bool) -> str:
    """Args:
    asked: what a picture is compared with: "your photo", "this item".
    is_sku: the query is this item's sku.
    """
    if is_sku:
        return "Its sku is what you typed"
    largest = max(shares, key=lambda name: shares[name], default=None)
    if largest is None or shares[largest] <= 0:
        return "There was nothing to compare"
    reason = _BY_SHARE[largest].format(asked=asked)
    if not terms:
        return reason
    return f"{reason}, and title, caption, attributes or sku say {_listed(terms)}"


def _listed(terms: Sequence[str]) -> str:
    quoted = [f'"{term}"' for term in terms]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
