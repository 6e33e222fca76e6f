"""What holds for every pricing model, whatever the prices, the brackets and the order of the rows."""

from __future__ import annotations

import doctest
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from a_tarif import a_ligne, a_tarif, paid
from hypothesis import given, settings
from hypothesis import strategies as st

from docgen.law import modeles, tarif
from docgen.law.modeles import MODELES
from docgen.model.edition import Tarif, Tranches
from docgen.packs.contents import label

PRICE = st.decimals("0", "999.99", places=2).map(lambda price: f"{price:.2f}".replace(".", ","))
MANY = settings(deadline=None)


@st.composite
def scales(draw: Any) -> dict[str, Any]:
    """A scale of any bounds, inclusive or not, always with a last bracket."""
    bounds = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=8, unique=True).map(sorted))
    kind = draw(st.sampled_from(["jusqu_a", "moins_de"]))
    return {"id": "paliers", "de": "quantite_de", kind: [str(bound) for bound in bounds], "au_dela": "oui"}


@st.composite
def lignes(draw: Any, scale: dict[str, Any], number: int) -> dict[str, Any]:
    model = draw(st.sampled_from(sorted(MODELES)))
    of = MODELES[model]
    banded = of.tranches == "requises" or (of.tranches == "admises" and draw(st.booleans()))
    size = len(scale.get("jusqu_a", scale.get("moins_de", ()))) + 1 if banded else 1
    return a_ligne(
        libelle=f"Service {number}",
        modele=model,
        par="quantite_de" if of.compte else None,
        tranches="paliers" if banded else None,
        taille=str(draw(st.integers(1, 200))) if of.taille else None,
        gratuits=str(draw(st.integers(0, 20))) if of.compte else None,
        periode=draw(st.sampled_from(["mois", "an", "fois"])),
        votee=" ".join(draw(st.lists(PRICE, min_size=size, max_size=size))),
    )


@st.composite
def tarifs(draw: Any) -> Tarif:
    scale = draw(scales())
    rows = [draw(lignes(scale, number)) for number in range(draw(st.integers(1, 4)))]
    least = draw(st.none() | st.integers(0, 2000))
    most = draw(st.none() | st.integers(2000, 9000))
    limits = {"minimum": str(least) if least else None, "plafond": str(most) if most else None}
    return a_tarif(*rows, tranches=[scale], **{key: value for key, value in limits.items() if value})


@MANY
@given(tarifs(), st.integers(0, 10_000))
def test_the_total_is_the_sum_of_its_lines_within_its_limits(rule: Tarif, quantity: int) -> None:
    found = paid(rule, quantity)
    assert found.annuel == sum((line.annuel for line in found.lignes), Decimal(0))
    assert rule.minimum is None or found.annuel >= rule.minimum
    assert rule.plafond is None or found.annuel <= rule.plafond
    assert all(line.montant == line.montant.quantize(Decimal("0.01")) for line in found.lignes)


@MANY
@given(tarifs(), st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rule: Tarif, quantity: int, dice: Any) -> None:
    rows = list(rule.lignes)
    dice.shuffle(rows)
    other = rule.model_copy(update={"lignes": tuple(rows)})
    before, after = paid(rule, quantity), paid(other, quantity)
    assert (before.annuel, before.mensuel, before.unique) == (after.annuel, after.mensuel, after.unique)


@MANY
@given(scales(), st.integers(0, 10_000))
def test_brackets_have_no_hole_and_no_overlap(scale: dict[str, Any], quantity: int) -> None:
    found = Tranches.model_validate(scale)
    rank = found.rang(quantity)
    assert rank
    assert 1 <= rank <= found.nombre
    below, above = found.bornes[rank - 2] if rank > 1 else -1, (*found.bornes, 10**9)[rank - 1]
    assert below < quantity <= above
    assert all(low < high for low, high in pairwise(found.bornes))
    assert rank <= (found.rang(quantity + 1) or 0)


def test_a_quantity_beyond_the_last_bracket_has_no_price() -> None:
    scale = {"id": "paliers", "de": "quantite_de", "jusqu_a": ["10", "20"]}
    rule = a_tarif(a_ligne(modele="volume", tranches="paliers", votee="9,00 8,00"), tranches=[scale])
    assert [] == tarif.missing(rule, {"quantite_de": 20})
    assert ["quantite_de"] == [name for _, name in tarif.missing(rule, {"quantite_de": 21})]
    assert ["quantite_de"] == [name for _, name in tarif.missing(rule, {})]


@pytest.mark.parametrize(
    ("arrondis", "expected"),
    [(["ht", "ttc"], "19.73"), (["ttc"], "19.72"), (["ht"], "19.728"), ([], "19.7220")],
)
def test_roundings_are_where_the_vote_put_them(arrondis: list[str], expected: str) -> None:
    ligne = a_ligne(modele="volume", tranches="paliers", ht="17,30", degression="5", arrondis=arrondis)
    rule = a_tarif(ligne)
    assert Decimal(expected) == tarif.cells(rule, rule.lignes[0])[1]


def test_each_row_may_have_its_own_rate_of_vat() -> None:
    rule = a_tarif(a_ligne(ht="100,00", votee="105,50", tva="5,5"), a_ligne(libelle="B", ht="100,00", votee="120,00"))
    assert [Decimal("105.50"), Decimal("120.00")] == [tarif.cells(rule, row)[0] for row in rule.lignes]


def test_a_condition_decides_whether_a_row_is_paid() -> None:
    rule = a_tarif(
        a_ligne(si={"option": "oui"}), a_ligne(libelle="B", si={"niveau": ["petit", "grand"], "option": "non"}),
        a_ligne(libelle="C"),
    )  # fmt: skip
    assert ["Service", "C"] == [line.libelle for line in paid(rule, 3, option=True, niveau="petit").lignes]
    assert ["B", "C"] == [line.libelle for line in paid(rule, 3, option=False, niveau="grand").lignes]


def test_the_examples_of_the_models_and_of_the_labels() -> None:
    assert doctest.testmod(modeles).failed == 0
    assert ("Annexe 2, page", "Convention, page") == (
        label("Annexe 2 – Volet 1 : stockage"),
        label("Convention d'accès"),
    )
