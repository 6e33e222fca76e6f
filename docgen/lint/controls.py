"""What is wrong with the content controls and the form fields of a Word file: those that nobody filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from docgen.diagnostics import Diagnostic
from docgen.word import references
from docgen.word.codes import FORM, codes
from docgen.word.fonts import ON
from docgen.word.package import W
from docgen.word.references import shown_parts
from docgen.word.template import Template

FILL = "Dans Word, remplissez-le, ou supprimez-le (clic droit > Supprimer le contrôle du contenu) et tapez le texte."


def unfilled(template: Template) -> Iterator[Diagnostic]:
    """A content control that still shows what to do with it, an empty form field: its invitation would be printed."""
    parts = {part.name: part for part in shown_parts(template)}
    for name, tree in references.trees(parts.values()).items():
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(f"{W}p"), 1)}
        for mark, words in _unfilled(tree):
            paragraph = next(mark.iterancestors(f"{W}p"), None)
            if paragraph is None:  # a control around whole paragraphs
                paragraph = next(mark.getparent().getparent().iter(f"{W}p"), None)
            yield Diagnostic(
                template.place_of(parts[name], numbers.get(paragraph, 0), words),
                "controle-vide",
                f"ce contrôle n'a jamais été rempli : « {words} » serait imprimé" if words else "ce champ est vide",
                FILL,
            )


def _unfilled(tree: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield what marks a control or a form field as never filled, and the words that it shows."""
    for shown in tree.iter(f"{W}showingPlcHdr"):
        control = next(shown.iterancestors(f"{W}sdt"), None)
        if shown.get(f"{W}val") in ON and control is not None:
            yield shown, _words(control.iter(f"{W}t"))
    for code in codes(tree)[0]:
        if code.name in FORM and code.begin is not None and not _words(code.result):
            yield code.begin, ""


def _words(texts: Iterable[etree._Element]) -> str:
    found = (text.text or "" for text in texts if text.tag == f"{W}t")
    return " ".join("".join(found).replace("\u2002", " ").split())
