"""The pieces -> one pack: pages in order, outline by document and article, page labels, metadata, PROJET.

Takes PDFs that were checked; gives the bytes of one PDF, the same for the same pieces.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String

from docgen import __version__
from docgen.diagnostics import ConversionFailed

# The letters of PROJET as strokes, each in a box 60 wide and 100 high: drawn, so that no font has to be embedded.
_PROJET = """
0 0 m 0 100 l 32 100 l 70 100 70 48 32 48 c 0 48 l S
85 0 m 85 100 l 117 100 l 155 100 155 50 117 50 c 85 50 l S 115 50 m 145 0 l S
205 0 m 160 0 160 100 205 100 c 250 100 250 0 205 0 c h S
300 100 m 300 28 l 300 -8 262 -8 258 24 c S
385 0 m 330 0 l 330 100 l 385 100 l S 330 52 m 375 52 l S
405 100 m 470 100 l S 437.5 100 m 437.5 0 l S
"""
_PROJET_WIDTH = 470
_PROJET_LENGTH = 0.6
"""Of the diagonal of the page."""


@dataclass(frozen=True)
class PiecePdf:
    """One piece of the pack, as PDF."""

    titre: str
    label: str
    """What the viewer shows before the page number: « Annexe 2, page »."""
    pdf: Path


@dataclass(frozen=True)
class PackInfo:
    """What the pack says of itself."""

    titre: str
    auteur: str
    sujet: str
    jour: date
    """Creation date of the PDF: that of the délibération, so that the same inputs give the same bytes."""
    projet: bool
    """Whether PROJET stands across every page."""


def assemble(pieces: Sequence[PiecePdf], info: PackInfo) -> tuple[bytes, list[int]]:
    """Return the pack and the number of pages of each piece. Raises `ConversionFailed` when one cannot be opened."""
    with Pdf.new() as pack:
        starts, chapters = [], []
        for piece in pieces:
            with _opened(piece) as part:
                starts.append(len(pack.pages))
                pack.pages.extend(part.pages)
                chapters.append(_outline(part, piece.titre, starts[-1]))
        with pack.open_outline() as outline:
            outline.root.extend(chapters)
        _label_pages(pack, pieces, starts)
        for page in pack.pages:
            for key in ("/StructParents", "/Annots", "/Tabs"):
                if key in page:
                    del page[key]
        if info.projet:
            _stamp_projet(pack)
        _describe(pack, info)
        ends = [*starts[1:], len(pack.pages)]
        return _bytes(pack), [end - start for start, end in zip(starts, ends, strict=True)]


def _opened(piece: PiecePdf) -> Pdf:
    try:
        return pikepdf.open(piece.pdf)
    except pikepdf.PdfError as error:
        raise ConversionFailed(f"{piece.titre} : le PDF ne s'ouvre pas ({error})") from None


def _outline(part: Pdf, titre: str, start: int) -> OutlineItem:
    """Return the outline of a piece as a chapter, its targets moved to where its pages now are."""
    numbers = {page.obj.objgen: index for index, page in enumerate(part.pages)}

    def moved(item: OutlineItem) -> OutlineItem | None:
        target = item.destination if isinstance(item.destination, Array) else None
        if target is None or target[0].objgen not in numbers:
            return None
        top = float(target[3]) if len(target) > 3 and target[1] == Name.XYZ else None
        page = start + numbers[target[0].objgen]
        copy = OutlineItem(item.title, page, "XYZ", left=0, top=top) if top else OutlineItem(item.title, page)
        copy.children.extend(filter(None, (moved(child) for child in item.children)))
        return copy

    chapter = OutlineItem(titre, start)
    with part.open_outline() as outline:
        chapter.children.extend(filter(None, (moved(item) for item in outline.root)))
    return chapter


def _label_pages(pack: Pdf, pieces: Sequence[PiecePdf], starts: Sequence[int]) -> None:
    labels = Array()
    for piece, start in zip(pieces, starts, strict=True):
        labels.append(start)
        labels.append(Dictionary(S=Name.D, P=String(f"{piece.label} ")))
    pack.Root.PageLabels = Dictionary(Nums=labels)


def _stamp_projet(pack: Pdf) -> None:
    """Draw PROJET from corner to corner of every page, over its text and light enough to read through."""
    stamp = pack.make_stream(
        f"/Artifact BMC 1 J 1 j 15 w 0.75 0.1 0.1 RG {_PROJET} EMC".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([-20, -20, _PROJET_WIDTH + 20, 120]),
        Group=Dictionary(S=Name.Transparency, CS=Name.DeviceRGB),
    )
    light = pack.make_indirect(Dictionary(Type=Name.ExtGState, CA=0.22, ca=0.22))
    for page in pack.pages:
        _, _, width, height = (float(x) for x in page.mediabox)
        diagonal = (width**2 + height**2) ** 0.5
        cos, sin = width / diagonal, height / diagonal
        scale = _PROJET_LENGTH * diagonal / _PROJET_WIDTH
        x = width / 2 - scale * (cos * _PROJET_WIDTH - sin * 100) / 2
        y = height / 2 - scale * (sin * _PROJET_WIDTH + cos * 100) / 2
        a, b = scale * cos, scale * sin
        name = page.add_resource(stamp, Name.XObject, Name.Projet)
        state = page.add_resource(light, Name.ExtGState, Name.ProjetLight)
        page.contents_add(b"q", prepend=True)
        page.contents_add(
            f"Q q /Artifact BMC {state} gs {a:.4f} {b:.4f} {-b:.4f} {a:.4f} {x:.2f} {y:.2f} cm {name} Do EMC Q".encode()
        )


def _describe(pack: Pdf, info: PackInfo) -> None:
    titre = f"PROJET – {info.titre}" if info.projet else info.titre
    stamp = f"{info.jour:%Y-%m-%d}T00:00:00Z"
    with pack.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
        meta["dc:title"] = titre
        meta["dc:creator"] = [info.auteur]
        meta["dc:description"] = info.sujet
        meta["dc:language"] = ["fr-FR"]
        meta["xmp:CreateDate"] = meta["xmp:ModifyDate"] = stamp
        meta["xmp:CreatorTool"] = meta["pdf:Producer"] = f"docgen {__version__}"
    pack.docinfo = pack.make_indirect(
        Dictionary(
            Title=String(titre),
            Author=String(info.auteur),
            Subject=String(info.sujet),
            Creator=String(f"docgen {__version__}"),
            Producer=String(f"docgen {__version__}"),
            CreationDate=String(f"D:{info.jour:%Y%m%d}000000Z"),
            ModDate=String(f"D:{info.jour:%Y%m%d}000000Z"),
        )
    )
    pack.Root.Lang = String("fr-FR")
    pack.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pack.Root.PageMode = Name.UseOutlines


def _bytes(pack: Pdf) -> bytes:
    buffer = io.BytesIO()
    pack.save(
        buffer,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        deterministic_id=True,
        min_version="1.7",
    )
    return buffer.getvalue()
