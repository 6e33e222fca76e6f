"""Whether a finished pack is built as it should be: it opens, its outline, title, stamp, tags and fields."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pikepdf
from pikepdf import Dictionary, Pdf

from docgen.diagnostics import ConversionFailed, Diagnostic, Place
from docgen.packs.places import Shown

AGAIN = "Recommencez ; si cela se répète avec ce modèle, enregistrez-le à nouveau dans Word, ou signalez-le."


def whole(titre: str, said: str, page: int = 1) -> Diagnostic:
    """Return a problem of the document as such, that no words of it can show."""
    return Diagnostic(Place(titre, within="tout le document", extract=titre, page=page), "pack-anormal", said, AGAIN)


@contextmanager
def opened(data: bytes, titre: str) -> Iterator[Pdf]:
    """Open a PDF for the time of a `with`. Raises `ConversionFailed` when it is not a whole one."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise ConversionFailed(whole(titre, "ce n'est pas un PDF entier"))
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    except (pikepdf.PdfError, ValueError) as error:
        raise ConversionFailed(whole(titre, f"le PDF ne s'ouvre pas ({error})")) from None
    with pdf:
        if not len(pdf.pages):
            raise ConversionFailed(whole(titre, "le PDF n'a pas de page"))
        yield pdf


def faults(pdf: Pdf, titre: str, projet: bool, shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the file itself, the outline, the title, the stamp and the tags."""
    for said in pdf.get_warnings():
        yield whole(titre, f"le PDF n'est pas bien formé ({said.partition(', ')[2]})")
    if list(_chapters(pdf)) != [piece.titre for piece in shown]:
        yield whole(titre, "le plan du pack n'est pas celui des pièces")
    if str(pdf.docinfo.get("/Title", "")) != (f"PROJET – {titre}" if projet else titre):
        yield whole(titre, "le titre du pack n'est pas le bon")
    resources = [page.get("/Resources", Dictionary()) for page in pdf.pages]
    stamped = ["/Projet" in found.get("/XObject", Dictionary()) for found in resources]
    if wrong := [number for number, has in enumerate(stamped, 1) if has != projet]:
        yield whole(titre, f"PROJET est sur {sum(stamped)} pages de {len(stamped)}", wrong[0])
    if "/StructTreeRoot" not in pdf.Root:
        yield whole(titre, "le pack n'est pas balisé")


def _chapters(pdf: Pdf) -> Iterator[str]:
    """Yield the titles of the first rank of the outline."""
    item: Any = pdf.Root.get("/Outlines", Dictionary()).get("/First")
    while item is not None:
        yield str(item.Title)
        item = item.get("/Next")


def wrong_fields(pdf: Pdf, champs: Sequence[str], asked: Counter[str], shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield the fields that are not shown as often as they should be: lost, doubled, or not asked for."""
    found: Counter[str] = Counter()
    places: dict[str, int] = {}
    for number, page in enumerate(pdf.pages, 1):
        for annotation in page.get("/Annots", ()):
            if annotation.get("/Subtype") == "/Widget":
                name = str(annotation.T if "/T" in annotation else annotation.Parent.T)
                found[name] += 1
                places.setdefault(name, number)
    titre = shown[0].titre if shown else ""
    for name in sorted(name for name in asked.keys() | found.keys() if asked[name] != found[name]):
        said = f"des champs manquent ou sont en double : {name}"
        yield whole(titre, said, places.get(name, 1))
    if sorted(champs) != sorted(asked):
        yield whole(titre, "le formulaire n'a pas les champs de ses pages")
