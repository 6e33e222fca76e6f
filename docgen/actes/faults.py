"""What keeps an act from being sent to the préfecture, before anything is made; what came of it since it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docgen import formats
from docgen.actes import transmissions
from docgen.actes.known import FOLDER, all_of, slug
from docgen.diagnostics import Diagnostic, Place, Severity
from docgen.law import prefecture
from docgen.model.seance import Acte, Seance
from docgen.records.workspace import Data, Workspace

SHEET = "Corrigez la fiche de la séance."


def of_act(workspace: Workspace, data: Data, seance: Seance, acte: Acte) -> Iterator[Diagnostic]:
    """Yield what ACTES would refuse, or what the act names and that does not exist."""
    place = _place(workspace, data, acte, seance)
    for said, hint in _said(workspace, data, acte):
        yield Diagnostic(place, "envoi-impossible", said, hint)


def problem(workspace: Workspace, data: Data, seance: Seance, acte: Acte, said: str, hint: str) -> Diagnostic:
    """Return a problem of an act, told at its number."""
    return Diagnostic(_place(workspace, data, acte, seance), "acte-change", said, hint)


def since(workspace: Workspace, data: Data) -> Iterator[Diagnostic]:
    """Yield what the préfecture wrote of the acts, and what it received that is not there any more."""
    for known in all_of(data):
        for letter in known.acte.courriers:
            day = formats.short_date(letter.date)
            said = f"{letter.nature} du {day}" + (f" : {letter.objet}" if letter.objet else "")
            place = _place(workspace, data, known.acte, known.seance)
            message = f"délibération n° {known.acte.numero}, {said}"
            yield Diagnostic(place, "courrier-de-la-prefecture", message, "", Severity.INFO)
        yield from transmissions.lost(workspace, workspace.output / FOLDER / slug(known.acte.numero))


def _said(workspace: Workspace, data: Data, acte: Acte) -> Iterator[tuple[str, str]]:
    for fault in prefecture.objet_faults(prefecture.plain(acte.titre)):
        yield fault, SHEET
    if data.syndicat.departement is None:
        yield "syndicat.yaml ne donne pas « departement » (trois caractères : 082)", "Ajoutez-le à syndicat.yaml."
    try:
        prefecture.internal_number(acte.numero)
    except ValueError as error:
        yield str(error), SHEET
    if problem := _matiere(acte.matiere):
        yield f"la matière « {acte.matiere} » n'est pas dans la nomenclature", problem
    if acte.edition and acte.edition not in workspace.editions:
        known = ", ".join(workspace.editions)
        yield f"l'édition « {acte.edition} », qu'elle vote, n'est pas dans templates/", f"Éditions connues : {known}."
    numbers = [one.numero for one in data.registre.actes]
    numbers += [one.numero for seance in data.seances for one in seance.deliberations]
    for first, second in prefecture.collisions(numbers):
        if acte.numero in (first, second):
            yield f"« {first} » et « {second} » deviennent le même numéro d'acte", SHEET


def _matiere(code: str) -> str:
    """Return how to mend a code that the ministry's classification does not have; nothing when it has it."""
    known, level = prefecture.matieres(), ".".join(code.split(".")[:2])
    if level in known:
        return ""
    near = next((one for one in (level[:-1], level[:3]) if one in known), "")
    meant = f"Vouliez-vous dire {near}, « {known[near]} » ? " if near else ""
    return f"{meant}La liste des codes : docgen fields --matieres."


def _place(workspace: Workspace, data: Data, acte: Acte, seance: Seance) -> Place:
    found = next((one.places["numero"] for one in data.votes if one.numero == acte.numero), None)
    path: Path = workspace.root / "seances" / f"{seance.date}.yaml"
    return found or Place(workspace.shown(path) if path.exists() else "seances")
