"""One PDF of LibreOffice -> the same pages, tagged as PDF/A-2a and PDF/UA-1 ask, with the fields to fill and sign.

What LibreOffice leaves undone is done here, once per piece: titles, header cells, labels of lists, pictures, links,
lines drawn outside of any tag, bullets that stand for no character. `assemble` binds the pieces.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from pypdfium2 import PdfiumError

from docgen.diagnostics import ConversionFailed
from docgen.pdf import content, fields, pdftext, structure
from docgen.pdf.pdftext import Box, Page
from docgen.pdf.structure import Annotation, Content, Node
from docgen.word.meaning import Link, Meaning, Picture

TITLE = "Title"
"""The style of the title of a document, whatever the language of Word."""
HEADING = re.compile(r"H([1-6])")
LABEL = re.compile(r"[^\w\s]|o|\(?(?:\w{1,4}\.)*\w{0,4}[.)°]\)?")
"""The bullet or the number of an item of a list."""
SAFE_LINK = re.compile(r"(https?|mailto):", re.I)
PRIVATE_USE = re.compile(rb"<([EF][0-9A-Fa-f]{3})>(?=\s)")
BULLETS = {0xF0A7: "▪", 0xF06F: "○", 0xF0D8: "➢", 0xF0FC: "✔", 0xE00C: "▪", 0xF02D: "–"}
"""What the private characters of Symbol and Wingdings show; all others are « • »."""
UNEXPECTED = (pikepdf.PdfError, PdfiumError, ValueError, AttributeError, KeyError, IndexError, TypeError)
"""What is raised by a PDF that is built otherwise: it stops one piece, never the others."""
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
            _drop_untagged(out, top)
            shown = [Page(page) for page in document]
            _order_headings(top)
            _head_rows(top, meaning.header_columns)
            _label_items(out, top, shown)
            _link(out, top, shown, meaning.links)
            _tag_drawings(out, top, meaning.pictures)
            _name_bullets(out)
            fields.add(out, top, shown, meaning.marks, piece)
            structure.write(out, top)
            return _bytes(out)
    except UNEXPECTED as error:
        raise ConversionFailed(f"le PDF de LibreOffice n'est pas celui que l'on attend ({error})") from None


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


def _drop_untagged(pdf: Pdf, top: Node) -> None:
    """Take out the annotations that no element holds, and the links to a place of the piece: the places move."""
    held = set()
    for node in top.walk():
        kept = [kid for kid in node.kids if not isinstance(kid, Annotation) or "/URI" in kid.obj.get("/A", {})]
        held |= {kid.obj.objgen for kid in kept if isinstance(kid, Annotation)}
        if len(kept) < len(node.kids):
            node.kids, node.changed = kept, True
    for page in pdf.pages:
        if "/Annots" in page:
            page.obj.Annots = Array(a for a in page.obj.Annots if a.objgen in held)


def _link(pdf: Pdf, top: Node, shown: Sequence[Page], links: Sequence[Link]) -> None:
    """Make the links of the body work: some versions of LibreOffice tag their text and forget where they lead.

    What is no link of the body, in a note or to a place of the document, stays a text like others.
    """
    waiting = [(pdftext.squeezed(link.text), link.url) for link in links]
    for node in structure.with_role(top, ["Link"]):
        contents = list(node.contents())
        text = pdftext.squeezed("".join(shown[c.page].text_of(c.mcid) for c in contents))
        at = next((n for n, (rest, _) in enumerate(waiting) if text and rest.startswith(text)), None)
        url = "" if at is None else waiting[at][1]
        if at is not None:
            del waiting[:at]
            rest = waiting[0][0].removeprefix(text)
            waiting[:1] = [(rest, url)] if rest else []
        if any(isinstance(kid, Annotation) for kid in node.kids):
            continue
        if not SAFE_LINK.match(url):
            node.role = "Span"
        for page in sorted({c.page for c in contents}) if SAFE_LINK.match(url) else ():
            boxes = [box for c in contents if c.page == page for box in shown[page].boxes_of(c.mcid)]
            node.kids.append(Annotation(page, _link_annotation(pdf, page, boxes, url)))
            node.changed = True


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


def _tag_drawings(pdf: Pdf, top: Node, pictures: Sequence[Picture]) -> None:
    """Make ornaments of the lines that no tag holds, and figures of the first showing of each described picture."""
    waiting = list(pictures)
    empty = [node for node in structure.with_role(top, ["Figure"]) if not any(node.contents())]
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
                node = empty.pop(0)
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
        page.Contents = pdf.make_stream(content.complete(drawing, is_figure))
    for parent in top.walk():  # an ornament is no figure
        kept = [kid for kid in parent.kids if not any(kid is node for node in empty)]
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
