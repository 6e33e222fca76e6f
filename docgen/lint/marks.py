"""What is wrong with the places that a lawyer marks in Word to sign or to write, and with pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from docgen.diagnostics import Diagnostic, Place, Severity, closest
from docgen.word.meaning import BLANK_PLACE, ROLES, SIGNATURE, WP, cell_size
from docgen.word.package import PARSER, W
from docgen.word.template import Part, Template, joined_text

BODY = "word/document.xml"
DOTTED = re.compile(r"…{3,}|\.{6,}|_{6,}")
"""Room to write on."""
HOW = "Dans Word : placez le curseur, puis Insertion > Signet."


@dataclass(frozen=True)
class Bookmark:
    """A bookmark that means something to docgen, and where it stands."""

    name: str
    part: Part
    number: int
    """Of its paragraph in the part."""
    start: etree._Element


def places(template: Template) -> Iterator[Diagnostic]:
    """A place to sign or to write that docgen could not make a field of, or that is missing."""
    found = list(_bookmarks(template))
    names = [bookmark.name for bookmark in found]
    for bookmark in found:
        for code, message, hint in _faults(bookmark, names):
            yield Diagnostic(template.place_of(bookmark.part, bookmark.number), code, message, hint)
    marked = {match[1] for name in names if (match := SIGNATURE.fullmatch(name))}
    for role in template.signataires:
        if role not in marked:
            said = f"le signet « sig_{role} » manque : personne ne pourrait signer {ROLES[role]}"
            yield Diagnostic(
                Place(template.file, within="corps"), "signet-absent", said, f"{HOW} Nommez-le sig_{role}."
            )


def dots(template: Template) -> Iterator[Diagnostic]:
    """Dots typed by hand with no bookmark before them: nobody could write on them on a screen."""
    for part in template.parts:
        for number, row in enumerate(part.own):
            typed = len(DOTTED.findall(joined_text(row)))
            if typed > len(re.findall(r'<w:bookmarkStart [^>]*w:name="champ_', row)):
                yield Diagnostic(
                    template.place_of(part, number),
                    "points-sans-signet",
                    "des points de suite sont tapés à la main, sans signet",
                    f"{HOW} Nommez-le champ_lieu, champ_date ; ou mettez le champ qui donne la valeur.",
                    Severity.WARNING,
                )


def _bookmarks(template: Template) -> Iterator[Bookmark]:
    ended = {end.get(f"{W}id") for _, _, end in _numbered(template, f"{W}bookmarkEnd")}
    for part, number, element in _numbered(template, f"{W}bookmarkStart"):
        name = element.get(f"{W}name", "")
        # LibreOffice writes some beginnings twice, with one end.
        if name.lower().startswith(("sig_", "champ_")) and element.get(f"{W}id") in ended:
            yield Bookmark(name, part, number, element)


def _numbered(template: Template, tag: str) -> Iterator[tuple[Part, int, etree._Element]]:
    """Yield the elements of that name in the parts, each with the number of its paragraph."""
    for part in template.parts:
        number = 0
        for element in etree.fromstring(part.source.encode(), PARSER).iter(f"{W}p", tag):
            if element.tag == tag:
                yield part, number, element
            else:
                number += 1


def _faults(bookmark: Bookmark, names: list[str]) -> Iterator[tuple[str, str, str]]:
    name = bookmark.name
    signs, writes = SIGNATURE.fullmatch(name), BLANK_PLACE.fullmatch(name)
    if not writes and (not signs or signs[1] not in ROLES):
        known = [f"sig_{role}" for role in ROLES]
        hint = closest(name.lower(), known) or f"Les signets sont : {', '.join(known)}, champ_lieu, champ_date…"
        yield "signet-inconnu", f"le signet « {name} » n'est celui de personne", hint
    elif bookmark.part.name != BODY:
        yield "signet-mal-place", f"le signet « {name} » n'est pas dans le corps", "Déplacez-le dans le texte."
    elif names.count(name) > 1:
        yield "signet-double", f"le signet « {name} » est là deux fois", f"Supprimez-en un. {HOW}"
    elif signs and not all(cell_size(bookmark.start)):
        yield (
            "signet-hors-cellule",
            f"le signet « {name} » n'est pas dans une cellule de tableau de taille fixée",
            "Mettez-le dans une cellule dont la largeur est en centimètres et la hauteur de ligne fixée.",
        )
    elif signs and not _alone_at_the_top(bookmark.start):
        yield (
            "signet-hors-cellule",
            f"la cellule du signet « {name} » contient autre chose, ou n'est pas alignée en haut",
            "Gardez-lui une cellule vide, alignée en haut : la signature la remplit.",
        )
    elif writes and not _before_dots(bookmark):
        yield (
            "signet-sans-points",
            f"le signet « {name} » n'est pas devant des points de suite",
            "Placez-le juste devant le premier « … ».",
        )


def _alone_at_the_top(start: etree._Element) -> bool:
    cell = next(start.iterancestors(f"{W}tc"))
    side = cell.find(f"{W}tcPr/{W}vAlign")
    shown = "".join(text.text or "" for text in cell.iter(f"{W}t")).strip()
    return not shown and (side is None or side.get(f"{W}val") == "top")


def _before_dots(bookmark: Bookmark) -> bool:
    row = bookmark.part.paragraphs[bookmark.number]
    after = row.split(f'w:name="{bookmark.name}"', 1)[-1]
    return joined_text(after).lstrip("\t").startswith(("…", "..", "__"))


def pictures(template: Template) -> Iterator[Diagnostic]:
    """A picture that nothing describes: who listens to the page is told nothing of it."""
    for part, number, element in _numbered(template, f"{WP}docPr"):
        if not element.get("descr", "").strip() and not _is_ornament(element) and not _is_box(element):
            yield Diagnostic(
                template.place_of(part, number),
                "image-sans-description",
                "une image n'a pas de texte de remplacement",
                "Dans Word : clic droit sur l'image > Afficher le texte de remplacement ; ou cochez « Décoratif ».",
                Severity.WARNING,
            )


def _is_ornament(properties: etree._Element) -> bool:
    return any(mark.get("val") in ("1", "true") for mark in properties.iter("{*}decorative"))


def _is_box(properties: etree._Element) -> bool:
    """Tell whether a drawing is a text box: its words are read as words."""
    drawing = next(properties.iterancestors(f"{W}drawing"), properties)
    words = "".join(text.text or "" for text in drawing.iter(f"{W}t"))
    return bool(words.strip()) and next(drawing.iter("{*}blip"), None) is None
