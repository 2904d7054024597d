"""Prices in minor units of one currency. Owns the two conversions and their rules; no rows."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from catalogue.errors import InvalidInput

LARGEST_MINOR = 2**53 - 1  # what JSON readers keep exactly
LONGEST_PRICE = 40  # characters; a longer text is no price, and would be echoed in the answer
# The usual context rounds to 28 digits, and a price with a 29th decimal would pass as one without.
_EXACT = Context(prec=LONGEST_PRICE, Emin=MIN_EMIN, Emax=MAX_EMAX)


def to_minor(value: Any, currency: str, pointer: str = "/price") -> int | None:
    """A price as merchants write it (a number, or a decimal string; None: no price) in the currency's smallest unit.

    Raises:
        InvalidInput: not a decimal, negative, too large, or with more decimals than the currency has.
    """
    if value is None:
        return None
    amount = _decimal(value)
    if amount is None:
        shown = repr(value)[:LONGEST_PRICE]
        raise InvalidInput.at(pointer, f'The price {shown} is no decimal number. Write 34.90 or "34.90".')
    if not amount.is_finite() or amount < 0:
        raise InvalidInput.at(pointer, f"The price {value} must be zero or more.")
    digits = get_currency_precision(currency)
    if amount and amount.adjusted() > len(str(LARGEST_MINOR)):  # scaled, it might overflow
        raise InvalidInput.at(pointer, f"The price {value} is too large.")
    minor = _EXACT.scaleb(amount, digits)
    if minor != _EXACT.to_integral_value(minor):
        raise InvalidInput.at(pointer, f"The price {value} has more decimals than {currency} allows ({digits}).")
    if minor > LARGEST_MINOR:
        raise InvalidInput.at(pointer, f"The price {value} is too large.")
    return int(minor)


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    written = str(value).strip()  # the decimal that was written, not its binary neighbour
    if len(written) > LONGEST_PRICE or "_" in written:
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def exact(minor: int | None, currency: str) -> Decimal | None:
    """The price in the currency's main unit, to the last digit."""
    return None if minor is None else Decimal(minor).scaleb(-get_currency_precision(currency))


def from_minor(minor: int | None, currency: str) -> float | None:
    """The price as the API says it: a number, which cannot show the last digit of a price beyond 2^46."""
    price = exact(minor, currency)
    return None if price is None else float(price)
