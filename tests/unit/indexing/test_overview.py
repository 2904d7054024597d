"""What is in a column, in short: distinct values as they compare, and the commonest as most rows write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catalogue.states import FieldType
from indexing.fields.kinds import empty_column
from indexing.fields.overview import Overview, overview


@pytest.mark.parametrize(
    ("type_", "values", "rows", "expected"),
    [
        (FieldType.STRING, ["Navy", "navy", None, "RED", "navy"], [0, 1, 2, 3, 4], Overview(2, ("navy", "RED"))),
        (FieldType.STRING, ["Navy", "navy", None, "RED", "navy"], [0, 2], Overview(1, ("Navy",))),
        (FieldType.STRING, ["STRASSE", "straße", "strasse"], [0, 1, 2], Overview(1, ("STRASSE",))),
        (FieldType.NUMBER, [1.5, 2, 2, None, 3], [0, 1, 2, 3, 4], Overview(3, (2.0, 1.5))),
        (FieldType.NUMBER, [0, None, 0], [1], Overview(0, ())),
        (FieldType.DATE, [10, None, 5, 5], [0, 1, 2, 3], Overview(2, (5, 10))),
        (FieldType.BOOLEAN, [True, None, False, True], [0, 1, 2, 3], Overview(2, (True, False))),
        (FieldType.STRINGS, [["a", "A"], ["B"], None, ["b"], ["B"]], [0, 1, 2, 3, 4], Overview(2, ("B", "a"))),
        (FieldType.NUMBERS, [[1, 2], [2], [], [3]], [0, 1, 2], Overview(2, (2.0, 1.0))),
        (FieldType.BOOLEANS, [[True], [False, True]], [1], Overview(2, (False, True))),
    ],
)
def test_an_overview_counts_only_its_rows(type_: FieldType, values: list[Any], rows: list[int], expected: Any) -> None:
    column = empty_column(type_).written(np.arange(len(values)), values, len(values))
    assert overview(column, np.array(rows), 2) == expected
