"""volume: all units at the price of the bracket that their number falls in."""

from __future__ import annotations

import pytest
from a_tarif import a_ligne, a_tarif, yearly

RULE = a_tarif(a_ligne(modele="volume", tranches="paliers", votee="9,00 8,00 7,00"))


@pytest.mark.parametrize(
    ("units", "expected"),
    [(0, "0.00"), (1, "9.00"), (10, "90.00"), (11, "88.00"), (100, "800.00"), (101, "707.00")],
)
def test_all_units_have_the_price_of_the_bracket(units: int, expected: str) -> None:
    assert expected == yearly(RULE, units)


def test_free_units_are_not_paid_but_count_for_the_bracket() -> None:
    rule = a_tarif(a_ligne(modele="volume", tranches="paliers", votee="9,00 8,00 7,00", gratuits="5"))
    assert ["0.00", "48.00"] == [yearly(rule, units) for units in (5, 11)]
