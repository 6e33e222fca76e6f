"""Note in the séances what happened to an act: when the préfecture received it, when it was published."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from docgen import formats
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.law import prefecture as actes
from docgen.model.seance import Seance
from docgen.records import rewrite
from docgen.records.workspace import Data, Workspace, load, today


def acknowledged(workspace: Workspace, file: Path) -> tuple[str, date]:
    """Record the acknowledgement of the préfecture; return the number of the act and the date.

    Raises `ConversionFailed` when the file is not an ARActe, `ProblemsFound` when it is not one of ours.
    """
    received = actes.read_acknowledgement(file)
    ours = _sendable(load(workspace))
    if received.identifiant not in ours:
        hint = closest(received.identifiant, ours) or "Aucune séance de ce dossier ne porte cet acte."
        said = f"l'accusé de réception est celui de {received.identifiant}, qui n'est pas un acte connu ici"
        raise ProblemsFound([Diagnostic(Place(file.name), "accuse-etranger", said, hint)])
    numero = ours[received.identifiant]
    _set(workspace, numero, "transmise_le", received.recu_le)
    return numero, received.recu_le


def _sendable(data: Data) -> dict[str, str]:
    """Return the numbers of the acts by their identifier; those whose number ACTES refuses were never sent."""
    found = {}
    for seance in data.seances:
        for acte in seance.deliberations:
            with suppress(ValueError):
                named = actes.identifier(
                    data.syndicat.departement or "", data.syndicat.siret[:9], seance.date, acte.numero
                )
                found[named] = acte.numero
    return found


def published(workspace: Workspace, numero: str, day: date) -> None:
    """Record the publication of a délibération. Raises `ProblemsFound`."""
    _set(workspace, numero, "publiee_le", day)


def _set(workspace: Workspace, numero: str, field: str, day: date) -> None:
    path, rank, seance = _where(workspace, numero)
    written = getattr(seance.deliberations[rank], field)
    if written == day:
        return
    said = ""
    if written:
        said = f"{field} vaut déjà {formats.short_date(written)} : corrigez la fiche à la main si c'est une erreur"
    elif day < seance.date:
        said = f"le {formats.short_date(day)} précède la séance du {formats.short_date(seance.date)}"
    elif day > today():
        said = f"le {formats.short_date(day)} n'est pas encore passé"
    if said:
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "date-refusee", f"n° {numero} : {said}")])

    def note(tree: Any) -> None:
        rewrite.insert_after(tree["deliberations"][rank], ("numero", "transmise_le"), field, day)

    rewrite.add(path, workspace.shown(path), note, f"« {field}: {day.isoformat()} »")


def _where(workspace: Workspace, numero: str) -> tuple[Path, int, Seance]:
    """Return the file of an act, its rank in it, and its séance. Raises `ProblemsFound`."""
    data = load(workspace)
    known: dict[str, tuple[Path, int, Seance]] = {}
    for path, seance in zip(workspace.seances, data.seances, strict=True):
        known |= {acte.numero: (path, rank, seance) for rank, acte in enumerate(seance.deliberations)}
    if numero not in known:
        said = f"la délibération « {numero} » n'est dans aucune séance"
        raise ProblemsFound([Diagnostic(Place("seances"), "deliberation-inconnue", said, closest(numero, known))])
    return known[numero]
