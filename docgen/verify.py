"""The finished PDF against what should stand in it: nothing that LibreOffice made is believed before this.

pypdf tells the structure (pages, fonts, outline), pdfium the text as a reader sees it.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PdfReadError

from docgen.diagnostics import ConversionFailed
from docgen.template import TAG_MARKS

BROKEN_WORD = "\x02"
"""What pdfium gives for a hyphen at the end of a line."""


@dataclass(frozen=True)
class Expected:
    """What one piece of a pack must show."""

    titre: str
    pages: int
    words: Sequence[str]
    """All the words of the filled document."""
    printed: Sequence[str]
    """The values that were put in it."""


def pack(data: bytes, pieces: Sequence[Expected], fonts: Iterable[str], titre: str, projet: bool) -> None:
    """Check a whole pack, as bytes: each piece on its own pages, the fonts, the outline, the title, PROJET.

    `fonts` are the families that may be used. Raises `ConversionFailed` with everything that is not as it should be.
    """
    reader = _open(data)
    pages = page_texts(data)
    problems = [*_fonts(reader, set(fonts)), *_frame(reader, pieces, titre, projet)]
    start = 0
    for piece in pieces:
        text = "\n".join(pages[start : start + piece.pages])
        found = [*_lost_words(text, piece.words), *_missing_values(text, piece.printed)]
        problems += [f"{piece.titre} : {problem}" for problem in found]
        start += piece.pages
    if start != len(pages):
        problems.append(f"le pack a {len(pages)} pages au lieu de {start}")
    if mark := TAG_MARKS.search("\n".join(pages)):
        problems.append(f"un champ n'a pas été rempli : « {mark.group()} » est imprimé")
    if problems:
        raise ConversionFailed(" ; ".join(problems))


def _frame(reader: PdfReader, pieces: Sequence[Expected], titre: str, projet: bool) -> Iterator[str]:
    outline = [item.title for item in reader.outline if not isinstance(item, list)]
    if outline != [piece.titre for piece in pieces]:
        yield "le plan du pack n'est pas celui des pièces"
    if reader.metadata is None or reader.metadata.title != (f"PROJET – {titre}" if projet else titre):
        yield "le titre du pack n'est pas le bon"
    resources: list[Any] = [page.get("/Resources", {}) for page in reader.pages]
    stamped = sum("/Projet" in found.get("/XObject", {}) for found in resources)
    if stamped != (len(resources) if projet else 0):
        yield f"PROJET est sur {stamped} pages de {len(resources)}"


def _open(data: bytes) -> PdfReader:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise ConversionFailed("ce n'est pas un PDF entier")
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if not len(reader.pages):
            raise ConversionFailed("le PDF n'a pas de page")
    except (PdfReadError, ValueError, KeyError, RecursionError) as error:
        raise ConversionFailed(f"le PDF ne s'ouvre pas ({error})") from None
    return reader


def page_texts(data: bytes) -> list[str]:
    """Return the text of each page of a PDF."""
    document = pypdfium2.PdfDocument(data)
    try:
        texts = []
        for page in document:
            textpage = page.get_textpage()
            texts.append(textpage.get_text_bounded().replace(BROKEN_WORD, "-"))
            textpage.close()
            page.close()
        return texts
    finally:
        document.close()


def squeezed(text: str) -> str:
    """Return the text without any space: lines and justification differ, the words do not."""
    return re.sub(r"\s", "", text)


def _lost_words(text: str, words: Iterable[str]) -> list[str]:
    """Return what is wrong when a word of the document is not on its pages as often as it should be."""
    shown = re.findall(r"\w+", text.casefold())
    lost = Counter(words) - Counter(shown)
    if lost:
        # pdfium cuts a word where the font size changes: « 1 er » for 1er. Its halves then stand side by side.
        lost -= Counter(a + b for a, b in pairwise(shown))
    if not lost:
        return []
    return [f"{lost.total()} mots du document ne sont pas dans le PDF, dont « {next(iter(lost))} »"]


def _missing_values(text: str, values: Iterable[str]) -> list[str]:
    """Return what is wrong when a value is not on the pages; it is not quoted: it may be personal data."""
    shown = squeezed(text)
    missing = sum(not _stands(value, shown) for value in set(values))
    return [f"{missing} valeurs de la fiche ne sont pas dans le PDF"] if missing else []


def _stands(value: str, shown: str) -> bool:
    """Tell whether a value is on the pages: in one go, or cut in two where a page may end.

    A line, hence a page, never ends at a no-break space: amounts and identifiers are never cut.
    """
    if squeezed(value) in shown:
        return True
    words = value.split(" ")
    cuts = ((" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words)))
    return any(squeezed(before) in shown and squeezed(after) in shown for before, after in cuts)


def _fonts(reader: PdfReader, families: set[str]) -> list[str]:
    """Return the fonts that are not embedded, or that no template asked for: they replace a missing one."""
    problems = []
    allowed = {re.sub(r"[^a-z]", "", family.casefold()) for family in families}
    for name, embedded in sorted(_used_fonts(reader).items()):
        family = re.sub(r"[^a-z]", "", re.sub(r"^[A-Z]{6}\+", "", name).split("-")[0].split(",")[0].casefold())
        if not embedded:
            problems.append(f"la police {name} n'est pas incorporée")
        if family not in allowed:
            problems.append(f"la police {name} remplace celle du modèle : elle manque, ou un caractère lui manque")
    return problems


def _used_fonts(reader: PdfReader) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for page in reader.pages:
        fonts: Any = page.get("/Resources", {}).get("/Font", {})
        for reference in fonts.get_object().values() if fonts else ():
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", {})
            descriptor = descriptor.get_object() if descriptor else {}
            name = str(font.get("/BaseFont", "?")).lstrip("/")
            found[name] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found
