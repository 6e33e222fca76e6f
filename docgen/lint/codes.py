"""What is wrong with the fields of Word itself: those that would not print what Word shows, or that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docgen.diagnostics import Diagnostic
from docgen.word import references
from docgen.word.codes import BROKEN, FATES, FORM, REASONS, Code, Fate, bookmarks, codes, is_within
from docgen.word.package import W
from docgen.word.references import shown_parts
from docgen.word.template import Part, Template, text_of

INSTEAD = "Remplacez-le par un champ docgen, ou par le texte lui-même (Ctrl+Maj+F9 dans Word fige ce qu'il montre)."


def of(template: Template) -> Iterator[tuple[Part, int, Code]]:
    """Yield the fields that the pages show, each with its part and its paragraph."""
    for name, tree in references.trees(shown_parts(template)).items():
        part = next(part for part in shown_parts(template) if part.name == name)
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(f"{W}p"), 1)}
        for code in codes(tree)[0]:
            mark = code.simple if code.simple is not None else code.begin
            paragraph = next(mark.iterancestors(f"{W}p"), None) if mark is not None else None
            yield part, numbers.get(paragraph, 0), code


def refused(template: Template) -> Iterator[Diagnostic]:
    """A field whose words in a pack would not be those that Word shows, or not be true."""
    known = bookmarks(references.trees(template.parts).values())
    for part, number, code in of(template):
        name = code.name
        if is_within(code, Fate.REMADE):
            continue
        if re.search("{[{%]", code.text):
            said = f"un champ Word {name} contient un champ docgen : ce qu'il montre ne suivrait pas"
            yield Diagnostic(template.place_of(part, number), "champ-calcule", said, INSTEAD)
        elif code.fate(known) is Fate.REFUSED and name in FATES:
            said = f"un champ Word {name} {REASONS.get(name, 'compte ici par chapitre, ce que docgen ne fait pas')}"
            yield Diagnostic(template.place_of(part, number), "champ-calcule", said, INSTEAD)


def empty(template: Template) -> Iterator[Diagnostic]:
    """A field that shows nothing: Word has not computed it yet."""
    known = bookmarks(references.trees(template.parts).values())
    for part, number, code in of(template):
        if (
            code.fate(known) is Fate.KEPT
            and not code.shown
            and code.name not in FORM
            and not is_within(code, Fate.REMADE)
        ):
            yield Diagnostic(
                template.place_of(part, number),
                "champ-jamais-calcule",
                f"un champ Word {code.name} ne montre rien : il serait imprimé vide",
                "Dans Word : Ctrl+A puis F9, vérifiez ce qu'il montre, enregistrez ; ou supprimez-le.",
            )


def cut(template: Template) -> Iterator[Diagnostic]:
    """A field of Word that has lost its beginning or its end."""
    for name, tree in references.trees(shown_parts(template)).items():
        if not codes(tree)[1]:
            part = next(part for part in shown_parts(template) if part.name == name)
            broken = next(
                (number for p, number, code in of(template) if p is part and code.end is None and code.simple is None),
                0,
            )
            yield Diagnostic(
                template.place_of(part, broken),
                "champ-word-coupe",
                "un champ de Word a perdu son début ou sa fin",
                "Dans Word : Alt+F9 montre les champs ; supprimez celui-ci et tapez son texte.",
            )


def broken(template: Template) -> Iterator[Diagnostic]:
    """The words of an error of Word, left in the text by a field that found nothing."""
    for part in shown_parts(template):
        for number, row in enumerate(part.own):
            if found := BROKEN.search(text_of(row)):
                yield Diagnostic(
                    template.place_of(part, number, found.group()),
                    "renvoi-perdu",
                    f"« {found.group()} » est l'erreur d'un champ de Word : elle serait imprimée",
                    references.AGAIN,
                )


def lost(template: Template) -> Iterator[Diagnostic]:
    """A reference to a place of the document that is not there any more."""
    yield from references.lost(template, references.trees(shown_parts(template)), "qui n'existe plus")
