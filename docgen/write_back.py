"""Write what happened into the clerk's records, and nothing else: comments and layout stay as they are."""

from __future__ import annotations

import codecs
import io
from contextlib import suppress
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from docgen import actes, publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.seance_model import Seance
from docgen.workspace import Data, Workspace, load, today


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
        said = f"{field} vaut déjà {written.isoformat()} : corrigez la fiche à la main si c'est une erreur"
    elif day < seance.date:
        said = f"le {day.isoformat()} précède la séance du {seance.date.isoformat()}"
    elif day > today():
        said = f"le {day.isoformat()} n'est pas encore passé"
    if said:
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "date-refusee", f"n° {numero} : {said}")])
    before = path.read_bytes()
    after = _with_line(before, rank, field, day)
    if not _adds_one_line(before, after):
        said = f"docgen ne sait pas ajouter « {field}: {day.isoformat()} » sans changer la mise en page du fichier"
        hint = "Ajoutez cette ligne à la main, sous la délibération."
        raise ProblemsFound([Diagnostic(Place(workspace.shown(path)), "ecriture-refusee", said, hint)])
    publish.replace(path, after)


def _with_line(data: bytes, rank: int, field: str, day: date) -> bytes:
    """Return the record with one field more in the act of that rank; nothing when the file cannot be read so."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = data.removeprefix(mark).decode("utf-8")
        end = "\r\n" if "\r\n" in text else "\n"
        text = text.replace("\r\n", "\n")
        _, indent, offset = load_yaml_guess_indent(text)
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = 10_000
        yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
        tree = yaml.load(text)
    except (UnicodeDecodeError, YAMLError):
        return b""
    act = tree["deliberations"][rank]
    # Beside the number, not last: what ends an act for ruamel may be the comment that heads the next one.
    names = [name for name in ("numero", "transmise_le") if name in act]
    act.insert(max(list(act).index(name) for name in names) + 1, field, day)
    buffer = io.StringIO()
    yaml.dump(tree, buffer)
    after = buffer.getvalue() if text.endswith("\n") else buffer.getvalue().removesuffix("\n")
    return mark + after.replace("\n", end).encode()


def _adds_one_line(before: bytes, after: bytes) -> bool:
    """Tell whether the record is what the clerk wrote, byte for byte, and one line more."""
    old, new = before.split(b"\n"), after.split(b"\n")
    at = next((n for n, (was, now) in enumerate(zip(old, new, strict=False)) if was != now), len(old))
    return old == new[:at] + new[at + 1 :] and len(new) == len(old) + 1


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
