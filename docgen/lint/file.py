"""What is wrong with what a Word file holds besides its words: macros, fonts, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docgen.diagnostics import Diagnostic, Place, Severity
from docgen.office import SYMBOLS, TWINS, font_for
from docgen.word.fonts import Typography, families
from docgen.word.package import W
from docgen.word.references import shown_parts, trees
from docgen.word.template import Part, Relation, Template

ACTIVE = re.compile(r"vbaProject|activeX/|embeddings/.*\.bin$|afchunk", re.I)


def macros(template: Template) -> Iterator[Diagnostic]:
    """Macros, OLE objects, ActiveX: nothing of this has a place in a legal text."""
    for relation in template.relations():
        if not relation.external and (ACTIVE.search(relation.target) or ACTIVE.search(relation.kind)):
            yield Diagnostic(
                related(template, relation),
                "objet-actif",
                f"le document contient un objet actif ({relation.target})",
                "Supprimez-le, ou enregistrez le document au format .docx sans macro.",
            )


def hidden_text(template: Template) -> Iterator[Diagnostic]:
    """Words that Word hides, themselves or by a style: no page would show them."""
    typography = Typography(template.members)
    parts = {part.name: part for part in shown_parts(template)}
    for name, tree in trees(parts.values()).items():
        for number, paragraph in enumerate(tree.iter(f"{W}p"), 1):
            runs = [run for run in paragraph.iter(f"{W}r") if next(run.iterancestors(f"{W}p")) is paragraph]
            hidden = ("".join(text.text or "" for text in run.iter(f"{W}t")) for run in runs if typography.hides(run))
            if words := next((text.strip() for text in hidden if text.strip()), ""):
                yield Diagnostic(
                    template.place_of(parts[name], number, words),
                    "texte-masque",
                    "un texte masqué ne serait pas imprimé",
                    "Dans Word : Police, décochez « Masqué » (du texte ou de son style), ou supprimez ce texte.",
                )


def bound_controls(template: Template) -> Iterator[Diagnostic]:
    """A content control that shows a property of the document: Word and LibreOffice put that in place of its words."""
    for part in template.parts:
        for number, row in enumerate(part.paragraphs):
            if "<w:dataBinding" in row:
                yield Diagnostic(
                    template.place_of(part, number),
                    "controle-lie",
                    "un contrôle de contenu est lié à une propriété du document : ses mots seraient remplacés",
                    "Dans Word : clic droit sur le contrôle > Supprimer le contrôle du contenu ; le texte reste.",
                )


def missing_fonts(template: Template) -> Iterator[Diagnostic]:
    """A font that is not on this machine: the pages would not be those that the lawyer saw."""
    for family in sorted(families(template)):
        used = font_for(family)
        twin, package = TWINS.get(family, ("", ""))
        place = _user(template, template.parts, family) or Place(template.file, within="styles")
        if used.casefold() == family.casefold() or family in SYMBOLS:
            continue
        if used == twin:
            said = f"« {family} » est imprimée en « {twin} », dont les lettres ont les mêmes dimensions"
            yield Diagnostic(place, "police-jumelle", said, severity=Severity.INFO)
        else:
            more = f" Le paquet {package} en a une jumelle, « {twin} »." if twin else ""
            yield Diagnostic(
                place,
                "police-absente",
                f"la police « {family} » n'est pas installée sur cet ordinateur",
                f"Elle serait remplacée par « {used} ». Installez-la, ou changez-la dans les styles du modèle.{more}",
            )


def comments_left(template: Template) -> Iterator[Diagnostic]:
    """A comment left in the margin: not printed, but sent with the Word file."""
    margin = next((part.source for part in template.unfilled if part.name == "word/comments.xml"), "")
    known = set(re.findall(r'<w:comment [^>]*?w:id="(\d+)"', margin))
    for part in template.parts:
        for number, row in enumerate(part.own):
            if known & set(re.findall(r'<w:commentReference [^>]*?w:id="(\d+)"', row)):
                yield Diagnostic(
                    template.place_of(part, number),
                    "commentaire-oublie",
                    "un commentaire est resté ici",
                    "Dans Word : Révision > Supprimer.",
                    Severity.WARNING,
                )


def _user(template: Template, parts: Iterable[Part], name: str) -> Place | None:
    """Return the place of the first paragraph that has that font, or refers to that outside thing."""
    users = ((part, number) for part in parts for number, row in enumerate(part.paragraphs) if f'="{name}"' in row)
    found = next(users, None)
    return template.place_of(*found) if found else None


def related(template: Template, relation: Relation) -> Place:
    """Return the place of what refers to something outside its part."""
    parts = [part for part in shown_parts(template) if part.name == relation.part]
    return _user(template, parts, relation.id) or Place(template.file, within=relation.target)
