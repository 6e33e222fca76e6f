"""A tarif of any shape, for the tests of prices."""

from __future__ import annotations

from typing import Any

from builders import record

from docgen.diagnostics import Diagnostic
from docgen.law.tarif import Faits, Montants, due
from docgen.model.edition import Edition, Tarif
from docgen.records import volets
from docgen.records.reading import Record
from docgen.records.translate import model_of

SCALE = {"id": "paliers", "de": "quantite_de", "jusqu_a": ["10", "100"], "au_dela": "oui"}


def a_ligne(**changes: Any) -> dict[str, Any]:
    """Return a row of prices; a change to None leaves the field out."""
    fields = {"bloc": "prix", "libelle": "Service", "modele": "unitaire", "par": "quantite_de", "periode": "an"}
    return {key: value for key, value in ({**fields, "votee": "2,00"} | changes).items() if value is not None}


def a_tarif(*lignes: dict[str, Any], **changes: Any) -> Tarif:
    """Return a tarif of these rows."""
    return Tarif.model_validate({"tva": "20", "tranches": [SCALE], "lignes": list(lignes), **changes})


def paid(rule: Tarif, quantity: int = 0, **others: Any) -> Montants:
    """Return what is paid for a quantity."""
    known: Faits = {"quantite_de": quantity, **others}
    return due(rule, known)


def yearly(rule: Tarif, quantity: int = 0, **others: Any) -> str:
    """Return what is paid per year, as a number."""
    return str(paid(rule, quantity, **others).annuel)


EDITION = """edition: 2025-01
titre: Convention
deliberation: {{numero: 2025-01, date: 2025-01-10}}
pieces:
  - id: convention
    titre: Convention
    fichier: convention.docx
volets:
{volets}
"""


def faults(volet: str) -> tuple[list[Diagnostic], Record]:
    """Return what is said of an edition whose volets are written so."""
    written = record(EDITION.format(volets=volet))
    found, problems = model_of(Edition, written)
    return [*problems, *(volets.problems(found, written) if found else ())], written
