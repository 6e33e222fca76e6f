"""A Word template: its parts that hold fields, the fields they use, and where each one stands for a Word user."""

from __future__ import annotations

import html
import itertools
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import nodes
from lxml import etree

from docgen.champs.expected import CLOSED
from docgen.champs.pack import ANYWHERE
from docgen.diagnostics import Diagnostic, Place
from docgen.word import syntax
from docgen.word.expressions import TAG, paths, printed
from docgen.word.numbering import Numbering, titled
from docgen.word.package import FILLED, PARSER, Package, W, where

PARAGRAPH = re.compile(r"<w:p(?=[ />])")
TEXT = re.compile(
    r"<w:(?:t|delText)(?: [^>]*)?>([^<]*)</w:(?:t|delText)>|<w:(?:tab|br|cr|noBreakHyphen|softHyphen)\b[^>]*/>"
)
NEVER_FILLED = re.compile(r"word/(?!glossary/)[\w/]+\.xml|docProps/(core|custom)\.xml")
"""What may be shown and is not `FILLED`."""
HEADING_STYLE = re.compile(r'<w:pStyle w:val="(Heading|Titre|Title)\w*"|<w:outlineLvl w:val="[0-8]"')
HEADING_TEXT = re.compile(
    r"(?i:article|titre|chapitre|section|annexe)\s+(?i:\d[\d.-]*(?:er)?|[ivxlc]+|premier|unique)\b"
    r"(?=$|\s*[–—:.-]|\s+[^a-zà-ÿ\s])"
)
"""Most legal texts have no style of heading. « Article 5 du code » begins a sentence."""
LISTED = re.compile(r'<w:numPr[ />]|<w:pStyle w:val="(?:List|Liste|Puce|TOC|TM\d)')
"""What is in a list or in the table of contents is no heading, whatever it says."""


@dataclass(frozen=True)
class Use:
    """A field that a template uses, and where."""

    path: str
    """Loops resolved: « grille.gfu_of[].libelle »."""
    part: str
    line: int
    """Line of `Part.jinja`, from 1."""


@dataclass(frozen=True)
class Part:
    """One XML part of the template."""

    name: str
    source: str
    """The XML as it is in the file."""
    jinja: str = ""
    """The same, its tags gathered by docxtpl: what Jinja reads, one line per paragraph."""
    numbers: tuple[int, ...] = (0,)
    """Of each line of `jinja`, the paragraph of `source` that it begins at: docxtpl removes whole paragraphs."""

    @property
    def where(self) -> str:
        """What a Word user calls it."""
        return where(self.name)

    @cached_property
    def paragraphs(self) -> list[str]:
        """`source`, cut before each paragraph; the first item is what comes before them all."""
        first, *others = PARAGRAPH.split(self.source)
        return [first, *(f"<w:p{other}" for other in others)]

    @cached_property
    def own(self) -> list[str]:
        """Of each of `paragraphs`, its own XML: what follows a text box is of the paragraph around it."""
        found = [""] * len(self.paragraphs)
        for number, piece in self._walked[0]:
            found[number] += piece
        return found

    @cached_property
    def outer(self) -> Mapping[int, int]:
        """Of each paragraph of a text box, the one around it."""
        return {inner: around for inner, around in self._walked[1] if around}

    @cached_property
    def _walked(self) -> tuple[list[tuple[int, str]], list[tuple[int, int]]]:
        """The XML in pieces, each with its paragraph; each paragraph with the one around it, or 0."""
        pieces, nested = [], []
        stack, count = [0], 0
        for piece in re.split(r"(<w:p(?=[ />])[^>]*>|</w:p>)", self.source):
            if piece == "</w:p>":
                pieces.append((stack[-1], piece))
                stack = stack[:-1] if len(stack) > 1 else stack
            elif re.match(r"<w:p[ />]", piece):
                count += 1
                nested.append((count, stack[-1]))
                pieces.append((count, piece))
                stack += [] if piece.endswith("/>") else [count]
            else:
                pieces.append((stack[-1], piece))
        return pieces, nested

    @property
    def tree(self) -> nodes.Template:
        """What Jinja reads in it. Raises its errors of syntax."""
        return syntax.parse(self.jinja)

    @cached_property
    def reading(self) -> syntax.Reading:
        """What Jinja reads in it, and each tag that it cannot read."""
        return syntax.read(self.jinja)


@dataclass(frozen=True)
class Relation:
    """What a part of the document refers to by a number."""

    part: str
    id: str
    kind: str
    """The last word of its type: « image », « oleObject »."""
    target: str
    external: bool


@dataclass(frozen=True)
class House:
    """What the workspace knows that its templates should follow; nothing outside a workspace."""

    printed: Mapping[str, str] = field(default_factory=dict)
    """What fields print for everybody (dates, numbers of acts), with the field of each."""
    styles: frozenset[str] = frozenset()
    """The names of the styles that templates may use; all when it is empty."""
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CLOSED)
    """The fields that print one of a few words, with these words."""


NO_HOUSE = House()


class Template:
    """A Word template: the bytes of its parts, those that hold fields, the fields themselves."""

    def __init__(
        self,
        path: Path,
        shown_as: str = "",
        known: Iterable[str] = ANYWHERE,
        signataires: Iterable[str] = (),
        house: House = NO_HOUSE,
    ) -> None:
        """Open the file, whose fields are to be among the `known` ones, that the `signataires` sign, of that `house`.

        A known field that ends with « * » stands for all that begin so.
        Raises `ProblemsFound` when it is not a Word document that can be trusted.
        """
        self.path = path
        self.file = shown_as or path.name
        names = tuple(known)
        self.known = frozenset(name for name in names if not name.endswith("*"))
        self._beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
        self.signataires = tuple(signataires)
        self.house = house
        package = Package(path, self.file)
        self.sha256, self.members, self.sources = package.sha256, package.members, package.sources
        self._known_headings: dict[str, list[str]] = {}
        self.tpl = DocxTemplate(path)
        self.parts = tuple(
            Part(name, source, *self._gathered(source))
            for name, source in self.sources.items()
            if FILLED.fullmatch(name)
        )
        self.unfilled = tuple(
            Part(name, source)
            for name, source in self.sources.items()
            if NEVER_FILLED.fullmatch(name) and not FILLED.fullmatch(name)
        )
        """The parts that may be shown, or come out of the document, and where no field is ever filled."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: all but the reader of docxtpl, that is made anew there."""
        return {name: value for name, value in self.__dict__.items() if name != "tpl"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self.tpl = DocxTemplate(self.path)

    def knows(self, path: str) -> bool:
        """Tell whether a field may be used, or is the branch that fields hang on: « membre » of « membre.nom »."""
        named = {path, path.removesuffix("[]")}
        return bool(named & self.known or named & self._branches) or path.startswith(self._beginnings)

    def words_of(self, path: str) -> tuple[str, ...]:
        """Return the few words that a field can print; none when it may print anything.

        Of which edition a template is may not be known: an answer of the member is then « oui » or « non ».
        """
        unknown = path.startswith("souscription.") and path not in self.known
        return self.house.closed.get(path, ("oui", "non") if unknown and self.knows(path) else ())

    @cached_property
    def _branches(self) -> frozenset[str]:
        paths = (*self.known, *self._beginnings)
        return frozenset(path[:i] for path in paths for i in range(len(path)) if path[i] in ".[")

    def _gathered(self, source: str) -> tuple[str, tuple[int, ...]]:
        """Return the XML with each tag in one piece, a line per paragraph, and the number of each line's paragraph."""
        count = itertools.count(1)
        numbered = PARAGRAPH.sub(lambda _: f'<w:p docgen="{next(count)}"', source)
        # docxtpl straightens the quotes of tags; « l’eau » in a tag has no quote but an apostrophe, as values do.
        kept = re.sub(r"(?<=\w)’(?=\w)", "\ue000", numbered)
        flat = self.tpl.patch_xml(_with_cell_properties(kept)).replace("\ue000", "’")
        flat = TAG.sub(lambda tag: re.sub(r"[\r\n]", " ", html.unescape(tag.group())), flat)
        first, *others = re.split(r'<w:p docgen="(\d+)"', flat)
        return "\n<w:p".join([first, *others[1::2]]), (0, *map(int, others[::2]))

    def relations(self) -> Iterator[Relation]:
        """Yield what the parts of the document refer to."""
        for name, data in self.members.items():
            if name.endswith(".rels"):
                part = name.replace("_rels/", "").removesuffix(".rels")
                for found in etree.fromstring(data, PARSER).iter("{*}Relationship"):
                    kind, mode = found.get("Type", "").split("/")[-1], found.get("TargetMode")
                    yield Relation(part, found.get("Id", ""), kind, found.get("Target", ""), mode == "External")

    @property
    def uses_columns(self) -> bool:
        """Whether a loop makes columns: docxtpl then has table grids to put right."""
        return any(re.search(r"\{%-?\s*tc\b", joined_text(part.source)) for part in self.parts)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The fields used, each with its first place in each part. Raises Jinja's errors of syntax."""
        return tuple(use for part in self.parts for use in self.uses_in(part))

    def uses_in(self, part: Part) -> list[Use]:
        """Return the fields that a part uses, each with its first place. Raises Jinja's errors of syntax."""
        found: dict[str, Use] = {}
        for path, line in paths(part.tree):
            found.setdefault(path, Use(path, part.name, line))
        return list(found.values())

    @cached_property
    def fields(self) -> frozenset[str]:
        """The paths of the fields used anywhere."""
        return frozenset(use.path for use in self.uses)

    def printed(self, *, plain: bool = False) -> list[str]:
        """Return the fields that are printed, in their order, and not only tested; `plain`: through no filter."""
        found = (path for part in self.parts for path in printed(part.reading.tree, plain=plain))
        return list(dict.fromkeys(found))

    def place(self, part: Part, line: int, word: str = "") -> Place:
        """Return where that line of `part.jinja` is, as a Word user finds it: part, heading above, words to search for.

        A line may stand for several paragraphs: the one that has `word` is meant.
        """
        index = min(max(line, 1), len(part.numbers)) - 1
        first, after = (*part.numbers, len(part.paragraphs))[index : index + 2]
        # `after` too: docxtpl puts the colour of a cell before its first paragraph.
        numbers = range(first, min(after + 1, len(part.own)))
        around = {outer for n in numbers if (outer := part.outer.get(n))}
        texts = {n: text_of(part.own[n]) for n in (*numbers, *sorted(around))}
        number = next((n for n, text in texts.items() if text and spots(text, word)), first)
        return self.place_of(part, number, word)

    def place_of(self, part: Part, number: int, word: str = "", nth: int = 0) -> Place:
        """Return where that paragraph is; when it has no text, the nearest one above stands for it.

        `nth` tells which of the `spots` of the word is meant.
        """
        rows = part.own
        number = next((n for n in (*range(number, -1, -1), *range(number, len(rows))) if text_of(rows[n])), number)
        pieces = [folded(piece) for piece in joined_text(rows[number]).split("\t") if folded(piece)] or [folded(word)]
        which = next((n for n, piece in enumerate(pieces) if spots(piece, word)), 0)
        text, before = pieces[which], sum(len(piece) + 1 for piece in pieces[:which])
        found = spots(text, word)
        start, end = found[min(nth, len(found) - 1)] if found else (0, 0)
        heading = self._headings(part)[number]
        within = [part.where, *(["zone de texte"] if number in part.outer else [])]
        if heading and not heading.endswith(text_of(rows[number])):
            within.append(f"« {textwrap.shorten(heading, 60, placeholder='…')} »")
        words = text[start:end]
        at = before + start
        return Place(self.file, 0, 0, part.name, number, at, ", ".join(within), _extract(text, start, end), words, nth)

    def _headings(self, part: Part) -> list[str]:
        """Return, of each paragraph of the part, the nearest heading at or above it, with its printed number."""
        if part.name not in self._known_headings:
            root = etree.fromstring(part.source.encode(), PARSER)
            numbering = Numbering(self.members)
            found, last = [""], ""
            for row, paragraph in zip(part.own[1:], root.iter(f"{W}p"), strict=True):
                label = numbering.label(paragraph)
                last = titled(label, text_of(row)) if _is_heading(row) else last
                found.append(last)
            self._known_headings[part.name] = found
        return self._known_headings[part.name]


def spots(text: str, word: str) -> list[tuple[int, int]]:
    """Return where the word stands in the text, as a word of its own: in its tags, or elsewhere when it is in none."""
    pattern = r"\s+".join(re.escape(piece) for piece in word.split())
    if not pattern:
        return []
    whole = re.compile(rf"(?<![\w.,])(?<!\d\s){pattern}(?!\w)")
    found = [match.span() for match in whole.finditer(text)] or [match.span() for match in re.finditer(pattern, text)]
    tags = [tag.span() for tag in TAG.finditer(text)]
    inside = [spot for spot in found if any(start <= spot[0] and spot[1] <= end for start, end in tags)]
    return inside or found


def _extract(text: str, start: int, end: int) -> str:
    """Return the words around, not cut, that Word's search finds."""
    first, last = max(0, start - 25), min(len(text), max(end, start + 40))
    if first and " " in text[first:start]:
        first = text.index(" ", first) + 1
    if last < len(text) and " " in text[end:last]:
        last = text.rindex(" ", end, last)
    return text[first:last].strip()


def _with_cell_properties(xml: str) -> str:
    """Return the XML with properties in each table cell: docxtpl writes colours there, and loses them otherwise."""
    return re.sub(
        r"(<w:tc(?: [^>]*)?>)(?!<w:tcPr)", r"\1<w:tcPr></w:tcPr>", xml.replace("<w:tcPr/>", "<w:tcPr></w:tcPr>")
    )


def joined_text(xml: str) -> str:
    """Return the text of the XML, runs joined; a tab for what Word's search does not take for text."""
    return html.unescape("".join("\t" if text[1] is None else text[1] for text in TEXT.finditer(xml)))


def folded(text: str) -> str:
    """Return the text with each run of spaces made one space."""
    return re.sub(r"\s+", " ", text).strip()


def text_of(xml: str) -> str:
    """Return the text of one paragraph's XML, spaces folded."""
    return folded(joined_text(xml))


def _is_heading(paragraph: str) -> bool:
    text = text_of(paragraph)
    return bool(text and (HEADING_STYLE.search(paragraph) or is_typed_heading(paragraph, text)))


def is_typed_heading(paragraph: str, text: str) -> bool:
    """Tell whether a paragraph, given its XML and its text, is a heading by its words: « Article 3 – Durée »."""
    said = len(text) < 100 and not text.endswith((";", ",", ".", ":")) and HEADING_TEXT.match(text)
    return bool(said and not LISTED.search(paragraph))


def badly_written(template: Template, part: Part) -> Iterator[Diagnostic]:
    """Yield a problem for each tag of the part that Jinja cannot read."""
    for fault in part.reading.faults:
        yield Diagnostic(
            template.place(part, fault.line, fault.word),
            "champ-mal-ecrit",
            fault.message,
            fault.hint
            or "Un champ s'écrit {{ membre.nom }}, une condition {% if … %} … {% endif %} ; "
            "{%p … %} est seul dans son paragraphe, {%tr … %} dans sa ligne de tableau.",
        )
