"""The fields that an edition's volets give to its templates: what a member takes, what it pays, the price grid.

In a piece of a volet, `souscription`, `montants` and `grille` are that volet's; so they are everywhere when the edition
has but one. `volet.<id>.…`, `volets`, `volets_proposes` and `montants.total` are in every piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from itertools import takewhile
from typing import Any

from markupsafe import Markup

from docgen import formats
from docgen.champs.blank import BLANK, Blank
from docgen.champs.pack import CHAMPS, Champ, Dossier, curly
from docgen.law import souscriptions, tarif
from docgen.law.tarif import Due, Faits, Montants
from docgen.model.edition import Choix, Edition, LigneTarif, Tarif, Tranches, Volet

CHOSEN, PLAIN = Markup("D9E6F5"), Markup("FFFFFF")
"""Background colours of the grid, for `{% cellbg %}`; `Markup` says that they are not text to print."""
NOTHING = "–"
"""Printed where there is nothing to say: a volet that is not taken, a row that counts nothing."""
PERIODES = {"mois": "par mois", "an": "par an", "fois": "une fois"}
RESERVED = frozenset(("date_effet", "categorie"))
"""What `souscription` says besides the answers: no question may have that name."""
OWN = ("souscription.", "montants.", "grille.")
"""How the fields of a volet begin in its own piece."""


@dataclass(frozen=True)
class Prise:
    """What a member says of a volet."""

    volet: Volet
    faits: Faits
    montants: Montants | None
    taken: bool
    chosen: bool
    """Whether it has chosen anything at all: what it does not take is then no blank."""


def prise(d: Dossier, volet: Volet) -> Prise:
    """Return what the member says of a volet."""
    if volet.id not in d.prises:
        d.prises[volet.id] = _prise(d, volet)
    found: Prise = d.prises[volet.id]
    return found


def _prise(d: Dossier, volet: Volet) -> Prise:
    taken = d.souscriptions.get(volet.id)
    if taken is None:
        return Prise(volet, {}, None, False, bool(d.souscriptions))
    known = souscriptions.faits(volet, d.membre, taken.reponses)
    return Prise(volet, known, souscriptions.montants(volet, known), True, True)


def price(amount: Decimal) -> formats.Montant:
    """Return a price as it is printed, with all its decimals."""
    return formats.Montant(formats.exactly(amount), amount)


def said(value: int | bool | str | None) -> Any:
    """Return an answer as it is printed: « 24 », « oui », « 3 To »."""
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.number(value)
    return re.sub(r"(?<=\d) (?=\w)", formats.NBSP, curly(tarif.said(value)))


Read = Callable[[Prise], Any]


def _own(volet: Volet, read: Read) -> Callable[[Dossier], Any]:
    """Return a getter that gives None, hence a blank, while the member has chosen nothing."""

    def get(d: Dossier) -> Any:
        found = prise(d, volet)
        if found.taken:
            return read(found)
        return NOTHING if found.chosen else None

    return get


def _due(read: Callable[[Montants], Any]) -> Read:
    return lambda p: read(p.montants) if p.montants else None


def _answer(choix: Choix) -> Read:
    return lambda p: said(p.faits[choix.id]) if choix.id in p.faits else None


def fields_of(volet: Volet, prefix: str, blanc: str) -> Iterator[Champ]:
    """Yield the fields of a volet, each behind the prefix; `blanc` is what its blanks are called."""
    for choix in volet.choix:
        yield Champ(f"{prefix}souscription.{choix.id}", curly(choix.libelle), _own(volet, _answer(choix)), blanc)
    yield Champ(
        f"{prefix}souscription.date_effet", "« à compter du 1er juillet 2023 », ou de la signature", _effect(volet)
    )
    if volet.tarif:
        yield from _money(volet, volet.tarif, prefix, blanc)
        yield from _grid(volet, volet.tarif, prefix)


def _effect(volet: Volet) -> Callable[[Dossier], str]:
    def get(d: Dossier) -> str:
        taken = d.souscriptions.get(volet.id)
        day = taken.depuis if taken else None
        return f"à compter du {formats.long_date(day)}" if day else "à compter de la signature"

    return get


def _money(volet: Volet, rule: Tarif, prefix: str, blanc: str) -> Iterator[Champ]:
    kind = rule.prix_en
    if len(rule.tranches) == 1:
        scale = rule.tranches[0]
        yield Champ(f"{prefix}souscription.categorie", "Catégorie tarifaire", _own(volet, _category(scale)), blanc)
    top = f"{prefix}montants"
    yield Champ(f"{top}.lignes", "Ce que le membre paie, ligne par ligne", lambda d: _rows(prise(d, volet), rule))
    yield Champ(f"{top}.lignes[].libelle", "Service")
    yield Champ(f"{top}.lignes[].prix", f"Prix de l'unité, ou forfait, {kind}")
    yield Champ(f"{top}.lignes[].quantite", "Ce qui se multiplie")
    for par in counted(rule):
        yield Champ(f"{top}.lignes[].{par}", f"Nombre : {volet.unite(par)}")
    yield Champ(f"{top}.lignes[].periode", "« par mois », « par an », « une fois », « à l'usage »")
    yield Champ(f"{top}.lignes[].montant", f"Montant par période, {kind}")
    yield Champ(f"{top}.lignes[].mensuel", f"Montant par mois, {kind}")
    yield Champ(f"{top}.lignes[].annuel", f"Montant par an, {kind}")
    if one_unit(rule):
        per = f"par {volet.unite(counted(rule)[0])}".removesuffix("s")
        often = {"mois": " et par mois", "an": " et par an", "fois": ""}[rule.lignes[0].periode]
        yield Champ(f"{top}.prix", f"Total {per}{often}, {kind}", _own(volet, _due(lambda m: price(m.prix))), blanc)
    if any(ligne.periode == "mois" for ligne in rule.lignes):
        monthly = _own(volet, _due(lambda m: formats.euros(m.mensuel)))
        yield Champ(f"{top}.mensuel", f"Total par mois, {kind}", monthly, blanc)
    if once(rule):
        yield Champ(
            f"{top}.unique",
            f"Ce qui est dû une seule fois, {kind}",
            _own(volet, _due(lambda m: formats.euros(m.unique))),
            blanc,
        )
    yield Champ(f"{top}.annuel", f"Total par an, {kind}", _own(volet, _due(lambda m: formats.euros(m.annuel))), blanc)


def counted(rule: Tarif) -> list[str]:
    """Return what the rows of a tarif count, once each."""
    return list(dict.fromkeys(ligne.par for ligne in rule.lignes if ligne.par))


def one_unit(rule: Tarif) -> bool:
    """Tell whether the unit prices of the rows add up: they count the same thing, over the same time."""
    alike = {(ligne.par, ligne.periode, ligne.mesure) for ligne in rule.lignes}
    return len(alike) == 1 and all(ligne.modele in ("unitaire", "volume") for ligne in rule.lignes)


def once(rule: Tarif) -> bool:
    """Tell whether something is due once only."""
    return any(ligne.periode == "fois" and ligne.mesure == "souscrit" for ligne in rule.lignes)


def _category(scale: Tranches) -> Read:
    def read(p: Prise) -> Any:
        quantity = p.faits.get(scale.de)
        rank = scale.rang(quantity) if isinstance(quantity, int) else None
        return formats.number(rank) if rank else None

    return read


def _rows(p: Prise, rule: Tarif) -> list[dict[str, Any]]:
    """One row per service paid; while nothing is chosen, one row of blanks per part of the grid."""
    if p.montants is None:
        return [] if p.chosen else list(_blank_rows(rule))
    return [_row(due, rule) for due in p.montants.lignes]


def _row(due: Due, rule: Tarif) -> dict[str, Any]:
    quantity = NOTHING if due.quantite is None else formats.number(due.quantite)
    return dict(
        libelle=curly(due.service),
        prix=NOTHING if due.prix is None else price(due.prix),
        quantite=quantity,
        periode="à l’usage" if due.consomme else PERIODES[due.periode],
        montant=formats.euros(due.montant),
        mensuel=formats.euros(due.mensuel) if due.periode == "mois" else NOTHING,
        annuel=formats.euros(due.annuel),
        **{par: quantity if par == due.par else NOTHING for par in counted(rule)},
    )


def _blank_rows(rule: Tarif) -> Iterator[dict[str, Any]]:
    blocs: dict[str, list[LigneTarif]] = {}
    for ligne in rule.lignes:
        blocs.setdefault(ligne.bloc, []).append(ligne)
    what = dict(prix="prix", quantite="quantité", montant="montant", mensuel="par mois", annuel="par an")
    what |= {par: "quantité" for par in counted(rule)}
    for number, lignes in enumerate(blocs.values(), 1):
        blanks = {
            name: Blank(f"montants.lignes.{number}.{name}", f"Ligne {number} : {text}") for name, text in what.items()
        }
        period = "à l’usage" if lignes[0].mesure == "consomme" else PERIODES[lignes[0].periode]
        yield {"libelle": _common([ligne.intitule for ligne in lignes]), "periode": period, **blanks}


def _common(labels: Sequence[str]) -> str:
    """Return what labels have in common, dots for the rest: « Stockage et sauvegarde – …… To »."""
    if len(set(labels)) == 1:
        return curly(labels[0])
    words = [label.split(" ") for label in labels]
    before = [column[0] for column in takewhile(lambda c: len(set(c)) == 1, zip(*words, strict=False))]
    rest = [row[len(before) :][::-1] for row in words]
    after = [column[0] for column in takewhile(lambda c: len(set(c)) == 1, zip(*rest, strict=False))]
    return curly(" ".join([*before, BLANK[:4], *reversed(after)]))


def _grid(volet: Volet, rule: Tarif, prefix: str) -> Iterator[Champ]:
    top = f"{prefix}grille"
    yield Champ(f"{top}.tva", "Taux de TVA", lambda d: f"{formats.number(rule.tva)}\u00a0%")
    for name, limit in (("minimum", rule.minimum), ("plafond", rule.plafond)):
        if limit is not None:
            said = "Le moins que coûte le volet" if name == "minimum" else "Le plus que coûte le volet"
            yield Champ(f"{top}.{name}", f"{said}, par an, {rule.prix_en}", partial(_limit, limit))
    for scale in rule.tranches:
        yield Champ(f"{top}.{scale.id}", "Les tranches de la grille, dans l'ordre", _brackets(volet, rule, scale))
        yield Champ(f"{top}.{scale.id}[].numero", "Numéro de la tranche")
        yield Champ(
            f"{top}.{scale.id}[].libelle", f"« {curly(tarif.label(rule, scale.id, 1, volet.unite(scale.de)))} »"
        )
        yield Champ(f"{top}.{scale.id}[].fond", "Couleur de fond, pour {% cellbg %} : la tranche du membre ressort")
    for bloc in dict.fromkeys(ligne.bloc for ligne in rule.lignes):
        named = curly(_common([ligne.libelle for ligne in rule.lignes if ligne.bloc == bloc]))
        yield Champ(f"{top}.{bloc}", f"Les lignes de la grille : {named}", _grid_rows(volet, rule, bloc))
        yield Champ(f"{top}.{bloc}[].libelle", "Intitulé de la ligne")
        yield Champ(f"{top}.{bloc}[].repere", "« → » sur la ligne choisie par le membre, sinon rien")
        yield Champ(f"{top}.{bloc}[].fond", "Couleur de fond de l'intitulé, pour {% cellbg %}")
        yield Champ(f"{top}.{bloc}[].cellules", "Les prix de la ligne, par tranche")
        yield Champ(f"{top}.{bloc}[].cellules[].prix", f"Prix, {rule.prix_en}")
        yield Champ(f"{top}.{bloc}[].cellules[].fond", "Couleur de fond de la case, pour {% cellbg %}")


def _limit(limit: Decimal, _: Dossier) -> formats.Montant:
    return formats.euros(limit)


def _brackets(volet: Volet, rule: Tarif, scale: Tranches) -> Callable[[Dossier], list[dict[str, Any]]]:
    labels = [tarif.label(rule, scale.id, n, volet.unite(scale.de)) for n in range(1, scale.nombre + 1)]

    def get(d: Dossier) -> list[dict[str, Any]]:
        quantity = prise(d, volet).faits.get(scale.de)
        mine = scale.rang(quantity) if isinstance(quantity, int) else None
        return [
            dict(numero=str(n), libelle=label, fond=CHOSEN if n == mine else PLAIN) for n, label in enumerate(labels, 1)
        ]

    return get


def _grid_rows(volet: Volet, rule: Tarif, bloc: str) -> Callable[[Dossier], list[dict[str, Any]]]:
    lignes = [(ligne, [price(cell) for cell in ligne.votee]) for ligne in rule.lignes if ligne.bloc == bloc]

    def get(d: Dossier) -> list[dict[str, Any]]:
        mine = prise(d, volet)
        found = []
        for ligne, prices in lignes:
            taken = mine.taken and tarif.concerns(ligne, mine.faits)
            rank = tarif.rank(rule, ligne, mine.faits) if taken else None
            cells = [dict(prix=price, fond=CHOSEN if n == rank else PLAIN) for n, price in enumerate(prices, 1)]
            row = dict(libelle=curly(ligne.libelle), repere="→\u00a0" if taken else "", fond=CHOSEN if taken else PLAIN)
            found.append({**row, "cellules": cells})
        return found

    return get


def _everywhere(edition: Edition) -> Iterator[Champ]:
    """Yield the fields of the bundle as a whole."""
    answers = list(dict.fromkeys(choix.id for volet in edition.volets for choix in volet.choix))
    yield Champ(
        "volets",
        "Les volets que le membre prend",
        lambda d: [_taken(d, v, answers) for v in edition.volets if v.id in d.souscriptions],
    )
    yield Champ("volets[].titre", "Titre du volet")
    yield Champ("volets[].piece", "Titre de son annexe")
    for name in answers:
        yield Champ(f"volets[].souscription.{name}", "La réponse du membre")
    yield Champ("volets[].souscription.date_effet", "« à compter du 1er juillet 2023 », ou de la signature")
    yield Champ("volets[].montants.mensuel", "Total du volet par mois")
    yield Champ("volets[].montants.annuel", "Total du volet par an")
    yield Champ(
        "volets_proposes",
        "Les volets proposés au membre",
        lambda d: [_proposed(d, v) for v in edition.volets if v.offered_to(d.membre.forme)],
    )
    yield Champ("volets_proposes[].titre", "Titre du volet")
    yield Champ("volets_proposes[].piece", "Titre de son annexe")
    yield Champ("volets_proposes[].pris", "oui ou non : le membre le prend")
    for volet in edition.volets:
        yield Champ(f"volet.{volet.id}.titre", "Titre du volet", partial(_title, volet))
        yield Champ(f"volet.{volet.id}.pris", "oui ou non : le membre le prend", partial(_takes, volet))
    if any(volet.tarif for volet in edition.volets):
        yield Champ("montants.total.annuel", "Total de tous les volets, par an", _total, "souscription")


def _title(volet: Volet, _: Dossier) -> str:
    return curly(volet.titre)


def _takes(volet: Volet, d: Dossier) -> str:
    return _yes(volet.id in d.souscriptions)


def _yes(value: bool) -> str:
    return "oui" if value else "non"


def _piece(edition: Edition, volet: Volet) -> str:
    return next(
        (curly(piece.titre) for piece in edition.pieces if piece.volet == volet.id), curly(edition.pieces[0].titre)
    )


def _proposed(d: Dossier, volet: Volet) -> dict[str, str]:
    return dict(titre=curly(volet.titre), piece=_piece(d.edition, volet), pris=_yes(volet.id in d.souscriptions))


def _taken(d: Dossier, volet: Volet, answers: Sequence[str]) -> dict[str, Any]:
    found = prise(d, volet)
    amounts = found.montants
    return dict(
        titre=curly(volet.titre),
        piece=_piece(d.edition, volet),
        souscription={
            **{name: said(found.faits[name]) if name in found.faits else NOTHING for name in answers},
            "date_effet": _effect(volet)(d),
        },
        montants=dict(
            mensuel=formats.euros(amounts.mensuel) if amounts and amounts.mensuel else NOTHING,
            annuel=formats.euros(amounts.annuel) if amounts else NOTHING,
        ),
    )


def _total(d: Dossier) -> Any:
    """The sum of what is paid, HT and TTC apart: the two are never added."""
    if not d.souscriptions:
        return None
    return total(d)


def total(d: Dossier) -> Any:
    """Return what the member pays per year for all its volets, as it is printed."""
    sums: dict[str, Decimal] = {}
    for volet in d.edition.volets:
        if (amounts := prise(d, volet).montants) and volet.tarif:
            sums[volet.tarif.prix_en] = sums.get(volet.tarif.prix_en, Decimal(0)) + amounts.annuel
    if len(sums) < 2:
        return formats.euros(next(iter(sums.values()), Decimal(0)))
    return " et ".join(f"{formats.euros(value)}{formats.NBSP}{kind}" for kind, value in sums.items())


@lru_cache(maxsize=64)
def champs_of(edition: Edition, volet: str | None = None) -> tuple[Champ, ...]:
    """Return the fields of a piece of that volet, or of a piece that is of none."""
    if volet is None and len(edition.volets) == 1:
        return champs_of(edition, edition.volets[0].id)
    own = edition.volet(volet) if volet else None
    found = [*CHAMPS, *_everywhere(edition)]
    several = len(edition.volets) > 1
    for one in edition.volets:
        blanc = f"souscription : {one.titre}" if several else "souscription"
        found += fields_of(one, f"volet.{one.id}.", blanc)
        found += fields_of(one, "", blanc) if one is own else ()
    return tuple(found)


@lru_cache(maxsize=64)
def known_of(edition: Edition, volet: str | None = None) -> dict[str, Champ]:
    """Return the same, by their paths."""
    return {champ.chemin: champ for champ in champs_of(edition, volet)}


@lru_cache(maxsize=16)
def known_anywhere(edition: Edition) -> dict[str, Champ]:
    """Return the fields of all pieces of an edition, by their paths."""
    found = dict(known_of(edition))
    for volet in edition.volets:
        found |= known_of(edition, volet.id)
    return found
