"""A filter against a view: that its fields are there and its values fit, then which items pass. Owns no column."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from typing import assert_never

import numpy as np

from indexing.fields import Mask
from indexing.filters.literals import check_values, points, range_of
from indexing.filters.nearest import unknown_field
from indexing.filters.notation import POINTER
from indexing.filters.tree import And, Comparison, Condition, Not, Op, Or, all_of, comparisons_of
from indexing.view import View


@dataclass(frozen=True, slots=True)
class Checked:
    """A filter whose fields and values fit the view that it was checked against."""

    condition: Condition

    def mask(self, view: View) -> Mask:
        """Item rows that pass, dead and hidden ones among them."""
        return _mask(self.condition, view)

    def fields(self) -> frozenset[str]:
        return _names(self.condition)

    def apart(self, view: View, fields: Collection[str]) -> dict[str | None, Mask]:
        """What its top-level conditions let pass: those that name one of `fields` alone by that field, all others by
        None. Together these are the mask."""
        masks: dict[str | None, Mask] = {}
        for part in self.condition.parts if isinstance(self.condition, And) else (self.condition,):
            names, mask = _names(part), _mask(part, view)
            alone = next((name for name in names if len(names) == 1 and name in fields), None)
            masks[alone] = masks[alone] & mask if alone in masks else mask
        return masks

    def and_(self, other: Checked) -> Checked:
        return Checked(all_of([self.condition, other.condition]))


def check(condition: Condition, view: View) -> Checked:
    """The filter, fit for this view. Raises UnknownField, FilterType for the first comparison that is not."""
    for comparison in comparisons_of(condition):
        column = view.fields.get(comparison.name)
        if column is None:
            at = next(iter(comparison.columns), None)
            raise unknown_field(comparison.name, view.fields, POINTER, at)
        check_values(comparison, column.type)
    return Checked(condition)


def _names(condition: Condition) -> frozenset[str]:
    return frozenset(comparison.name for comparison in comparisons_of(condition))


def _mask(condition: Condition, view: View) -> Mask:
    match condition:
        case Comparison():
            return _passing(condition, view)
        case Not(part):
            return ~_mask(part, view)
        case And(parts):
            return reduce(np.logical_and, (_mask(part, view) for part in parts))
        case Or(parts):
            return reduce(np.logical_or, (_mask(part, view) for part in parts))


def _passing(comparison: Comparison, view: View) -> Mask:
    column, currency = view.fields[comparison.name], view.catalogue.currency
    match comparison.op:
        case Op.EXISTS:
            return column.present()
        case Op.EQUAL | Op.IN:
            return column.among(points(comparison, column.type, currency))
        case Op.NOT_EQUAL | Op.NOT_IN:
            return ~column.among(points(comparison, column.type, currency))
        case Op.BELOW | Op.AT_MOST | Op.ABOVE | Op.AT_LEAST | Op.TO:
            return column.within(range_of(comparison, column.type, currency))
        case _:
            assert_never(comparison.op)
