"""Fill one template. No literal word may be lost: what docxtpl would drop without a word is refused.

Takes a `Template` and the values of one member; gives the .docx, byte for byte the same for the same values, and
the words that its pages must show.
"""

from __future__ import annotations

import difflib
import hashlib
import html
import itertools
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from lxml import etree

from docgen.champs.blank import Blank
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.office import covers
from docgen.word import codes, glyphs, meaning, notes, references, signs, toc
from docgen.word.area import layout
from docgen.word.expressions import TAG, environment
from docgen.word.filters import Unprintable, text_of
from docgen.word.fonts import Typography, families
from docgen.word.meaning import BLANK_MARK, Meaning
from docgen.word.package import BODY, ENDNOTES, NOTES, PARSER, W, as_bytes, drop_comment_marks, zipped
from docgen.word.passages import as_read, passages
from docgen.word.template import Part, Template, badly_written

BREAKS = re.compile(r"[\n\t]")
MARKS = {
    "drawing": "\ue001",
    "pict": "\ue001",
    "object": "\ue001",
    "footnoteReference": "\ue002",
    "endnoteReference": "\ue002",
    "sectPr": "\ue003",
    "instrText": "\ue004",
}
"""What stands between words and may be lost like them."""
MARK_NAMES = str.maketrans(
    {"\ue001": "[image]", "\ue002": "[note]", "\ue003": "[saut de section]", "\ue004": "[champ Word]"}
)
PIECE = re.compile(
    rf"<w:(?:t|delText)(?: [^>]*)?>([^<]*)<|<w:({'|'.join(MARKS)})\b[^>]*>|<[^>]*>|({TAG.pattern})", re.S
)
TOKEN = re.compile(rf"{TAG.pattern}|[\ue001-\ue004]|[^\s{{\ue001-\ue004]+|\{{", re.S)
AROUND = ("word/header", "word/footer")
BLOCKS = tuple(f"{W}{name}" for name in ("tc", "hdr", "ftr", "txbxContent", "footnote"))
"""What Word calls corrupt unless it ends with a paragraph."""
TEXTS = ("t", "delText", "instrText", "delInstrText")
STRAY = etree.XPath(
    f"//w:*[not({' or '.join(f'self::w:{name}' for name in TEXTS)})]/text()[normalize-space()]",
    namespaces={"w": W.strip("{}")},
    smart_strings=False,
)
"""What is typed where Word shows no text."""


@dataclass(frozen=True)
class Filled:
    """A template filled for one member."""

    docx: bytes
    sha256: str
    printed: tuple[str, ...]
    """The values that were printed, in the order of the document."""
    meaning: Meaning
    """What its PDF is to say besides."""

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that the finished pages must show."""
        return tuple(word for passage in self.meaning.passages for word in passage.words)


class Renderer:
    """Fills one template for as many members as there are."""

    def __init__(self, template: Template) -> None:
        """Prepare the template. Raises `ProblemsFound` when it is badly written or would lose literal words."""
        if problems := [d for part in template.parts for d in lost_words(template, part)]:
            raise ProblemsFound(problems)
        self.template = template
        self._printed: list[str] = []
        self._blanks: list[Blank] | None = None
        """The blanks printed so far in the body; None in the other parts, where nobody writes."""
        self._env = environment()
        self._env.finalize = self._note
        known = [
            template.members[name] for name in ("word/styles.xml", "word/numbering.xml") if name in template.members
        ]
        self._styles = [etree.fromstring(data, PARSER) for data in known]
        self._sided = meaning.sided_styles(self._styles)
        self._typography, self._families = Typography(template.members), families(template)
        self._jinja = {part.name: self._compiled(part) for part in template.parts}

    def fill(self, values: dict[str, Any]) -> Filled:
        """Return the document filled with `values` (the tree of `context.values`).

        Raises `ProblemsFound` when a field is unknown or the result is not a sound document.
        """
        self._printed = []
        parts: dict[str, etree._Element] = {}
        blanks: list[Blank] = []
        in_notes: list[str] = []
        for part in self.template.parts:
            self._blanks = blanks if part.name == BODY else None
            before = len(self._printed)
            parts[part.name] = self._render(part, values)
            in_notes += self._printed[before:] if part.name == NOTES else []
        if ENDNOTES in self.template.members:
            parts[ENDNOTES] = etree.fromstring(self.template.members[ENDNOTES], PARSER)
        for name, kind in ((NOTES, "footnote"), (ENDNOTES, "endnote")):
            if name in parts:
                notes.in_order(parts[BODY], parts[name], kind)
        for part in self.template.parts:
            if not codes.codes(parts[part.name])[1]:
                said = "une condition retire le début ou la fin d'un champ de Word"
                hint = "Mettez le champ tout entier dans la condition, ou tapez son texte."
                raise self._failed(Place(self.template.file, within=part.where), "champ-word-coupe", said, hint)
        if lost := references.lost(self.template, parts, "que ce membre n'a pas"):
            raise ProblemsFound(lost)
        codes.settle([parts[BODY], *(tree for name, tree in parts.items() if name != BODY)])
        self._draw(parts, values)
        means = self._meaning(parts, blanks)
        filled = {name: as_bytes(tree) for name, tree in parts.items()}
        docx = zipped({name: filled.get(name, data) for name, data in self.template.members.items()})
        # What only a note says whose call a condition took away is on no page.
        read = [as_read(passage.text) for passage in means.passages]
        unseen = {value for value in in_notes if not any(as_read(value) in text for text in read)}
        printed = tuple(value for value in self._printed if value not in unseen)
        return Filled(docx, hashlib.sha256(docx).hexdigest(), printed, means)

    def _meaning(self, parts: dict[str, etree._Element], blanks: list[Blank]) -> Meaning:
        """Return what the PDF is to say besides; mark the places of it in the body."""
        body = parts[BODY]
        inside = [tree for name, tree in parts.items() if not name.startswith(AROUND)]
        outside = [tree for name, tree in parts.items() if name.startswith(AROUND)]
        return Meaning(
            (*meaning.mark_blanks(body, blanks, self._sided), *meaning.marks(body)),
            tuple(meaning.header_columns(body)),
            tuple(self._links(parts)),
            tuple(meaning.pictures(parts.values())),
            layout(body, *self._styles),
            toc.entries(body, self.template.members),
            tuple(passages(inside, self.template.members, self._printed)),
            frozenset(word for passage in passages(outside, self.template.members) for word in passage.words),
        )

    def _draw(self, parts: dict[str, etree._Element], values: dict[str, Any]) -> None:
        """Give the signs their font. Raises `ProblemsFound` with each character that no font draws."""
        lost: list[Diagnostic] = []
        for name, tree in parts.items():
            for run, char in signs.draw(tree, self._typography, self._families, covers):
                part = next((part for part in self.template.parts if part.name == name), None)
                lost.append(
                    glyphs.undrawn(self.template, part, self._typography.of_run(run).get("hAnsi", ""), char, values)
                )
        if lost:
            raise ProblemsFound(dict.fromkeys(lost))

    def _links(self, parts: dict[str, etree._Element]) -> Iterator[meaning.Link]:
        """Yield the links of the body, then those of the notes."""
        relations = [link for link in self.template.relations() if link.external]
        for name in (BODY, NOTES, ENDNOTES):
            if name in parts:
                targets = {link.id: link.target for link in relations if link.part == name}
                yield from meaning.links(parts[name], targets, in_note=name != BODY)

    def _compiled(self, part: Part) -> jinja2.Template:
        if faults := list(badly_written(self.template, part)):
            raise ProblemsFound(faults)
        return self._env.from_string(part.jinja)

    def _render(self, part: Part, values: dict[str, Any]) -> etree._Element:
        before = len(self._printed)
        try:
            xml = self._jinja[part.name].render(values)
        except Exception as error:  # a template is a program: nobody knows what it raises
            raise self._failed(self._place(part, error), *_in_french(error)) from None
        xml = xml.replace("\n<w:p", "<w:p")
        if any(BREAKS.search(value) for value in self._printed[before:]):
            xml = self.template.tpl.resolve_listing(xml)
        tree = _parsed(xml)
        if tree is None:
            raise self._failed(
                Place(self.template.file, within=part.where),
                "document-casse",
                "rempli, le document serait abîmé",
                "Une condition, une marque de révision ou un lien à cheval sur deux endroits en est souvent la cause.",
            )
        if self.template.uses_columns:
            tree = self._with_columns(tree)
        drop_comment_marks(tree)
        _mend_emptied(tree)
        return tree

    def _place(self, part: Part, error: Exception) -> Place:
        lines = [
            line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == "<template>"
        ]
        return self.template.place(part, lines[-1] if lines else 1, _unknown(error))

    def _failed(self, place: Place, code: str, message: str, hint: str = "") -> ProblemsFound:
        return ProblemsFound([Diagnostic(place, code, message, hint)])

    def _with_columns(self, tree: etree._Element) -> etree._Element:
        for table in tree.iter(f"{W}tbl"):
            if table.find(f"{W}tblGrid") is None:  # docxtpl takes it for granted
                table.insert(int(table.find(f"{W}tblPr") is not None), etree.Element(f"{W}tblGrid"))
        return self.template.tpl.fix_tables(etree.tostring(tree, encoding="unicode"))

    @pass_context
    def _note(self, _: Context, value: Any) -> Any:
        """Note the text that is printed. `pass_context` keeps Jinja from calling this on the constants it compiles."""
        if hasattr(value, "__html__"):
            return value
        text = text_of(value)
        self._printed.append(text)
        if isinstance(value, Blank) and self._blanks is not None:
            self._blanks.append(value)
            return BLANK_MARK + text
        return text


def _in_french(error: Exception) -> tuple[str, str, str]:
    """Return the code, the message and the hint for an error raised by a template as it is filled."""
    if isinstance(error, Unprintable):
        return "valeur-impossible", str(error), error.hint
    if isinstance(error, SecurityError):
        return "instruction-interdite", "un champ fait autre chose que d'imprimer une valeur", "Retirez-le."
    if isinstance(error, jinja2.UndefinedError):
        name = _unknown(error)
        said = f"la liste n'a pas d'élément n° {name}" if name.isdigit() else f"champ inconnu « {name} »"
        return "champ-inconnu", said, "« docgen fields » donne la liste des champs."
    return "modele-en-erreur", "une opération est impossible ici", "Un modèle ne fait qu'imprimer des champs."


def _unknown(error: Exception) -> str:
    """Return the name that Jinja does not find, as its message gives it."""
    found = re.search(r"'([^']*)' is undefined|has no (?:attribute|element) '?([^']*)", str(error))
    return (found[1] or found[2]) if found else ""


def lost_words(template: Template, part: Part) -> list[Diagnostic]:
    """Return a problem for each run of words, tags or images that docxtpl would drop from this part."""
    return [
        Diagnostic(
            template.place_of(part, number, re.split("[\ue001-\ue004]", text)[0]),
            "texte-perdu",
            f"au remplissage, ceci disparaîtrait : « {text.translate(MARK_NAMES)[:60]} »",
            "Mettez {%p … %} seul dans son paragraphe, {%tr … %} seul dans sa ligne, et retirez les « - » de {%- -%}.",
        )
        for number, text in lost(part)
    ]


def lost(part: Part) -> Iterator[tuple[int, str]]:
    """Yield what docxtpl would drop from this part, each with its paragraph.

    docxtpl rewrites the XML by regular expressions; a `-%}` before a run break, or text beside `{%p`, vanish without
    an error. Proof that nothing is lost: words, tags and images are the same before and after the rewriting.
    """
    # A `<` in a tag (`a < b`) is no XML.
    gathered = TAG.sub(lambda tag: re.sub("[<>]", " ", tag.group()), part.jinja).split("\n")
    for row, (first, end) in zip(gathered, itertools.pairwise((*part.numbers, len(part.paragraphs))), strict=True):
        texts = {number: _flat(part.paragraphs[number]) for number in range(first, end)}
        before = [(token, number, found) for number, text in texts.items() for token, found in _tokens(text)]
        said, kept = [token for token, _, _ in before], [token for token, _ in _tokens(_flat(row))]
        if "".join(said) == "".join(kept):
            continue
        for kind, start, stop, _, _ in difflib.SequenceMatcher(None, said, kept, autojunk=False).get_opcodes():
            if kind in ("delete", "replace"):
                for number, group in itertools.groupby(before[start:stop], key=lambda item: item[1]):
                    places = [found for _, _, found in group]
                    yield number, texts[number][places[0].start() : places[-1].end()]


def _flat(xml: str) -> str:
    """Return what the XML shows, in order: texts, tags, and a mark for each image, note or section."""

    def shown(piece: re.Match[str]) -> str:
        text, element, tag = piece.group(1, 2, 3)
        return text or tag or MARKS.get(element, "")

    return html.unescape("".join(shown(piece) for piece in PIECE.finditer(xml)))


def _tokens(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the words, tags and marks; a tag by what it says, whatever docxtpl does to its braces and its quotes.

    `cellbg` and its like leave the text on purpose: they become properties of their cell.
    """
    for found in TOKEN.finditer(text):
        token = found.group()
        if TAG.fullmatch(token):
            said = re.sub(r"^(p|tr|tc|r)\s+", "", token[2:-2].strip("-+ \t\xa0"))
            if re.match(r"(cellbg|colspan|vm|hm)\b", said):
                continue
            token = "{" + re.sub(r"\W", "", said) + "}"
        yield token, found


def _parsed(xml: str) -> etree._Element | None:
    """Return the tree of a filled part; None when it is no XML, or prints where nothing shows (beside paragraphs)."""
    try:
        tree = etree.fromstring(xml.encode("utf-8"), PARSER)
    except etree.XMLSyntaxError:
        return None
    return None if any(text.strip() for text in STRAY(tree)) else tree


def _mend_emptied(tree: etree._Element) -> None:
    """Put right what a condition may leave and Word calls corrupt: rows, tables and cells with nothing in them."""
    for outer, inner in (("tr", "tc"), ("tbl", "tr")):
        for element in [e for e in tree.iter(f"{W}{outer}") if e.find(f".//{W}{inner}") is None]:
            element.getparent().remove(element)
    for block in tree.iter(BLOCKS):
        content = [child.tag for child in block if child.tag in (f"{W}p", f"{W}tbl", f"{W}sdt")]
        if not content or content[-1] == f"{W}tbl":
            etree.SubElement(block, f"{W}p")
