"""What `docgen check` looks at besides the records: the templates of a workspace, or any Word file.

A template of a name that docgen knows (avenant.docx, deliberation.docx…) may use the fields of that document; any
other, those of a pack.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docgen.champs import expected
from docgen.champs.acte import KNOWN_ACTE
from docgen.champs.etat import KNOWN_ETAT
from docgen.champs.pack import KNOWN, Values
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, errors
from docgen.lint import rules
from docgen.model.fiches import Edition
from docgen.packs import together
from docgen.packs.avenant import KNOWN_AVENANT
from docgen.packs.contents import AMENDING, Contents
from docgen.records import strays
from docgen.records.workspace import Data, Workspace, load_edition
from docgen.word.template import NO_HOUSE, House, Template

FIELDS: Mapping[str, Iterable[str]] = {
    "avenant": KNOWN_AVENANT,
    "avis": KNOWN_AVENANT,
    "deliberation": KNOWN_ACTE,
    "bordereau": KNOWN_ACTE,
    "etat-annuel": KNOWN_ETAT,
}
SIGNED = {"avenant": ("syndicat", "membre"), "deliberation": ("secretaire", "president")}
"""Who signs the documents that belong to no edition."""
COPY = ".controle.docx"
"""How the name of a copy with comments ends."""


@dataclass
class Checked:
    """A Word file and what was found in it."""

    path: Path
    template: Template | None = None
    """None when the file cannot be opened as one."""
    problems: list[Diagnostic] = field(default_factory=list)


def of_files(files: Iterable[Path], workspace: Workspace | None, data: Data | None) -> list[Checked]:
    """Return what is wrong with the Word files of these names, each as what it is in the workspace, if it is in one."""
    pieces = {workspace.template(data.edition.edition, p): p for p in data.edition.pieces} if workspace and data else {}
    ours = house(workspace, data)
    found, of_edition = [], []
    for path in files:
        piece = pieces.get(path.resolve())
        one = of_file(path, str(path), piece.signataires if piece else SIGNED.get(path.stem, ()), ours)
        found.append(one)
        of_edition += [one] if piece else []
    if data:
        _meet_members(of_edition, data)
    return found


def _meet_members(pieces: Iterable[Checked], data: Data) -> None:
    for one in pieces:
        if one.template and not errors(one.problems):  # an unknown field has no value for anybody
            one.problems += together.meet(one.template, data.edition, together.of_members(data))


def _meet_amended(workspace: Workspace, data: Data, files: Iterable[Checked]) -> list[Diagnostic]:
    """Have the templates of what leads from an edition to the next meet the members who will get one.

    Return what keeps their values from being known.
    """
    checked = list(files)
    if any(errors(one.problems) for one in checked):
        return []
    found: dict[str, list[tuple[str, Values]]] = {}
    try:
        contents = Contents(workspace, data)
        for membre in data.membres:
            for content in contents.of(membre) if AMENDING.keys() & set(contents.decisions[membre.id].pieces) else ():
                found.setdefault(content.fichier, []).append((membre.id, content.found))
    except ProblemsFound as error:
        return list(error.diagnostics)
    for one in checked:
        if one.template and one.path.parent == workspace.templates and one.path.name in found:
            one.problems += together.meet(one.template, data.edition, found[one.path.name])
    return []


def house(workspace: Workspace | None, data: Data | None) -> House:
    """Return what the templates of a workspace should follow; nothing outside one."""
    printed: dict[str, str] = {}
    if workspace and data:
        for edition in (*_former(workspace, data), data.edition):
            printed |= expected.printed_by_all(edition)
    return House(printed, workspace.styles if workspace else frozenset())


def _former(workspace: Workspace, data: Data) -> Iterator[Edition]:
    """Yield the editions before: their dates and numbers are those that a copied text keeps."""
    for name in workspace.editions:
        if name < data.edition.edition:
            with contextlib.suppress(ProblemsFound):
                yield load_edition(workspace, name, data.seances)


def of_workspace(workspace: Workspace, data: Data) -> list[Checked]:
    """Return what is wrong with the templates of the edition and with those that belong to none."""
    ours = house(workspace, data)
    pieces = [
        of_file(path, workspace.shown(path), piece.signataires, ours)
        for piece in data.edition.pieces
        for path in [workspace.template(data.edition.edition, piece)]
    ]
    others = [
        of_file(path, workspace.shown(path), SIGNED.get(path.stem, ()), ours)
        for path in sorted(workspace.templates.glob("*.docx"))
        if strays.is_template(path) and not path.name.endswith(COPY)
    ]
    record = Checked(workspace.edition_yaml(data.edition.edition))
    if all(one.template and not errors(one.problems) for one in pieces):
        shown_as = workspace.shown(record.path)
        record.problems = together.never_printed(shown_as, data.edition, [t for one in pieces if (t := one.template)])
    _meet_members(pieces, data)
    record.problems += _meet_amended(workspace, data, [*pieces, *others])
    return [*pieces, record, *others]


def of_file(path: Path, shown_as: str, signataires: Iterable[str] = (), ours: House = NO_HOUSE) -> Checked:
    """Return what is wrong with one Word file, whatever it is; nothing is raised."""
    found = Checked(path)
    try:
        kind = next((kind for kind in FIELDS if path.name.lower().startswith(kind)), "")
        known = FIELDS.get(kind, KNOWN)
        found.template = Template(path, shown_as, known, signataires, ours)
        found.problems = rules.check(found.template)
    except ProblemsFound as error:
        found.problems = list(error.diagnostics)
    except Exception as error:  # whatever the file is, there is an answer
        said = f"docgen n'arrive pas à lire ce fichier ({type(error).__name__})"
        hint = "Ouvrez-le dans Word, enregistrez-le au format .docx, puis recommencez."
        found.problems = [Diagnostic(Place(shown_as), "fichier-illisible", said, hint)]
    return found


def as_json(problem: Diagnostic) -> dict[str, Any]:
    """Return a problem as other tools read it."""
    place = problem.place
    return {
        "fichier": place.file,
        "ligne": place.line or None,
        "colonne": place.column or None,
        "ou": place.within or None,
        "page": place.page or None,
        "extrait": place.extract or None,
        "code": problem.code,
        "gravite": problem.severity.value,
        "message": problem.message,
        "conseil": problem.hint or None,
    }
