"""What a member owes for one year: each month by what it had contracted and by the prices in force in that month.

Amounts are euros, HT or TTC as the tarif says, and the two are never added. A month counts, under the subscription and
the edition in force on its first day of service, as the tarif's `prorata` says; by day, each day counts under its own.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal

from docgen.law import contrats, souscriptions, tarif
from docgen.law.contrats import AVENANT, AVIS, Contrat, EditionOf
from docgen.law.tarif import Faits
from docgen.model.edition import LigneTarif, Tarif, Volet
from docgen.model.fiches import Consommation, Envoi, Membre

REGLES = {
    "jour": "Chaque jour de service est dû",
    "mois_commence": "Tout mois commencé est dû",
    "mois_entier": "Seuls les mois entiers sont dus",
    "annee_commencee": "Toute année commencée est due",
}
"""How each `prorata` is said in a statement."""


@dataclass(frozen=True)
class Periode:
    """Months that follow one another, all owed under the same edition."""

    edition: str
    premier: int
    """The first month, 1 to 12."""
    dernier: int
    """The last month, itself owed."""

    @property
    def mois(self) -> int:
        """How many months are owed."""
        return self.dernier - self.premier + 1


@dataclass(frozen=True)
class Ligne:
    """What one service costs under one edition."""

    service: str
    edition: str
    quantite: int | None
    """None where nothing is counted."""
    mois: Fraction | None
    """Months owed; None for what is not owed by the month or by the year."""
    prix: Decimal | None
    """Euros, of a unit or a flat fee per period; None where each unit has the price of its bracket."""
    montant: Decimal
    """Euros, HT or TTC as `prix_en` says, to the cent."""
    prix_en: Literal["HT", "TTC"]
    volet: str = ""
    """Its title."""
    unite: str = ""
    """What is counted: « utilisateurs »."""


@dataclass(frozen=True)
class Part:
    """A part of a year under one subscription and one edition."""

    contrat: Contrat
    edition: str
    mois: Fraction
    annee: Fraction
    """How much of the year it is."""


class NotStated(Exception):
    """A volet that cannot be stated: half a statement would be taken for the whole."""

    def __init__(self, code: str, why: str, mend: str) -> None:
        super().__init__(why)
        self.code, self.mend = code, mend


def first_day(membre: Membre) -> date:
    """Return the first day that is its own: of who succeeds to others, the day of the succession."""
    return membre.succede_le or date.min


def last_day(membre: Membre, year: int) -> date:
    """Return the last day that is owed in a year: `parti_le` is the last day of service."""
    return min(date(year, 12, 31), membre.parti_le or date.max)


def setting_prices(membre: Membre, until: date, edition_of: EditionOf, volet: str | None = None) -> list[Envoi]:
    """Return what set the prices of a member by a day, the annex of a volet included: packs, avenants, notices.

    A notice amends what is signed: alone, it sets nothing.
    """
    found = [
        sent
        for sent in membre.histoire
        if contrats.bound_on(sent) <= until
        and (sent.document in (AVENANT, AVIS) or contrats.is_pack(sent, edition_of) or _of(sent, volet, edition_of))
    ]
    found.sort(key=contrats.bound_on)
    while found and found[0].document == AVIS:
        found.pop(0)
    return found


def _of(sent: Envoi, volet: str | None, edition_of: EditionOf) -> bool:
    return volet is not None and contrats.volet_of(sent, edition_of) == volet


def periods(membre: Membre, year: int, edition_of: EditionOf) -> list[Periode]:
    """Return the months of a year in which a signed convention runs, by edition; a month counts once it is begun."""
    until = last_day(membre, year)
    signed = setting_prices(membre, until, edition_of)
    owed = []
    for month in range(1, 13) if signed else ():
        first = max(date(year, month, 1), contrats.bound_on(signed[0]), first_day(membre))
        if first <= min(date(year, month, monthrange(year, month)[1]), until):
            owed.append((month, [text for text in signed if contrats.bound_on(text) <= first][-1].edition))
    found = []
    for edition, group in groupby(owed, key=lambda item: item[1]):
        months = [month for month, _ in group]
        found.append(Periode(edition, months[0], months[-1]))
    return found


def inherited(membre: Membre, edition_of: EditionOf) -> list[tuple[Membre, dict[str, list[Contrat]]]]:
    """Return what those that a member succeeds had contracted, each as it goes on with the member: from its first day.

    The contracts of each go on under their own conditions (CGCT L2113-5), until the member has its own for the volet.
    """
    own = contrats.contracted(membre.succeeding(()), edition_of)
    found = []
    for former in membre.predecesseurs:
        goes_on = {"succede_le": membre.succede_le, "parti_le": membre.parti_le, "consommations": membre.consommations}
        held = {
            name: [replace(one, fin=_earlier(one.fin, own.get(name, ()))) for one in one_by_one]
            for name, one_by_one in contrats.contracted(former, edition_of).items()
        }
        found.append((former.model_copy(update=goes_on), held))
    return found


def _earlier(end: date | None, own: Sequence[Contrat]) -> date | None:
    """Return the last day of a contract that goes on: its end, or the eve of the first that the heir signed itself."""
    days = [end] if end else []
    days += [min(one.depuis for one in own) - timedelta(days=1)] if own else []
    return min(days, default=None)


def lines(
    membre: Membre, year: int, volet: str, contracts: Sequence[Contrat], edition_of: EditionOf,
    besides: Sequence[Contrat] = (),
) -> list[Ligne]:  # fmt: skip
    """Return what a member owes for a volet. Raises `NotStated`; `contracts` are those of the volet.

    `besides` are contracts of the same service that are stated elsewhere: a month that one of them begins is theirs.
    """
    until = last_day(membre, year)
    texts = setting_prices(membre, until, edition_of, volet)
    served = list(_days(membre, year, contracts, besides, texts))
    days = [one for one in served if one[1].fin != ELSEWHERE]
    if not days:
        return []
    owed: list[Ligne] = []
    shares: dict[str, list[tuple[Tarif, Fraction]]] = {}
    for edition in dict.fromkeys(edition for _, _, edition in days):
        found = _volet(volet, edition, edition_of)
        if found.tarif:
            mine = [part for part in parts(served, year, found.tarif.prorata) if part.edition == edition]
            shares.setdefault(found.tarif.prix_en, []).append((found.tarif, sum((p.annee for p in mine), Fraction(0))))
    consumed = _consumption(membre, year, volet, [edition for _, _, edition in days], edition_of)
    for edition in dict.fromkeys(edition for _, _, edition in days):
        found = _volet(volet, edition, edition_of)
        for ligne in found.tarif.lignes if found.tarif else ():
            owed += _of_ligne(membre, year, found, ligne, edition, served, contracts, consumed.get(edition))
    return [*owed, *_adjusted(owed, shares, days[-1][2], _volet(volet, days[-1][2], edition_of))]


Day = tuple[date, Contrat, str]
"""A day of service: what holds, and the edition of its prices."""


ELSEWHERE = date.min
"""The end of a contract, on a day that is stated with another member or another contract."""


def _days(
    membre: Membre, year: int, contracts: Sequence[Contrat], besides: Sequence[Contrat], texts: Sequence[Envoi]
) -> Iterator[Day]:
    """Yield the days of service, those that are stated elsewhere too: who succeeds goes on with what was begun."""
    until = date(year, 12, 31) if membre.repris else last_day(membre, year)
    day = date(year, 1, 1)
    while texts and day <= until:
        held = contrats.in_force(contracts, day)
        mine = first_day(membre) <= day <= last_day(membre, year)
        if held is None or not mine:
            other = held or contrats.in_force(besides, day)
            held = replace(other, fin=ELSEWHERE) if other else None
        if held:
            begun = [text for text in texts if contrats.bound_on(text) <= day]
            yield day, held, (begun[-1] if begun else texts[0]).edition
        day += timedelta(days=1)


def parts(days: Sequence[Day], year: int, prorata: str) -> list[Part]:
    """Return the parts of a year, given its days of service, as they count by that `prorata`."""
    counted: list[tuple[Contrat, str, Fraction, Fraction]] = []
    length = 366 if isleap(year) else 365
    for month, group in groupby(days, key=lambda one: one[0].month):
        served = list(group)
        in_month = monthrange(year, month)[1]
        if prorata == "jour":
            counted += [(held, edition, Fraction(1, in_month), Fraction(1, length)) for _, held, edition in served]
        elif prorata != "mois_entier" or len(served) == in_month:
            counted.append((served[0][1], served[0][2], Fraction(1), Fraction(1, 12)))
    if prorata == "annee_commencee" and counted:
        missing = 12 - len(counted)
        held, edition, _, _ = counted[-1]
        counted += [(held, edition, Fraction(1), Fraction(1, 12))] * missing
    found = []
    for (held, edition), rows in groupby(counted, key=lambda one: (one[0], one[1])):
        shares = list(rows)
        found.append(
            Part(held, edition, sum((s[2] for s in shares), Fraction(0)), sum((s[3] for s in shares), Fraction(0)))
        )
    return [part for part in found if part.contrat.fin != ELSEWHERE]


def _volet(volet: str, edition: str, edition_of: EditionOf) -> Volet:
    known = edition_of(edition)
    found = known.volet(volet) if known else None
    if found is None:
        raise NotStated("etat-sans-prix", f"l'édition {edition} n'a pas de volet « {volet} »", BY_HAND)
    return found


BY_HAND = "Cet état est à établir à la main."


def _consumption(
    membre: Membre, year: int, volet: str, editions: Sequence[str], edition_of: EditionOf
) -> dict[str, Consommation]:
    """Return the consumption of the year by edition of its prices; nothing where nothing is counted afterwards."""
    priced = {name: _measured(_volet(volet, name, edition_of)) for name in dict.fromkeys(editions)}
    if not any(priced.values()):
        return {}
    used = [one for one in membre.consommations if one.volet == volet and one.exercice == year]
    if not used:
        mend = f"Ajoutez à sa fiche « consommations: [{{volet: {volet}, exercice: {year}, …}}] », même à 0."
        raise NotStated("etat-sans-consommation", f"la consommation de « {volet} » en {year} n'est pas notée", mend)
    whole = [one for one in used if one.edition is None]
    if whole and len(set(priced.values())) > 1:
        mend = f"Donnez une consommation par édition, « edition: {editions[-1]} »."
        said = f"le prix de « {volet} » a changé en {year} : sa consommation doit dire à quelle édition elle revient"
        raise NotStated("consommation-a-partager", said, mend)
    found = {one.edition or editions[-1]: one for one in used}
    for name in found.keys() ^ priced.keys() if not whole else found.keys() - priced.keys():
        said = f"la consommation de « {volet} » en {year} et les éditions en vigueur ne vont pas ensemble : {name}"
        mend = f"Donnez une consommation pour chacune : {', '.join(priced)}."
        raise NotStated("consommation-a-partager", said, mend)
    return found


def _measured(volet: Volet) -> tuple[LigneTarif, ...]:
    return tuple(li for li in volet.tarif.lignes if li.mesure == "consomme") if volet.tarif else ()


def _of_ligne(
    membre: Membre, year: int, volet: Volet, ligne: LigneTarif, edition: str, days: Sequence[Day],
    contracts: Sequence[Contrat], used: Consommation | None,
) -> Iterator[Ligne]:  # fmt: skip
    """Yield what a row of the prices of an edition costs in the year."""
    rule = volet.tarif
    assert rule
    mine = [one for one in days if one[1].fin != ELSEWHERE]
    if ligne.mesure == "consomme":
        held = next(one for _, one, name in reversed(mine) if name == edition)
        if used is not None:
            yield from _line(volet, rule, ligne, edition, _faits(membre, year, volet, held, used), None, Fraction(1))
        return
    if ligne.periode == "fois":
        first = min(contracts, key=lambda one: one.depuis)
        begun = first.depuis.year == year and first.depuis >= first_day(membre)
        if begun and mine[0][2] == edition:
            yield from _line(volet, rule, ligne, edition, _faits(membre, year, volet, first), None, Fraction(1))
        return
    for part in parts(days, year, ligne.prorata or rule.prorata):
        if part.edition == edition:
            share = part.mois if ligne.periode == "mois" else part.annee
            yield from _line(volet, rule, ligne, edition, _faits(membre, year, volet, part.contrat), part.mois, share)


def _faits(membre: Membre, year: int, volet: Volet, held: Contrat, used: Consommation | None = None) -> Faits:
    said = dict(held.souscription.reponses) | (used.reponses if used else {})
    try:
        return souscriptions.faits(volet, membre, said, year)
    except ValueError as error:
        raise NotStated("etat-sans-prix", f"une réponse du volet « {volet.id} » n'est pas lisible", BY_HAND) from error


def _line(
    volet: Volet, rule: Tarif, ligne: LigneTarif, edition: str, known: Faits, mois: Fraction | None, share: Fraction
) -> Iterator[Ligne]:
    """Yield the line, for a share of the months or of the year; nothing when the member does not pay that row."""
    concerned = [one for one in rule.lignes if tarif.concerns(one, known)]
    if not concerned or any(row is ligne for row, _ in tarif.missing(rule, known)):
        said = f"l'édition {edition} n'a pas de prix pour sa souscription ({volet.id})"
        raise NotStated("etat-sans-prix", said, BY_HAND)
    if ligne not in concerned or not share:
        return
    price = tarif.price(rule, ligne, known)
    amount = tarif.amount(rule, ligne, known) * share.numerator / share.denominator
    counted = tarif.quantity(ligne, known)
    unit = volet.unite(ligne.par) if ligne.par else ""
    yield Ligne(ligne.intitule, edition, counted, mois, price, tarif.cent(amount), rule.prix_en, volet.titre, unit)


def _adjusted(
    owed: Sequence[Ligne], shares: Mapping[str, Sequence[tuple[Tarif, Fraction]]], edition: str, volet: Volet
) -> Iterator[Ligne]:
    """Yield what brings the year to its minimum or its ceiling, each for the share of the year that it held."""
    for kind, rules in shares.items():
        total = sum((line.montant for line in owed if line.prix_en == kind), Decimal(0))
        least, most = (_share(rules, name) for name in ("minimum", "plafond"))
        for row in tarif.adjusted(tarif.within(total, least, most) - total):
            yield Ligne(row.libelle, edition, None, None, None, row.montant, _kind(kind), volet.titre)


def _kind(kind: str) -> Literal["HT", "TTC"]:
    return "HT" if kind == "HT" else "TTC"


def _share(rules: Sequence[tuple[Tarif, Fraction]], name: str) -> Decimal | None:
    """Return the limit of a year; None as soon as one of its editions has none."""
    limits = [(getattr(rule, name), share) for rule, share in rules]
    if any(limit is None for limit, _ in limits):
        return None
    return tarif.cent(sum((limit * share.numerator / share.denominator for limit, share in limits), Decimal(0)))
