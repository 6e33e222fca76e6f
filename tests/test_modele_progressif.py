"""progressif: each unit at the price of its own bracket."""

from __future__ import annotations

import pytest
from a_tarif import a_ligne, a_tarif, yearly
from hypothesis import given
from hypothesis import strategies as st

RULE = a_tarif(a_ligne(modele="progressif", tranches="paliers", votee="9,00 8,00 7,00"))
FREE = a_tarif(a_ligne(modele="progressif", tranches="paliers", votee="9,00 8,00 7,00", gratuits="12"))


@pytest.mark.parametrize(
    ("units", "expected"),
    [(0, "0.00"), (1, "9.00"), (10, "90.00"), (11, "98.00"), (100, "810.00"), (101, "817.00")],
)
def test_each_unit_has_the_price_of_its_bracket(units: int, expected: str) -> None:
    assert expected == yearly(RULE, units)


@pytest.mark.parametrize(("units", "expected"), [(12, "0.00"), (13, "8.00"), (100, "704.00"), (101, "711.00")])
def test_the_free_units_are_the_first(units: int, expected: str) -> None:
    assert expected == yearly(FREE, units)


@given(st.integers(0, 5000))
def test_it_is_the_sum_of_the_units_one_by_one(units: int) -> None:
    cents = sum(900 if n <= 10 else 800 if n <= 100 else 700 for n in range(1, units + 1))
    assert f"{cents / 100:.2f}" == yearly(RULE, units)


@given(st.integers(0, 5000))
def test_one_unit_more_never_costs_less(units: int) -> None:
    assert float(yearly(RULE, units + 1)) > float(yearly(RULE, units))
