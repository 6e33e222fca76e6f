"""What does not fit where a template puts it: a table wider than its place, a row too low for its words."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from docgen.diagnostics import Diagnostic, Severity
from docgen.word import references
from docgen.word.area import TWIPS
from docgen.word.package import BODY, W
from docgen.word.references import shown_parts
from docgen.word.template import Template

SLACK = 230
"""Twips: the margins of the cells of a table, that Word lets stand out on both sides."""
LINE = 10
"""Points: the lowest line that is read."""


def tables(template: Template) -> Iterator[Diagnostic]:
    """A table wider than the text area or than its cell, a row of exact height that hides words."""
    parts = {part.name: part for part in shown_parts(template)}
    for name, tree in references.trees(parts.values()).items():
        numbers = {paragraph: number for number, paragraph in enumerate(tree.iter(f"{W}p"), 1)}
        for table in tree.iter(f"{W}tbl"):
            place = template.place_of(parts[name], numbers.get(next(table.iter(f"{W}p"), None), 0))
            room, where = _room(table, tree, name)
            if room and (width := _width(table)) > room + SLACK:
                yield Diagnostic(
                    place,
                    "tableau-trop-large",
                    f"ce tableau est plus large que {where} de {centimetres(width - room)} cm",
                    "Dans Word : Disposition > Ajustement automatique > Ajuster à la fenêtre.",
                    Severity.WARNING,
                )
        for row in tree.iter(f"{W}tr"):
            if number := _cut(row, numbers):
                yield Diagnostic(
                    template.place_of(parts[name], number),
                    "ligne-trop-basse",
                    "cette ligne de tableau a une hauteur exacte, trop basse pour ses mots : ils seraient coupés",
                    "Dans Word : Propriétés du tableau > Ligne, hauteur « Au moins ».",
                )


def centimetres(twips: int) -> str:
    """Return a length as it is printed: « 1,5 »."""
    return f"{twips / TWIPS / 72 * 2.54:.1f}".replace(".", ",")


def _width(table: etree._Element) -> int:
    said = table.find(f"{W}tblPr/{W}tblW")
    if said is not None and said.get(f"{W}type") == "pct":
        return 0
    if said is not None and said.get(f"{W}type") == "dxa" and _number(said, "w"):
        return _number(said, "w")
    return sum(_number(column, "w") for column in table.iterfind(f"{W}tblGrid/{W}gridCol"))


def _room(table: etree._Element, tree: etree._Element, part: str) -> tuple[int, str]:
    """Return the width that a table may have, in twips, and what gives it; 0 when nothing says."""
    cell = next(table.iterancestors(f"{W}tc"), None)
    if cell is not None:
        width = cell.find(f"{W}tcPr/{W}tcW")
        return (_number(width, "w") if width is not None and width.get(f"{W}type") == "dxa" else 0), "sa cellule"
    if part != BODY or next(table.iterancestors(f"{W}txbxContent"), None) is not None:
        return 0, ""
    section = next((one for one in table.xpath("following::*[local-name()='sectPr']")), None)
    size, margins = (None, None) if section is None else (section.find(f"{W}pgSz"), section.find(f"{W}pgMar"))
    if size is None or margins is None:
        return 0, ""
    return _number(size, "w") - _number(margins, "left") - _number(margins, "right"), "la zone de texte"


def _cut(row: etree._Element, numbers: dict[etree._Element, int]) -> int:
    """Return the paragraph of a row of exact height whose cell has more lines than it holds; 0 when none has."""
    height = row.find(f"{W}trPr/{W}trHeight")
    if height is None or height.get(f"{W}hRule") != "exact":
        return 0
    for cell in row.iterfind(f"{W}tc"):
        filled = [p for p in cell.iter(f"{W}p") if "".join(t.text or "" for t in p.iter(f"{W}t")).strip()]
        if filled and len(filled) * LINE * TWIPS > _number(height, "val"):
            return numbers.get(filled[0], 0)
    return 0


def _number(element: etree._Element, name: str) -> int:
    try:
        return int(element.get(f"{W}{name}") or 0)
    except ValueError:
        return 0
