"""What the pack of each member is made of: its documents in order, each with its template and its values.

A member who holds nothing gets the whole pack of the edition; one who signed an earlier edition gets what `amendment`
decides: an avenant and its annexes, a new charter, a notice; one who holds the edition already gets nothing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

from docgen.champs.pack import CHAMPS, KNOWN, Dossier, Values, values
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.model.fiches import Edition, Membre, PieceModele
from docgen.packs import amendment
from docgen.packs.amendment import Decision, decide
from docgen.packs.avenant import CHAMPS_AVENANT, KNOWN_AVENANT, DossierAvenant
from docgen.records.workspace import Data, Workspace, load_edition
from docgen.word import compare
from docgen.word.compare import Difference
from docgen.word.render import Renderer
from docgen.word.template import Template

AMENDING = {
    amendment.AVENANT: "Avenant à la convention d'accès au bouquet de services numériques",
    amendment.AVIS: "Avis de révision des tarifs",
}
"""The documents that belong to no edition: they lead from one to the next."""


@dataclass(frozen=True)
class Content:
    """One document of a pack."""

    name: str
    titre: str
    fichier: str
    """The name of its Word file."""
    template: Template
    found: Values

    @property
    def label(self) -> str:
        """What stands before its page numbers: « Annexe 2, page »."""
        return f"{self.name.replace('-', ' ').capitalize()}, page"


class Contents:
    """The contents of the packs of one edition."""

    def __init__(self, workspace: Workspace, data: Data) -> None:
        """Open the templates. Raises `ProblemsFound` with all that cannot be opened."""
        self.workspace, self.data = workspace, data
        self._texts = cache(self._read_edition)
        self._differences = cache(self._compare)
        self.templates = open_templates(workspace, data.edition)
        self.pieces = {piece.id: piece for piece in data.edition.pieces}
        for name, titre in AMENDING.items():
            if any(name in decision.pieces for decision in self.decisions.values()):
                path = workspace.templates / f"{name}.docx"
                signed = ("syndicat", "membre") if name == amendment.AVENANT else ()
                self.templates[name] = Template(path, workspace.shown(path), KNOWN_AVENANT, signed)
                self.pieces[name] = PieceModele(id=name, titre=titre, fichier=path.name)

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """What is to be done for each member, by its id."""
        edition = self.data.edition
        return {
            membre.id: decide(membre, edition, lambda name: self._texts(name)[0], partial(self._for_member, membre))
            for membre in self.data.membres
        }

    @property
    def beside(self) -> list[str]:
        """What changes besides the articles and the prices since the editions that members hold: no avenant says it."""
        held = sorted({d.held.edition for d in self.decisions.values() if d.held})
        target = self.data.edition.edition
        found = [(name, one) for name in held if name < target for one in self._differences(name).ailleurs]
        return [f"{piece}, {kind} : des mots changent depuis l'édition {name}" for name, (piece, kind) in found]

    def _for_member(self, membre: Membre, former: str) -> Difference:
        """Return what differs between the editions for that member: a clause may not concern it."""
        found = self._differences(former)
        ours = [change for change in found.textes if change.piece == amendment.CONVENTION]
        if not any("{" in text for change in ours for text in (change.titre, *change.paragraphes, *change.avant)):
            return found  # the same words for everybody
        others = [change for change in found.textes if change.piece != amendment.CONVENTION]
        before, after = self._conventions(Dossier(self.data.syndicat, self.data.edition, membre), former)
        changed = compare.changes(amendment.CONVENTION, compare.articles_of(before), compare.articles_of(after))
        return replace(found, textes=(*changed, *others))

    def _conventions(self, dossier: Dossier, former: str) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
        """Return the former convention and the new one as members of a .docx, both filled with the present values.

        What then differs is what was voted, not what a record says now. Raises `ProblemsFound`.
        """
        tree = values(dossier, CHAMPS).tree
        before, after = self._texts(former)[1][amendment.CONVENTION], self.templates[amendment.CONVENTION]
        return self._filled(before, tree), self._filled(after, tree)

    def _filled(self, template: Template, tree: dict[str, Any]) -> Mapping[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(Renderer(template).fill(tree).docx)) as docx:
            return {name: docx.read(name) for name in docx.namelist()}

    def of(self, membre: Membre) -> list[Content]:
        """Return the documents to make for the member; none when what it holds stays as it is."""
        decision = self.decisions[membre.id]
        dossier = Dossier(self.data.syndicat, self.data.edition, membre)
        found = values(dossier, CHAMPS)
        if AMENDING.keys() & set(decision.pieces):
            found = values(self._avenant(dossier, decision), CHAMPS_AVENANT)
        return [
            Content(name, self.pieces[name].titre, self.pieces[name].fichier, self.templates[name], found)
            for name in decision.pieces
        ]

    def _avenant(self, dossier: Dossier, decision: Decision) -> DossierAvenant:
        held = decision.held
        assert held
        former, _ = self._texts(held.edition)
        difference = self._for_member(dossier.membre, held.edition)
        before, after = (compare.articles_of(docx) for docx in self._conventions(dossier, held.edition))
        articles = tuple(compare.changes(amendment.CONVENTION, before, after))
        if not articles and any(change.piece == amendment.CONVENTION for change in difference.textes):
            place = Place(self.templates[amendment.CONVENTION].file)
            said = f"pour {dossier.membre.id}, rien ne change sur la page alors que le modèle a changé"
            raise ProblemsFound([Diagnostic(place, "avenant-vide", said, "Comparez les deux éditions dans Word.")])
        return DossierAvenant(dossier.syndicat, dossier.edition, dossier.membre, held, former, difference, articles)

    def _read_edition(self, name: str) -> tuple[Edition, dict[str, Template]]:
        if name == self.data.edition.edition:
            return self.data.edition, self.templates
        edition = load_edition(self.workspace, name, self.data.seances)
        return edition, open_templates(self.workspace, edition)

    def _compare(self, name: str) -> Difference:
        return compare.editions(self._texts(name), self._texts(self.data.edition.edition))


def open_templates(workspace: Workspace, edition: Edition) -> dict[str, Template]:
    """Return the templates of the edition, by piece. Raises `ProblemsFound` with all that cannot be opened."""
    templates: dict[str, Template] = {}
    problems: list[Diagnostic] = []
    for model in edition.pieces:
        path = workspace.template(edition.edition, model)
        try:
            templates[model.id] = Template(path, workspace.shown(path), signataires=model.signataires)
        except ProblemsFound as error:
            problems += error.diagnostics
    if problems:
        raise ProblemsFound(problems)
    return templates


def blanks(found: Values, fields: Container[str]) -> Iterator[str]:
    """Yield what the templates leave to fill in by hand, in words: « référent » when all of it is missing."""
    groups: dict[str, list[str]] = {}
    for path in found.flat:
        if path in fields and path in KNOWN and KNOWN[path].blanc:
            groups.setdefault(KNOWN[path].blanc.split(" : ")[0], []).append(path)
    for group, paths in groups.items():
        missing = [KNOWN[path].blanc for path in paths if path in found.blanks]
        if len(missing) == len(paths):
            yield group
        else:
            yield from dict.fromkeys(missing)


def printed(template: Template) -> frozenset[str]:
    """Return the paths of `Values.flat` that a template prints: of a list, the list."""
    return frozenset(path.split("[")[0] for path in template.fields) & template.known
