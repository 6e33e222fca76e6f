"""unitaire: each unit has the same price; the first ones may be free."""

from __future__ import annotations

import pytest
from a_tarif import a_ligne, a_tarif, yearly


@pytest.mark.parametrize(("units", "expected"), [(0, "0.00"), (1, "0.35"), (1243, "435.05"), (100_000, "35000.00")])
def test_units_times_the_price(units: int, expected: str) -> None:
    assert expected == yearly(a_tarif(a_ligne(votee="0,35")), units)


@pytest.mark.parametrize(("units", "expected"), [(0, "0.00"), (2, "0.00"), (3, "2.00"), (12, "20.00")])
def test_the_first_units_may_be_free(units: int, expected: str) -> None:
    assert expected == yearly(a_tarif(a_ligne(gratuits="2")), units)
    assert expected == yearly(a_tarif(a_ligne(), gratuits="2"), units)


@pytest.mark.parametrize(("units", "expected"), [(0, "5.00"), (2, "5.00"), (3, "6.00"), (10, "20.00"), (11, "20.00")])
def test_a_row_has_its_minimum_and_its_ceiling(units: int, expected: str) -> None:
    assert expected == yearly(a_tarif(a_ligne(minimum="5,00", plafond="20,00")), units)


def test_an_amount_is_rounded_half_up_to_the_cent() -> None:
    assert "0.13" == yearly(a_tarif(a_ligne(votee="0,125")), 1)
