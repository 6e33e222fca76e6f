"""Whether a finished pack is built as it should be: it opens, its outline, title, stamp, tags and fields."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError

from docgen.diagnostics import ConversionFailed, Diagnostic, Place
from docgen.packs.places import Shown

AGAIN = "Recommencez ; si cela se répète avec ce modèle, enregistrez-le à nouveau dans Word, ou signalez-le."


def whole(titre: str, said: str, page: int = 1) -> Diagnostic:
    """Return a problem of the document as such, that no words of it can show."""
    return Diagnostic(Place(titre, within="tout le document", extract=titre, page=page), "pack-anormal", said, AGAIN)


def opened(data: bytes, titre: str) -> PdfReader:
    """Return the PDF, open. Raises `ConversionFailed` when it is not a whole one."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise ConversionFailed(whole(titre, "ce n'est pas un PDF entier"))
    try:
        reader = PdfReader(io.BytesIO(data), strict=True)
        empty = not len(reader.pages)
    except (PdfReadError, ValueError, KeyError, RecursionError) as error:
        raise ConversionFailed(whole(titre, f"le PDF ne s'ouvre pas ({error})")) from None
    if empty:
        raise ConversionFailed(whole(titre, "le PDF n'a pas de page"))
    return reader


def faults(reader: PdfReader, titre: str, projet: bool, shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the outline, the title, the stamp and the tags."""
    if list(_chapters(reader)) != [piece.titre for piece in shown]:
        yield whole(titre, "le plan du pack n'est pas celui des pièces")
    if reader.metadata is None or reader.metadata.title != (f"PROJET – {titre}" if projet else titre):
        yield whole(titre, "le titre du pack n'est pas le bon")
    resources: list[Any] = [page.get("/Resources", {}) for page in reader.pages]
    stamped = ["/Projet" in found.get("/XObject", {}) for found in resources]
    if wrong := [number for number, has in enumerate(stamped, 1) if has != projet]:
        yield whole(titre, f"PROJET est sur {sum(stamped)} pages de {len(stamped)}", wrong[0])
    if "/StructTreeRoot" not in reader.root_object:
        yield whole(titre, "le pack n'est pas balisé")


def _chapters(reader: PdfReader) -> Iterator[str]:
    """Yield the titles of the first rank of the outline."""
    item: Any = reader.root_object.get("/Outlines", {}).get("/First")
    while item is not None:
        yield str(item.get_object()["/Title"])
        item = item.get_object().get("/Next")


def wrong_fields(
    reader: PdfReader, champs: Sequence[str], asked: Counter[str], shown: Sequence[Shown]
) -> Iterator[Diagnostic]:
    """Yield the fields that are not shown as often as they should be: lost, doubled, or not asked for."""
    found: Counter[str] = Counter()
    places: dict[str, int] = {}
    for number, page in enumerate(reader.pages, 1):
        for reference in page.get("/Annots", ()):
            annotation: Any = reference.get_object()
            if annotation.get("/Subtype") == "/Widget":
                name = str(annotation.get("/T") or annotation["/Parent"]["/T"])
                found[name] += 1
                places.setdefault(name, number)
    titre = shown[0].titre if shown else ""
    for name in sorted(name for name in asked.keys() | found.keys() if asked[name] != found[name]):
        said = f"des champs manquent ou sont en double : {name}"
        yield whole(titre, said, places.get(name, 1))
    if sorted(champs) != sorted(asked):
        yield whole(titre, "le formulaire n'a pas les champs de ses pages")
