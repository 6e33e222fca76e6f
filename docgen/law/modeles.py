"""The pricing models: each is one function of a quantity and the voted prices, and one line in `MODELES`.

Amounts are euros, exact; nothing is rounded here.
Elsewhere they are called standard, flat fee, volume, graduated, package.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class Demande:
    """What a row is asked for."""

    quantite: int
    """0 where nothing is counted."""
    prix: Sequence[Decimal]
    """The voted prices, one a bracket; a single one without brackets."""
    rang: int = 1
    """The bracket that decides, from 1."""
    bornes: Sequence[int] = ()
    """The greatest quantity of each bracket that has a limit."""
    gratuits: int = 0
    taille: int = 1
    """Units of a package."""

    @property
    def payantes(self) -> int:
        """The units that are not free."""
        return max(0, self.quantite - self.gratuits)


def unitaire(d: Demande) -> Decimal:
    """Return units x price.

    >>> unitaire(Demande(12, [Decimal("0.35")], gratuits=2))
    Decimal('3.50')
    """
    return d.payantes * d.prix[0]


def forfait(d: Demande) -> Decimal:
    """Return the price of the bracket, whatever the quantity."""
    return d.prix[d.rang - 1]


def volume(d: Demande) -> Decimal:
    """Return all units at the price of the bracket that the total falls in.

    >>> volume(Demande(11, [Decimal("9"), Decimal("8")], rang=2, bornes=[10]))
    Decimal('88')
    """
    return d.payantes * d.prix[d.rang - 1]


def progressif(d: Demande) -> Decimal:
    """Return each unit at the price of its own bracket; the free ones are the first.

    >>> progressif(Demande(12, [Decimal("9"), Decimal("8")], rang=2, bornes=[10]))
    Decimal('106')
    """
    total, start = Decimal(0), d.gratuits
    for rank, prix in enumerate(d.prix):
        end = min(d.quantite, d.bornes[rank]) if rank < len(d.bornes) else d.quantite
        total += max(0, end - start) * prix
        start = max(start, end)
    return total


def lot(d: Demande) -> Decimal:
    """Return the packages begun x price.

    >>> lot(Demande(101, [Decimal("40")], taille=100))
    Decimal('80')
    """
    return -(-d.payantes // d.taille) * d.prix[0]


@dataclass(frozen=True)
class Modele:
    """How a model prices, and what a row of it says."""

    montant: Callable[[Demande], Decimal]
    compte: bool
    """Whether it counts something: `par`."""
    tranches: Literal["requises", "admises", "refusees"]
    taille: bool = False
    """Whether it has the size of a package."""


MODELES = {
    "unitaire": Modele(unitaire, compte=True, tranches="refusees"),
    "forfait": Modele(forfait, compte=False, tranches="admises"),
    "volume": Modele(volume, compte=True, tranches="requises"),
    "progressif": Modele(progressif, compte=True, tranches="requises"),
    "lot": Modele(lot, compte=True, tranches="refusees", taille=True),
}
