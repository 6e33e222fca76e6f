"""The characters that no font of a document draws: a page would show a box in their place, under a true text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from docgen.diagnostics import Diagnostic, Place
from docgen.word.template import Part, Template, text_of


def undrawn(template: Template, part: Part | None, family: str, char: str, values: Mapping[str, Any]) -> Diagnostic:
    """Return the problem of a character that a family does not draw, in the template or in a field of the record."""
    said = f"le caractère « {char} » (U+{ord(char):04X}) n'est pas dans la police « {family} »"
    rows = enumerate(part.own) if part else ()
    sign = f'w:char="{ord(char):04X}"'
    number = next((number for number, row in rows if char in text_of(row) or sign in row), None)
    if part and number is not None:
        hint = f"Tapez autre chose, ou choisissez une police qui l'a. {_instead(char)}".strip()
        return Diagnostic(template.place_of(part, number, char), "caractere-sans-dessin", said, hint)
    field = next((path for path, text in _texts(values) if char in unicodedata.normalize("NFC", text)), "")
    place = Place(template.file, within=part.where if part else "notes de fin")
    hint = f"Il vient de la fiche, champ « {field} » : écrivez-le autrement." if field else "Tapez autre chose."
    return Diagnostic(place, "caractere-sans-dessin", said, hint)


def _instead(char: str) -> str:
    """Return what may be typed instead: the same without its ornaments, when there is such a thing."""
    plain = unicodedata.normalize("NFKD", char)
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return f"Par exemple : « {bare} »." if bare != char and bare.isprintable() else ""


def _texts(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of a tree of values, each with its path."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, Mapping):
        for name, value in values.items():
            yield from _texts(value, f"{path}.{name}" if path else str(name))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _texts(value, f"{path}[]")
