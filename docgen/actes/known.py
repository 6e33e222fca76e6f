"""The acts of the séances, by their number or their folder: who signs them, and from which day they may be signed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from docgen import formats
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.model.seance import Acte, Delegue, Seance
from docgen.records.workspace import Data

FOLDER = "deliberations"
"""Where acts are published, in the output."""


@dataclass(frozen=True)
class Known:
    """An act and its séance."""

    seance: Seance
    acte: Acte

    @property
    def signataires(self) -> dict[str, str | None]:
        """Who signs it: the president and the secretary of its séance (CGCT L2121-23)."""
        people = {person.id: person for person in self.seance.delegues}
        return {
            "president": _named(people.get(self.seance.president)),
            "secretaire": _named(people.get(self.seance.secretaire)),
        }

    def too_early(self, day: date) -> str:
        """Return why it could not be signed on a day."""
        if day < self.seance.date:
            return f"la séance est du {formats.short_date(self.seance.date)}"
        return ""


def _named(person: Delegue | None) -> str | None:
    return f"{person.prenom} {person.nom}" if person else None


def slug(numero: str) -> str:
    """Return the name of the folder of an act: « 04-2023-06 » for 04/2023-06."""
    return "-".join(part for part in re.split(r"[/.\-]", numero) if part)


def all_of(data: Data) -> Iterable[Known]:
    """Yield the acts of all séances."""
    return (Known(seance, acte) for seance in data.seances for acte in seance.deliberations)


def act_of(data: Data, folder: str) -> Known | None:
    """Return the act of a folder of the output; None when no séance has it."""
    return next((one for one in all_of(data) if slug(one.acte.numero) == folder), None)


def find(data: Data, numero: str) -> Known:
    """Return the act of that number. Raises `ProblemsFound` when no séance has it."""
    known = {one.acte.numero: one for one in all_of(data)}
    if numero not in known:
        hint = closest(numero, known) or f"Délibérations connues : {', '.join(known) or 'aucune'}."
        said = f"la délibération « {numero} » n'est dans aucune séance"
        raise ProblemsFound([Diagnostic(Place("seances"), "deliberation-inconnue", said, hint)])
    return known[numero]
