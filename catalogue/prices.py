"""Prices in minor units of one currency. Owns the two conversions and their rules; no rows."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from catalogue.errors import InvalidInput

LARGEST_MINOR = 2**53 - 1  # what JSON readers keep exactly


def to_minor(value: Any, currency: str, pointer: str = "/price") -> int | None:
    """A price as merchants write it (a number, or a decimal string; None: no price) in the currency's smallest unit.

    Raises:
        InvalidInput: not a decimal, negative, too large, or with more decimals than the currency has.
    """
    if value is None:
        return None
    amount = _decimal(value)
    if amount is None:
        raise InvalidInput.at(pointer, f'The price {value!r} is no decimal number. Write 34.90 or "34.90".')
    if not amount.is_finite() or amount < 0:
        raise InvalidInput.at(pointer, f"The price {value} must be zero or more.")
    digits = get_currency_precision(currency)
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise InvalidInput.at(pointer, f"The price {value} has more decimals than {currency} allows ({digits}).")
    if minor > LARGEST_MINOR:
        raise InvalidInput.at(pointer, f"The price {value} is too large.")
    return int(minor)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        return Decimal(str(value).strip())  # str() first: the decimal that was written, not its binary neighbour
    except InvalidOperation:
        return None


def from_minor(minor: int | None, currency: str) -> float | None:
    """The price as the API says it: a number in the currency's main unit."""
    return None if minor is None else float(Decimal(minor).scaleb(-get_currency_precision(currency)))
