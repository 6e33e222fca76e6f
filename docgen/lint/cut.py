"""What is wrong with tags that end where they should not: in another paragraph, or with a dash that eats words.

What else would be said of the same words comes of it: `told` gives their paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docgen.diagnostics import Diagnostic
from docgen.word.expressions import TAG
from docgen.word.render import lost
from docgen.word.template import Part, Template, text_of

CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}"}
OPENED = re.compile(r"\{[{%#](?!.*\{[{%#]).*$")
"""A tag that its paragraph does not close."""
MARKS = re.compile(r"\{[{%#]|[}%#]\}")
DASH = re.compile(r"\{[{%]-|-[%}]\}|\{%-?(?:p|tr|tc|r)-")
FAR = 30
"""Paragraphs: a note between braces is no longer."""


def tags(template: Template) -> Iterator[Diagnostic]:
    """A tag that begins in one paragraph and ends in another: it would be printed, or hide what is between."""
    for part in template.parts:
        for first, last, opening in _cut(part):
            shown, end = text_of(part.own[first]), text_of(part.own[last])
            said = f"{shown[shown.rindex(opening) :][:25]} … {end[: end.index(CLOSERS[opening]) + 2][-25:]}"
            what = "ce commentaire" if opening == "{#" else "ce champ"
            yield Diagnostic(
                template.place_of(part, first, opening),
                "champ-a-cheval",
                f"{what} commence dans un paragraphe et finit dans un autre : « {said} »",
                "Mettez un {# … #} par paragraphe, ou faites-en un commentaire de Word."
                if opening == "{#"
                else "Mettez-le d'un trait dans un seul paragraphe, sans touche Entrée.",
            )


def _cut(part: Part) -> Iterator[tuple[int, int, str]]:
    """Yield the paragraphs where a tag begins and ends, when they are not the same, and how it is opened."""
    texts = [TAG.sub(lambda tag: " " * len(tag.group()), text_of(row)) for row in part.own]
    number = 0
    while number < len(texts):
        found = OPENED.search(texts[number])
        last = _end(texts, number, found.group()[:2]) if found else None
        if found and last:
            yield number, last, found.group()[:2]
        number = last or number + 1


def _end(texts: list[str], first: int, opening: str) -> int | None:
    """Return the paragraph that closes a tag; None when another one is opened before."""
    for number in range(first + 1, min(first + FAR, len(texts))):
        mark = MARKS.search(texts[number])
        if mark:
            return number if mark.group() == CLOSERS[opening] else None
    return None


def dashes(template: Template) -> Iterator[Diagnostic]:
    """« {%- » or « -%} » with words beside it: filling would drop them without a word."""
    for part in template.parts:
        for number in _dashed(part):
            found = DASH.search(text_of(part.own[number]))
            yield Diagnostic(
                template.place_of(part, number, found.group() if found else ""),
                "texte-perdu",
                "au remplissage, le « - » de ce champ ferait disparaître les mots voisins",
                "Retirez les « - » de {%- et de -%}.",
            )


def _dashed(part: Part) -> list[int]:
    """Return the paragraphs with a dash in a tag; none where they only eat spaces."""
    found = [number for number, row in enumerate(part.own) if DASH.search(text_of(row))]
    return found if found and (part.reading.faults or any(lost(part))) else []


def told(part: Part) -> set[int]:
    """Return the paragraphs of which all is said here."""
    across = {number for first, last, _ in _cut(part) for number in range(first, last + 1)}
    dashed = _dashed(part)
    return across | {near for number in dashed for near in (number - 1, number, number + 1)}


def tells_all(part: Part) -> bool:
    """Tell whether what Jinja cannot read in a part may come of what is said here."""
    return bool(_dashed(part) or any(_cut(part)))
