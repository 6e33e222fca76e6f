"""The fields of the template of the yearly statement that article 4 of the convention promises to each member.

As in `context`, each with its explanation and where its value comes from; `statement` makes what they print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from docgen import formats
from docgen.champs.pack import CHAMPS, Accord, Champ, capital, curly
from docgen.champs.volets import NOTHING, price
from docgen.law.annee import REGLES, Ligne, Periode
from docgen.law.contrats import AVENANT, AVIS
from docgen.model.fiches import Envoi, Facturation, Membre, Syndicat
from docgen.model.formes import FEMININE

NBSP = formats.NBSP
KINDS = ("HT", "TTC")


@dataclass(frozen=True)
class DossierEtat:
    """All that is known about the statement of one member."""

    syndicat: Syndicat
    membre: Membre
    annee: int
    textes: Sequence[Envoi]
    """The convention and the avenants in force in the year or before, in the order of signature."""
    periodes: Sequence[Periode]
    lignes: Sequence[Ligne]
    regles: Sequence[str] = ("mois_commence",)
    """How the months of the tarifs count."""

    @property
    def facturation(self) -> Facturation | None:
        """The Chorus Pro codes of the year's exercice; those of another exercice are worth nothing here."""
        return next((codes for codes in self.membre.facturation if codes.exercice == self.annee), None)

    @property
    def totaux(self) -> dict[str, Decimal]:
        """The total of each kind that there is, HT then TTC, in euros: the two are never added."""
        kinds = [kind for kind in KINDS if any(ligne.prix_en == kind for ligne in self.lignes)]
        return {k: sum((x.montant for x in self.lignes if x.prix_en == k), Decimal(0)) for k in kinds}


def _texts(d: DossierEtat) -> str:
    said, avenants = [], 0
    for text in d.textes:
        avenants += text.document == AVENANT
        day = formats.long_date(text.signe_le or text.envoye_le)
        names = {AVENANT: f"avenant n°{NBSP}{avenants} signé le {day}", AVIS: f"grille révisée par avis du {day}"}
        what = names.get(text.document or "", f"convention signée le {day}")
        former = next((m for m in d.membre.predecesseurs if text in m.histoire), None)
        whose = f" par {_name_of(former)}" if former else ""
        said.append(f"{what}{whose} (édition{NBSP}{text.edition})")
    if d.membre.predecesseurs and d.membre.succede_le:
        said.append(f"contrats repris le {formats.long_date(d.membre.succede_le)}")
    return capital(formats.listing(said))


def _name_of(membre: Membre) -> str:
    return Accord(curly(membre.nom), membre.nom.split()[0].casefold() in FEMININE).le


def _periods(d: DossierEtat) -> str:
    said = []
    for period in d.periodes:
        first, last = formats.MONTHS[period.premier - 1], formats.MONTHS[period.dernier - 1]
        months = first if period.mois == 1 else f"{'d’' if formats.elides(first) else 'de '}{first} à {last}"
        said.append(f"{months} (édition{NBSP}{period.edition})")
    return capital(formats.listing(said))


def _rows(d: DossierEtat) -> list[dict[str, str]]:
    return [
        dict(
            volet=curly(row.volet),
            service=re.sub(r"(?<=\d) (?=\w)", NBSP, curly(row.service)),
            edition=row.edition,
            quantite=NOTHING if row.quantite is None else formats.number(row.quantite),
            unite=row.unite or NOTHING,
            mois=NOTHING if row.mois is None else said_months(row.mois),
            prix=NOTHING if row.prix is None else f"{price(row.prix)}{NBSP}{row.prix_en}",
            montant=f"{formats.euros(row.montant)}{NBSP}{row.prix_en}",
        )
        for row in d.lignes
    ]


def said_months(months: Fraction) -> str:
    """Return a number of months, to the hundredth: « 7 », « 2,45 »."""
    exact = Decimal(months.numerator) / months.denominator
    return str(formats.number(exact.quantize(Decimal("0.01")).normalize() if exact % 1 else int(exact)))


def _totals(d: DossierEtat) -> list[dict[str, str]]:
    return [dict(libelle=f"Total {k}", montant=f"{formats.euros(v)}{NBSP}{k}") for k, v in d.totaux.items()]


def _rule(d: DossierEtat) -> str:
    return " ; ".join(REGLES[rule] for rule in dict.fromkeys(d.regles))


ETAT = (
    Champ("etat.annee", "Année de l’état, qui est aussi l’exercice des codes", lambda d: str(d.annee)),
    Champ("etat.textes", "La convention et les avenants, avec la date de leur signature", _texts),
    Champ("etat.periodes", "Les mois dus et l’édition qui en fixe les prix", _periods),
    Champ("etat.regle", "Comment les mois se comptent", _rule),
    Champ("etat.lignes", "Les prestations, ligne par ligne", _rows),
    Champ("etat.lignes[].volet", "Volet"),
    Champ("etat.lignes[].service", "Service"),
    Champ("etat.lignes[].edition", "Édition qui en fixe le prix"),
    Champ("etat.lignes[].quantite", "Ce qui se multiplie"),
    Champ("etat.lignes[].unite", "Ce qui se compte : « utilisateurs »"),
    Champ("etat.lignes[].mois", "Nombre de mois dus"),
    Champ("etat.lignes[].prix", "Prix de l’unité, ou forfait, avec HT ou TTC"),
    Champ("etat.lignes[].montant", "Montant de la ligne, avec HT ou TTC"),
    Champ("etat.totaux", "Un total HT, un total TTC, ou les deux", _totals),
    Champ("etat.totaux[].libelle", "« Total TTC »"),
    Champ("etat.totaux[].montant", "Montant du total, avec HT ou TTC"),
    Champ("etat.deux_totaux", "Vrai si des lignes sont HT et d’autres TTC", lambda d: len(d.totaux) > 1),
)  # fmt: skip

SHARED = ("syndicat.", "membre.", "facturation.code_service", "facturation.numero_engagement")
CHAMPS_ETAT = (*(champ for champ in CHAMPS if champ.chemin.startswith(SHARED)), *ETAT)
KNOWN_ETAT = {champ.chemin: champ for champ in CHAMPS_ETAT}
