"""The price grid: HT base prices to TTC cells, the category of a member, what it pays. Pure arithmetic.

All amounts are euros. The rule (délibération 04/2023-06, annexe 2, section D): each category takes one more
step off the HT base price, rounded to the cent; VAT is added and the result rounded to the cent again; both
roundings half up, as public accounting does. One rounding instead of two changes five voted cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from docgen.model.fiches import LigneTarif, Souscription, Tarif

CENT = Decimal("0.01")
MONTHS_PER_YEAR = 12


@dataclass(frozen=True)
class Due:
    """What one row of the grid costs to one member, euros TTC."""

    libelle: str
    service: str
    """What it is called outside the grid."""
    prix: Decimal
    """Per user and month."""
    mensuel: Decimal
    """Per month, all users."""


@dataclass(frozen=True)
class Montants:
    """What a member pays, euros TTC."""

    categorie: int
    lignes: tuple[Due, ...]

    @property
    def prix(self) -> Decimal:
        """Per user and month."""
        return sum((ligne.prix for ligne in self.lignes), Decimal(0))

    @property
    def mensuel(self) -> Decimal:
        """Per month."""
        return sum((ligne.mensuel for ligne in self.lignes), Decimal(0))

    @property
    def annuel(self) -> Decimal:
        """Per year."""
        return self.mensuel * MONTHS_PER_YEAR


def cent(amount: Decimal) -> Decimal:
    """Round to the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def cell(ligne: LigneTarif, categorie: int, tarif: Tarif) -> Decimal:
    """Return the price TTC per user and month of one row in one category (from 1)."""
    steps = categorie - 1 if ligne.degressif else 0
    hors_taxes = cent(ligne.ht * (1 - tarif.pas * steps / 100))
    return cent(hors_taxes * (1 + tarif.tva / 100))


@lru_cache(maxsize=8)
def grid(tarif: Tarif) -> dict[str, tuple[Decimal, ...]]:
    """Return the computed cells of each row, by its label."""
    return {
        ligne.libelle: tuple(cell(ligne, c, tarif) for c in range(1, tarif.categories + 1)) for ligne in tarif.lignes
    }


def category(utilisateurs: int, tarif: Tarif) -> int:
    """Return the category (from 1) of a number of users: one per ten users, the last one without limit."""
    return min(-(-utilisateurs // tarif.utilisateurs_par_categorie), tarif.categories)


def category_label(categorie: int, tarif: Tarif) -> str:
    """Return « Jusqu’à 30 utilisateurs », or « Au-delà de 100 utilisateurs » for the last one."""
    size = tarif.utilisateurs_par_categorie
    if categorie == tarif.categories:
        return f"Au-delà de {(categorie - 1) * size} utilisateurs"
    return f"Jusqu’à {categorie * size} utilisateurs"


def concerns(ligne: LigneTarif, souscription: Souscription) -> bool:
    """Tell whether the member who takes `souscription` pays this row."""
    if ligne.souscription == "gfu":
        return souscription.gfu
    return ligne.souscription == f"{souscription.stockage} To"


def storages(tarif: Tarif) -> list[int]:
    """Return the storages, in To, that the grid knows."""
    return [int(ligne.souscription.split()[0]) for ligne in tarif.lignes if ligne.souscription != "gfu"]


def due(souscription: Souscription, tarif: Tarif) -> Montants:
    """Return what a member pays for its subscription."""
    categorie = category(souscription.utilisateurs, tarif)
    prices = grid(tarif)
    lignes = []
    for ligne in tarif.lignes:
        if concerns(ligne, souscription):
            prix = prices[ligne.libelle][categorie - 1]
            lignes.append(Due(ligne.libelle, ligne.intitule, prix, prix * souscription.utilisateurs))
    return Montants(categorie, tuple(lignes))
