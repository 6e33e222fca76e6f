"""What a member pays for a volet: the cells that the rule gives, the rows that concern it, their amounts.

All amounts are euros, HT or TTC as `prix_en` of the tarif says. A cell is the HT base price less its degression,
rounded, then VAT, then rounded again, where `arrondis` puts roundings, half up as public accounting does. A member
pays the voted cells: `records` vouches that they are the computed ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from docgen import formats
from docgen.law.modeles import MODELES, Demande
from docgen.model.edition import LigneTarif, Tarif

CENT = Decimal("0.01")
MONTHS_PER_YEAR = 12
COMPLEMENT, PLAFOND = "Complément pour atteindre le minimum annuel", "Réduction au plafond annuel"
Faits = Mapping[str, int | bool | str]
"""What a member answers and what is known of it: by the id of the question, `population`, `agents`."""


@dataclass(frozen=True)
class Due:
    """What one row costs to one member."""

    libelle: str
    service: str
    """What it is called outside the grid."""
    periode: str
    """mois, an or fois."""
    montant: Decimal
    """Per `periode`, to the cent; of what is counted afterwards, for the quantity foreseen in a year."""
    bloc: str = ""
    prix: Decimal | None = None
    """Of a unit, of a package, or the flat fee; None where each unit has the price of its bracket."""
    par: str | None = None
    quantite: int | None = None
    rang: int = 1
    """Its bracket, from 1."""
    consomme: bool = False

    @property
    def unique(self) -> Decimal:
        """What is due once, at the subscription."""
        return self.montant if self.periode == "fois" and not self.consomme else Decimal(0)

    @property
    def mensuel(self) -> Decimal:
        """What is due each month."""
        return self.montant if self.periode == "mois" else Decimal(0)

    @property
    def annuel(self) -> Decimal:
        """What is due each year."""
        return self.montant * (MONTHS_PER_YEAR if self.periode == "mois" else 1) - self.unique


@dataclass(frozen=True)
class Montants:
    """What a member pays for a volet."""

    lignes: tuple[Due, ...]
    """With what brings their sum to the minimum or the ceiling of the year, if it is beyond."""

    @property
    def prix(self) -> Decimal:
        """The sum of the unit prices."""
        return sum((ligne.prix or Decimal(0) for ligne in self.lignes), Decimal(0))

    @property
    def mensuel(self) -> Decimal:
        """Per month."""
        return sum((ligne.mensuel for ligne in self.lignes), Decimal(0))

    @property
    def annuel(self) -> Decimal:
        """Per year, once-only fees left out."""
        return sum((ligne.annuel for ligne in self.lignes), Decimal(0))

    @property
    def unique(self) -> Decimal:
        """Once, at the subscription."""
        return sum((ligne.unique for ligne in self.lignes), Decimal(0))


def cent(amount: Decimal) -> Decimal:
    """Round to the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def size(tarif: Tarif, ligne: LigneTarif) -> int:
    """Return how many prices a row has."""
    scale = tarif.echelle(ligne)
    return scale.nombre if scale else 1


def cells(tarif: Tarif, ligne: LigneTarif) -> tuple[Decimal, ...]:
    """Return the prices that the rule of a row gives, one a bracket; those that were voted when it has none."""
    if ligne.ht is None:
        return ligne.votee
    taxes = tarif.tva if ligne.tva is None else ligne.tva
    found = []
    for step in range(size(tarif, ligne)):
        price = ligne.ht * (1 - (ligne.degression or Decimal(0)) * step / 100)
        price = cent(price) if "ht" in ligne.arrondis else price
        if tarif.prix_en == "TTC":
            price *= 1 + taxes / 100
            price = cent(price) if "ttc" in ligne.arrondis else price
        found.append(price)
    return tuple(found)


def concerns(ligne: LigneTarif, faits: Faits) -> bool:
    """Tell whether a member who answers so pays this row."""
    return all(said(faits.get(name)) in admitted for name, admitted in ligne.si)


def said(value: int | bool | str | None) -> str:
    """Return an answer as a record writes it: « oui », « 3 To », « 24 »."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "" if value is None else str(value)


def quantity(ligne: LigneTarif, faits: Faits) -> int | None:
    """Return what a row counts; None when it counts nothing, or when it is not known."""
    found = faits.get(ligne.par) if ligne.par else None
    return found if isinstance(found, int) else None


def rank(tarif: Tarif, ligne: LigneTarif, faits: Faits) -> int | None:
    """Return the bracket of a row, from 1; None when the quantity is not known or has no bracket."""
    scale = tarif.echelle(ligne)
    if scale is None:
        return 1
    found = faits.get(scale.de)
    return scale.rang(found) if isinstance(found, int) else None


def missing(tarif: Tarif, faits: Faits) -> list[tuple[LigneTarif, str]]:
    """Return the rows that a member pays and that have no price for it, each with what lacks or has no bracket."""
    found = []
    for ligne in tarif.lignes:
        if not concerns(ligne, faits):
            continue
        scale = tarif.echelle(ligne)
        if ligne.par and quantity(ligne, faits) is None:
            found.append((ligne, ligne.par))
        elif scale and rank(tarif, ligne, faits) is None:
            found.append((ligne, scale.de))
    return found


def amount(tarif: Tarif, ligne: LigneTarif, faits: Faits) -> Decimal:
    """Return what a row costs per period, to the cent. `missing` must not name it."""
    scale = tarif.echelle(ligne)
    free = tarif.gratuits if ligne.gratuits is None else ligne.gratuits
    model = MODELES[ligne.modele]
    asked = Demande(
        quantity(ligne, faits) or 0, ligne.votee, rank(tarif, ligne, faits) or 1, scale.bornes if scale else (),
        (free or 0) if model.compte else 0, ligne.taille or 1,
    )  # fmt: skip
    return cent(within(model.montant(asked), ligne.minimum, ligne.plafond))


def price(tarif: Tarif, ligne: LigneTarif, faits: Faits) -> Decimal | None:
    """Return the price of a unit, of a package, or the flat fee; None where each unit has that of its bracket."""
    return None if ligne.modele == "progressif" else ligne.votee[(rank(tarif, ligne, faits) or 1) - 1]


def within(value: Decimal, least: Decimal | None, most: Decimal | None) -> Decimal:
    """Return the amount, at least the minimum and at most the ceiling."""
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)


def due(tarif: Tarif, faits: Faits) -> Montants:
    """Return what a member who answers so pays. `missing` must be empty."""
    rows = [_due(tarif, ligne, faits) for ligne in tarif.lignes if concerns(ligne, faits)]
    total = sum((row.annuel for row in rows), Decimal(0))
    beyond = within(total, tarif.minimum, tarif.plafond) - total
    return Montants((*rows, *adjusted(beyond)))


def adjusted(beyond: Decimal) -> Iterable[Due]:
    """Return the row that brings a year to its minimum or to its ceiling; none when it is between them."""
    if beyond:
        label = COMPLEMENT if beyond > 0 else PLAFOND
        return [Due(label, label, "an", cent(beyond))]
    return []


def _due(tarif: Tarif, ligne: LigneTarif, faits: Faits) -> Due:
    return Due(
        ligne.libelle, ligne.intitule, ligne.periode, amount(tarif, ligne, faits), ligne.bloc,
        price(tarif, ligne, faits), ligne.par, quantity(ligne, faits), rank(tarif, ligne, faits) or 1,
        ligne.mesure == "consomme",
    )  # fmt: skip


def label(tarif: Tarif, scale: str, where: int, unit: str) -> str:
    """Return the name of a bracket (from 1): « Jusqu’à 30 utilisateurs », « Moins de 500 habitants »."""
    found = next(one for one in tarif.tranches if one.id == scale)
    inclusive = bool(found.jusqu_a)
    bounds = found.jusqu_a or found.moins_de
    if where <= len(bounds):
        return f"{'Jusqu’à' if inclusive else 'Moins de'} {formats.number(bounds[where - 1])} {unit}"
    if inclusive:
        return f"Au-delà de {formats.number(bounds[-1])} {unit}"
    return f"{formats.number(bounds[-1])} {unit} et plus"
