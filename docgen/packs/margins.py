"""Whether the text of a piece stays between the margins of its pages, as LibreOffice drew them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from docgen import formats
from docgen.pdf.pdftext import Box, opened, squeezed
from docgen.word.area import Area, Layout

SLACK = 2.0
"""Points: what an italic letter may lean over its own width."""
POINTS = 72 / 25.4
"""Of a millimetre."""


def overruns(pdf: Path, layout: Layout, before: int = 0) -> Iterator[str]:
    """Yield the lines that pass a margin on the left or the right, with the page (of the pack) and their words.

    `before` is how many pages stand before this piece. Headers and footers have their own place, boxes any.
    """
    for number, words, millimetres in _found(pdf.read_bytes(), layout):
        far = formats.number(Decimal(f"{millimetres:.1f}"))
        yield f"page {before + number} : « {words} » dépasse la marge de {far} mm"


@lru_cache(maxsize=8)
def _found(pdf: bytes, layout: Layout) -> tuple[tuple[int, str, float], ...]:
    """Return the same with the page of the piece, from 1: a charte is the same in all packs."""
    aside = [squeezed(text) for text in layout.aside]
    found = []
    with opened(pdf) as document:
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            if area := _area(layout, width, height):
                found += [
                    (number, words, millimetres)
                    for words, millimetres in _outside(page, area, height)
                    if not any(squeezed(words) in text for text in aside)
                ]
    return tuple(found)


def _area(layout: Layout, width: float, height: float) -> Area | None:
    """Return the widest text area of the sections that have pages of that size; None when none has."""
    found = [area for area in layout.areas if abs(area.width - width) < SLACK and abs(area.height - height) < SLACK]
    if not found:
        return None
    return Area(
        width, height, min(a.left for a in found), min(a.top for a in found), max(a.right for a in found),
        max(a.bottom for a in found),
    )  # fmt: skip


def _outside(page: pypdfium2.PdfPage, area: Area, height: float) -> Iterator[tuple[str, float]]:
    """Yield the end of each line that is drawn outside of the area, and by how many millimetres."""
    textpage = page.get_textpage()
    try:
        strips = _strips(area, height)
        bottom, top = height - area.bottom, height - area.top
        if not any(_text(textpage, strip) for strip in strips):
            return
        for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            left, low, right, high = item.get_bounds()
            box = Box(max(0, left), max(bottom, low), min(area.width, right), min(top, high))
            if any(box.covers(strip, 0) and _text(textpage, _common(box, strip)) for strip in strips):
                yield _text(textpage, box)[-60:], max(area.left - left, right - area.right) / POINTS
    finally:
        textpage.close()


def clear(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, layout: Layout) -> bool:
    """Tell whether no text at all stands beyond the margins of a page: nothing is then to be measured."""
    width, height = page.get_size()
    area = _area(layout, width, height)
    return area is None or not any(_text(textpage, strip) for strip in _strips(area, height))


def _strips(area: Area, height: float) -> tuple[Box, Box]:
    """Return the margins of a page on the left and on the right."""
    bottom, top = height - area.bottom, height - area.top
    return Box(0, bottom, area.left - SLACK, top), Box(area.right + SLACK, bottom, area.width, top)


def _common(one: Box, other: Box) -> Box:
    return Box(
        max(one.left, other.left), max(one.bottom, other.bottom), min(one.right, other.right), min(one.top, other.top)
    )


def _text(textpage: pypdfium2.PdfTextPage, box: Box) -> str:
    if box.right <= box.left or box.top <= box.bottom:
        return ""
    return " ".join(str(textpage.get_text_bounded(box.left, box.bottom, box.right, box.top)).split())
