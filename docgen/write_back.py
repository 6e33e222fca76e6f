"""Write what happened into the clerk's records, and nothing else: comments and layout stay as they are."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.util import load_yaml_guess_indent

from docgen import actes, publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.seance_model import Acte, Seance
from docgen.workspace import Workspace, load, today


def acknowledged(workspace: Workspace, file: Path) -> tuple[str, date]:
    """Record the acknowledgement of the préfecture; return the number of the act and the date.

    Raises `ConversionFailed` when the file is not an ARActe, `ProblemsFound` when it is not one of ours.
    """
    received = actes.read_acknowledgement(file)
    data = load(workspace)
    ours = {
        actes.identifier(
            data.syndicat.departement or "", data.syndicat.siret[:9], seance.date, acte.numero
        ): acte.numero
        for seance in data.seances
        for acte in seance.deliberations
    }
    if received.identifiant not in ours:
        hint = closest(received.identifiant, ours) or "Aucune séance de ce dossier ne porte cet acte."
        said = f"l'accusé de réception est celui de {received.identifiant}, qui n'est pas un acte connu ici"
        raise ProblemsFound([Diagnostic(Place(file.name), "accuse-etranger", said, hint)])
    numero = ours[received.identifiant]
    _set(workspace, numero, "transmise_le", received.recu_le)
    return numero, received.recu_le


def published(workspace: Workspace, numero: str, day: date) -> None:
    """Record the publication of a délibération. Raises `ProblemsFound`."""
    _set(workspace, numero, "publiee_le", day)


def _set(workspace: Workspace, numero: str, field: str, day: date) -> None:
    path, seance, acte = _where(workspace, numero)
    written = getattr(acte, field)
    if written == day:
        return
    said = ""
    if written:
        said = f"{field} vaut déjà {written.isoformat()} : corrigez la fiche à la main si c'est une erreur"
    elif day < seance.date:
        said = f"le {day.isoformat()} précède la séance du {seance.date.isoformat()}"
    elif day > today():
        said = f"le {day.isoformat()} n'est pas encore passé"
    if said:
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "date-refusee", f"n° {numero} : {said}")])
    before = path.read_text("utf-8")
    after = _with_field(before, numero, field, day)
    if not _only_adds(before, after):
        said = f"docgen ne sait pas ajouter « {field}: {day.isoformat()} » sans changer la mise en page du fichier"
        hint = "Ajoutez cette ligne à la main, sous la délibération."
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "ecriture-refusee", said, hint)])
    publish.replace(path, after.encode())


def _with_field(text: str, numero: str, field: str, day: date) -> str:
    """Return the record with one field more under the act of that number."""
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    tree = yaml.load(text)
    for item in tree["deliberations"]:
        if str(item["numero"]) == numero:
            item[field] = day
    buffer = io.StringIO()
    yaml.dump(tree, buffer)
    return buffer.getvalue()


def _only_adds(before: str, after: str) -> bool:
    """Tell whether every line of the record is still there, as the clerk wrote it, and in its order."""
    rows = iter(after.splitlines())
    return all(row in rows for row in before.splitlines())


def _where(workspace: Workspace, numero: str) -> tuple[Path, Seance, Acte]:
    data = load(workspace)
    known: dict[str, tuple[Path, Seance, Acte]] = {}
    for path, seance in zip(workspace.seances, data.seances, strict=True):
        known |= {acte.numero: (path, seance, acte) for acte in seance.deliberations}
    if numero not in known:
        said = f"la délibération « {numero} » n'est dans aucune séance"
        raise ProblemsFound([Diagnostic(Place("seances"), "deliberation-inconnue", said, closest(numero, known))])
    return known[numero]
