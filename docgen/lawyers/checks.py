"""What `docgen check` looks at besides the records: the templates of a workspace, or any Word file.

A template of a name that docgen knows (avenant.docx, deliberation.docx…) may use the fields of that document; any
other, those of a pack.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docgen import formats
from docgen.champs import expected
from docgen.champs.acte import KNOWN_ACTE, KNOWN_LISTE
from docgen.champs.etat import KNOWN_ETAT
from docgen.champs.pack import ANYWHERE, Values
from docgen.champs.volets import known_anywhere, known_of
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity, errors
from docgen.lint import rules
from docgen.model.edition import SUITES, Edition, PieceModele
from docgen.packs import together
from docgen.packs.avenant import ANY_AVENANT, KNOWN_AVENANT
from docgen.packs.contents import Contents
from docgen.records import exemples, strays
from docgen.records.workspace import Data, Workspace, load_edition
from docgen.word.template import NO_HOUSE, House, Template

FIELDS: Mapping[str, Iterable[str]] = {
    **dict.fromkeys(SUITES, ANY_AVENANT),
    "deliberation": KNOWN_ACTE,
    "bordereau": KNOWN_ACTE,
    "extrait": KNOWN_ACTE,
    "publication": KNOWN_ACTE,
    "liste-deliberations": KNOWN_LISTE,
    "etat-annuel": KNOWN_ETAT,
}
SIGNED = {"avenant": ("syndicat", "membre"), "deliberation": ("secretaire", "president"), "extrait": ("president",)}
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
    piece: PieceModele | None = None
    """Which piece of the edition it is, if it is one."""


def of_files(files: Iterable[Path], workspace: Workspace | None, data: Data | None) -> list[Checked]:
    """Return what is wrong with the Word files of these names, each as what it is in the workspace, if it is in one."""
    pieces = {workspace.template(data.edition.edition, p): p for p in data.edition.pieces} if workspace and data else {}
    ours = house(workspace, data)
    found = []
    for path in files:
        piece = pieces.get(path.resolve())
        ours_is = workspace is not None and path.resolve().is_relative_to(workspace.templates.resolve())
        found.append(of_piece(path, str(path), data if ours_is else None, ours, piece))
    if data:
        _meet_members(found, data)
    return found


def of_piece(path: Path, shown_as: str, data: Data | None, ours: House, piece: PieceModele | None = None) -> Checked:
    """Return what is wrong with a file as what it is in the edition of the records, or anywhere when there is none."""
    if data is None:
        return of_file(path, shown_as, SIGNED.get(path.stem, ()), ours)
    known: Iterable[str] | None = None
    if piece:
        known = known_of(data.edition, piece.volet)
    elif path.stem in SUITES:
        known = {**known_anywhere(data.edition), **KNOWN_AVENANT}
    closed = expected.closed_fields(data.edition, piece.volet if piece else None)
    signs = piece.signataires if piece else SIGNED.get(path.stem, ())
    found = of_file(path, shown_as, signs, replace(ours, closed=closed), known)
    found.piece = piece
    return found


def _meet_members(pieces: Iterable[Checked], data: Data) -> None:
    for one in pieces:
        if one.piece and one.template and not errors(one.problems):  # an unknown field has no value for anybody
            volet = one.piece.volet
            one.problems += together.meet(one.template, data.edition, together.of_members(data, volet), volet)


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
            for content in contents.of(membre) if SUITES.keys() & set(contents.decisions[membre.id].pieces) else ():
                found.setdefault(content.fichier, []).append((membre.id, content.found))
    except ProblemsFound as error:
        return list(error.diagnostics)
    for one in checked:
        if one.template and one.piece is None and one.path.name in found:
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
                yield load_edition(workspace, name, data.votes)


def of_workspace(workspace: Workspace, data: Data) -> list[Checked]:
    """Return what is wrong with the templates of the edition and with those that belong to none."""
    ours = house(workspace, data)
    pieces = [
        of_piece(path, workspace.shown(path), data, ours, piece)
        for piece in data.edition.pieces
        for path in [workspace.template(data.edition.edition, piece)]
    ]
    own = [path for name in SUITES if (path := workspace.templates / data.edition.edition / f"{name}.docx").exists()]
    common = [path for path in sorted(workspace.templates.glob("*.docx")) if path.stem not in {one.stem for one in own}]
    others = [
        of_piece(path, workspace.shown(path), data, ours)
        for path in (*own, *common)
        if strays.is_template(path) and not path.name.endswith(COPY)
    ]
    record = Checked(workspace.edition_yaml(data.edition.edition))
    if all(one.template and not errors(one.problems) for one in pieces):
        shown_as = workspace.shown(record.path)
        record.problems = together.never_printed(shown_as, data.edition, [t for one in pieces if (t := one.template)])
    for one in (*pieces, *others):
        one.problems += _of_the_example(one, data)
    _meet_members(pieces, data)
    record.problems += _meet_amended(workspace, data, [*pieces, *others])
    return [*pieces, record, *others]


def _of_the_example(one: Checked, data: Data) -> Iterator[Diagnostic]:
    """Yield what a template still says of the authority of the sample."""
    if one.template is None or not (found := exemples.in_document(one.template.members, data.syndicat)):
        return
    words = [word for word in found if word in exemples.WORDS]
    named = [f"« {word} »" if word in words else word for word in found]
    place = Place(one.template.file, extract=words[0] if words else "")
    hint = "Mettez les vôtres : tant qu'il y reste quelque chose de l'exemple, les packs portent PROJET."
    if words:
        hint += f" Des mots que vous gardez s'écrivent dans syndicat.yaml : « repris: [{', '.join(words)}] »."
    said = f"ce modèle garde de l'exemple : {formats.listing(named)}"
    yield Diagnostic(place, "valeur-d-exemple", said, hint, Severity.WARNING)


def of_file(
    path: Path,
    shown_as: str,
    signataires: Iterable[str] = (),
    ours: House = NO_HOUSE,
    known: Iterable[str] | None = None,
) -> Checked:
    """Return what is wrong with one Word file, whatever it is; nothing is raised.

    `known` are the fields that it may use; None when its name tells.
    """
    found = Checked(path)
    try:
        kind = next((kind for kind in FIELDS if path.name.lower().startswith(kind)), "")
        known = FIELDS.get(kind, ANYWHERE) if known is None else known
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
