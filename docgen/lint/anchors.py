"""Find in a Word document the very words that a problem is about, and set marks around them.

Marks stand in the body only: for a header, a note or a text box, at the nearest place of the body (Word has no comment
in a header, and LibreOffice refuses a document that has one).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from docgen.diagnostics import Place
from docgen.word.expressions import TAG
from docgen.word.package import BODY, PARSER, XML_SPACE, R, W, as_bytes, drop_comment_marks, unread_branches, zipped
from docgen.word.template import spots

TEXTS = (f"{W}t", f"{W}delText")


@dataclass(frozen=True)
class Span:
    """Some words of the body: from one element to another, both inside paragraphs."""

    first: etree._Element
    last: etree._Element


class Document:
    """The XML of the parts that show something, to be marked."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        """Parse the body at once, the other parts when a place asks for them."""
        self.members = members
        self.trees = {BODY: etree.fromstring(members[BODY], PARSER)}
        self.body = self.trees[BODY]

    def _tree(self, part: str) -> etree._Element:
        if part not in self.trees:
            self.trees[part] = etree.fromstring(self.members[part], PARSER)
        return self.trees[part]

    def span(self, place: Place) -> Span:
        """Return the words of the body that the place is about, their runs cut from those around."""
        if place.part == BODY and (paragraph := _nth(self.body, place.paragraph)) is not None:
            box = next(paragraph.iterancestors(f"{W}txbxContent"), None)
            if box is None:
                return _words(paragraph, place.words, place.nth)
            run = [run for run in box.iterancestors(f"{W}r")][-1]
            return Span(run, run)
        if place.part == "word/footnotes.xml" and (note := self._note(place.paragraph)) is not None:
            return Span(note, note)
        return _words(self._nearest(place.part), "")

    def _note(self, number: int) -> etree._Element | None:
        """Return the run that calls the footnote that the paragraph is of."""
        paragraph = _nth(self._tree("word/footnotes.xml"), number)
        note = next(paragraph.iterancestors(f"{W}footnote"), None) if paragraph is not None else None
        for call in self.body.iter(f"{W}footnoteReference"):
            if note is not None and call.get(f"{W}id") == note.get(f"{W}id"):
                return call.getparent()
        return None

    def _nearest(self, part: str) -> etree._Element:
        """Return the first paragraph of the section that shows that header or footer; the first of all for others."""
        name = part.removeprefix("word/")
        rels = self.members.get("word/_rels/document.xml.rels")
        found = etree.fromstring(rels, PARSER).iter("{*}Relationship") if rels else ()
        ids = {rel.get("Id") for rel in found if rel.get("Target", "").removeprefix("/word/") == name}
        start = None
        for paragraph in self.body.iterfind(f".//{W}p"):
            start = paragraph if start is None else start
            for section in paragraph.iterfind(f"{W}pPr/{W}sectPr"):
                if ids & {reference.get(f"{R}id") for reference in section}:
                    return start
                start = None
        last = self.body.find(f"{W}body/{W}sectPr")
        shown = last is not None and ids & {reference.get(f"{R}id") for reference in last}
        first = self.body.find(f".//{W}p")
        if start is not None and shown:
            return start
        return first if first is not None else etree.SubElement(self.body.find(f"{W}body"), f"{W}p")


def _nth(root: etree._Element, number: int) -> etree._Element | None:
    """Return the paragraph of that number among those that are read."""
    unread = {p for branch in unread_branches(root) for p in branch.iter(f"{W}p")}
    return next((p for n, p in enumerate((p for p in root.iter(f"{W}p") if p not in unread), 1) if n == number), None)


def _words(paragraph: etree._Element, words: str, nth: int = 0) -> Span:
    """Return the words in the paragraph, with the tag that they are in; the whole paragraph when they are not there."""
    texts = [t for t in paragraph.iter(*TEXTS) if next(t.iterancestors(f"{W}p")) is paragraph and t.text]
    if not texts:
        run = etree.SubElement(paragraph, f"{W}r")
        return Span(run, run)
    whole = "".join(t.text for t in texts)
    found = spots(whole, words)
    start, end = found[min(nth, len(found) - 1)] if found else (0, len(whole))
    if found:
        for tag in TAG.finditer(whole):
            if tag.start() < end and start < tag.end():
                start, end = min(start, tag.start()), max(end, tag.end())
    return Span(*_cut(texts, start, end))


def _cut(texts: list[etree._Element], start: int, end: int) -> tuple[etree._Element, etree._Element]:
    """Cut the runs so that some hold the characters from `start` to `end` and no other; return the first and last."""
    first = last = texts[0].getparent()
    at = 0
    for text in texts:
        size = len(text.text)
        if at < end < at + size:
            _split(text, end - at)
        if at <= start < at + size:
            first = _split(text, start - at) if start > at else text.getparent()
            last = first
        elif start < at + size and at < end:
            last = text.getparent()
        at += size
    return first, last


def _split(text: etree._Element, offset: int) -> etree._Element:
    """Cut a run in two inside one of its texts; return the second, of the same format."""
    run = text.getparent()
    new = etree.Element(f"{W}r")
    if (props := run.find(f"{W}rPr")) is not None:
        new.append(copy.deepcopy(props))
    rest = etree.SubElement(new, text.tag, {XML_SPACE: "preserve"})
    rest.text, text.text = text.text[offset:], text.text[:offset]
    text.set(XML_SPACE, "preserve")
    new.extend(list(text.itersiblings()))
    run.addnext(new)
    return new


def bookmarked(members: Mapping[str, bytes], places: Mapping[str, Place]) -> bytes:
    """Return the document with a bookmark of each name before the words of its place."""
    document = Document(members)
    drop_comment_marks(document.body)
    for number, (name, place) in enumerate(places.items(), 7_000):
        attributes = {f"{W}id": str(number), f"{W}name": name}
        first = document.span(place).first
        first.addprevious(etree.Element(f"{W}bookmarkStart", attributes))
        first.addprevious(etree.Element(f"{W}bookmarkEnd", {f"{W}id": str(number)}))
    return zipped({**members, BODY: as_bytes(document.body)})
