"""The amounts of a pack computed again and looked for in the words of its own pages, as the member's accountant would.

Nothing here is taken from what the templates were filled with: prices are those that were voted, quantities those of
the record. What is printed must be there, where it belongs; and no amount may be there that nothing explains.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from docgen import formats
from docgen.law import tarif
from docgen.law.tarif import Due, Faits, Montants
from docgen.model.edition import Edition, LigneTarif, Tarif, Volet
from docgen.pdf.pdftext import squeezed

AMOUNT = re.compile(r"\d+(?:\s\d{3})*,\d{2,}\s*€")
OWN = ("souscription.", "montants.", "grille.")
LINES = "montants.lignes[]."


@dataclass
class Looked:
    """What the pages of a piece must show."""

    text: str
    times: Counter[str] = field(default_factory=Counter)
    """How often each amount is to be found, spaces left out."""
    known: set[str] = field(default_factory=set)
    """The amounts that are explained."""
    quantities: set[str] = field(default_factory=set)

    def amount(self, value: Decimal, *, exact: bool = False, needed: bool = True) -> str:
        """Note an amount and return how it is printed."""
        said = formats.exactly(value) if exact else formats.euros(value)
        self.known.add(squeezed(said))
        self.times[squeezed(said)] += needed
        return said


def faults(
    text: str,
    printed: Sequence[str],
    edition: Edition,
    own: str | None,
    known: Mapping[str, Faits],
    besides: Iterable[str] = (),
) -> Iterator[str]:
    """Yield what is wrong with the amounts of a piece, of the volet `own`, read in the text of its pages.

    `printed` are the fields that its template prints, in their order; `known`, by volet, what the member answered of
    those that it takes; `besides`, texts whose amounts may be there: the words of the template.
    """
    looked = Looked(text)
    for other in besides:
        looked.known |= {squeezed(found) for found in AMOUNT.findall(other)}
    alone = edition.volets[0].id if len(edition.volets) == 1 else None
    for volet in edition.volets:
        for prefix in (f"volet.{volet.id}.", *([""] if volet.id == (own or alone) else [])):
            paths = [path.removeprefix(prefix) for path in printed if path.startswith(prefix)]
            yield from _of_volet(looked, volet, [path for path in paths if path.startswith(OWN)], known.get(volet.id))
    _of_bundle(looked, printed, edition, known)
    found = Counter(squeezed(match) for match in AMOUNT.findall(text))
    for amount, times in looked.times.items():
        if _seen(amount, found, looked.quantities) < times:
            yield f"un montant manque : {_spaced(amount)} n'est pas sur la page autant de fois qu'il est dû"
    for match in AMOUNT.finditer(text):
        if not _explained(match[0], looked):
            said = "n'est ni un prix voté, ni un montant de la fiche, ni un mot du modèle"
            yield f"le montant « {_spaced(squeezed(match[0]))} » {said}"


def _spaced(amount: str) -> str:
    whole, decimals = amount.removesuffix("€").split(",")
    return formats.exactly(Decimal(f"{whole}.{decimals}"))


def _seen(amount: str, found: Mapping[str, int], quantities: Container[str]) -> int:
    """Return how often an amount is printed: in a row, the quantity of the column before may be glued to it."""
    return sum(
        times
        for said, times in found.items()
        if said == amount or (said.endswith(amount) and said.removesuffix(amount) in quantities)
    )


def _explained(said: str, looked: Looked) -> bool:
    """Tell whether an amount is one that is to be there; before it, in a row, may come a quantity."""
    groups = said.split()
    for start in range(len(groups)):
        before, amount = "".join(groups[:start]), squeezed("".join(groups[start:]))
        if amount in looked.known and (not before or before in looked.quantities):
            return True
    return False


def _of_volet(looked: Looked, volet: Volet, printed: Sequence[str], known: Faits | None) -> Iterator[str]:
    rule = volet.tarif
    if rule is None:
        return
    for ligne in rule.lignes:
        yield from _grid_row(looked, rule, ligne, printed)
    for name, limit in (("grille.minimum", rule.minimum), ("grille.plafond", rule.plafond)):
        if limit is not None and name in printed:
            looked.amount(limit)
    if known is None or tarif.missing(rule, known):
        return
    due = tarif.due(rule, known)
    columns = [path.removeprefix(LINES) for path in printed if path.startswith(LINES)]
    for line in due.lignes:
        yield from _row(looked, line, columns)
    for path, value in _totals(due).items():
        if path in printed:
            looked.amount(value, exact=path == "montants.prix")
    units = {volet.unite(par): known[par] for par in (line.par for line in due.lignes) if par}
    looked.quantities |= {squeezed(formats.number(int(count))) for count in units.values()}


def _totals(due: Montants) -> dict[str, Decimal]:
    names = ("prix", "mensuel", "annuel", "unique")
    return {f"montants.{name}": getattr(due, name) for name in names}


def _grid_row(looked: Looked, rule: Tarif, ligne: LigneTarif, printed: Sequence[str]) -> Iterator[str]:
    """Look for a row of the grid, cell by cell, after its label."""
    path = f"grille.{ligne.bloc}[]."
    if f"{path}cellules[].prix" not in printed:
        return
    whole = f"{path}libelle" in printed
    cells = [looked.amount(price, exact=True, needed=whole) for price in ligne.votee]
    if not whole:
        return
    shown = next(_after(ligne.libelle, rf"((?:{AMOUNT.pattern}\s*){{{len(cells)}}})", looked.text), None)
    if shown is None:
        yield f"la ligne « {ligne.libelle} » de la grille n'est pas lisible sur la page"
        return
    said = [squeezed(cell) for cell in AMOUNT.findall(shown[1])]
    wrong = [n for n, (was, voted) in enumerate(zip(said, cells, strict=False), 1) if was != squeezed(voted)]
    if wrong:
        yield f"grille, « {ligne.libelle} », tranche {wrong[0]} : le prix imprimé n'est pas celui du vote"


def _row(looked: Looked, line: Due, columns: Sequence[str]) -> Iterator[str]:
    """Look for a line of what the member pays, cell by cell, after its label."""
    cells = [cell for name in columns if (cell := _cell(looked, line, name))]
    if "libelle" not in columns or not cells:
        return
    pattern = r"\D{0,60}?".join(_as_printed(cell) for cell in cells)
    if next(_after(line.service, rf"\D{{0,60}}?(?<!\d)(?:{pattern})", looked.text), None) is None:
        said = "n'est pas lisible, ou n'y a pas la quantité de la fiche, le prix voté et leur montant"
        yield f"la ligne « {line.service} » {said}"


def _cell(looked: Looked, line: Due, name: str) -> str:
    """Return what a column prints of a line; nothing where it is not a number."""
    if name == "prix":
        return "" if line.prix is None else looked.amount(line.prix, exact=True)
    if name in ("quantite", line.par):
        return "" if line.quantite is None else formats.number(line.quantite)
    amounts = {"montant": line.montant, "annuel": line.annuel}
    if line.periode == "mois":
        amounts["mensuel"] = line.mensuel
    return looked.amount(amounts[name]) if name in amounts else ""


def _of_bundle(looked: Looked, printed: Sequence[str], edition: Edition, known: Mapping[str, Faits]) -> None:
    """Note the totals of the volets that the member takes, and of them all."""
    sums: dict[str, Decimal] = {}
    for volet in edition.volets:
        if volet.id not in known or volet.tarif is None or tarif.missing(volet.tarif, known[volet.id]):
            continue
        due = tarif.due(volet.tarif, known[volet.id])
        sums[volet.tarif.prix_en] = sums.get(volet.tarif.prix_en, Decimal(0)) + due.annuel
        for name in ("mensuel", "annuel"):
            if f"volets[].montants.{name}" in printed and (name == "annuel" or due.mensuel):
                looked.amount(getattr(due, name))
    if "montants.total.annuel" in printed and known:
        for value in sums.values() or [Decimal(0)]:
            looked.amount(value)


def _as_printed(cell: str) -> str:
    """Return what finds a cell, whatever its spaces on the page."""
    return r"\s*".join(re.escape(part) for part in cell.split())


def _after(label: str, pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Yield what matches right after the label, whatever its spaces and apostrophes on the page."""
    words = r"\s+".join(re.escape(word).replace("'", "['’]") for word in label.split())
    return re.finditer(rf"{words}\s+{pattern}", text)
