"""What the pages of a PDF show and where, as pdfium (the engine of Chrome) reads them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

from docgen.word.passages import REMEMBERED, as_read

BROKEN_WORD = "\x02"
"""What pdfium gives for a hyphen at the end of a line."""
DOTS = re.compile("[….·_]+")
LINE = 60
"""Points: the highest line, from its top to the foot of its letters."""


@dataclass(frozen=True)
class Box:
    """A rectangle of a page: points, from its bottom left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: Box, slack: float = 0.5) -> bool:
        """Tell whether the two rectangles overlap by more than `slack` points both ways."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > slack
            and min(self.top, other.top) - max(self.bottom, other.bottom) > slack
        )


def page_texts(data: bytes) -> list[str]:
    """Return the text of each page of a PDF."""
    with opened(data) as document:
        return [page_text(page) for page in document]


def page_text(page: pypdfium2.PdfPage) -> str:
    """Return the text of a page."""
    textpage = page.get_textpage()
    try:
        return text_of(textpage)
    finally:
        textpage.close()


def text_of(textpage: pypdfium2.PdfTextPage) -> str:
    """Return the text of a page that was read."""
    return str(textpage.get_text_bounded()).replace(BROKEN_WORD, "-")


@lru_cache(REMEMBERED)
def squeezed(text: str) -> str:
    """Return the text as it is read, without any space: lines and justification differ, the words do not."""
    return "".join(as_read(text).split())


@contextmanager
def opened(data: bytes | Path) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF, bytes or file, for the time of a `with`."""
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


class Page:
    """One page: its characters, and the places of its marked contents."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        """Read the page, which has to stay open as long as this is used."""
        self._page = page  # its objects live no longer than it does

    @cached_property
    def _objects(self) -> dict[int, list[raw.FPDF_PAGEOBJECT]]:
        found: dict[int, list[raw.FPDF_PAGEOBJECT]] = {}
        for index in range(raw.FPDFPage_CountObjects(self._page)):
            item = raw.FPDFPage_GetObject(self._page, index)
            if (mcid := raw.FPDFPageObj_GetMarkedContentID(item)) >= 0:
                found.setdefault(mcid, []).append(item)
        return found

    @cached_property
    def _textpage(self) -> pypdfium2.PdfTextPage:
        return self._page.get_textpage()

    @cached_property
    def _text(self) -> str:
        """All its characters, in the order of pdfium's indexes."""
        return str(self._textpage.get_text_range()) if self._textpage.count_chars() else ""

    @cached_property
    def _starts(self) -> list[tuple[int, Box]]:
        return [(mcid, _bounds(items[0])) for mcid, items in self._objects.items()]

    def text_of(self, mcid: int) -> str:
        """Return the text of a marked content."""
        return "".join(self._text_of(item) for item in self._objects.get(mcid, ()))

    def _text_of(self, item: raw.FPDF_PAGEOBJECT) -> str:
        if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_TEXT:
            return ""
        size = raw.FPDFTextObj_GetText(item, self._textpage, None, 0)
        buffer = (raw.FPDF_WCHAR * size)()
        raw.FPDFTextObj_GetText(item, self._textpage, buffer, size)
        return bytes(buffer).decode("utf-16-le").split("\0")[0]

    def boxes_of(self, mcid: int) -> list[Box]:
        """Return the rectangles of the objects of a marked content."""
        return [_bounds(item) for item in self._objects.get(mcid, ())]

    def content_at(self, left: float, top: float) -> int | None:
        """Return the marked content that begins there: within 3 points of `left`, the nearest line under `top`."""
        found = [
            (top - box.bottom, mcid)
            for mcid, box in self._starts
            if abs(box.left - left) < 3 and top - LINE < box.bottom <= top
        ]
        return min(found)[1] if found else None

    def dots_at(self, left: float, top: float, count: int = 0) -> Box | None:
        """Return the rectangle of the dots that begin there, as `content_at`: all, or so many of them."""
        found = []
        for row in DOTS.finditer(self._text):
            for index in range(row.start(), row.end()):
                first = self._textpage.get_charbox(index)
                if abs(first[0] - left) < 3 and top - LINE < first[1] <= top:
                    end = min(row.end(), index + count) if count else row.end()
                    found.append((top - first[1], index, end))
                    break
        if not found:
            return None
        _, start, end = min(found)
        first, last = self._textpage.get_charbox(start), self._textpage.get_charbox(end - 1)
        return Box(first[0], first[1], last[2], first[3]) if last[2] > first[0] else None

    def texts_in(self, box: Box) -> str:
        """Return the text that stands in the rectangle, spaces left out."""
        return squeezed(self._textpage.get_text_bounded(box.left, box.bottom, box.right, box.top))

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height, in points."""
        return self._page.get_size()  # type: ignore[no-any-return]


class Pages(Sequence[Page]):
    """The pages of a document, each read when it is asked for: to read one costs as much as to draw it."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        """Take the document, which has to stay open as long as this is used."""
        self._document = document
        self._read: dict[int, Page] = {}

    def __len__(self) -> int:
        return len(self._document)

    def __getitem__(self, number: Any) -> Any:
        if number not in self._read:
            self._read[number] = Page(self._document[number])
        return self._read[number]


def _bounds(item: raw.FPDF_PAGEOBJECT) -> Box:
    edges = tuple(ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(item, *edges)
    return Box(*(edge.value for edge in edges))
