"""What was sent to the préfecture: frozen the day it is acknowledged, never written over, known for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from docgen import publish
from docgen.actes.known import FOLDER as FOLDER_OF_ACTS
from docgen.diagnostics import Diagnostic, Place, Severity
from docgen.law.prefecture import ANNEX_MARK
from docgen.model.transmission import Fichier, Transmission
from docgen.packs import receipts
from docgen.records.workspace import Workspace

FOLDER = "transmissions"
SENT = "actes"
"""In the folder of an act, what is sent."""


def path_of(root: Path, name: str) -> Path:
    """Return where the receipt of an act is kept; `name` is that of the folder of the act."""
    return root / FOLDER / f"{name}.json"


def of(root: Path, name: str) -> Transmission | None:
    """Return the receipt of the sending of an act; None when docgen noted none, or it cannot be read."""
    try:
        return Transmission.model_validate_json(path_of(root, name).read_bytes())
    except (OSError, ValidationError):
        return None


def all_of(root: Path) -> Iterator[tuple[str, Transmission]]:
    """Yield the receipts of all acts that were sent, each with the name of its folder."""
    for path in sorted((root / FOLDER).glob("*.json")):
        if found := of(root, path.stem):
            yield path.stem, found


def prepared(workspace: Workspace, name: str) -> list[Path]:
    """Return the files that were prepared for the sending of an act: the act, then its annexes."""
    folder = workspace.output / FOLDER_OF_ACTS / name / SENT
    found = (path for path in folder.glob("*.pdf") if path.is_file())
    return sorted(found, key=lambda path: (f" {ANNEX_MARK}" in path.name, path.name))


def freeze(workspace: Workspace, folder: Path, numero: str, identifiant: str, day: date) -> Path | None:
    """Keep the receipt of what lies in the folder of an act; return where, None when nothing was prepared there."""
    if not (sent := prepared(workspace, folder.name)):
        return None
    described = {f"{SENT}/{path.name}": receipts.describe(path.read_bytes()) for path in sent}
    files = {name: Fichier(sha256=one.sha256, taille=one.taille) for name, one in described.items()}
    kept = Transmission(numero=numero, identifiant=identifiant, transmise_le=day, fichiers=files)
    path = path_of(workspace.root, folder.name)
    publish.replace(path, (kept.model_dump_json(indent=1) + "\n").encode())
    return path


def lost(workspace: Workspace, folder: Path) -> Iterator[Diagnostic]:
    """Yield the files that were sent and that do not lie there as they were sent."""
    found = of(workspace.root, folder.name)
    for name, known in (found.fichiers if found else {}).items():
        path = folder / name
        data = path.read_bytes() if path.is_file() else b""
        if receipts.describe(data).sha256 != known.sha256:
            said = "ce fichier a été transmis à la préfecture, et n'est plus là tel qu'il a été envoyé"
            hint = "Remettez-le de votre sauvegarde : docgen ne le refait pas, ce ne serait plus celui qui a été reçu."
            yield Diagnostic(Place(workspace.shown(path)), "transmis-perdu", said, hint, Severity.WARNING)
