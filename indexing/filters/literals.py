"""Values of a filter against a field's type: which fit, what they are in the column's own unit, and what would mend
one that does not fit. Reads no column.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, assert_never

from babel.numbers import get_currency_precision

from catalogue.dates import FORM, to_microseconds
from catalogue.prices import LARGEST_MINOR
from catalogue.states import FieldType
from indexing.errors import FilterType
from indexing.fields import Range, Scalar
from indexing.filters.notation import POINTER, Value, at_column, read_number, write_name, write_value
from indexing.filters.tree import Comparison, Op

PRICE: Final = "price"
LONGEST_SHOWN = 40
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_WORDS: Final = {"true": True, "yes": True, "false": False, "no": False}
_NOUNS: Final = {
    FieldType.STRING: "text",
    FieldType.STRINGS: "a list of texts",
    FieldType.NUMBER: "a number",
    FieldType.NUMBERS: "a list of numbers",
    FieldType.BOOLEAN: "true or false",
    FieldType.BOOLEANS: "a list of true and false",
    FieldType.DATE: "a date",
}
_EXAMPLES: Final = {
    FieldType.STRING: 'text in double quotes, such as "navy"',
    FieldType.STRINGS: 'text in double quotes, such as "navy"',
    FieldType.NUMBER: "a number without quotes, such as 50",
    FieldType.NUMBERS: "a number without quotes, such as 50",
    FieldType.BOOLEAN: "true or false, without quotes",
    FieldType.BOOLEANS: "true or false, without quotes",
    FieldType.DATE: f"one in double quotes, such as {FORM}",
}
_ORDERED: Final = frozenset({Op.BELOW, Op.AT_MOST, Op.ABOVE, Op.AT_LEAST, Op.TO})


def check_values(comparison: Comparison, type_: FieldType) -> None:
    """Raises FilterType where the operator or a value is not for fields of this type."""
    if comparison.op in _ORDERED and type_ in {FieldType.BOOLEAN, FieldType.BOOLEANS}:
        sentence = f"{_is(comparison, type_)}; it takes =, !=, IN, NOT IN and EXISTS, and not {comparison.op.value}."
        raise _error(comparison, 0, sentence)
    for place, value in enumerate(comparison.values):
        if not _fits(value, type_):
            raise _error(comparison, place + 1, _mending(comparison, place, value, type_))


def points(comparison: Comparison, type_: FieldType, currency: str) -> list[Scalar]:
    """The values in the column's unit, without those that no row can have."""
    if comparison.name == PRICE:
        minor = [_minor(value, currency) for value in comparison.values]
        return [int(each) for each in minor if each == each.to_integral_value()]
    return [_scalar(value, type_) for value in comparison.values]


def range_of(comparison: Comparison, type_: FieldType, currency: str) -> Range:
    """What an ordering comparison lets pass, in the column's unit."""
    first, last = comparison.values[0], comparison.values[-1]
    if comparison.name != PRICE:
        return _range(comparison.op, _scalar(first, type_), _scalar(last, type_))
    # Between two whole minor units both of them decide: a price below 34.905 is one of at most 34.90.
    least, most = _minor(first, currency), _minor(last, currency)
    low, high = least.to_integral_value(ROUND_CEILING), most.to_integral_value(ROUND_FLOOR)
    range_ = _range(comparison.op, int(low), int(high))
    return replace(
        range_, includes_low=range_.includes_low or low != least, includes_high=range_.includes_high or high != most
    )


def _range(op: Op, low: Scalar, high: Scalar) -> Range:
    match op:
        case Op.BELOW:
            return Range(high=high, includes_high=False)
        case Op.AT_MOST:
            return Range(high=high)
        case Op.ABOVE:
            return Range(low=low, includes_low=False)
        case Op.AT_LEAST:
            return Range(low=low)
        case _:
            return Range(low, high)


def _minor(value: Value, currency: str) -> Decimal:
    """The decimal that was written, in minor units; far from any price it stays just beyond them all."""
    minor = Decimal(repr(value)).scaleb(get_currency_precision(currency))
    return min(max(minor, Decimal(-1)), Decimal(LARGEST_MINOR + 1))


def _scalar(value: Value, type_: FieldType) -> Scalar:
    if type_ is not FieldType.DATE:
        return value
    moment = to_microseconds(str(value))
    if moment is None:
        raise AssertionError(f"{value!r} was checked to be a date.")
    return moment


def _fits(value: Value, type_: FieldType) -> bool:
    match type_:
        case FieldType.STRING | FieldType.STRINGS:
            return isinstance(value, str)
        case FieldType.NUMBER | FieldType.NUMBERS:
            return isinstance(value, float)
        case FieldType.BOOLEAN | FieldType.BOOLEANS:
            return isinstance(value, bool)
        case FieldType.DATE:
            return isinstance(value, str) and to_microseconds(value) is not None
        case _:
            assert_never(type_)


def _mending(comparison: Comparison, place: int, value: Value, type_: FieldType) -> str:
    is_, shown = _is(comparison, type_), _shown(value)
    meant = _meant(value, type_)
    if meant is None:
        return f"{is_}, and {shown} is none. Write {_EXAMPLES[type_]}."
    mended = replace(comparison, values=(*comparison.values[:place], meant, *comparison.values[place + 1 :]))
    match type_:
        case FieldType.STRING | FieldType.STRINGS:
            return f"{is_}; write it in double quotes: {mended}."
        case FieldType.NUMBER | FieldType.NUMBERS:
            return f"{is_}; write it without quotes: {mended}."
        case FieldType.BOOLEAN | FieldType.BOOLEANS:
            return f"{is_}; for {shown} write {mended}."
        case FieldType.DATE:
            return f"{is_}, and a time of day needs an offset from UTC: {mended}."
        case _:
            assert_never(type_)


def _meant(value: Value, type_: FieldType) -> Value | None:
    """The value of the right type that was probably meant."""
    match type_:
        case FieldType.STRING | FieldType.STRINGS:
            return write_value(value)
        case FieldType.NUMBER | FieldType.NUMBERS:
            return _number(value) if isinstance(value, str) else None
        case FieldType.BOOLEAN | FieldType.BOOLEANS:
            return _WORDS.get(str(value).casefold())
        case FieldType.DATE:
            return f"{value}Z" if to_microseconds(f"{value}Z") is not None else None
        case _:
            assert_never(type_)


def _number(text: str) -> float | None:
    stripped = text.strip()
    return read_number(stripped) if _NUMBER.fullmatch(stripped) else None


def _is(comparison: Comparison, type_: FieldType) -> str:
    return f"{write_name(comparison.name)} is {_NOUNS[type_]}"


def _shown(value: Value) -> str:
    written = write_value(value)
    return written if len(written) <= LONGEST_SHOWN else f"{written[:LONGEST_SHOWN]}…"


def _error(comparison: Comparison, place: int, sentence: str) -> FilterType:
    """Args:
    place: in the comparison's `columns`.
    """
    return FilterType.at(POINTER, at_column(comparison.columns[place] if comparison.columns else None, sentence))
