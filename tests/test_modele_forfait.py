"""forfait: the same amount whatever the quantity, or one per bracket."""

from __future__ import annotations

import pytest
from a_tarif import a_ligne, a_tarif, paid, yearly

FLAT = a_ligne(modele="forfait", par=None, votee="120,00")


def test_a_flat_fee_is_due_whatever_the_quantity() -> None:
    assert ["120.00"] * 3 == [yearly(a_tarif(FLAT), units) for units in (0, 1, 10_000)]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (0, "120.00"),
        (499, "120.00"),
        (500, "240.00"),
        (1999, "240.00"),
        (2000, "480.00"),
        (9999, "480.00"),
        (10_000, "900.00"),
    ],
)
def test_less_than_leaves_the_bound_out(units: int, expected: str) -> None:
    scale = {"id": "strates", "de": "population", "moins_de": ["500", "2000", "10000"], "au_dela": "oui"}
    rule = a_tarif(
        a_ligne(modele="forfait", par=None, tranches="strates", votee="120 240 480 900,00"), tranches=[scale]
    )
    assert expected == yearly(rule, population=units)


@pytest.mark.parametrize(
    ("periode", "mensuel", "annuel", "unique"),
    [("mois", "120.00", "1440.00", "0"), ("an", "0", "120.00", "0"), ("fois", "0", "0.00", "120.00")],
)
def test_a_fee_is_per_month_per_year_or_once(periode: str, mensuel: str, annuel: str, unique: str) -> None:
    found = paid(a_tarif(FLAT | {"periode": periode}))
    assert (mensuel, annuel, unique) == (str(found.mensuel), str(found.annuel), str(found.unique))
