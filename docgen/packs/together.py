"""What only shows once the templates of an edition and its members are taken together.

A mention that no document prints, a branch that a misspelling decides, a clause that serves nobody, a field that some
records lack.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from docgen import formats
from docgen.champs import expected
from docgen.champs.pack import Values, values
from docgen.champs.volets import champs_of
from docgen.diagnostics import Diagnostic, Place, ProblemsFound, Severity, errors
from docgen.lint import byhand
from docgen.lint.branches import Branches
from docgen.model.edition import Edition
from docgen.model.fiches import Membre
from docgen.office import covers
from docgen.packs.contents import dossier, values_of
from docgen.records.workspace import Data
from docgen.word import references
from docgen.word.fonts import SIGN, families
from docgen.word.render import Renderer
from docgen.word.signs import UNDRAWN
from docgen.word.template import Template

COMMON = 0xFF
"""The last character that every font of Word has."""
NAMED = 5
"""Members named in one line; beyond, only their number."""


def require_true(shown_as: str, data: Data, templates: Iterable[Template], membres: Iterable[Membre]) -> None:
    """Raise `ProblemsFound` with every error of the edition, whose record is shown as told, if there is one.

    `templates` are those of its pieces, in their order; `membres` those whose documents are to be made.
    """
    pieces = list(templates)
    found = never_printed(shown_as, data.edition, pieces)
    meetings = [
        (piece.volet, _Meeting(template, data.edition, piece.volet))
        for template, piece in zip(pieces, data.edition.pieces, strict=True)
    ]
    for membre in membres:
        theirs = [(volet, meeting) for volet, meeting in meetings if concerned(data, membre, volet)]
        printed = values_of(dossier(data, membre), (volet for volet, _ in theirs))
        for volet, meeting in theirs:
            meeting.see(membre.id, printed[volet])
    for _, meeting in meetings:
        found += meeting.found()
    if stopping := errors(found):
        raise ProblemsFound(stopping)


def never_printed(shown_as: str, edition: Edition, templates: Iterable[Template]) -> list[Diagnostic]:
    """Return an error for each mention that no template of the edition prints: a pack without it binds nobody."""
    used: dict[str | None, list[str]] = {}
    for template, piece in zip(templates, edition.pieces, strict=True):
        used.setdefault(piece.volet, []).extend(template.printed())
    return [
        Diagnostic(
            Place(shown_as),
            "champ-obligatoire-absent",
            f"aucune pièce de l'édition {edition.edition} n'imprime {what}",
            f"Écrivez {{{{ {path} }}}} dans l'une d'elles.",
        )
        for what, path in expected.never_printed(used, edition)
    ]


Filled = Iterable[tuple[str, Values]]
"""The values that a template is filled with, by the id of each member."""


def of_members(data: Data, volet: str | None = None) -> Filled:
    """Yield the values that a piece, of that volet, prints for each member who gets it."""
    for membre in data.membres:
        if concerned(data, membre, volet):
            yield membre.id, values(dossier(data, membre), champs_of(data.edition, volet))


def concerned(data: Data, membre: Membre, volet: str | None) -> bool:
    """Tell whether a member gets the pieces of a volet, or those of none."""
    taken = dossier(data, membre).souscriptions
    return not membre.parti_le and (volet is None or volet in taken or not taken)


def meet(template: Template, edition: Edition, members: Filled, volet: str | None = None) -> list[Diagnostic]:
    """Return what shows when a sound template, of that volet, is gone through with the values of each member."""
    meeting = _Meeting(template, edition, volet)
    for member, filled in members:
        meeting.see(member, filled)
    return meeting.found()


class _Meeting:
    """What shows of a template, member after member."""

    def __init__(self, template: Template, edition: Edition, volet: str | None) -> None:
        self.template = template
        self.branches = Branches(template, expected.closed_fields(edition, volet))
        self.empty: dict[str, list[str]] = {}
        self.drawn_with = families(template)
        self.refers = references.any_in(template) or byhand.any_in(template)
        self.lost: list[tuple[str, Diagnostic]] = []
        self.failed: list[Diagnostic] | None = None

    def see(self, member: str, filled: Values) -> None:
        """Go through the template with the values of one member; after one that fails, nobody is looked at."""
        if self.failed is not None:
            return
        template, fields = self.template, self.template.fields
        for label in dict.fromkeys(label for path, label in filled.blanks.items() if path in fields):
            self.empty.setdefault(label, []).append(member)
        try:
            self.branches.watch(filled.tree)
        except Exception:  # a template is a program: the renderer says where and why
            self.failed = _failing(template, filled.tree)
            return
        self.lost += [(member, problem) for problem in _undrawn(template, filled, self.drawn_with)]
        if self.refers:
            self.lost += [(member, problem) for problem in _led_astray(template, filled.tree)]

    def found(self) -> list[Diagnostic]:
        """Return all that showed."""
        if self.failed is not None:
            return self.failed
        told = [*self.branches.misspelt(), *self.branches.unused(), *_taken_away(self.lost)]
        return [*told, *_empty(self.template, self.empty)]


def _taken_away(lost: Iterable[tuple[str, Diagnostic]]) -> Iterator[Diagnostic]:
    """Yield what keeps the document of some members from being filled, once each, with those whom it concerns."""
    members: dict[Diagnostic, list[str]] = {}
    for member, problem in lost:
        members.setdefault(problem, []).append(member)
    for problem, concerned in members.items():
        yield replace(problem, message=f"{problem.message} ; ainsi pour {_named(concerned)}")


def _undrawn(template: Template, filled: Values, drawn_with: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield the characters of the values that a template prints and that a font of its words does not have."""
    for path in sorted(template.fields & filled.flat.keys()):
        text = str(filled.flat[path])
        if text.isascii():
            continue
        for char in sorted(set(unicodedata.normalize("NFC", text))):
            lacking = [family for family in drawn_with if not covers(family, char)] if ord(char) > COMMON else []
            if lacking and not SIGN.match(char) and not UNDRAWN.match(char):
                said = f"le caractère « {char} » (U+{ord(char):04X}) de « {path} » n'est pas dans « {lacking[0]} »"
                hint = "Écrivez-le autrement dans la fiche."
                yield Diagnostic(Place(template.file), "caractere-sans-dessin", said, hint)


def _led_astray(template: Template, tree: Mapping[str, Any]) -> list[Diagnostic]:
    """Return the references that lead to another article, or to none, in the document of one member."""
    try:
        return byhand.moved(template, Renderer(template).fill(dict(tree)).meaning.passages)
    except ProblemsFound as error:
        return list(error.diagnostics)


def _failing(template: Template, tree: Mapping[str, Any]) -> list[Diagnostic]:
    try:
        Renderer(template).fill(dict(tree))
    except ProblemsFound as error:
        return list(error.diagnostics)
    return []


def _empty(template: Template, empty: Mapping[str, list[str]]) -> list[Diagnostic]:
    """A field that some records lack: a blank on their pages, to fill by hand."""
    found = []
    for label, members in empty.items():
        said = f"{label} : en blanc pour {_named(members)}"
        found.append(Diagnostic(Place(template.file), "champ-vide", said, severity=Severity.INFO))
    return found


def _named(members: Sequence[str]) -> str:
    more = f" et {formats.plural(len(members) - NAMED, 'autre')}" if len(members) > NAMED else ""
    return f"{', '.join(members[:NAMED])}{more}"
