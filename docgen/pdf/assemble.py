"""The pieces -> one PDF: pages and tags in order, outline by document and article, labels, fields, metadata, PROJET.

Takes PDFs that `conform` completed; gives the bytes of one PDF/A-2a and PDF/UA-1, the same for the same pieces. All
is done before anyone signs: nothing can be after.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Pdf, String

from docgen.diagnostics import ConversionFailed
from docgen.model.fiches import Plateforme
from docgen.pdf import form_font, overlay, pdfa, signatures
from docgen.pdf.pdfa import Description
from docgen.pdf.signatures import Signature
from docgen.word.meaning import signer_of


@dataclass(frozen=True)
class PiecePdf:
    """One piece of the pack, as PDF."""

    titre: str
    label: str
    """What the viewer shows before the page number: « Annexe 2, page »."""
    pdf: Path


@dataclass(frozen=True)
class PackInfo:
    """What the pack says of itself, and what goes over its pages."""

    description: Description
    projet: bool
    """Whether PROJET stands across every page; then nobody can sign it."""
    police: Path
    """The font file of what is typed in the fields."""
    plateforme: Plateforme = Plateforme.AUCUN
    """The signing platform whose anchors are written in; none in what is published."""

    @property
    def titre(self) -> str:
        """The title, as a viewer shows it."""
        return f"PROJET – {self.description.titre}" if self.projet else self.description.titre


@dataclass(frozen=True)
class Bound:
    """A finished PDF."""

    data: bytes
    pages: list[int]
    """The number of pages of each piece."""
    champs: tuple[str, ...]
    """The names of its fields."""
    signatures: tuple[Signature, ...]
    """Where one signs."""
    ancres: tuple[str, ...]
    """The anchors written in, one a place."""


def assemble(pieces: Sequence[PiecePdf], info: PackInfo) -> Bound:
    """Return the pack. Raises `ConversionFailed` when a piece cannot be opened, `ToolMissing` without the font."""
    with Pdf.new() as pack:
        starts, chapters, merged = [], [], _Merged(pack)
        for piece in pieces:
            with _opened(piece) as part:
                if info.projet:
                    _take_signatures_out(part)
                starts.append(len(pack.pages))
                for page in part.pages:
                    pack.pages.append(page)
                merged.add(part, starts[-1])
                chapters.append(_outline(part, piece.titre, starts[-1]))
        merged.write()
        with pack.open_outline() as outline:
            outline.root.extend(chapters)
        _label_pages(pack, pieces, starts)
        places = tuple(_signatures(pack))
        anchors = [] if info.projet else signatures.anchors(info.plateforme, places)
        if merged.fields:
            font = form_font.form_font(pack, info.police)
            _make_form(pack, merged.fields, font, signed=bool(places))
            overlay.write_anchors(pack, anchors, font)
        if info.projet:
            overlay.stamp_projet(pack)
        _share_streams(pack)
        pdfa.date_profile(pack)
        pdfa.describe(pack, replace(info.description, titre=info.titre))
        pack.Root.PageMode = Name.UseOutlines
        names = tuple(str(field.T) for field in merged.fields)
        counts = [end - start for start, end in zip(starts, [*starts[1:], len(pack.pages)], strict=True)]
        return Bound(_bytes(pack), counts, names, places, tuple(word for _, word in anchors))


def _opened(piece: PiecePdf) -> Pdf:
    try:
        return pikepdf.open(piece.pdf)
    except pikepdf.PdfError as error:
        raise ConversionFailed(f"{piece.titre} : le PDF ne s'ouvre pas ({error})") from None


class _Merged:
    """The trees and the fields of the pieces, under one document."""

    def __init__(self, pack: Pdf) -> None:
        self.pack = pack
        self.fields: list[Object] = []
        self._tops: list[Object] = []
        self._owners: list[tuple[int, Object]] = []
        """What each page and annotation belongs to, by its number in the pack."""
        self._next = 0

    def add(self, part: Pdf, start: int) -> None:
        """Take over the tree of a piece whose pages now begin at `start`."""
        root = self.pack.copy_foreign(part.Root.StructTreeRoot)
        numbers = list(_numbers(root.ParentTree))
        for page in self.pack.pages[start:]:
            page.obj.StructParents = int(page.obj.StructParents) + self._next
            for annotation in page.obj.get("/Annots", []):
                annotation.StructParent = int(annotation.StructParent) + self._next
        self._owners += [(key + self._next, owner) for key, owner in numbers]
        self._next += max(key for key, _ in numbers) + 1
        top = root.K[0]
        top.S = Name.Part
        self._tops.append(top)
        if "/AcroForm" in part.Root:
            self.fields += [self.pack.copy_foreign(field) for field in part.Root.AcroForm.Fields]
        if "/OutputIntents" not in self.pack.Root and "/OutputIntents" in part.Root:
            intents = part.make_indirect(part.Root.OutputIntents)
            self.pack.Root.OutputIntents = Array(self.pack.copy_foreign(intents))

    def write(self) -> None:
        """Put the one tree in the pack."""
        document = self.pack.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, K=Array(self._tops)))
        for top in self._tops:
            top.P = document
        flat = Array(item for pair in self._owners for item in pair)
        document.P = self.pack.Root.StructTreeRoot = self.pack.make_indirect(
            Dictionary(
                Type=Name.StructTreeRoot,
                K=Array([document]),
                ParentTree=self.pack.make_indirect(Dictionary(Nums=flat)),
                ParentTreeNextKey=self._next,
            )
        )
        self.pack.Root.MarkInfo = Dictionary(Marked=True)


def _numbers(tree: Object) -> Iterator[tuple[int, Object]]:
    flat = list(tree.Nums)
    return zip(map(int, flat[::2]), flat[1::2], strict=True)


def _take_signatures_out(part: Pdf) -> None:
    """Take the signature fields out of a piece and of its tree: what carries PROJET is not to be signed."""
    if "/AcroForm" not in part.Root:
        return
    owners = dict(_numbers(part.Root.StructTreeRoot.ParentTree))
    for page in part.pages:
        for annotation in list(page.obj.get("/Annots", [])):
            if annotation.get("/FT") == Name.Sig:
                page.obj.Annots = Array(a for a in page.obj.Annots if a.objgen != annotation.objgen)
                form = owners[int(annotation.StructParent)]
                form.P.K = Array(kid for kid in form.P.K if not _is(kid, form))
    fields = part.Root.AcroForm.Fields
    part.Root.AcroForm.Fields = Array(field for field in fields if Name.Sig != field.FT)


def _is(kid: object, other: Object) -> bool:
    return isinstance(kid, Object) and kid.is_indirect and kid.objgen == other.objgen


def _signatures(pack: Pdf) -> Iterator[Signature]:
    """Yield the places to sign, in the order of the pages."""
    for number, page in enumerate(pack.pages, 1):
        for field in page.obj.get("/Annots", []):
            if field.get("/FT") == Name.Sig and (role := signer_of(str(field.T))):
                left, bottom, right, top = (float(edge) for edge in field.Rect)
                size = round(right - left, 2), round(top - bottom, 2)
                yield Signature(str(field.T), role, number, left, bottom, *size)


def _make_form(pack: Pdf, fields: Sequence[Object], font: Object, signed: bool) -> None:
    pack.Root.AcroForm = pack.make_indirect(
        Dictionary(
            Fields=Array(fields),
            DR=Dictionary(Font=Dictionary({str(overlay.FONT_NAME): font})),
            DA=String(f"{overlay.FONT_NAME} 0 Tf 0 g"),
        )
    )
    if signed:
        # There are signature fields, and who saves the file only adds to it (ISO 32000-1, 12.7.2): already said, a
        # signature changes nothing there.
        pack.Root.AcroForm.SigFlags = 3


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


def _share_streams(pack: Pdf) -> None:
    """Keep once the pictures and the font files that several pieces have."""
    known: dict[str, Object] = {}
    for page in pack.pages:
        resources = page.obj.get("/Resources", Dictionary())
        images = resources.get("/XObject", Dictionary())
        for name, image in list(images.items()):
            if image.get("/Subtype") == Name.Image:
                images[name] = known.setdefault(_same(image), image)
        for font in resources.get("/Font", Dictionary()).values():
            descriptor = font.get("/FontDescriptor", Dictionary())
            if "/FontFile2" in descriptor:
                descriptor.FontFile2 = known.setdefault(_same(descriptor.FontFile2), descriptor.FontFile2)


def _same(stream: Object) -> str:
    mask = _same(stream.SMask) if "/SMask" in stream else ""
    described = [f"{key}={_said(value)}" for key, value in sorted(stream.items()) if key != "/SMask"]
    return f"{hashlib.sha256(stream.read_raw_bytes()).hexdigest()} {described} {mask}"


def _said(value: object) -> str:
    return value.unparse(resolved=True).decode("latin-1") if isinstance(value, Object) else str(value)


def _bytes(pack: Pdf) -> bytes:
    buffer = io.BytesIO()
    # Without object streams: larger, but every viewer can add to it. pdfium breaks a file that has them.
    pack.save(
        buffer,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=True,
        deterministic_id=True,
        min_version="1.7",
    )
    return buffer.getvalue()
