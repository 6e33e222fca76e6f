"""The words of the tags in the XML of a part, as it is in the file: where each stands, and how to write another there.

A tag may be cut over many runs, its letters written as entities: the XML is changed a few characters at a time.
"""

from __future__ import annotations

import codecs
import html
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docgen.diagnostics import Place
from docgen.word.expressions import TAG
from docgen.word.template import Part, Template

NAME = re.compile(r"(?<!\w)(?!\d)\w+")
RESERVED = (
    "and", "or", "not", "in", "is", "if", "elif", "else", "endif", "for", "endfor", "recursive", "set", "loop", "self",
    "true", "false", "none", "True", "False", "None",
)  # fmt: skip
"""What Jinja does not take for the name of a field."""
STATEMENT = re.compile(r"\{%[-+]?\s*(?:(?:tr|tc|p|r)\s+)?\w+")
"""How a condition or a loop begins: no field there."""
XML = re.compile(
    r"<!--.*?-->|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<\?.*?\?>|(?P<text>[^<]+)"
    r"|<(?P<element>/?[\w:]+)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
    re.S,
)
CHARACTERS = re.compile(r"&#?\w+;|[^&]+|&")
PARAGRAPH = re.compile(r"<w:p(?=[\s/>])")
BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
Splice = tuple[int, int, str]


class Text:
    """A text of the XML, its entities read; of each character, where it begins and ends in the XML."""

    def __init__(self, xml: str, spans: Iterable[tuple[int, int]]) -> None:
        """Join the pieces of the XML that stand there."""
        self.starts: list[int] = []
        self.ends: list[int] = []
        said = []
        for start, end in spans:
            entity = xml[start] == "&" and end - start > 1
            said.append(html.unescape(xml[start:end]) if entity else xml[start:end])
            self.starts += [start] if entity else range(start, end)
            self.ends += [end] if entity else range(start + 1, end + 1)
        self.text = "".join(said)


@dataclass(frozen=True)
class Word:
    """A word of a tag, or what is to stand in its place."""

    text: Text
    start: int
    end: int
    tag: tuple[int, int]
    """Where its tag stands in the text."""
    word: str

    @property
    def tag_text(self) -> str:
        """Its tag."""
        return self.text.text[slice(*self.tag)]


class Source:
    """A part of the template as it is in the file."""

    def __init__(self, template: Template, part: Part, data: bytes) -> None:
        self.template, self.part, self.encoding = template, part, BOMS.get(data[:2], "utf-8")
        self.xml = data.decode(self.encoding, "surrogateescape")
        self.texts = texts(self.xml)
        self.words = list(words(self.texts))

    def place(self, word: Word) -> Place:
        """Return where the word is."""
        paragraphs = len(PARAGRAPH.findall(self.xml, 0, word.text.starts[word.start]))
        return self.template.place_of(self.part, paragraphs, word.tag_text)

    def spliced(self, splices: Iterable[Splice]) -> bytes:
        """Return the bytes of the part, those pieces replaced."""
        return spliced(self.xml, splices).encode(self.encoding, "surrogateescape")

    def without_tags(self) -> bytes:
        """Return the bytes of the part, its tags taken out, and the texts that this leaves empty."""
        tags = ((text, index) for text in self.texts for tag in TAG.finditer(text.text) for index in range(*tag.span()))
        outside = self.spliced((text.starts[index], text.ends[index], "") for text, index in tags)
        return re.sub(rb"<w:t(?:\s[^<>]*)?></w:t\s*>", b"", outside)


def texts(xml: str) -> list[Text]:
    """Return the texts that may hold tags: that of the runs, joined, then each other one (an address, a caption)."""
    runs: list[tuple[int, int]] = []
    others: list[Text] = []
    in_run = False
    for piece in XML.finditer(xml):
        if piece["element"] in ("w:t", "/w:t"):
            in_run = piece["element"] == "w:t" and not piece.group().endswith("/>")
        if in_run and piece["cdata"]:
            runs += ((at, at + 1) for at in range(*piece.span("cdata")))
        elif in_run and piece["text"]:
            runs += _characters(xml, piece)
        elif "{" in piece.group():
            others.append(Text(xml, _characters(xml, piece)))
    return [Text(xml, runs), *others]


def _characters(xml: str, piece: re.Match[str]) -> Iterator[tuple[int, int]]:
    return (found.span() for found in CHARACTERS.finditer(xml, *piece.span()))


def words(texts: Iterable[Text]) -> Iterator[Word]:
    """Yield the words of the tags that may name a field, and those of strings and comments: the syntax tree tells."""
    for text in texts:
        for tag in TAG.finditer(text.text):
            begun = STATEMENT.match(tag.group())
            at = tag.start() + (begun.end() if begun else 0)
            for word in NAME.finditer(text.text, at, tag.end()):
                attribute = text.text[tag.start() : word.start()].rstrip().endswith(".")
                if attribute or word.group() not in RESERVED:
                    yield Word(text, *word.span(), tag.span(), word.group())


def numbers(words: Iterable[Word], mark: str) -> Iterator[Splice]:
    """Yield what to write after each word for it to be known by its number, behind that mark."""
    for number, word in enumerate(words):
        at = word.text.ends[word.end - 1]
        yield at, at, f"{mark}{number}"


def unused(said: Iterable[str]) -> str:
    """Return letters that stand nowhere in these texts."""
    known = list(said)
    marks = ("Zq" * count for count in itertools.count(1))
    return next(mark for mark in marks if not any(mark in text for text in known))


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with each of those pieces replaced."""
    pieces, at = [], 0
    for start, end, new in sorted(splices):
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


def splices(xml: str, edit: Word) -> Iterator[Splice]:
    """Yield what to replace in the XML: the new name stands where the old one begins, in the font that it has there.

    Its last letter stays in the last run when a space would begin that run: Word drops a space there, unless told.
    A text left empty goes: docxtpl takes it for the end of the tag.
    """
    pieces: list[list[int]] = []
    for start, end in zip(edit.text.starts[edit.start : edit.end], edit.text.ends[edit.start : edit.end], strict=True):
        if pieces and pieces[-1][1] == start:
            pieces[-1][1] = end
        else:
            pieces.append([start, end])
    (start, end), *others = pieces
    opening = xml[xml.rfind("<", 0, others[-1][0]) : others[-1][0]] if others else ""
    kept = opening.endswith(">") and "preserve" not in opening and xml[others[-1][1]].isspace()
    yield start, end, edit.word[:-1] if kept else edit.word
    for start, end in others[:-1] if kept else others:
        alone = xml[start - 1] == ">" and xml.startswith("</", end)
        yield (xml.rfind("<", 0, start), xml.index(">", end) + 1, "") if alone else (start, end, "")
    if kept:
        yield others[-1][0], others[-1][1], edit.word[-1]
