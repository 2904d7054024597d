"""Whether an answer over HTTP is the reference's: hits, order, total, facets. Owns the comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.integration.asking import counted, parameters
from tests.integration.exactly import ALL_TYPES, THRESHOLD, ExactShop
from tests.reference import facets
from tests.reference.facets import Counting
from tests.reference.results import Asked
from tests.reference.values import Item, known, moment


def agree(exact: ExactShop, q: str, asked: Asked, counting: Counting, limit: int, chance: Random) -> None:
    """The whole walk, the first page's facets and totals, and what each hit says of itself."""
    shelf, is_text = exact.shelf(q), bool(q.strip())
    truth = replace(asked, threshold=_cut(q, asked.threshold))
    wanted = shelf.ordered(truth)
    query = {"q": q, "limit": limit, **parameters(asked, chance, as_text=chance.random() < 0.5)}
    first = exact.post(**query, **counted(counting, chance))
    hits = [*first["hits"], *exact.rest(first["next_cursor"], **query)]
    assert [hit["sku"] for hit in hits] == wanted
    assert first["total"] == {"value": len(wanted), "relation": "eq"}
    assert first["nothing_close"] == (is_text and not wanted)
    for hit in hits:
        assert hit["confidence"] == (shelf.confidence[hit["sku"]] if is_text else None)
        ready = len(exact.items[hit["sku"]]["caption"])
        assert (hit["photo"] is not None, hit["photos"]) == (ready > 0, ready)
    assert set(first["facets"]) == set(counting.fields)
    for field in counting.fields:
        among = shelf.alternatives(truth, field) if counting.mode == "alternatives" else shelf.chosen(truth)
        check_facet(first["facets"][field], among, shelf.items, field, counting.limit)


def check_facet(shown: dict[str, Any], items: Sequence[Item], shelf: Sequence[Item], field: str, most: int) -> None:
    of_type = ALL_TYPES[field]
    if of_type in ("string", "boolean"):
        assert shown == {"type": of_type, "values": facets.values(items, shelf, field, ALL_TYPES)[:most]}
    else:
        assert shown["type"] == ("date" if of_type == "date" else "number")
        _check_bins(shown, items, field, of_type)


def _check_bins(shown: dict[str, Any], items: Sequence[Item], field: str, of_type: str) -> None:
    valued = [known(item, field, ALL_TYPES) for item in items]
    numbers = [number for own in valued for number in own]
    if not numbers:
        assert (shown["min"], shown["max"], shown["histogram"]) == (None, None, [])
        return
    assert _read(shown["min"], of_type) == min(numbers)
    assert _read(shown["max"], of_type) == max(numbers)
    ends = [_read(start, of_type) for start, _, _ in shown["histogram"]] + [_read(shown["histogram"][-1][1], of_type)]
    assert [_read(end, of_type) for _, end, _ in shown["histogram"]] == ends[1:]
    assert [_plain(end) for end in ends] == pytest.approx(
        [_plain(end) for end in facets.edges(min(numbers), max(numbers))], rel=1e-12, abs=1e-5
    )
    # The ends as they are shown are those that a shopper will filter by, so it is they that must count right.
    assert [count for *_, count in shown["histogram"]] == facets.counts([own for own in valued if own], ends)


def _cut(q: str, threshold: float | None) -> float | None:
    """What the reference is to cut: nothing where there is nothing to compare."""
    if not q.strip():
        return None
    return THRESHOLD if threshold is None else threshold


def _read(shown: Any, of_type: str) -> Any:
    match of_type:
        case "date":
            return moment(shown)
        case "price":
            return Decimal(str(shown))
        case _:
            return float(shown)


def _plain(end: Any) -> float:
    return float(end) if isinstance(end, float | Decimal) else float(end.timestamp())
