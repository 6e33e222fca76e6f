"""Pages of a PDF as pictures, the places to fill in and to sign outlined on them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import ImageDraw

from docgen.pdf import pdftext

PDFIUM = threading.RLock()
"""Held by who uses pdfium in this process: it serves one at a time."""
WIDTH = 900
"""Pixels: a page that reads well on a screen."""
INK = {"/Sig": (161, 29, 29), "/Tx": (31, 86, 160), "/Btn": (31, 86, 160), "/Ch": (31, 86, 160)}
"""The colour of each kind of field."""


def count(data: bytes | Path) -> int:
    """Return how many pages a PDF has."""
    with PDFIUM, pdftext.opened(data) as document:
        return len(document)


def png(data: bytes | Path, number: int, words: Iterable[str] = ()) -> bytes | None:
    """Return the page of that number, from 1, as a PNG, these words outlined; None when there is none."""
    with PDFIUM, pdftext.opened(data) as document:
        if not 1 <= number <= len(document):
            return None
        document.init_forms()
        page = document[number - 1]
        scale = WIDTH / page.get_width()
        height = page.get_height()
        image = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        found = [box for one in words for box in _places(page, one)]
    drawing = ImageDraw.Draw(image)
    for left, bottom, right, top, kind in (*_fields(data, number), *found):
        box = (left * scale, (height - top) * scale, right * scale, (height - bottom) * scale)
        drawing.rectangle(box, outline=INK.get(kind, INK["/Tx"]), width=2)
    buffer = io.BytesIO()
    image.quantize(128).save(buffer, "PNG")
    return buffer.getvalue()


def _places(page: pypdfium2.PdfPage, words: str) -> Iterator[tuple[float, float, float, float, str]]:
    """Yield the places of some words of a page, line by line; an extract that is cut ends with « … »."""
    textpage = page.get_textpage()
    wanted = words.split("…")[0].strip()
    if wanted:
        place = textpage.search(wanted).get_next()
        if place:
            start, length = place
            for n in range(textpage.count_rects(start, length)):
                left, bottom, right, top = textpage.get_rect(n)
                yield left - 2, bottom - 2, right + 2, top + 2, "/Sig"
    textpage.close()


def _fields(data: bytes | Path, number: int) -> Iterator[tuple[float, float, float, float, str]]:
    """Yield the places of the fields of a page, in points from its bottom left corner, each with its kind."""
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    try:
        with pikepdf.open(source) as pdf:
            for annotation in pdf.pages[number - 1].get("/Annots", ()):
                if annotation.get("/Subtype") == "/Widget" and "/Rect" in annotation:
                    above = annotation.get("/Parent")
                    kind = str(annotation.get("/FT") or (above.get("/FT") if above is not None else None) or "/Tx")
                    left, bottom, right, top = map(float, annotation["/Rect"])
                    yield left, bottom, right, top, kind
    except (pikepdf.PdfError, TypeError, ValueError):  # a file of somebody else: its page is shown without
        return
