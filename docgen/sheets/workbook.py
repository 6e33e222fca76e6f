"""Write all that is known of the members as one workbook: real numbers and dates, frozen headings, filters.

A text is never computed: what begins with « = » stays a text (OWASP, CSV Injection).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from docgen.actes.statement import Statements
from docgen.diagnostics import ProblemsFound
from docgen.law import souscriptions
from docgen.model.edition import Edition
from docgen.model.fiches import Membre
from docgen.packs.status import Status
from docgen.records.reading import Record
from docgen.records.workspace import Data, Workspace, today
from docgen.sheets import columns
from docgen.sheets.differences import current, taken_now

EUROS, DAY = '#,##0.00 "€"', "dd/mm/yyyy"
WIDEST = 60
"""Characters of a column."""
INTEGERS = (".nombre", ".annee", ".exercice")
Value = str | int | Decimal | date | None


def written(workspace: Workspace, data: Data, standing: Sequence[Status], record: Record) -> bytes:
    """Return the workbook; `record` is members.yaml, as written, for what comes back by `import`."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    stamp = today()
    book.properties.creator, book.properties.title = "docgen", f"Membres, édition {data.edition.edition}"
    _sheet(book, "Membres", *_members(data, standing, record))
    _sheet(book, "Souscriptions", *_subscriptions(data))
    _sheet(book, "Montants", *_amounts(data))
    _sheet(book, "Ce qui manque", ("Identifiant", "Nom", "État", "Ce qui manque"), [
        (one.membre.id, one.membre.nom, one.etat, missing) for one in standing for missing in one.manque
    ])  # fmt: skip
    _sheet(book, "Envois", *_sendings(data))
    for year in (stamp.year - 1, stamp.year):
        if rows := _statement(workspace, data, year):
            _sheet(book, f"État {year}", *rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


Rows = tuple[Sequence[str], Iterable[Sequence[Value]]]


def _members(data: Data, standing: Sequence[Status], record: Record) -> Rows:
    known = columns.fields(data.edition)
    said = {str(row.get("id")): row for row in record.tree["membres"]}
    heads = [*(field.heading for field in known), "État", "Édition signée", "Montant par an"]
    rows = []
    for one in standing:
        taken = taken_now(one.membre, data.edition)
        row: list[Value] = [_of_field(field.path, said.get(one.membre.id, {}), taken) for field in known]
        rows.append([*row, one.etat, one.en_vigueur, _yearly(one, data.edition)])
    return heads, rows


def _of_field(path: str, said: Any, taken: Any) -> Value:
    if path.startswith("volet."):
        _, volet, question = path.split(".", 2)
        one = taken.get(volet)
        if not question:
            return "oui" if one else "non"
        text = str(one.reponses.get(question, "")) if one else ""
    else:
        text = current(said, path)
    if path.endswith(INTEGERS) or (path.startswith("volet.") and text.replace(" ", "").isdigit()):
        digits = "".join(char for char in text if char.isdigit())
        return int(digits) if digits and not (len(digits) > 1 and digits[0] == "0") else text
    return _day(text) if path.endswith(("_le", ".date")) else text


def _day(text: str) -> Value:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _subscriptions(data: Data) -> Rows:
    heads = ("Identifiant", "Nom", "Volet", "À compter du", "Jusqu'au", "Réponses")
    rows = [
        (m.id, m.nom, one.volet, one.depuis, one.jusqu_au, ", ".join(f"{k} : {v}" for k, v in one.reponses.items()))
        for m in data.membres
        for periods in souscriptions.periods(m.souscriptions).values()
        for one in periods
    ]
    return heads, rows


def _amounts(data: Data) -> Rows:
    edition = data.edition
    paid = [volet for volet in edition.volets if volet.tarif]
    heads = ["Identifiant", "Nom"]
    for volet in paid:
        kind = volet.tarif.prix_en if volet.tarif else ""
        heads += [f"{volet.titre}, par mois ({kind})", f"{volet.titre}, par an ({kind})"]
    rows = [[m.id, m.nom, *(amount for volet in paid for amount in _due(m, edition, volet.id))] for m in data.membres]
    return heads, rows


def _yearly(one: Status, edition: Edition) -> Value:
    """Return what a member pays per year; as it is written where a part of it is HT and another TTC."""
    paid = [volet for volet in edition.volets if volet.tarif]
    known = [(volet.tarif.prix_en, amount) for volet in paid if volet.tarif
             and isinstance(amount := _due(one.membre, edition, volet.id)[1], Decimal)]  # fmt: skip
    return sum((amount for _, amount in known), Decimal(0)) if len({kind for kind, _ in known}) == 1 else one.montant


def _due(membre: Membre, edition: Edition, name: str) -> tuple[Value, Value]:
    volet, one = edition.volet(name), taken_now(membre, edition).get(name)
    if volet is None or one is None:
        return None, None
    try:
        found = souscriptions.montants(volet, souscriptions.faits(volet, membre, one.reponses))
    except ValueError:
        return None, None
    return (found.mensuel, found.annuel) if found else (None, None)


def _sendings(data: Data) -> Rows:
    heads = ("Identifiant", "Nom", "Édition", "Document", "Envoyé le", "Signé le", "Retiré le", "Motif")
    rows = [
        (
            m.id,
            m.nom,
            one.edition,
            one.document or "le pack entier",
            one.envoye_le,
            one.signe_le,
            one.retire_le,
            one.motif,
        )
        for m in data.membres
        for one in m.envois
    ]
    return heads, rows


def _statement(workspace: Workspace, data: Data, year: int) -> Rows | None:
    try:
        found = Statements(workspace, year, None, data)
    except ProblemsFound:
        return None
    heads = ("Identifiant", "Nom", "SIRET", "Édition", "Volet", "Service", "Quantité", "Prix unitaire", "Montant",
             "HT/TTC", "Code service", "N° d'engagement")  # fmt: skip
    rows = []
    for d in found.dossiers:
        codes = d.facturation
        for line in d.lignes:
            rows.append((
                d.membre.id, d.membre.nom, d.membre.siret, line.edition, line.volet, line.service, line.quantite,
                line.prix, line.montant, line.prix_en, codes.code_service if codes else None,
                codes.numero_engagement if codes else None,
            ))  # fmt: skip
    return heads, rows


def _sheet(book: openpyxl.Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    sheet: Worksheet = book.create_sheet(title)
    widths = [len(head) for head in heads]
    for n, head in enumerate(heads, 1):
        cell = sheet.cell(1, n, head)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E3E8F0")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    number = 1
    for number, row in enumerate(rows, 2):
        for n, value in enumerate(row, 1):
            _put(sheet.cell(number, n), value)
            widths[n - 1] = min(WIDEST, max(widths[n - 1], len(str(value or "")) + 1))
    for n, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(n)].width = width + 2
    sheet.freeze_panes = "C2" if heads[0] == "Identifiant" else "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{max(number, 1)}"


def _put(cell: Cell, value: Value) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        cell.value, cell.data_type = value, "s"
        cell.number_format = "@"  # a code stays a text when somebody types in it
        cell.quotePrefix = value[:1] in "=+-@"
        return
    cell.value = value
    if isinstance(value, Decimal):
        cell.number_format = EUROS
    elif isinstance(value, date):
        cell.number_format = DAY
