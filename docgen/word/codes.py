"""Word's own fields (« codes de champ »): what each becomes when a template is filled.

Word shows what it computed last; LibreOffice computes some anew, not always to the same words, and in its own language.
What a pack prints is decided here, once, for each field of ISO/IEC 29500-1, 17.16.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from lxml import etree

from docgen.word.numbering import written
from docgen.word.package import XML_SPACE, R, W

SAID = {f"{W}tab": " ", f"{W}p": " ", f"{W}noBreakHyphen": "-"}
"""What is read where there is no text."""


IMAGES = (f"{W}drawing", f"{W}pict", f"{W}object")


class Fate(Enum):
    """What a pack prints for a field."""

    KEPT = "gardé : ses mots sont imprimés tels que Word les montre"
    COMPUTED = "calculé par docgen pour chaque membre"
    LAID_OUT = "calculé par LibreOffice d'après les pages"
    REMADE = "refait pour chaque membre, une fois les pages connues"
    SILENT = "n'imprime rien"
    REFUSED = "refusé"


_DAY = "changerait à chaque impression"
_MAIL = "attend un publipostage, que docgen remplace"
_FILE = "va chercher un autre fichier"
_WORD = "n'est compris que de Word"
_PLACE = "ne serait pas recalculé d'une page ou d'une section à l'autre"
_SUM = "peut n'être plus juste, une fois le document rempli"
_BY_FATE = {
    Fate.KEPT: "AUTHOR AUTOTEXT AUTOTEXTLIST BIBLIOGRAPHY CITATION COMMENTS COMPARE DOCPROPERTY DOCVARIABLE"
    " FORMDROPDOWN FORMTEXT GLOSSARY HYPERLINK IF KEYWORDS QUOTE SUBJECT TITLE",
    Fate.COMPUTED: "NOTEREF REF SEQ",
    Fate.LAID_OUT: "NUMPAGES PAGE PAGEREF",
    Fate.REMADE: "TOC",
    Fate.SILENT: "PRIVATE TA TC XE",
}
_REFUSED = {
    _DAY: "CREATEDATE DATE EDITTIME FILENAME FILESIZE INFO LASTSAVEDBY NUMCHARS NUMWORDS PRINTDATE REVNUM SAVEDATE"
    " TEMPLATE TIME USERADDRESS USERINITIALS USERNAME",
    _MAIL: "ADDRESSBLOCK ASK FILLIN GREETINGLINE MERGEBARCODE MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF SET SKIPIF",
    _FILE: "DATABASE DDE DDEAUTO EMBED IMPORT INCLUDE INCLUDEPICTURE INCLUDETEXT LINK RD",
    _WORD: "ADDIN ADVANCE AUTONUM AUTONUMLGL AUTONUMOUT BARCODE CONTROL DISPLAYBARCODE EQ FORMCHECKBOX GOTOBUTTON"
    " HTMLACTIVEX INDEX LISTNUM MACROBUTTON PRINT SHAPE SYMBOL TOA",
    _PLACE: "SECTION SECTIONPAGES STYLEREF",
    _SUM: "= FORMULA",
}
REASONS = {name: why for why, names in _REFUSED.items() for name in names.split()}
"""Why each refused field is refused."""
FATES = {name: fate for fate, names in _BY_FATE.items() for name in names.split()} | dict.fromkeys(
    REASONS, Fate.REFUSED
)
"""Of each field that Word knows, what becomes of it."""
FORM = ("FORMTEXT", "FORMDROPDOWN")
"""What was to be filled in on the screen."""
NAME = re.compile(r"\s*(=|[^\s\\\"{]+)")
NUMBER = re.compile(r"\\[rnw]\b", re.I)
"""Of a cross-reference: to the number of a paragraph, not to its words."""
WHERE = re.compile(r"\\p\b", re.I)
"""« ci-dessus », « ci-dessous »: LibreOffice says it in its own language."""
FORMAT = re.compile(r"\\\*\s*(\w+)")
KINDS = {"ROMAN": "upperRoman", "roman": "lowerRoman", "ALPHABETIC": "upperLetter", "alphabetic": "lowerLetter"}
LISTED = re.compile(r'\\c\s+"?([^"\s]+)', re.I)
"""What a table of figures lists."""
BROKEN = re.compile(
    r"(?:Erreur|Error|Fehler|Errore?|Erro|Fout)\s*!\s*(?:[\w’']+ ){0,9}"
    r"(?:source|signet|renvoi|référence|reference|bookmark|style|séquence|sequence|verweis\w*|referenz\w*|textmarke|quelle"
    r"|origen|origem|fonte|marcador|indicador|sorgente|origine|segnalibro|riferimento|bron|verwijzing|bladwijzer)\b"
    r"|Erreur\s?: source de la référence|Error: Reference source not|Fehler: (?:Verweis|Referenz)\w* nicht"
    r"|Errore: sorgente del riferimento|Error: no se enc\w+ |Erro: (?:origem|fonte) d[ae] referência|Fout: Bron van",
    re.I,
)
"""What Word or LibreOffice prints, each in its language, for a field that finds nothing."""
TOP = "_top"
"""The beginning of the document, that no bookmark marks."""


@dataclass(eq=False)
class Code:
    """One field, as it stands in the XML."""

    text: str = ""
    """« REF _Ref123 \\h »."""
    simple: etree._Element | None = None
    """The `fldSimple` of one that is written so; the others are marks in their runs, from a begin to an end."""
    begin: etree._Element | None = None
    separate: etree._Element | None = None
    end: etree._Element | None = None
    instruction: list[etree._Element] = field(default_factory=list)
    result: list[etree._Element] = field(default_factory=list)
    around: Code | None = None
    """The field whose result it stands in."""

    @property
    def name(self) -> str:
        """« REF », whatever the letters it was typed in."""
        found = NAME.match(self.text)
        return found[1].upper() if found else ""

    @property
    def counted(self) -> str:
        """What a SEQ field counts: « Tableau »."""
        words = self.text.split()
        return words[1].strip('"') if len(words) > 1 else ""

    @property
    def target(self) -> str:
        """The bookmark that it refers to; nothing when it refers to none."""
        if self.name == "HYPERLINK":
            found = re.search(r'\\l\s+"?([^"\s]+)', self.text)
            return found[1] if found and not re.match(r"\s*HYPERLINK\s+(?!\\)\S", self.text, re.I) else ""
        words = re.findall(r'"([^"]*)"|([^\s"]+)', self.text)
        names = [quoted or bare for quoted, bare in words]
        if self.name not in FATES:
            return names[0] if names else ""
        return names[1] if self.name in ("REF", "PAGEREF", "NOTEREF") and len(names) > 1 else ""

    @property
    def shown(self) -> bool:
        """Whether it shows words or an image."""
        return any((one.text or "").strip() for one in self.result if one.tag == f"{W}t") or any(
            one.tag in IMAGES for one in self.result
        )

    def fate(self, bookmarks: Iterable[str]) -> Fate:
        """Return what becomes of it, in a document that has those bookmarks."""
        if self.name not in FATES:  # Word takes any other word for the name of a bookmark
            return Fate.COMPUTED if self.target in bookmarks else Fate.REFUSED
        if self.name in ("REF", "PAGEREF", "NOTEREF") and WHERE.search(self.text):
            return Fate.KEPT
        if self.name == "REF" and NUMBER.search(self.text):
            return Fate.LAID_OUT
        if self.name == "SEQ" and re.search(r"\\s\b", self.text, re.I):
            return Fate.REFUSED
        return FATES[self.name]

    def freeze(self, text: str | None = None) -> None:
        """Put its result in its place, or that text."""
        if text is not None:
            self.say(text)
        if self.simple is not None:
            parent = self.simple.getparent()
            at = parent.index(self.simple)
            parent[at : at + 1] = [child for child in self.simple if child.tag != f"{W}fldData"]
        for element in (self.begin, *self.instruction, self.separate, self.end):
            _take_out(element)

    def say(self, text: str) -> None:
        """Make that text its result."""
        texts = [element for element in self.result if element.tag == f"{W}t"]
        if not texts:
            texts = [etree.Element(f"{W}t")]
            if self.separate is not None:
                self.separate.addnext(texts[0])
            elif self.simple is not None:
                etree.SubElement(self.simple, f"{W}r").append(texts[0])
            elif self.end is not None:
                self.end.addprevious(texts[0])
        texts[0].text = text
        texts[0].set(XML_SPACE, "preserve")
        for element in self.result:
            if element is not texts[0]:
                _take_out(element)


def _take_out(element: etree._Element | None) -> None:
    """Take a mark or a text out of its run, and the run when nothing is left of it."""
    run = element.getparent() if element is not None else None
    if run is None:
        return
    run.remove(element)
    if run.tag == f"{W}r" and all(child.tag == f"{W}rPr" for child in run) and run.getparent() is not None:
        run.getparent().remove(run)


def codes(tree: etree._Element) -> tuple[list[Code], bool]:
    """Return the fields of a part, in order, and whether each has its beginning and its end."""
    found: list[Code] = []
    if next(tree.iter(f"{W}fldChar", f"{W}fldSimple"), None) is None:  # most parts have none
        return found, True
    waiting: list[Code] = []
    whole = True
    for element in tree.iter(etree.Element):
        if element.tag == f"{W}fldSimple":
            inside = [one for one in element.iter(etree.Element) if _is_of_run(one)]
            found.append(Code(element.get(f"{W}instr", ""), simple=element, result=inside, around=_around(waiting)))
        elif _is_of_run(element):
            kind = element.get(f"{W}fldCharType") if element.tag == f"{W}fldChar" else ""
            ended = waiting.pop() if kind == "end" and waiting else None
            whole = whole and (kind != "end" or ended is not None)
            for one in waiting[:-1] if kind == "separate" else waiting:
                (one.instruction if one.separate is None else one.result).append(element)
            if kind == "begin":
                waiting.append(Code(begin=element, around=_around(waiting)))
                found.append(waiting[-1])
            elif kind == "separate" and waiting:
                waiting[-1].separate = element
            elif ended is not None:
                ended.end = element
            elif element.tag == f"{W}instrText" and waiting and waiting[-1].separate is None:
                waiting[-1].text += element.text or ""
    return found, whole and not waiting


def _is_of_run(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == f"{W}r" and element.tag != f"{W}rPr"


def _around(waiting: list[Code]) -> Code | None:
    return waiting[-1] if waiting else None


def is_within(code: Code, fate: Fate) -> bool:
    """Tell whether a field is part of another one that has that fate, whatever the bookmarks."""
    return code.around is not None and (FATES.get(code.around.name) is fate or is_within(code.around, fate))


def bookmarks(trees: Iterable[etree._Element]) -> dict[str, str]:
    """Return the words of each bookmark of a document."""
    found: dict[str, list[str]] = {}
    for tree in trees:
        opened: dict[str, str] = {}
        for element in tree.iter(
            f"{W}bookmarkStart", f"{W}bookmarkEnd", f"{W}t", f"{W}tab", f"{W}noBreakHyphen", f"{W}p"
        ):
            if element.tag == f"{W}bookmarkStart":
                opened[element.get(f"{W}id", "")] = element.get(f"{W}name", "")
                found.setdefault(element.get(f"{W}name", ""), [])
            elif element.tag == f"{W}bookmarkEnd":
                opened.pop(element.get(f"{W}id", ""), None)
            else:
                for name in opened.values():
                    found[name].append(SAID.get(element.tag, element.text or ""))
    return {name: "".join(texts).strip() for name, texts in found.items()}


def targets(tree: etree._Element) -> set[str]:
    """Return the bookmarks that a part refers to; not those of its tables of contents, that are made anew."""
    wanted = {code.target for code in codes(tree)[0] if not is_within(code, Fate.REMADE)}
    inside = {id(link) for code in codes(tree)[0] if FATES.get(code.name) is Fate.REMADE for link in _links(code)}
    for link in tree.iter(f"{W}hyperlink"):
        if link.get(f"{R}id") is None and id(link) not in inside:
            wanted.add(link.get(f"{W}anchor", ""))
    return wanted - {"", TOP}


def numbered(tree: etree._Element, name: str) -> set[str]:
    """Return the bookmarks that a part wants a number of: that of a paragraph (a REF for it) or of a note (NOTEREF)."""
    return {
        code.target
        for code in codes(tree)[0]
        if code.name == name
        and code.target
        and not WHERE.search(code.text)
        and (name == "NOTEREF" or NUMBER.search(code.text))
        and not is_within(code, Fate.REMADE)
    }


def _links(code: Code) -> Iterator[etree._Element]:
    for element in code.result:
        yield from element.iterancestors(f"{W}hyperlink")


def settle(trees: Iterable[etree._Element]) -> None:
    """Put in the place of the fields of a filled document what they are to print; leave those that the pages decide.

    The body comes first. LibreOffice makes a table of figures of what it counts itself: those numbers stay fields.
    """
    parts = list(trees)
    counts: dict[str, int] = {}
    listed = {found[1] for code in codes(parts[0])[0] if (found := LISTED.search(code.text)) and code.name == "TOC"}
    for tree in parts:
        _unwrap_tables(tree)
        for code in codes(tree)[0]:
            if code.name == "SEQ" and code.fate(()) is Fate.COMPUTED:
                text = _counted(code.text, counts)
                if code.counted in listed:
                    code.say(text)
                else:
                    code.freeze(text)
    known = bookmarks(parts)
    numbers = notes(parts[0])
    for tree in parts:
        for code in codes(tree)[0]:
            if not is_within(code, Fate.REMADE) and code.name != "HYPERLINK":
                fate = code.fate(known)
                if fate is Fate.KEPT:
                    code.freeze()
                elif fate is Fate.COMPUTED and code.name == "NOTEREF":
                    code.freeze(numbers.get(code.target, ""))
                elif fate is Fate.COMPUTED and code.name != "SEQ":
                    code.freeze(_spelt(code.text, known.get(code.target, "")))


def _unwrap_tables(tree: etree._Element) -> None:
    """Take tables of contents out of their content control: LibreOffice gives their title a style of its own."""
    for gallery in list(tree.iter(f"{W}docPartGallery")):
        control = next(gallery.iterancestors(f"{W}sdt"), None)
        content = control.find(f"{W}sdtContent") if control is not None else None
        if gallery.get(f"{W}val") == "Table of Contents" and control is not None and content is not None:
            parent = control.getparent()
            at = parent.index(control)
            parent[at : at + 1] = list(content)


def notes(body: etree._Element) -> dict[str, str]:
    """Return the number of the first footnote of each bookmark of the body."""
    found: dict[str, str] = {}
    opened: dict[str, str] = {}
    count = 0
    for element in body.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd", f"{W}footnoteReference"):
        if element.tag == f"{W}bookmarkStart":
            opened[element.get(f"{W}id", "")] = element.get(f"{W}name", "")
        elif element.tag == f"{W}bookmarkEnd":
            opened.pop(element.get(f"{W}id", ""), None)
        elif element.get(f"{W}customMarkFollows") not in ("1", "true", "on"):
            count += 1
            for name in opened.values():
                found.setdefault(name, str(count))
    return found


def _counted(text: str, counts: dict[str, int]) -> str:
    """Return the number that a SEQ field prints, and count it."""
    name = Code(text).counted
    reset = re.search(r"\\r\s*(\d+)", text)
    if reset:
        counts[name] = int(reset[1])
    elif not re.search(r"\\c\b", text):
        counts[name] = counts.get(name, 0) + 1
    if re.search(r"\\h\b", text) and not FORMAT.search(text):
        return ""
    kinds = [KINDS[kind] for kind in FORMAT.findall(text) if kind in KINDS]
    return written(counts.get(name, 0), kinds[0] if kinds else "decimal")


def _spelt(text: str, words: str) -> str:
    """Return the words of a reference in the letters that it asks for."""
    asked = {kind.casefold() for kind in FORMAT.findall(text)}
    if "upper" in asked:
        return words.upper()
    if "lower" in asked:
        return words.lower()
    if "caps" in asked:
        return words.title()
    return words[:1].upper() + words[1:] if "firstcap" in asked else words


def unsettled(tree: etree._Element) -> set[etree._Element]:
    """Return what stands in a part and no page shows as it is: the codes, and the results that the pages decide."""
    found: set[etree._Element] = set()
    for code in codes(tree)[0]:
        found.update(code.instruction)
        if code.name != "HYPERLINK":
            found.update(code.result)
    return found
