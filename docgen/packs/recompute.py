"""The amounts of a pack computed again from the words of its own pages, as the member's accountant would.

Nothing here is taken from what the templates were filled with: prices, users and totals are read on the page, the
grid is the one that was voted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from decimal import Decimal

from docgen import formats
from docgen.law import tarif
from docgen.model.fiches import LigneTarif, Souscription, Tarif
from docgen.pdf.pdftext import squeezed

ROW = tuple(f"montants.lignes[].{name}" for name in ("libelle", "prix", "utilisateurs", "mensuel"))
"""The fields of a line of what the member pays, when it is printed whole."""
AMOUNT = r"\d+,\d\d\s*€"


@dataclass(frozen=True)
class Row:
    """A line of what the member pays, as it is printed: euros per user and month, users, euros per month."""

    prix: Decimal
    utilisateurs: int
    mensuel: Decimal


def grid_faults(text: str, rule: Tarif, printed: Container[str]) -> Iterator[str]:
    """Yield what differs between the grid printed in the text and the voted one, cell by cell.

    `printed` are the fields of the template: the parts of the grid that are to be found.
    """
    for ligne in rule.lignes:
        if not all(f"grille.{ligne.bloc}[].{name}" in printed for name in ("libelle", "cellules[].prix")):
            continue
        cells = next(_after(ligne.libelle, rf"((?:{AMOUNT}\s*){{{rule.categories}}})", text), None)
        if cells is None:
            yield f"la ligne « {ligne.libelle} » de la grille n'est pas lisible sur la page"
        elif (shown := [_amount(cell) for cell in re.findall(r"\d+,\d\d", cells[1])]) != list(ligne.votee):
            wrong = next(n for n, (was, voted) in enumerate(zip(shown, ligne.votee, strict=False), 1) if was != voted)
            yield f"grille, « {ligne.libelle} », catégorie {wrong} : le prix imprimé n'est pas celui du vote"


def due_faults(text: str, taken: Souscription, rule: Tarif, printed: Container[str]) -> Iterator[str]:
    """Yield what is wrong in the member's own amounts, read in the text and computed again.

    `printed` are the fields of the template: the amounts that are to be found. Lines that are printed whole are read on
    the page; where only totals are, they are those of the voted prices.
    """
    rows = []
    whole = all(path in printed for path in ROW)
    for ligne in rule.lignes:
        if not tarif.concerns(ligne, taken):
            continue
        row = _row(ligne.intitule, text) if whole else _voted(ligne, taken, rule)
        if row is None:
            yield f"la ligne « {ligne.intitule} » n'est pas lisible, ou son montant n'est pas prix × utilisateurs"
            continue
        rows.append(row)
        if row.prix != ligne.votee[tarif.category(row.utilisateurs, rule) - 1]:
            users = formats.plural(row.utilisateurs, "utilisateur")
            yield f"« {ligne.intitule} » : le prix n'est pas celui de la grille votée pour {users}"
    if {row.utilisateurs for row in rows} - {taken.utilisateurs}:
        yield "le nombre d'utilisateurs imprimé n'est pas celui de la fiche"
    mensuel = sum((row.mensuel for row in rows), Decimal(0))
    totals = {"montants.prix": sum((row.prix for row in rows), Decimal(0)), "montants.mensuel": mensuel,
              "montants.annuel": mensuel * tarif.MONTHS_PER_YEAR}  # fmt: skip
    due = [row.prix for row in rows if "montants.lignes[].prix" in printed]
    due += [row.mensuel for row in rows if "montants.lignes[].mensuel" in printed]
    due += [total for path, total in totals.items() if path in printed]
    for amount, times in Counter(due).items():
        digits = r"\s".join(map(re.escape, formats.euros(amount).split()))
        if len(re.findall(rf"(?<!\d){digits}", text)) < times:
            yield "un total n'est pas la somme de ses lignes, telles qu'elles sont imprimées"


def _voted(ligne: LigneTarif, taken: Souscription, rule: Tarif) -> Row:
    """Return the row as the vote has it."""
    prix = ligne.votee[tarif.category(taken.utilisateurs, rule) - 1]
    return Row(prix, taken.utilisateurs, prix * taken.utilisateurs)


def _row(label: str, text: str) -> Row | None:
    """Return the row of that label; None when its three numbers are not there or do not multiply.

    On the page a space parts thousands as well as columns: the only reading that multiplies is the true one.
    """
    for found in _after(label, r"(\d+,\d\d)\s*€\s*([\d\s]+,\d\d)\s*€", text):
        prix, digits = _amount(found[1]), found[2].split()
        for cut in range(1, len(digits)):
            row = Row(prix, int("".join(digits[:cut])), _amount("".join(digits[cut:])))
            if row.prix * row.utilisateurs == row.mensuel:
                return row
    return None


def _after(label: str, pattern: str, text: str) -> Iterator[re.Match[str]]:
    """Yield what matches right after the label, whatever its spaces and apostrophes on the page."""
    words = r"\s+".join(re.escape(word).replace("'", "['’]") for word in label.split())
    return re.finditer(rf"{words}\s+{pattern}", text)


def _amount(text: str) -> Decimal:
    return Decimal(squeezed(text).replace(",", "."))
