"""Which filled documents have the same shape: alike but for the words of their runs and the colours of their cells.

Such documents are opened once in LibreOffice, which puts the words of each in its turn (`uno_shapes`): the pages are
those of a document opened by itself. Whatever cannot be proven alike here has no shape, and is opened by itself.
"""

from __future__ import annotations

import hashlib
import html
import io
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pikepdf

from docgen.word.passages import REMEMBERED

TEXTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
"""The parts whose words may differ."""
TOKEN = re.compile(
    rb"<w:tcPr>(?P<cell>.*?)</w:tcPr>|(?P<out><w:tbl>|</w:tc>)|<mc:Fallback>(?P<twice>.*?)</mc:Fallback>"
    rb'|<w:fldChar [^>]*w:fldCharType="(?P<edge>begin|end)"|<w:fldSimple (?P<counted>.*?)</w:fldSimple>'
    rb'|<w:t(?P<kept> xml:space="preserve")?>(?P<text>[^<]+)</w:t>(?P<named></w:r><w:bookmark)?',
    re.S,
)
"""What tells the texts that may differ: where they are."""
FILL = re.compile(rb'<w:shd w:val="clear" w:color="auto" w:fill="([0-9A-F]{6})"/>')
COUNTED = re.compile(rb"\s*(?:PAGE|NUMPAGES)\b[^<]*")
"""The fields that a new layout counts again; the others are computed when a document is opened."""
CODES = re.compile(rb'<w:instrText[^>]*>([^<]*)|<w:fldSimple [^>]*w:instr="([^"]*)"')


@dataclass(frozen=True)
class Scan:
    """A filled document: its shape, and what it says in it."""

    shape: str
    """The same for all the documents that have it."""
    texts: tuple[str, ...]
    fills: Mapping[int, int]
    """The colours of the cells that texts begin, by the rank of the text."""


@dataclass(frozen=True)
class _Text:
    """A text that may differ, in its part."""

    start: int
    end: int
    said: str
    fill: tuple[int, bytes] | None
    """Where the colour of the cell that it begins is written, and which."""


def scan(docx: bytes) -> Scan | None:
    """Return the shape of a filled document and what it says; None when it has none."""
    said, shape = list[_Text](), hashlib.sha256()
    try:
        members = _members(docx)
    except zipfile.BadZipFile:
        return None  # LibreOffice says what it thinks of it
    for name, data in members.items():
        if not TEXTS.fullmatch(name):
            shape.update(f"\0{name}\0".encode() + data)
            continue
        counted = all(COUNTED.fullmatch(one or other) for one, other in CODES.findall(data))
        if not counted or "⟦".encode() in data:  # our own mark
            return None
        found = list(_texts(data))
        shape.update(f"\0{name}\0".encode() + _masked(data, found))
        said += found
    fills = {rank: int(text.fill[1], 16) for rank, text in enumerate(said) if text.fill}
    return Scan(shape.hexdigest(), tuple(text.said for text in said), fills) if said else None


def marked(docx: bytes) -> bytes:
    """Return the document with a mark in place of each text: « ⟦12⟧ » for the thirteenth."""
    buffer, rank = io.BytesIO(), itertools.count()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name, data in _members(docx).items():
            texts = _texts(data) if TEXTS.fullmatch(name) else ()
            places = [(text.start, text.end, f"⟦{next(rank)}⟧".encode()) for text in texts]
            package.writestr(name, _replaced(data, places))
    return buffer.getvalue()


def same_pages(one: Path, other: Path) -> bool:
    """Tell whether two PDFs of LibreOffice are the same but for when they were made."""
    return timeless(one) == timeless(other)


def timeless(pdf: Path) -> bytes:
    """Return a PDF without its dates, its identifiers and its colour profile, which has one too."""
    with pikepdf.open(pdf) as document:
        for key in ("/Metadata", "/OutputIntents"):
            if key in document.Root:
                del document.Root[key]
        for key in ("/Info", "/ID", "/DocChecksum"):
            if key in document.trailer:
                del document.trailer[key]
        buffer = io.BytesIO()
        document.save(buffer, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return buffer.getvalue()


def _members(docx: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(docx)) as package:
        return {name: package.read(name) for name in sorted(package.namelist())}


def _texts(data: bytes) -> Iterator[_Text]:
    """Yield the texts of a part that may differ, in order."""
    fill: tuple[int, bytes] | None = None
    fields = last = 0
    for token in TOKEN.finditer(data):
        if token["edge"]:
            fields += 1 if token["edge"] == b"begin" else -1
        elif token["text"] is not None and not fields:
            said = html.unescape(token["text"].decode())
            # To replace what a bookmark touches moves it, or takes it away.
            before = data[last : token.start()].rpartition(b"</w:p>")[2]
            named, last = token["named"] or b"<w:bookmark" in before, token.end("text")
            if not named and _is_plain(said) and (token["kept"] or said == said.strip()):
                yield _Text(token.start("text"), token.end("text"), said, fill)
            fill = None
        elif token["cell"] is not None:
            found = FILL.search(token["cell"])
            fill = (token.start("cell") + found.start(1), found[1]) if found else None
        elif token["out"]:
            fill = None


@lru_cache(REMEMBERED)
def _is_plain(text: str) -> bool:
    """Tell whether each character of a text is one place for a cursor."""
    if text.isascii() and text.isprintable():
        return True
    return not any(char > "\uffff" or unicodedata.category(char)[0] in "MC" for char in text)


def _masked(data: bytes, texts: list[_Text]) -> bytes:
    """Return a part without what may differ."""
    places = [(text.start, text.end, b"\0") for text in texts]
    places += [(text.fill[0], text.fill[0] + len(text.fill[1]), b"\0") for text in texts if text.fill]
    if b"<mc:Fallback>" in data:
        places += [(*token.span("twice"), b"\0") for token in TOKEN.finditer(data) if token["twice"] is not None]
    return _replaced(data, sorted(places))


def _replaced(data: bytes, places: list[tuple[int, int, bytes]]) -> bytes:
    """Return bytes with others in some places of theirs, given in order."""
    pieces, last = [], 0
    for start, end, new in places:
        pieces += [data[last:start], new]
        last = end
    return b"".join((*pieces, data[last:]))
