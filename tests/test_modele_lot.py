"""lot: packages of units; a package begun is due."""

from __future__ import annotations

import pytest
from a_tarif import a_ligne, a_tarif, yearly


@pytest.mark.parametrize(
    ("units", "expected"),
    [(0, "0.00"), (1, "40.00"), (100, "40.00"), (101, "80.00"), (200, "80.00"), (1001, "440.00")],
)
def test_a_package_begun_is_due(units: int, expected: str) -> None:
    assert expected == yearly(a_tarif(a_ligne(modele="lot", taille="100", votee="40,00")), units)


@pytest.mark.parametrize(("units", "expected"), [(20, "0.00"), (21, "40.00"), (120, "40.00"), (121, "80.00")])
def test_free_units_come_before_the_packages(units: int, expected: str) -> None:
    assert expected == yearly(a_tarif(a_ligne(modele="lot", taille="100", votee="40,00", gratuits="20")), units)
