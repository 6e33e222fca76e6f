"""What the pack of each member is made of: its documents in order, each with its template and its values.

A member who holds nothing gets the whole pack of the edition; one who signed gets what `amendment` decides: an avenant
and its annexes, the annex of a new volet, a notice; one who holds all that it takes gets nothing.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from docgen.champs import expected
from docgen.champs.pack import CHAMPS, KNOWN, Champ, Dossier, Values, values
from docgen.champs.volets import champs_of, known_anywhere, known_of
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.law import souscriptions
from docgen.law.contrats import ACCOMPAGNEMENT, AVENANT
from docgen.model.edition import SUITES, Edition, PieceModele
from docgen.model.fiches import Membre
from docgen.packs.amendment import Decision, Grounds, decide
from docgen.packs.avenant import CHAMPS_AVENANT, KNOWN_AVENANT, DossierAvenant
from docgen.records.workspace import Data, Workspace, load_edition, today
from docgen.word import compare
from docgen.word.compare import Change, Difference
from docgen.word.render import Renderer
from docgen.word.template import House, Template

OF_A_VOLET = ("grille.", "montants.", "souscription.")


@dataclass(frozen=True)
class Content:
    """One document of a pack."""

    name: str
    titre: str
    fichier: str
    """The name of its Word file."""
    template: Template
    found: Values
    volet: str | None = None
    """The volet of the piece."""

    @property
    def label(self) -> str:
        """What stands before its page numbers, from its title: « Annexe 2, page »."""
        return label(self.titre)


def label(titre: str) -> str:
    """Return what stands before the page numbers of a document: what comes before the dash, or the first word.

    >>> label("Annexe 2 – Volet 1 : stockage"), label("Convention d'accès au bouquet")
    ('Annexe 2, page', 'Convention, page')
    """
    before, dash, _ = titre.partition(" – ")
    return f"{before if dash else titre.split()[0]}, page"


class Contents:
    """The contents of the packs of one edition."""

    def __init__(self, workspace: Workspace, data: Data) -> None:
        """Open the templates. Raises `ProblemsFound` with all that cannot be opened."""
        self.workspace, self.data = workspace, data
        self._texts = cache(self._read_edition)
        self._differences = cache(self._compare)
        self._brief: dict[int, tuple[Champ, ...]] = {}
        self.templates = open_templates(workspace, data.edition)
        self.pieces = {piece.id: piece for piece in data.edition.pieces}
        for name in SUITES:
            if any(name in decision.pieces for decision in self.decisions.values()):
                path = suite_path(workspace, data.edition.edition, name)
                signed = ("syndicat", "membre") if name == AVENANT else ()
                known = {**known_anywhere(data.edition), **KNOWN_AVENANT}
                house = House(closed=expected.closed_fields(data.edition))
                self.templates[name] = Template(path, workspace.shown(path), known, signed, house)
                self.pieces[name] = PieceModele(id=name, titre=data.edition.suite(name), fichier=path.name)

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """What is to be done for each member, by its id."""
        edition = self.data.edition
        covering = suite_path(self.workspace, edition.edition, ACCOMPAGNEMENT).exists()
        on = Grounds(
            lambda name: self._texts(name)[0],
            lambda name: self._texts(name)[0] if name in self.workspace.editions else None,
            lambda _: Difference((), ()),
            self.printed_in,
            today(),
            covering,
        )
        return {
            membre.id: decide(membre, edition, replace(on, differences=partial(self._for_member, membre)))
            for membre in self.data.membres
        }

    @cached_property
    def printed_in(self) -> dict[str, tuple[str, ...]]:
        """The pieces that print what a member takes of a volet and pays for it, by volet."""
        edition = self.data.edition
        found = {}
        for volet in edition.volets:
            begins = (f"volet.{volet.id}.", *(OF_A_VOLET if len(edition.volets) == 1 else ()))
            own = [piece.id for piece in edition.pieces if piece.volet == volet.id]
            common = [
                piece.id
                for piece in edition.pieces
                if piece.volet is None and any(path.startswith(begins) for path in self.templates[piece.id].fields)
            ]
            found[volet.id] = tuple(own or common)
        return found

    @property
    def beside(self) -> list[str]:
        """What changes besides the articles and the prices since the editions that members hold: no avenant says it."""
        held = sorted({d.held.edition for d in self.decisions.values() if d.held})
        target = self.data.edition.edition
        found = [(name, one) for name in held if name < target for one in self._differences(name).ailleurs]
        return [f"{piece}, {kind} : des mots changent depuis l'édition {name}" for name, (piece, kind) in found]

    def dossier(self, membre: Membre) -> Dossier:
        """Return what is known about the pack of a member."""
        return dossier(self.data, membre)

    def _for_member(self, membre: Membre, former: str) -> Difference:
        """Return what differs between the editions for that member: a clause may not concern it."""
        found = self._differences(former)
        kept = [change for change in found.textes if change.piece not in self._by_article(former)]
        for name in self._by_article(former):
            ours = [change for change in found.textes if change.piece == name]
            if any("{" in text for change in ours for text in (change.titre, *change.paragraphes, *change.avant)):
                ours = self._as_printed(membre, former, name)
            kept += ours
        order = list(dict.fromkeys(change.piece for change in found.textes))
        return replace(found, textes=tuple(sorted(kept, key=lambda change: order.index(change.piece))))

    def _by_article(self, former: str) -> list[str]:
        """Return the pieces of both editions that an avenant changes article by article."""
        before = {piece.id for piece in self._texts(former)[0].pieces}
        return [piece.id for piece in self.data.edition.pieces if piece.articles and piece.id in before]

    def _as_printed(self, membre: Membre, former: str, name: str) -> list[Change]:
        """Return what changes in a piece, former and new both filled with the present values of the member.

        What then differs is what was voted, not what a record says now. Raises `ProblemsFound`.
        """
        edition, before = self._texts(former)
        known = dossier(self.data, membre)
        tree = values(known, champs_of(self.data.edition, self.pieces[name].volet)).tree
        # The former template prints the volets and the prices of its own edition; all else is as it is today.
        then = {**self._as_it_was(known, edition, name), **values(known, CHAMPS).tree}
        both = ((before[name], then), (self.templates[name], tree))
        return list(compare.changes(name, *(compare.articles_of(self._filled(*one)) for one in both)))

    def _as_it_was(self, known: Dossier, edition: Edition, name: str) -> dict[str, Any]:
        """Return the values of the fields that an edition before had of its own."""
        volet = next(piece.volet for piece in edition.pieces if piece.id == name)
        taken = souscriptions.current(known.membre, edition, today())
        try:
            return values(Dossier(known.syndicat, edition, known.membre, taken), champs_of(edition, volet)).tree
        except ValueError:  # an answer of today, to a question that was asked otherwise then
            return values(Dossier(known.syndicat, edition, known.membre), champs_of(edition, volet)).tree

    def _filled(self, template: Template, tree: dict[str, Any]) -> Mapping[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(Renderer(template).fill(tree).docx)) as docx:
            return {name: docx.read(name) for name in docx.namelist()}

    @cached_property
    def printed(self) -> dict[str, list[str]]:
        """The fields that each template prints."""
        return {name: sorted(printed(template)) for name, template in self.templates.items()}

    def of(self, membre: Membre, *, brief: bool = False) -> list[Content]:
        """Return the documents to make for the member; none when what it holds stays as it is.

        `brief`: with the values of what they print only, which tell whether they are up to date; not to be filled.
        """
        decision = self.decisions[membre.id]
        known = dossier(self.data, membre)
        more: dict[str, Any] = {}
        if SUITES.keys() & set(decision.pieces):
            more = self._suites(known, decision)
        volets = (self.pieces[name].volet for name in decision.pieces)
        printed = values_of(known, volets, self._printed_champs if brief else champs_of)
        return [self._content(name, printed, more) for name in decision.pieces]

    def _printed_champs(self, edition: Edition, volet: str | None) -> tuple[Champ, ...]:
        champs = champs_of(edition, volet)
        if id(champs) not in self._brief:
            anywhere = {path for paths in self.printed.values() for path in paths}
            self._brief[id(champs)] = tuple(champ for champ in champs if champ.chemin in anywhere)
        return self._brief[id(champs)]

    def _content(self, name: str, printed: Mapping[str | None, Values], more: Mapping[str, Any]) -> Content:
        piece = self.pieces[name]
        found = printed[piece.volet]
        if name in SUITES:
            found = Values({**found.tree, **more["tree"]}, {**found.flat, **more["flat"]}, found.blanks)
        return Content(name, piece.titre, piece.fichier, self.templates[name], found, piece.volet)

    def _suites(self, known: Dossier, decision: Decision) -> dict[str, Any]:
        """Return the values that only what goes to who has signed may print."""
        held, membre = decision.held, known.membre
        assert held
        former, _ = self._texts(held.edition)
        if held.edition < known.edition.edition:
            difference = self._for_member(membre, held.edition)
        else:
            difference = Difference((), ())
        articles: list[Change] = []
        for name in self._by_article(held.edition) if difference.textes else ():
            ours = self._as_printed(membre, held.edition, name)
            if not ours and any(change.piece == name for change in difference.textes):
                place = Place(self.templates[name].file)
                said = f"pour {membre.id}, rien ne change sur la page alors que le modèle a changé"
                raise ProblemsFound([Diagnostic(place, "avenant-vide", said, "Comparez les deux éditions dans Word.")])
            articles += ours
        full = DossierAvenant(
            known.syndicat, known.edition, membre, known.souscriptions, decision=decision, held=held, former=former,
            difference=difference, articles=articles,
        )  # fmt: skip
        found = values(full, CHAMPS_AVENANT)
        return {"tree": found.tree, "flat": found.flat}

    def _read_edition(self, name: str) -> tuple[Edition, dict[str, Template]]:
        if name == self.data.edition.edition:
            return self.data.edition, self.templates
        edition = load_edition(self.workspace, name, self.data.votes)
        return edition, open_templates(self.workspace, edition)

    def _compare(self, name: str) -> Difference:
        return compare.editions(self._texts(name), self._texts(self.data.edition.edition))


def dossier(data: Data, membre: Membre) -> Dossier:
    """Return what is known about the pack of a member in the edition of the records."""
    return Dossier(data.syndicat, data.edition, membre, souscriptions.current(membre, data.edition, today()))


def values_of(
    known: Dossier,
    volets: Iterable[str | None],
    champs_of: Callable[[Edition, str | None], tuple[Champ, ...]] = champs_of,
) -> dict[str | None, Values]:
    """Return what the pieces of each volet, and those of none, print: computed once for those of the same fields."""
    found: dict[str | None, Values] = {}
    computed: dict[int, Values] = {}
    for volet in volets:
        if volet not in found:
            champs = champs_of(known.edition, volet)
            found[volet] = computed.get(id(champs)) or computed.setdefault(id(champs), values(known, champs))
    return found


def suite_path(workspace: Workspace, edition: str, name: str) -> Path:
    """Return the Word file of a document that goes to who has signed: the edition's own, or that of all editions."""
    own = workspace.templates / edition / f"{name}.docx"
    return own if own.exists() else workspace.templates / f"{name}.docx"


def open_templates(workspace: Workspace, edition: Edition) -> dict[str, Template]:
    """Return the templates of the edition, by piece. Raises `ProblemsFound` with all that cannot be opened."""
    templates: dict[str, Template] = {}
    problems: list[Diagnostic] = []
    for model in edition.pieces:
        path = workspace.template(edition.edition, model)
        house = House(closed=expected.closed_fields(edition, model.volet))
        known = known_of(edition, model.volet)
        try:
            templates[model.id] = Template(path, workspace.shown(path), known, model.signataires, house)
        except ProblemsFound as error:
            problems += error.diagnostics
    if problems:
        raise ProblemsFound(problems)
    return templates


def left_blank(contents: Sequence[Content], printed: Mapping[str, Collection[str]], edition: Edition) -> Iterator[str]:
    """Yield what a pack leaves to fill in by hand: what all pieces may print, then what is of each volet.

    `printed` are the fields that each template prints.
    """
    everywhere = {path for content in contents for path in printed[content.name]}
    yield from blanks(contents[0].found, everywhere, KNOWN)
    for content in contents:
        own = _of_volet(edition, content.volet)
        yield from blanks(content.found, everywhere if len(edition.volets) == 1 else printed[content.name], own)


@lru_cache(maxsize=64)
def _of_volet(edition: Edition, volet: str | None) -> Mapping[str, Champ]:
    return {path: champ for path, champ in known_of(edition, volet).items() if path not in KNOWN}


def blanks(found: Values, fields: Container[str], known: Mapping[str, Champ]) -> Iterator[str]:
    """Yield what the templates leave to fill in by hand, in words: « référent » when all of it is missing.

    `known` are the fields of the pieces, by their paths.
    """
    groups: dict[str, list[str]] = {}
    for path in found.flat:
        if path in fields and path in known and known[path].blanc:
            groups.setdefault(known[path].blanc.split(" : ")[0], []).append(path)
    for group, paths in groups.items():
        missing = [known[path].blanc for path in paths if path in found.blanks]
        if len(missing) == len(paths):
            yield group
        else:
            yield from dict.fromkeys(missing)


def printed(template: Template) -> frozenset[str]:
    """Return the paths of `Values.flat` that a template prints: of a list, the list."""
    return frozenset(path.split("[")[0] for path in template.fields if template.knows(path))
