"""What a filled Word document means and LibreOffice's PDF of it does not say.

Where one signs and writes, what the first column of a table is, where a link leads, what a picture shows. Takes the
XML of the document and of its headers; gives a `Meaning`, by which `conform` completes the PDF.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from docgen.champs.blank import BLANK, Blank
from docgen.diagnostics import Diagnostic, Place
from docgen.word.area import NOWHERE, TWIPS, Layout
from docgen.word.codes import codes
from docgen.word.package import XML_SPACE, R, W
from docgen.word.passages import Passage

WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
BLANK_MARK = "\ue010"
"""Printed before each blank, so that its place is found again in the filled document."""
SIGNATURE = re.compile(r"sig_([a-z]+)(?:_\d+)?")
"""The bookmark of a place to sign; a number when one person signs twice in a document."""
ROLES = {
    "syndicat": "pour le syndicat",
    "membre": "pour le membre",
    "secretaire": "du secrétaire de séance",
    "president": "du président",
}
"""Who signs, by the bookmark, and how it is said after « Signature »."""
BLANK_PLACE = re.compile(r"champ_([a-z0-9_]+)")
"""The bookmark of dots to write on, that are the same for every member: place, date."""
TOOLTIPS = {"lieu": "Lieu de la signature", "date": "Date de la signature"}
HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:"([^"]*)"|(?!\\)(\S+))?', re.I)
MAY_LEAD = re.compile(r"(https://|mailto:)", re.I)
"""All that a link of a pack may be: nothing that runs, opens a file of the reader's or travels in clear."""
SIDES = ("center", "right", "end")
EMU = 12_700
"""Of a point."""
CELL_INSET = 16
"""Points, both sides together: the margins of a table cell, wide ones included."""


@dataclass(frozen=True)
class Mark:
    """A place of the document where one signs or writes."""

    bookmark: str
    """Its name in Word."""
    field: str
    """The name of the field that comes of it: « sig_membre », « champ_referent_telephone »."""
    tooltip: str
    width: float = 0
    """Points; 0 for a text field that is as wide as its dots."""
    height: float = 0
    dots: int = 0
    """How many of the dots that stand there are its own; 0 for all."""
    cell: tuple[int, int, int] | None = None
    """Of a signature: its table in the body, its row and its cell, from 0."""

    @property
    def named(self) -> str:
        """What a person calls it: the bookmark, if somebody put it there."""
        return self.tooltip if self.bookmark.startswith("docgen_") else self.bookmark

    @property
    def signs(self) -> str:
        """Who signs here: « membre »; nothing where one writes."""
        found = SIGNATURE.fullmatch(self.bookmark)
        return found[1] if found else ""


@dataclass(frozen=True)
class Link:
    """A link of the body or of a note."""

    text: str
    url: str
    in_note: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture with the text that stands for it."""

    alt: str
    width: float
    """Points."""
    height: float
    in_body: bool
    """And not in a header or a footer."""


@dataclass(frozen=True)
class Meaning:
    """What the PDF is to say besides what it shows."""

    marks: tuple[Mark, ...] = ()
    header_columns: tuple[bool, ...] = ()
    """Of each table, in order, whether its first column heads its rows."""
    links: tuple[Link, ...] = ()
    pictures: tuple[Picture, ...] = ()
    layout: Layout = NOWHERE
    listed: tuple[str, ...] = ()
    """The titles and the captions that its tables of contents list."""
    passages: tuple[Passage, ...] = ()
    """Its paragraphs and its notes."""
    around: frozenset[str] = frozenset()
    """The words of its headers and footers: some pages hide them."""

    def problem(self, piece: str, mark: Mark, page: int, code: str, message: str, hint: str) -> Diagnostic:
        """Return a problem of a mark, in a piece of that name; `page` is 0 where it is not known."""
        here = next((n for n, p in enumerate(self.passages) if mark.bookmark in p.bookmarks), 0)
        said = next((p for p in reversed(self.passages[: here + 1]) if p.quotable), None)
        within = f"« {said.article} »" if said and said.article else "document"
        place = Place(piece, within=within, extract=said.quotable[:60] if said else mark.named, page=page or 1)
        return Diagnostic(place, code, message, hint)


def signer_of(field: str) -> str:
    """Return who signs a field of a pack: « membre » for « sig_membre_annexe_2 »; nothing when it is none of ours."""
    found = SIGNATURE.match(field)
    return found[1] if found and found[1] in ROLES else ""


def mark_blanks(body: etree._Element, blanks: Sequence[Blank], sided: Container[str]) -> list[Mark]:
    """Put a bookmark before the dots of each blank that was printed, in order; return the places.

    A blank that is alone in its cell is as wide as the cell; `sided` are the styles that write from elsewhere than the
    left (`sided_styles`).
    """
    found: list[Mark] = []
    rest = iter(blanks)
    marked = [t for t in body.iter(f"{W}t") if BLANK_MARK in (t.text or "")]
    alone = {paragraph for t in marked if _is_one_blank(paragraph := next(t.iterancestors(f"{W}p")))}
    for text in marked:
        before, *pieces = text.text.split(BLANK_MARK)
        text.text, run = before, text.getparent()
        after = list(text.itersiblings())
        for piece in pieces:
            blank = next(rest)
            name = f"docgen_{len(found) + 1}"
            run = _split(run, name, 9000 + len(found), piece)
            field = f"champ_{blank.chemin.replace('.', '_')}"
            room = _room(run, sided) if next(run.iterancestors(f"{W}p")) in alone else 0
            found.append(Mark(name, field, blank.explication, room, dots=len(blank)))
        run.extend(after)
    return found


def _split(run: etree._Element, bookmark: str, number: int, text: str) -> etree._Element:
    """Add after the run a bookmark and a run of the same format with that text; return the new run."""
    start = etree.Element(f"{W}bookmarkStart", {f"{W}id": str(number), f"{W}name": bookmark})
    end = etree.Element(f"{W}bookmarkEnd", {f"{W}id": str(number)})
    new = etree.Element(f"{W}r")
    if (props := run.find(f"{W}rPr")) is not None:
        new.append(copy.deepcopy(props))
    etree.SubElement(new, f"{W}t", {XML_SPACE: "preserve"}).text = text
    for element in (new, end, start):
        run.addnext(element)
    return new


def _is_one_blank(paragraph: etree._Element) -> bool:
    text = _text(paragraph.iter(f"{W}t"))
    return text.count(BLANK_MARK) == 1 and not text.strip().strip(BLANK_MARK + BLANK)


def _room(run: etree._Element, sided: Container[str]) -> float:
    """Return the width of the cell of a run that is alone in its paragraph; 0 when it does not begin at its left."""
    paragraph = next(run.iterancestors(f"{W}p"))
    style, side = paragraph.find(f"{W}pPr/{W}pStyle"), paragraph.find(f"{W}pPr/{W}jc")
    placed = side.get(f"{W}val") in SIDES if side is not None else style is not None and style.get(f"{W}val") in sided
    return 0 if placed else cell_size(run)[0]


def sided_styles(parts: Iterable[etree._Element]) -> frozenset[str]:
    """Return the ids of the paragraph styles that write from the middle or from the right."""
    known = {style.get(f"{W}styleId", ""): style for part in parts for style in part.iter(f"{W}style")}

    def side(name: str, depth: int = 0) -> str | None:
        style = known.get(name)
        if style is None or depth > len(known):
            return None
        if (own := style.find(f"{W}pPr/{W}jc")) is not None:
            return str(own.get(f"{W}val"))
        base = style.find(f"{W}basedOn")
        return side(base.get(f"{W}val", ""), depth + 1) if base is not None else None

    return frozenset(name for name in known if side(name) in SIDES)


def marks(body: etree._Element) -> Iterator[Mark]:
    """Yield the places that the lawyer marked, in order; empty the paragraphs to sign in that hold but spaces.

    LibreOffice forgets a bookmark beside spaces that end their line.
    """
    tables = list(body.iter(f"{W}tbl"))
    ended = {end.get(f"{W}id") for end in body.iter(f"{W}bookmarkEnd")}
    for start in body.iter(f"{W}bookmarkStart"):
        name = start.get(f"{W}name", "")
        if start.get(f"{W}id") not in ended:  # LibreOffice writes some beginnings twice, with one end
            continue
        if found := BLANK_PLACE.fullmatch(name):
            yield Mark(name, name, TOOLTIPS.get(found[1], found[1].replace("_", " ").capitalize()))
        elif (found := SIGNATURE.fullmatch(name)) and found[1] in ROLES:
            texts = list(next(start.iterancestors(f"{W}p"), start).iter(f"{W}t"))
            if not "".join(text.text or "" for text in texts).strip():
                for text in texts:
                    text.text = ""
            yield Mark(name, name, "", *cell_size(start), cell=_cell(start, tables))


def _cell(element: etree._Element, tables: Sequence[etree._Element]) -> tuple[int, int, int] | None:
    """Return the table, the row and the cell that the element is in, each counted from 0; None when it is in none."""
    cell = next(element.iterancestors(f"{W}tc"), None)
    row = next(cell.iterancestors(f"{W}tr"), None) if cell is not None else None
    table = next(row.iterancestors(f"{W}tbl"), None) if row is not None else None
    if row is None or table is None:
        return None
    # A row or a cell may stand in a content control; a table in a cell has its own rows.
    rows = [one for one in table.iter(f"{W}tr") if next(one.iterancestors(f"{W}tbl")) is table]
    cells = [one for one in row.iter(f"{W}tc") if next(one.iterancestors(f"{W}tr")) is row]
    return tables.index(table), rows.index(row), cells.index(cell)


def cell_size(element: etree._Element) -> tuple[float, float]:
    """Return the width and the height, in points, of the table cell that the element is in; 0 where none is set."""
    cell = next(element.iterancestors(f"{W}tc"), None)
    if cell is None:
        return 0, 0
    width = cell.find(f"{W}tcPr/{W}tcW")
    height = next((e for e in cell.getparent().iterfind(f"{W}trPr/{W}trHeight")), None)
    return (
        max(0.0, _twips(width, "w") - CELL_INSET) if width is not None and width.get(f"{W}type") == "dxa" else 0,
        _twips(height, "val") if height is not None else 0,
    )


def _twips(element: etree._Element, attribute: str) -> float:
    return int(element.get(f"{W}{attribute}") or 0) / TWIPS


def header_columns(body: etree._Element) -> Iterator[bool]:
    """Yield, of each table, whether Word treats its first column as a heading (Table design, « Première colonne »)."""
    for table in body.iter(f"{W}tbl"):
        look = table.find(f"{W}tblPr/{W}tblLook")
        if look is None:
            yield False
        elif (first := look.get(f"{W}firstColumn")) is not None:
            yield first in ("1", "true", "on")
        else:
            yield bool(int(look.get(f"{W}val") or "0", 16) & 0x80)


def links(part: etree._Element, targets: Mapping[str, str], in_note: bool = False) -> list[Link]:
    """Return the links of the body or of the notes, in order; the address of one to a place of the document is empty.

    `targets` gives the addresses by the number of the relation; a HYPERLINK field holds its own.
    """
    marks = {code.begin if code.simple is None else code.simple: code for code in codes(part)[0]}
    found = []
    for element in part.iter(f"{W}hyperlink", f"{W}fldSimple", f"{W}fldChar"):
        if element.tag == f"{W}hyperlink":
            url, anchor = targets.get(element.get(f"{R}id", ""), ""), element.get(f"{W}anchor")
            there: str | None = f"{url}#{anchor}" if url and anchor else url
            texts = element.iter(f"{W}t")
        elif code := marks.get(element):
            there, texts = address(code.text), (one for one in code.result if one.tag == f"{W}t")
        else:
            continue
        if there is not None and (text := _text(texts)).strip():
            found.append(Link(text, there, in_note))
    return found


def address(code: str) -> str | None:
    """Return where a HYPERLINK field leads, nothing for a place of the document; None when it is another field."""
    if not (found := HYPERLINK.match(code)):
        return None
    url = found[1] or found[2] or ""
    place = re.search(r'\\l\s+"?([^"\s]+)', code)
    return f"{url}#{place[1]}" if url and place else url


def may_lead(url: str) -> bool:
    """Tell whether a link may be active in a pack."""
    return bool(MAY_LEAD.match(url))


def _text(texts: Iterable[etree._Element]) -> str:
    return "".join(text.text or "" for text in texts)


def pictures(parts: Iterable[etree._Element]) -> Iterator[Picture]:
    """Yield the pictures of the parts that have an alternative text; one that has none is an ornament."""
    for part in parts:
        in_body = part.tag == f"{W}document"
        for drawing in part.iter(f"{WP}inline", f"{WP}anchor"):
            extent, properties = drawing.find(f"{WP}extent"), drawing.find(f"{WP}docPr")
            alt = properties.get("descr", "").strip() if properties is not None else ""
            if alt and extent is not None:
                yield Picture(alt, int(extent.get("cx")) / EMU, int(extent.get("cy")) / EMU, in_body)
