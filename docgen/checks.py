"""What `docgen check` looks at besides the records: the templates of a workspace, or any Word file.

A template of a name that docgen knows (avenant.docx, deliberation.docx…) may use the fields of that document; any
other, those of a pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docgen.champs.acte import KNOWN_ACTE
from docgen.champs.etat import KNOWN_ETAT
from docgen.champs.pack import KNOWN
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.packs.avenant import KNOWN_AVENANT
from docgen.records.workspace import Data, Workspace
from docgen.word import lint
from docgen.word.template import Template

FIELDS: Mapping[str, Iterable[str]] = {
    "avenant": KNOWN_AVENANT,
    "avis": KNOWN_AVENANT,
    "deliberation": KNOWN_ACTE,
    "bordereau": KNOWN_ACTE,
    "etat-annuel": KNOWN_ETAT,
}
SIGNED = {"avenant": ("syndicat", "membre"), "deliberation": ("secretaire", "president")}
"""Who signs the documents that belong to no edition."""


def of_workspace(workspace: Workspace, data: Data) -> Iterator[Diagnostic]:
    """Yield what is wrong with the templates of the edition and with those that belong to none."""
    for piece in data.edition.pieces:
        path = workspace.template(data.edition.edition, piece)
        yield from of_file(path, workspace.shown(path), piece.signataires)
    for path in sorted(workspace.templates.glob("*.docx")):
        if not path.name.startswith("~$"):  # what Word keeps beside a file that is open
            yield from of_file(path, workspace.shown(path), SIGNED.get(path.stem, ()))


def of_file(path: Path, shown_as: str, signataires: Iterable[str] = ()) -> list[Diagnostic]:
    """Return what is wrong with one Word file, whatever it is; nothing is raised."""
    try:
        return lint.check(Template(path, shown_as, FIELDS.get(path.stem, KNOWN), signataires))
    except ProblemsFound as error:
        return list(error.diagnostics)
    except Exception as error:  # whatever the file is, there is an answer
        said = f"docgen n'arrive pas à lire ce fichier ({type(error).__name__})"
        hint = "Ouvrez-le dans Word, enregistrez-le au format .docx, puis recommencez."
        return [Diagnostic(Place(shown_as), "fichier-illisible", said, hint)]


def as_json(problem: Diagnostic) -> dict[str, Any]:
    """Return a problem as other tools read it."""
    place = problem.place
    return {
        "fichier": place.file,
        "ligne": place.line or None,
        "colonne": place.column or None,
        "ou": place.within or None,
        "extrait": place.extract or None,
        "code": problem.code,
        "gravite": problem.severity.value,
        "message": problem.message,
        "conseil": problem.hint or None,
    }
