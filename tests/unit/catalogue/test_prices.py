"""Prices to minor units and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.errors import InvalidInput
from catalogue.prices import from_minor, to_minor


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_every_price_survives_the_way_out_and_in(minor: int, currency: str) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [(34.9, "EUR", 3490), ("34.90", "EUR", 3490), (Decimal("0.1"), "EUR", 10), (5, "JPY", 5), ("1.234", "KWD", 1234)],
)
def test_a_price_is_what_was_written(value: object, currency: str, minor: int) -> None:
    assert to_minor(value, currency) == minor


NO_PRICES = [
    -1, "12,50", "", "NaN", "inf", [], {}, 1.005, "5e30", "1e999999999", "1e-999999999", "1_000", "9" * 41,
    "1." + "0" * 30 + "1",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_PRICES)
def test_what_is_no_price_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        to_minor(value, "EUR")
    assert len(str(refusal.value)) < 200


def test_a_currency_without_decimals_takes_none() -> None:
    with pytest.raises(InvalidInput, match="more decimals than JPY allows"):
        to_minor("5.5", "JPY")
