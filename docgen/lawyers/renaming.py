"""Rename a field in all the templates of the draft edition: what would change, and the change, all files or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docgen import formats, publish
from docgen.champs.volets import known_anywhere
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, closest
from docgen.lawyers import rename
from docgen.lawyers.rename import Renaming
from docgen.packs.contents import open_templates
from docgen.records.workspace import Data, Workspace


@dataclass(frozen=True)
class Planned:
    """A template that uses the field."""

    path: Path
    uses: Sequence[Renaming]
    docx: bytes
    """The template with the field renamed."""
    has_new: bool
    """Whether it uses the new name already."""


def plan(workspace: Workspace, data: Data, old: str, new: str) -> list[Planned]:
    """Return the templates of the edition that use the field, with what renaming it does to them.

    Raises `ProblemsFound` when the edition is in force or was sent, when the new name is no field, and with every use
    that cannot be renamed, in whatever template.
    """
    rename.check_names(old, new)
    _require_draft(workspace, data)
    known = known_anywhere(data.edition)
    if new not in known:
        hint = closest(new, known) or "« docgen fields » donne la liste des champs."
        raise ProblemsFound([Diagnostic(Place(f"« {new} »"), "champ-inconnu", "ce champ n'existe pas", hint)])
    found: list[Planned] = []
    problems: list[Diagnostic] = []
    for template in open_templates(workspace, data.edition).values():
        try:
            if uses := rename.planned(template, old, new):
                found.append(Planned(template.path, uses, rename.renamed(template, old, new), new in template.fields))
        except ProblemsFound as error:
            problems += error.diagnostics
    if problems:
        raise ProblemsFound(problems)
    return found


def already_used(planned: Sequence[Planned]) -> list[str]:
    """Return the names of the templates where the new name stands already: renaming back would take these too."""
    return [one.path.name for one in planned if one.has_new]


def _require_draft(workspace: Workspace, data: Data) -> None:
    """The texts that were voted, or sent to somebody, are what they are."""
    edition, act = data.edition, data.edition.deliberation
    sent = [m.id for m in data.membres if any(envoi.edition == edition.edition for envoi in m.envois)]
    why = ""
    if act.executoire_le:
        why = f"sa délibération est exécutoire depuis le {formats.short_date(act.executoire_le)}"
    elif sent:
        why = f"elle a été envoyée à {formats.listing(sent)}"
    if why:
        place = Place(workspace.shown(workspace.edition_yaml(edition.edition)))
        said = f"l'édition {edition.edition} ne change plus : {why}"
        hint = "Préparez une nouvelle édition : copiez son dossier sous un autre nom, dans templates/."
        raise ProblemsFound([Diagnostic(place, "edition-en-vigueur", said, hint)])


def apply(planned: Sequence[Planned]) -> None:
    """Write the templates. Raises `CannotWrite`; the files that could not be written are as they were."""
    for one in planned:
        publish.replace(one.path, one.docx)
