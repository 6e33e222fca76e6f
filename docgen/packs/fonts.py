"""Whether the pages of a finished pack are drawn with the fonts of its templates, each embedded."""

from __future__ import annotations

import ctypes
import io
import logging
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

import pikepdf
import pypdfium2
from pypdfium2 import raw

from docgen.diagnostics import Diagnostic
from docgen.packs.places import Shown
from docgen.pdf.pdftext import opened

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it wonders at the dates of LibreOffice's subsets
INSTALL = "Installez cette police, ou tapez ces mots avec une police du modèle."


def faults(data: bytes, pdf: pikepdf.Pdf, families: Iterable[str], shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield the fonts that are not embedded, or that no template asked for, with the words that they draw."""
    allowed = {_plain(family) for family in families}
    wrong: dict[str, str] = {}
    for name, embedded in sorted(_used(pdf).items()):
        family = re.sub(r"^[A-Z]{6}\+", "", name).split("-")[0].split(",")[0]
        if not embedded:
            wrong[name] = f"la police {name} n'est pas incorporée"
        elif _plain(family) not in allowed:
            wrong[name] = f"la police {name} remplace celle du modèle : elle manque, ou un caractère lui manque"
    drawn = _drawn(data, wrong) if wrong else {}
    for name, said in wrong.items():
        number, words = drawn.get(name, (1, ""))
        piece = next((one for one in reversed(shown) if one.before < number), None)
        if piece:
            yield piece.problem("police-etrangere", said, INSTALL, words=words, page=number - piece.before)


def _plain(family: str) -> str:
    return re.sub(r"[^a-z]", "", family.casefold())


def _used(pdf: pikepdf.Pdf) -> dict[str, bool]:
    """Return the fonts of the pages, and whether each is embedded."""
    found: dict[str, bool] = {}
    for _, font in _fonts(pdf):
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        descriptor = inner.get("/FontDescriptor", pikepdf.Dictionary())
        name = str(font.get("/BaseFont", "?")).lstrip("/")
        found[name] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found


def _fonts(pdf: pikepdf.Pdf) -> Iterator[tuple[int, pikepdf.Object]]:
    """Yield the fonts of each page (from 1)."""
    for number, page in enumerate(pdf.pages, 1):
        for font in page.get("/Resources", pikepdf.Dictionary()).get("/Font", pikepdf.Dictionary()).values():
            yield number, font


def _drawn(data: bytes, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return the first page (from 1) where each font draws, and the line that it draws in."""
    wanted = {re.sub(r"^[A-Z]{6}\+", "", name): name for name in names}
    found: dict[str, tuple[int, str]] = {}
    with opened(data) as document:
        for number, page in enumerate(document, 1):
            textpage = page.get_textpage()
            for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
                name = wanted.get(re.sub(r"^[A-Z]{6}\+", "", _font_of(item)))
                if name and name not in found:
                    _, bottom, _, top = item.get_bounds()
                    line = str(textpage.get_text_bounded(0, bottom, page.get_width(), top))
                    found[name] = (number, " ".join(line.split()))
            textpage.close()
    return found


def _font_of(item: pypdfium2.PdfObject) -> str:
    font = raw.FPDFTextObj_GetFont(item.raw)
    buffer = ctypes.create_string_buffer(256)
    raw.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace")


def boxes(pdf: pikepdf.Pdf, shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield the characters that the pages draw as the box of a missing glyph, whatever their text says."""
    told: set[tuple[str, str]] = set()
    missing = cache(lambda number: _missing(pdf.get_object(number)))
    for number, font in _fonts(pdf):
        piece = next((one for one in reversed(shown) if one.before < number), None)
        for char in sorted(missing(font.objgen)) if piece else ():
            assert piece
            if (piece.titre, char) not in told:
                told.add((piece.titre, char))
                text = piece.pages[number - piece.before - 1]
                words = next((line for line in text.splitlines() if char in line), "").strip()
                said = f"le caractère « {char} » (U+{ord(char):04X}) est imprimé comme une case vide"
                yield piece.problem("case-vide", said, INSTALL, words=words, page=number - piece.before)


def _missing(font: pikepdf.Object) -> frozenset[str]:
    """Return the characters of a font whose glyph is that of none: LibreOffice copies it under their code."""
    file = font.get("/FontDescriptor", pikepdf.Dictionary()).get("/FontFile2")
    if file is None or "/ToUnicode" not in font:
        return frozenset()
    kinds = {str(stream.get("/Filter", "")) for stream in (file, font.ToUnicode)}
    if kinds == {"/FlateDecode"} and not any("/DecodeParms" in stream for stream in (file, font.ToUnicode)):
        return _inflated(file.read_raw_bytes(), font.ToUnicode.read_raw_bytes())
    return _boxed(file.read_bytes(), font.ToUnicode.read_bytes())


@lru_cache(maxsize=256)
def _inflated(file: bytes, codes: bytes) -> frozenset[str]:
    """Return the same of a font whose streams are compressed: the pieces of many packs hold the same ones."""
    return _boxed(zlib.decompress(file), zlib.decompress(codes))


def _boxed(file: bytes, codes: bytes) -> frozenset[str]:
    from fontTools.ttLib import TTFont  # a build that has nothing to do does not wait for it

    found = set()
    with TTFont(io.BytesIO(file), lazy=True) as drawn:
        glyphs, table = drawn["glyf"], next(iter(drawn["cmap"].tables), None)
        bare, none = glyphs.glyphs, drawn.getGlyphOrder()[0]
        begins = _head(bare[none])
        drawn_at_all = begins[:2] not in (b"", b"\0\0")
        for code, char in re.findall(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]{4})>\s", codes):
            name = table.cmap.get(int(code, 16), "") if table else ""
            # Drawing each glyph costs: those that begin otherwise are not drawn alike.
            if name and drawn_at_all and _head(bare[name]) in (begins, b"") and glyphs[name] == glyphs[none]:
                found.add(chr(int(char, 16)))
    return frozenset(found)


def _head(glyph: Any) -> bytes:
    """Return how many contours a glyph has, and its rectangle, as its font holds them (OpenType, glyf).

    Nothing of one that was drawn already.
    """
    return bytes(glyph.data[:10]) if hasattr(glyph, "data") else b""
