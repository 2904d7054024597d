"""Items that pass a filter as merchants list them: newest first, a few at a time. Owns the order; SQL has the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import numpy as np

from indexing.fields import Mask, Sortable
from indexing.ids import pairs_of, uuid_at
from indexing.view import View

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MOST_AT_ONCE = 5_000


def newest_first(view: View, passing: Mask, after: tuple[datetime, UUID] | None, first: int) -> Iterator[list[UUID]]:
    """Ids of the items (by row) in the order of `created_at` and id, both descending: `first` of them, then more at a
    time, since who wants more has found most of them unfit.

    Args:
        after: the last item that was shown; it need not be among them any more.
    """
    rows = np.flatnonzero(passing)
    created = cast(Sortable, view.fields["created_at"]).keys()[rows]
    high, low = view.items.ids.values[rows].T
    if after is not None:
        at, ((last_high, last_low),) = (after[0] - EPOCH) // MICROSECOND, pairs_of([after[1]])
        behind = (high < last_high) | ((high == last_high) & (low < last_low))
        left = (created < at) | ((created == at) & behind)
        rows, created, high, low = rows[left], created[left], high[left], low[left]
    rows = rows[np.lexsort((~low, ~high, -created))]
    start, count = 0, first
    while start < len(rows):
        yield [uuid_at(view.items.ids.values, int(row)) for row in rows[start : start + count]]
        start, count = start + count, min(4 * count, MOST_AT_ONCE)
