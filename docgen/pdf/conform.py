"""One PDF of LibreOffice -> the same pages, tagged as PDF/A-2a and PDF/UA-1 ask, with the fields to fill and sign.

What LibreOffice leaves undone is done here, once per piece: titles, header cells, labels of lists, pictures, links,
lines drawn outside of any tag, bullets that stand for no character. `assemble` binds the pieces.
"""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from pypdfium2 import PdfiumError

from docgen.diagnostics import ConversionFailed, Diagnostic, Place
from docgen.pdf import content, fields, pdftext, structure
from docgen.pdf.pdftext import Box, Page, Pages
from docgen.pdf.structure import Annotation, Content, Node
from docgen.word.meaning import Link, Meaning, Picture, may_lead

TITLE = "Title"
"""The style of the title of a document, whatever the language of Word."""
HEADING = re.compile(r"H([1-6])")
LABEL = re.compile(r"[^\w\s]|o|\(?(?:\w{1,4}\.)*\w{0,4}[.)°]\)?")
"""The bullet or the number of an item of a list."""
PRIVATE_USE = re.compile(rb"<([EF][0-9A-Fa-f]{3})>(?=\s)")
BULLETS = {0xF0A7: "▪", 0xF06F: "○", 0xF0D8: "➢", 0xF0FC: "✔", 0xE00C: "▪", 0xF02D: "–"}
"""What the private characters of Symbol and Wingdings show; all others are « • »."""
UNEXPECTED = (pikepdf.PdfError, PdfiumError, ValueError, AttributeError, KeyError, IndexError, TypeError)
"""What is raised by a PDF that is built otherwise: it stops one piece, never the others."""
AGAIN = "Ouvrez le modèle dans Word, enregistrez-le, puis recommencez ; si cela se répète, signalez-le."
PICTURE_SLACK = 1.5
"""Points between the size of a picture in Word and on the page."""


def conform(pdf: Path, meaning: Meaning, piece: str) -> bytes:
    """Return the PDF of a piece completed; `piece` is its id, that ends the names of its fields.

    Raises `ConversionFailed` when it is not tagged, or when a place to sign or a link is not found in it.
    """
    try:
        with pdftext.opened(pdf) as document, pikepdf.open(pdf) as out:
            if "/AcroForm" in out.Root:
                raise ValueError("il a déjà des champs")
            top = structure.read(out)
            _drop_annotations(out, top)
            shown = Pages(document)
            _order_headings(top)
            _head_rows(top, meaning.header_columns)
            _label_items(out, top, shown)
            _link(out, top, shown, meaning.links)
            _tag_drawings(out, top, shown, meaning.pictures)
            _name_bullets(out)
            fields.add(out, top, shown, meaning, piece)
            structure.write(out, top)
            return _bytes(out)
    except UNEXPECTED as error:
        said = f"le PDF de LibreOffice n'est pas celui que l'on attend ({error})"
        words = next((passage.quotable for passage in meaning.passages if passage.quotable), piece)
        place = Place(piece, within="tout le document", extract=words[:60], page=1)
        raise ConversionFailed(Diagnostic(place, "pdf-inattendu", said, AGAIN)) from None


def _order_headings(top: Node) -> None:
    """Make the title the first heading, and leave no gap between a heading and those under it (PDF/UA-1, 7.4.2)."""
    above: list[int] = []
    for node in top.walk():
        level = HEADING.fullmatch(node.role)
        rank = 0 if node.style == TITLE else int(level[1]) if level else None
        if rank is None or not any(node.contents()):
            continue
        while above and above[-1] >= rank:
            above.pop()
        above.append(rank)
        node.role = f"H{min(len(above), 6)}"


def _head_rows(top: Node, header_columns: Sequence[bool]) -> None:
    """Make header cells of the first cells of rows, where Word says that they are."""
    tables = list(structure.with_role(top, ["Table"]))
    if len(tables) != len(header_columns):
        return  # a table that LibreOffice left out or added: which is which cannot be told
    for table, heads in zip(tables, header_columns, strict=True):
        spanned = 0
        for row in structure.rows(table) if heads else ():
            cell = next((kid for kid in row.kids if isinstance(kid, Node)), None)
            if spanned:
                spanned -= 1
            elif cell:
                spanned = _span(cell) - 1
                if cell.role == "TD":
                    cell.role = "TH"
                    _add_attributes(cell, Dictionary(O=Name.Table, Scope=Name.Row))


def _span(cell: Node) -> int:
    known = cell.obj.get("/A")
    found = [int(a.RowSpan) for a in (known if isinstance(known, Array) else [known]) if a and "/RowSpan" in a]
    return found[0] if found else 1


def _add_attributes(node: Node, attributes: Dictionary) -> None:
    known = node.obj.get("/A")
    former = list(known) if isinstance(known, Array) else [known] if known is not None else []
    node.obj.A = Array([*former, attributes])


def _label_items(pdf: Pdf, top: Node, shown: Sequence[Page]) -> None:
    """Tell the bullet or the number of each item of a list from its text."""
    for item in structure.with_role(top, ["LI"]):
        body = next((kid for kid in item.kids if isinstance(kid, Node)), None)
        if body is None or body.role != "LBody":
            continue
        text = next((kid for kid in body.kids if isinstance(kid, Node)), body)
        first = text.kids[0] if len(text.kids) > 1 else None
        if isinstance(first, Content) and LABEL.fullmatch(shown[first.page].text_of(first.mcid).strip()):
            del text.kids[0]
            text.changed = item.changed = True
            item.kids.insert(0, structure.new(pdf, "Lbl", first))


def _drop_annotations(pdf: Pdf, top: Node) -> None:
    """Take out what LibreOffice made of links: some versions forget them, others let any address through.

    The call of a note is then no link any more, but a text like others.
    """
    for node in top.walk():
        annotations = [kid for kid in node.kids if isinstance(kid, Annotation)]
        if annotations:
            node.kids, node.changed = [kid for kid in node.kids if not isinstance(kid, Annotation)], True
        if any("/Dest" in kid.obj and "/Contents" in kid.obj for kid in annotations):
            node.role = "Span"
    for page in pdf.pages:
        if "/Annots" in page:
            del page.obj.Annots


def _link(pdf: Pdf, top: Node, shown: Sequence[Page], links: Sequence[Link]) -> None:
    """Make each link lead where Word says, when it may: the texts of links stand in the tree in the order of Word.

    What leads to a place of the document, or where no link may (`may_lead`), stays a text like others.
    """
    noted = {id(node) for note in structure.with_role(top, ["Note"]) for node in note.walk()}
    waiting = {in_note: [link for link in links if link.in_note == in_note] for in_note in (False, True)}
    for node in structure.with_role(top, ["Link"]):
        contents = list(node.contents())
        text = pdftext.squeezed("".join(shown[c.page].text_of(c.mcid) for c in contents))
        url = _taken(waiting[id(node) in noted], text)
        if not may_lead(url):
            node.role = "Span"
            continue
        for page in sorted({c.page for c in contents}):
            boxes = [box for c in contents if c.page == page for box in shown[page].boxes_of(c.mcid)]
            node.kids.append(Annotation(page, _link_annotation(pdf, page, boxes, url)))
            node.changed = True


def _taken(waiting: list[Link], text: str) -> str:
    """Take the text of a link, or the beginning of it, from those that wait; return where it leads."""
    at = next((n for n, link in enumerate(waiting) if text and pdftext.squeezed(link.text).startswith(text)), None)
    if at is None:
        return ""
    found = waiting[at]
    rest = pdftext.squeezed(found.text).removeprefix(text)
    waiting[: at + 1] = [dataclasses.replace(found, text=rest)] if rest else []
    return found.url


def _link_annotation(pdf: Pdf, page: int, boxes: Sequence[Box], url: str) -> pikepdf.Object:
    left, bottom = min(b.left for b in boxes), min(b.bottom for b in boxes) - 2
    right, top = max(b.right for b in boxes), max(b.top for b in boxes) + 2
    corners = [n for b in boxes for n in (b.left, b.top, b.right, b.top, b.left, b.bottom, b.right, b.bottom)]
    link = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=Array([round(edge, 2) for edge in (left, bottom, right, top)]),
            QuadPoints=Array([round(number, 2) for number in corners]),
            Border=Array([0, 0, 0]),
            F=4,
            Contents=String(url.removeprefix("mailto:")),
            A=Dictionary(S=Name.URI, URI=String(url)),
        )
    )
    fields.put_on_page(pdf, page, link)
    return link


def _tag_drawings(pdf: Pdf, top: Node, shown: Sequence[Page], pictures: Sequence[Picture]) -> None:
    """Make ornaments of the lines that no tag holds, and figures of the first showing of each described picture.

    Some versions of LibreOffice tag the pictures of the body, described or not; others draw them all as ornaments.
    """
    waiting, ornaments, empty = list(pictures), set[Content](), list[Node]()
    for node in structure.with_role(top, ["Figure"]):
        alt, contents = str(node.obj.get("/Alt", "")), list(node.contents())
        if not contents:
            empty.append(node)
        elif alt.strip():
            if known := next((picture for picture in waiting if picture.alt == alt.strip()), None):
                waiting.remove(known)
        elif any(shown[c.page].text_of(c.mcid).strip() for c in contents):
            node.role = "Div"
        else:
            ornaments.update(contents)
            node.kids, node.changed = [], True
            empty.append(node)
    headed = 0
    for number, page in enumerate(pdf.pages):

        def is_figure(image: content.Image, mcid: int, number: int = number) -> bool:
            nonlocal headed
            picture = next((p for p in waiting if _same_size(p, image.width, image.height)), None)
            picture = picture or next((p for p in waiting if _same_size(p, *image.clip)), None)  # it is cropped
            if picture is None:
                return False
            waiting.remove(picture)
            if picture.in_body and empty:
                node = next((n for n in empty if str(n.obj.get("/Alt", "")).strip() == picture.alt), empty[0])
                empty.remove(node)
            else:
                node = structure.new(pdf, "Figure")
                top.kids.insert(headed, node)
                headed, top.changed = headed + 1, True
            node.kids, node.changed = [Content(number, mcid)], True
            node.obj.Alt = String(picture.alt)
            box = [image.left, image.bottom, image.left + image.width, image.bottom + image.height]
            node.obj.A = Dictionary(O=Name.Layout, Placement=Name.Block, BBox=Array([round(n, 2) for n in box]))
            return True

        page.contents_coalesce()
        drawing = page.Contents.read_bytes()
        bare = {c.mcid for c in ornaments if c.page == number}
        page.Contents = pdf.make_stream(content.complete(drawing, is_figure, bare))
    _drop(top, empty)


def _drop(top: Node, gone: Sequence[Node]) -> None:
    """Take elements out of the tree: an ornament is no figure."""
    for parent in top.walk():
        kept = [kid for kid in parent.kids if not any(kid is node for node in gone)]
        if len(kept) < len(parent.kids):
            parent.kids, parent.changed = kept, True


def _same_size(picture: Picture, width: float, height: float) -> bool:
    return abs(picture.width - width) < PICTURE_SLACK and abs(picture.height - height) < PICTURE_SLACK


def _name_bullets(pdf: Pdf) -> None:
    """Say which character each bullet of Symbol or Wingdings stands for: their own ones mean nothing (PDF/A-2a)."""

    def named(found: re.Match[bytes]) -> bytes:
        code = int(found[1], 16)
        return b"<%04X>" % ord(BULLETS.get(code, "•")) if 0xE000 <= code <= 0xF8FF else found[0]

    for page in pdf.pages:
        for font in page.get("/Resources", Dictionary()).get("/Font", Dictionary()).values():
            if "/ToUnicode" in font:
                before = font.ToUnicode.read_bytes()
                if (after := PRIVATE_USE.sub(named, before)) != before:
                    font.ToUnicode.write(after)


def _bytes(pdf: Pdf) -> bytes:
    buffer = io.BytesIO()
    pdf.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return buffer.getvalue()
