"""What is wrong with the characters of a template: those that the font of their words does not have."""

from __future__ import annotations

from collections.abc import Iterator

from docgen.diagnostics import Diagnostic
from docgen.office import covers
from docgen.word import references, signs
from docgen.word.fonts import Typography, families
from docgen.word.glyphs import undrawn
from docgen.word.package import W
from docgen.word.references import shown_parts
from docgen.word.template import Template


def missing(template: Template) -> Iterator[Diagnostic]:
    """A character that no page would show as it is: its font does not have it, and no sign stands for it."""
    typography, asked = Typography(template.members), families(template)
    parts = {part.name: part for part in shown_parts(template)}
    for name, tree in references.trees(parts.values()).items():
        for run, char in signs.draw(tree, typography, asked, covers):
            yield undrawn(template, parts[name], typography.of_run(run).get("hAnsi", ""), char, {})
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(f"{W}p"), 1)}
        for paragraph, char, family in signs.bullets(tree, typography, covers):
            yield Diagnostic(
                template.place_of(parts[name], numbers[paragraph]),
                "caractere-sans-dessin",
                f"la puce « {char} » (U+{ord(char):04X}) n'est pas dans la police « {family} »",
                "Dans Word : Accueil > Puces, choisissez-en une autre.",
            )
