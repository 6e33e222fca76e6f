"""The paragraphs of a filled document as its pages show them: their words, the article they are in, the note calls."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from docgen.word import codes
from docgen.word.numbering import Numbering, titled
from docgen.word.package import W
from docgen.word.template import HEADING_TEXT, is_typed_heading

WORD = re.compile(r"\w+")
CALL = "\ue011"
"""Stands in a text where a note is called: the page shows its number, against the word before it."""
SHOWN = {
    f"{W}noBreakHyphen": "-", f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ",
    f"{W}footnoteReference": CALL, f"{W}endnoteReference": CALL, f"{W}footnoteRef": CALL, f"{W}endnoteRef": CALL,
}  # fmt: skip
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Where a line may end, or how letters join: nothing is drawn there."""
HYPHENS = str.maketrans("\u2010\u2011\u2012\u2212", "----")
TELLING = 4
"""Characters: a shorter value tells nothing of anybody."""
TYPED = 100
"""Characters: a title that has no style is shorter."""
REMEMBERED = 8192
"""Texts whose reading is remembered: a template's are those of all its documents."""


@dataclass(frozen=True)
class Passage:
    """One paragraph."""

    text: str
    """As it is read, its note calls left out."""
    article: str = ""
    """The nearest title at or above it, with its number."""
    words: tuple[str, ...] = ()
    """In small letters, as `as_read`."""
    called: frozenset[str] = frozenset()
    """Those that a note call touches."""
    label: str = ""
    """What Word prints before it: « Article 3 – », « a) »."""
    printed: tuple[str, ...] = field(default=(), compare=False)
    """The values of the record that stand in it."""
    bookmarks: frozenset[str] = frozenset()
    initial: str = ""
    """The letters, small, that begin it as a drop cap."""

    @property
    def quotable(self) -> str:
        """Its longest piece that is the template's own: no value of a record is quoted."""
        values = sorted((value for value in self.printed if len(value) >= TELLING), key=len, reverse=True)
        pieces = re.split("|".join(map(re.escape, values)), self.text) if values else [self.text]
        return max((piece.strip(" ,;:.") for piece in pieces), key=len)


@lru_cache(REMEMBERED)
def as_read(text: str) -> str:
    """Return a text as a reader takes it: whatever its accents, spaces, hyphens and ligatures are made of (NFKC)."""
    if text.isascii():
        return text
    pieces = UNSEEN.sub("", text).translate(HYPHENS).split("…")  # the dots of a blank are no three dots
    return "…".join(unicodedata.normalize("NFKC", piece) for piece in pieces)


@lru_cache(REMEMBERED)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in small letters."""
    return tuple(WORD.findall(as_read(text).casefold()))


def passages(
    parts: Sequence[etree._Element], members: Mapping[str, bytes], printed: Sequence[str] = ()
) -> Iterator[Passage]:
    """Yield the paragraphs of the body and of the notes; `printed` are the values that were put in them."""
    numbering = Numbering(members)
    values = [value for value in dict.fromkeys(printed) if value.strip()]
    for part in parts:
        left_out, article, initial = codes.unsettled(part), "", ""
        boxed = next(part.iter(f"{W}txbxContent"), None) is not None
        for paragraph in part.iter(f"{W}p"):
            raw = initial + (CALL if _begins_a_note(paragraph) else "") + "".join(_visible(paragraph, left_out, boxed))
            if _is_drop_cap(paragraph):  # the first letter of the word that the next paragraph goes on with
                initial = raw
                continue
            text, label = raw.replace(CALL, ""), numbering.label(paragraph)
            if _is_heading(paragraph, text, numbering):
                article = titled(label, " ".join(text.split()))
            inside = tuple(value for value in values if value in text)
            names = frozenset(mark.get(f"{W}name", "") for mark in paragraph.iter(f"{W}bookmarkStart"))
            words = words_of(raw.replace(CALL, " "))
            yield Passage(text, article, words, _called(raw), label, inside, names, as_read(initial).casefold())
            initial = ""


def _visible(paragraph: etree._Element, left_out: Container[etree._Element], boxed: bool) -> Iterator[str]:
    """Yield what a paragraph shows; what is in a text box, where there are any, is in paragraphs of its own."""
    for node in paragraph.iter(f"{W}t", *SHOWN):
        if node not in left_out and (not boxed or next(node.iterancestors(f"{W}p")) is paragraph):
            yield SHOWN.get(node.tag, node.text or "")


def _begins_a_note(paragraph: etree._Element) -> bool:
    """Tell whether LibreOffice prints the number of a note before a paragraph, whether Word has a mark there or not."""
    parent = paragraph.getparent()
    note = parent is not None and parent.tag in (f"{W}footnote", f"{W}endnote")
    return note and parent.find(f"{W}p") is paragraph


def _called(raw: str) -> frozenset[str]:
    if CALL not in raw:
        return frozenset()
    found = re.findall(rf"(\w*){CALL}+(?=(\w*))", as_read(raw).casefold())
    return frozenset(word for pair in found for word in pair if word)


def _is_drop_cap(paragraph: etree._Element) -> bool:
    frame = paragraph.find(f"{W}pPr/{W}framePr")
    return frame is not None and frame.get(f"{W}dropCap") in ("drop", "margin")


def _is_heading(paragraph: etree._Element, text: str, numbering: Numbering) -> bool:
    said = " ".join(text.split())
    if not said or numbering.is_heading(paragraph):
        return bool(said)
    if len(said) >= TYPED or not HEADING_TEXT.match(said):
        return False
    return is_typed_heading(etree.tostring(paragraph, encoding="unicode"), said)
