"""A pack with all that a real one has, and what a forger appends to it: an update by hand, of any object."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
import signing
from pikepdf import Array, Dictionary, Name, Pdf, String

Change = Callable[[Pdf], object]
MEMBRE, SYNDICAT, ANNEXE = "sig_membre_convention", "sig_syndicat_convention", "sig_membre_annexe_2"
LIEU, DATE = "champ_lieu_convention", "champ_date_convention"
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Convention</rdf:li></rdf:Alt></dc:title>
<dc:identifier>2024-01/membre/0123456789abcdef</dc:identifier>
<pdfaid:part>2</pdfaid:part><pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


@cache
def pack() -> bytes:
    """Return the small pack with a language, bookmarks, tags, page labels and metadata."""

    def complete(pdf: Pdf) -> None:
        root = pdf.Root
        root.Lang, root.MarkInfo = String("fr-FR"), Dictionary(Marked=True)
        root.Metadata = pdf.make_stream(XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)
        root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D)]))
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        pdf.docinfo["/Title"] = "Convention"
        with pdf.open_outline() as outline:
            outline.root += [pikepdf.OutlineItem(f"Page {n}", n - 1) for n in (1, 2, 3)]
        tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        rows = [
            pdf.make_indirect(
                Dictionary(Type=Name.StructElem, S=Name.P, P=tree, Pg=page.obj, K=0, Alt=String(f"Page {n}"))
            )
            for n, page in enumerate(pdf.pages, 1)
        ]
        tree.K = Array(rows)
        root.StructTreeRoot = tree
        for field in root.AcroForm.Fields:
            field.TU = String("Lieu ou date")

    return signing.rewrite(signing.pack(), complete)


def signed(data: bytes) -> bytes:
    """Return the pack signed by the member, twice, and by the syndicat."""
    for field, person in ((MEMBRE, signing.member()), (ANNEXE, signing.member()), (SYNDICAT, signing.syndicat())):
        data = signing.sign(data, field, person)
    return data


def append(data: bytes, change: Change) -> bytes:
    """Change any objects of a PDF by an update at its end, with a classic table."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        before = {thing.objgen: _written(thing) for thing in pdf.objects if isinstance(thing, pikepdf.Object)}
        change(pdf)
        out = bytearray(data if data.endswith(b"\n") else data + b"\n")
        table = []
        for thing in pdf.objects:
            if not isinstance(thing, pikepdf.Object) or not thing.objgen[0]:
                continue
            if before.get(thing.objgen) == (written := _written(thing)):
                continue
            table.append((*thing.objgen, len(out)))
            out += b"%d %d obj\n%s\nendobj\n" % (*thing.objgen, written)
        size = max([int(pdf.trailer.Size), *(number + 1 for number, _, _ in table)])
        tail = b"/Size %d /Root %d %d R" % (size, *pdf.Root.objgen)
        if "/Info" in pdf.trailer:
            tail += b" /Info %d %d R" % pdf.trailer.Info.objgen
        if "/ID" in pdf.trailer:
            tail += b" /ID " + pdf.trailer.ID.unparse()
    previous, start = int(re.findall(rb"startxref\s+(\d+)", data)[-1]), len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    out += b"".join(b"%d 1\n%010d %05d n \n" % (number, at, generation) for number, generation, at in sorted(table))
    return bytes(out + b"trailer\n<< %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (tail, previous, start))


def _written(thing: pikepdf.Object) -> bytes:
    if not isinstance(thing, pikepdf.Stream):
        return bytes(thing.unparse(resolved=True))
    raw = thing.read_raw_bytes()
    keys = b" ".join(key.encode() + b" " + _value(value) for key, value in thing.items() if key != "/Length")
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (keys, len(raw), raw)


def _value(value: Any) -> bytes:
    if isinstance(value, pikepdf.Object):
        return b"%d %d R" % value.objgen if value.is_indirect else bytes(value.unparse(resolved=True))
    return str(value).lower().encode()


def field(pdf: Pdf, name: str) -> Any:
    """Return a field of the form."""
    return next(one for one in pdf.Root.AcroForm.Fields if str(one.get("/T", "")) == name)


def look(pdf: Pdf, width: float, height: float, text: str = "", drawing: str = "", size: float = 10) -> Any:
    """Return what a widget shows: a text in Helvetica, after a drawing."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    said = f"{drawing} BT /H {size} Tf 2 3 Td ({text}) Tj ET" if text else drawing
    return pdf.make_stream(
        said.encode("cp1252"), Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, width, height]),
        Resources=Dictionary(Font=Dictionary(H=font)),
    )  # fmt: skip


def size_of(widget: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in widget.Rect)
    return right - left, top - bottom


def fill(name: str, value: str, shown: str | None = None, drawing: str = "") -> Change:
    """Return a change that gives a field a value and shows it, or something else."""

    def change(pdf: Pdf) -> None:
        one = field(pdf, name)
        one.V = String(value)
        one.AP = Dictionary(N=look(pdf, *size_of(one), value if shown is None else shown, drawing))

    return change


def widget(
    text: str, box: tuple[float, ...], kind: str = "Sig", page: int = 1, drawing: str = "", **more: Any
) -> Change:
    """Return a change that adds a field that shows something."""

    def change(pdf: Pdf) -> None:
        made = pdf.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name(f"/{kind}"), T=String("Signature2"), F=4,
                       Rect=Array(box), P=pdf.pages[page].obj, **more)
        )  # fmt: skip
        made.AP = Dictionary(N=look(pdf, box[2] - box[0], box[3] - box[1], text, drawing))
        pdf.Root.AcroForm.Fields.append(made)
        pdf.pages[page].obj.Annots.append(made)

    return change


def annotation(kind: str, text: str = "", page: int = 1, drawing: str = "", **more: Any) -> Change:
    """Return a change that puts an annotation over the amount."""

    def change(pdf: Pdf) -> None:
        box = (236, 694, 300, 712)
        made = Dictionary(Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=Array(box), F=4, **more)
        if text or drawing:
            made.AP = Dictionary(N=look(pdf, 64, 18, text, drawing))
        pdf.pages[page].obj.Annots.append(pdf.make_indirect(made))

    return change


def draw(drawing: str, page: int = 1) -> Change:
    """Return a change that draws on a page after all that it draws."""

    def change(pdf: Pdf) -> None:
        target = pdf.pages[page].obj
        target.Contents = Array([target.Contents, pdf.make_stream(drawing.encode())])

    return change


def replace(before: bytes, after: bytes, page: int = 1) -> Change:
    """Return a change of the words of a page."""

    def change(pdf: Pdf) -> None:
        target = pdf.pages[page].obj
        drawing = target.Contents.read_bytes()
        assert before in drawing
        target.Contents = pdf.make_stream(drawing.replace(before, after))

    return change


def root(**values: Any) -> Change:
    """Return a change of entries of the catalog."""

    def change(pdf: Pdf) -> None:
        for name, value in values.items():
            pdf.Root[f"/{name}"] = value

    return change


def of_field(name: str, **values: Any) -> Change:
    """Return a change of entries of a field."""

    def change(pdf: Pdf) -> None:
        for key, value in values.items():
            field(pdf, name)[f"/{key}"] = value

    return change


def of_form(**values: Any) -> Change:
    """Return a change of entries of the form."""

    def change(pdf: Pdf) -> None:
        for key, value in values.items():
            pdf.Root.AcroForm[f"/{key}"] = value

    return change


def of_page(page: int = 1, **values: Any) -> Change:
    """Return a change of entries of a page."""

    def change(pdf: Pdf) -> None:
        for key, value in values.items():
            pdf.pages[page].obj[f"/{key}"] = value

    return change
