"""The references of a document to its own places, whose place is gone: LibreOffice would print an error instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from docgen.diagnostics import Diagnostic, Place
from docgen.word.codes import bookmarks, notes, numbered, targets
from docgen.word.numbering import Numbering
from docgen.word.package import BODY, ENDNOTES, PARSER, W
from docgen.word.template import Part, Template

AGAIN = "Dans Word : Références > Renvoi, choisissez à nouveau ce qui est visé ; ou tapez le texte lui-même."


def lost(template: Template, parts: Mapping[str, etree._Element], why: str) -> list[Diagnostic]:
    """Return a problem for each reference of these parts to a bookmark that none of them has; `why` says more."""
    known = bookmarks(parts.values())
    wrong = [
        (part, target, f"ce renvoi vise un endroit {why} (signet « {target} ») : une erreur serait imprimée à sa place")
        for part in shown_parts(template)
        if part.name in parts
        for target in sorted(targets(parts[part.name]) - known.keys())
    ]
    wrong += [
        (part, target, f"ce renvoi demande un numéro (signet « {target} »), et il n'y en a pas à cet endroit")
        for part in shown_parts(template)
        if part.name in parts
        for target in sorted(_unnumbered(template, parts, part.name) & known.keys())
    ]
    return [
        Diagnostic(place, "renvoi-perdu", said, AGAIN)
        for part, target, said in wrong
        for place in _places(template, part, target)
    ]


def _unnumbered(template: Template, parts: Mapping[str, etree._Element], name: str) -> set[str]:
    """Return the bookmarks that a part wants the number of, where no note is called or no number is printed."""
    body = parts.get(BODY)
    of_notes, of_paragraphs = numbered(parts[name], "NOTEREF"), numbered(parts[name], "REF")
    if body is None or not (of_notes or of_paragraphs):
        return set()
    numbering, labelled = Numbering(template.members), set()
    for paragraph in body.iter(f"{W}p"):
        if numbering.label(paragraph):
            labelled |= {mark.get(f"{W}name", "") for mark in paragraph.iter(f"{W}bookmarkStart")}
    return (of_notes - notes(body).keys()) | (of_paragraphs - labelled)


def any_in(template: Template) -> bool:
    """Tell whether the template refers to places of its own, that a condition may take away from some members."""
    return any(targets(tree) for tree in trees(shown_parts(template)).values())


def shown_parts(template: Template) -> Iterator[Part]:
    """Yield the parts that the pages show: those that are filled, and the end notes."""
    yield from template.parts
    yield from (part for part in template.unfilled if part.name == ENDNOTES)


def trees(parts: Iterable[Part]) -> dict[str, etree._Element]:
    """Return the parts of a template as they are in the file, parsed, by name."""
    return {part.name: etree.fromstring(part.source.encode(), PARSER) for part in parts}


def _places(template: Template, part: Part, target: str) -> Iterator[Place]:
    """Yield where a part refers to a bookmark."""
    name = re.escape(target)
    said = re.compile(
        rf'w:anchor="{name}"|w:instr="[^"]*(?<!\w){name}(?!\w)|<w:instrText[^>]*>[^<]*(?<!\w){name}(?!\w)'
    )
    for number, row in enumerate(part.own):
        if said.search(row):
            yield template.place_of(part, number)
