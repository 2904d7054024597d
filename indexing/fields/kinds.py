"""Which column a field of each type has."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from catalogue.states import FieldType
from indexing.fields import FieldColumn
from indexing.fields.booleans import BooleanColumn
from indexing.fields.lists import ListColumn
from indexing.fields.numbers import NumberColumn
from indexing.fields.strings import StringColumn


def empty_column(type_: FieldType) -> FieldColumn:
    """A column without rows; `written` gives it some."""
    match type_:
        case FieldType.STRING:
            return StringColumn()
        case FieldType.NUMBER:
            return NumberColumn()
        case FieldType.BOOLEAN:
            return BooleanColumn()
        case FieldType.DATE:
            return NumberColumn(np.zeros(0, np.int64), type=FieldType.DATE)
        case FieldType.STRINGS:
            return ListColumn(StringColumn())
        case FieldType.NUMBERS:
            return ListColumn(NumberColumn())
        case FieldType.BOOLEANS:
            return ListColumn(BooleanColumn())
        case _:
            assert_never(type_)


def price_column() -> FieldColumn:
    """Minor units: whole, so that comparing is exact."""
    return NumberColumn(np.zeros(0, np.int64))
