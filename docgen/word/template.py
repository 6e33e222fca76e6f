"""Open a Word template: its parts that hold fields, the fields they use, and where each one stands.

Takes a .docx; gives a `Template`. A template is untrusted input: its size is limited before anything is unpacked,
its XML is parsed without entities or network.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from docxtpl import DocxTemplate
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from docgen.champs.pack import KNOWN
from docgen.diagnostics import Diagnostic, Place, ProblemsFound

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/"
MAX_UNZIPPED = 60_000_000
"""Bytes; the largest legitimate file of a corpus of 2,720 had 16.6 MB."""
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
TAG_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
PARAGRAPH = re.compile(r"<w:p(?=[ />])")
TEXT = re.compile(
    r"<w:(?:t|delText)(?: [^>]*)?>([^<]*)</w:(?:t|delText)>|<w:(?:tab|br|cr|noBreakHyphen|softHyphen)\b[^>]*/>"
)
FILLED = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
NEVER_FILLED = re.compile(r"word/(?!glossary/)[\w/]+\.xml|docProps/(core|custom)\.xml")
"""What may be shown and is not `FILLED`."""
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip
"""What `zipfile` raises on a file that is not a .docx, is cut short or is encrypted."""
HEADING_STYLE = re.compile(r'<w:pStyle w:val="(Heading|Titre|Title)\w*"|<w:outlineLvl w:val="[0-8]"')
HEADING_TEXT = re.compile(r"(article|titre|chapitre|section|annexe)\s+(\d|[ivxlc]+\b|premier|unique)", re.I)
"""Most legal texts have no style of heading."""
WHERE = {
    "document": "corps",
    "header": "en-tête",
    "footer": "pied de page",
    "footnotes": "notes de bas de page",
    "endnotes": "notes de fin",
    "comments": "commentaires",
    "core": "propriétés",
    "custom": "propriétés",
}
FILTERS = (
    "capitalize", "default", "first", "join", "last", "length", "lower", "map", "reject", "rejectattr", "replace",
    "select", "selectattr", "sort", "title", "trim", "unique", "upper",
)  # fmt: skip
"""The filters that a template may use: the others of Jinja print unescaped (`safe`) or take all memory (`center`)."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """What a template may do: print fields, test them, loop over them. It calls nothing; it computes little."""

    intercepted_binops = frozenset({"*", "**", "%"})
    """`"a" * 10**9` takes all memory, `"%999999999d" % 1` too: Jinja would compute them as it reads the template."""

    def call_binop(self, *_: Any) -> NoReturn:
        raise SecurityError("a template computes nothing")

    def is_safe_callable(self, _: Any) -> bool:
        return False


def environment() -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment of templates: sandboxed, escaping, and refusing what it does not know."""
    env = _Sandbox(autoescape=True, undefined=jinja2.StrictUndefined)
    env.globals = {}  # range, lipsum, cycler and dict have no use in a legal document
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


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
    def tree(self) -> nodes.Template:
        """What Jinja reads in it. Raises its errors of syntax."""
        try:
            return environment().parse(self.jinja)
        except RecursionError:
            raise jinja2.TemplateSyntaxError("too deep", 1) from None


@dataclass(frozen=True)
class Relation:
    """What a part of the document refers to by a number."""

    part: str
    id: str
    kind: str
    """The last word of its type: « image », « oleObject »."""
    target: str
    external: bool


def where(part: str) -> str:
    """Return what a Word user calls the part of that name."""
    return WHERE.get(re.sub(r"\d", "", Path(part).stem), part)


class Template:
    """A Word template: the bytes of its parts, those that hold fields, the fields themselves."""

    def __init__(
        self, path: Path, shown_as: str = "", known: Iterable[str] = KNOWN, signataires: Iterable[str] = ()
    ) -> None:
        """Open the file, whose fields are to be among the `known` ones, and that the `signataires` sign.

        Raises `ProblemsFound` when it is not a Word document that can be trusted.
        """
        self.path = path
        self.file = shown_as or path.name
        self.known = frozenset(known)
        self.signataires = tuple(signataires)
        data = self._bytes()
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.members = self._unzip()
        self.tpl = DocxTemplate(path)
        sources = {name: self._parsed(name, data) for name, data in self.members.items()}
        self.parts = tuple(
            Part(name, source, *self._gathered(source)) for name, source in sources.items() if FILLED.fullmatch(name)
        )
        self.unfilled = tuple(
            Part(name, source)
            for name, source in sources.items()
            if NEVER_FILLED.fullmatch(name) and not FILLED.fullmatch(name)
        )
        """The parts that may be shown, or come out of the document, and where no field is ever filled."""

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:
            raise self._refused("modele-introuvable", "le fichier n'existe pas ou ne peut pas être lu") from None

    def _refused(self, code: str, message: str, hint: str = "", name: str = "") -> ProblemsFound:
        return ProblemsFound([Diagnostic(Place(self.file, within=where(name) if name else ""), code, message, hint)])

    def _unzip(self) -> dict[str, bytes]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                if sum(info.file_size for info in archive.infolist()) > MAX_UNZIPPED:
                    raise self._refused("modele-trop-gros", f"le document dépasse {MAX_UNZIPPED // 1_000_000} Mo")
                members = {info.filename: archive.read(info) for info in archive.infolist()}
        except UNREADABLE:
            raise self._refused(
                "pas-un-docx",
                "ce n'est pas un document Word .docx lisible",
                "Ouvrez-le dans Word, puis « Enregistrer sous », type « Document Word (.docx) », sans mot de passe.",
            ) from None
        if "word/document.xml" not in members:
            raise self._refused("pas-un-docx", "ce n'est pas un document Word (il n'a pas de corps de texte)")
        return members

    def _parsed(self, name: str, data: bytes) -> str:
        """Return the XML of a part, written anew the one way that docxtpl's regular expressions know."""
        if not name.endswith((".xml", ".rels")):
            return ""
        try:
            root = etree.fromstring(data, PARSER)
        except etree.XMLSyntaxError:
            raise self._refused(
                "docx-abime", f"{name} est abîmé", "Ouvrez-le et enregistrez-le dans Word.", name
            ) from None
        if root.getroottree().docinfo.doctype:
            raise self._refused(
                "xml-interdit", f"{name} déclare des entités XML : le document n'est pas sûr", name=name
            )
        if FILLED.fullmatch(name) and (root.prefix != "w" or not root.tag.startswith(W)):
            raise self._refused(
                "docx-inhabituel",
                "le document est au format « Open XML strict »"
                if root.tag.startswith(STRICT)
                else "le document n'a pas été écrit par Word",
                "Dans Word : « Enregistrer sous », type « Document Word (.docx) ».",
                name,
            )
        for element in root.iter():
            if len(element) and not (element.text or "").strip():
                element.text = None
            if not (element.tail or "").strip():
                element.tail = None
        return str(etree.tostring(root, encoding="unicode")).replace("\n", " ")

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

    @property
    def fields(self) -> frozenset[str]:
        """The paths of the fields used anywhere."""
        return frozenset(use.path for use in self.uses)

    def place(self, part: Part, line: int, word: str = "") -> Place:
        """Return where that line of `part.jinja` is, as a Word user finds it: part, heading above, words to search for.

        A line may stand for several paragraphs: the one that has `word` is meant.
        """
        index = min(max(line, 1), len(part.numbers)) - 1
        first, after = (*part.numbers, len(part.paragraphs))[index : index + 2]
        # `after` too: docxtpl puts the colour of a cell before its first paragraph.
        texts = {n: text_of(row) for n, row in enumerate(part.paragraphs[: after + 1]) if n >= first}
        number = next((n for n, text in texts.items() if folded(word) in text and text), first)
        return self.place_of(part, number, word)

    def place_of(self, part: Part, number: int, word: str = "") -> Place:
        """Return where that paragraph of `part.source` is; when it has no text, the nearest one above stands for it."""
        rows, word = part.paragraphs, folded(word)
        number = next((n for n in (*range(number, -1, -1), *range(number, len(rows))) if text_of(rows[n])), number)
        pieces = [folded(piece) for piece in joined_text(rows[number]).split("\t") if folded(piece)] or [word]
        text = next((piece for piece in pieces if word in piece), pieces[0])
        at = max(text.find(word), 0)
        heading = next((text_of(row) for row in reversed(rows[: number + 1]) if _is_heading(row)), "")
        within = f"{part.where}, « {heading[:60]} »" if heading and heading != text_of(rows[number]) else part.where
        return Place(self.file, within=within, extract=text[max(0, at - 25) : at + 40].strip())


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
    return bool(text and (HEADING_STYLE.search(paragraph) or (len(text) < 100 and HEADING_TEXT.match(text))))


def paths(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield each field that the syntax tree reads, as a dotted path, with its line."""
    yield from _walk(tree, {})


def _walk(node: nodes.Node, scope: dict[str, str | None]) -> Iterator[tuple[str, int]]:
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, scope)
        source = _chain(node.iter, scope)
        inner = {**scope, "loop": None}
        _bind(node.target, f"{source}[]" if source else None, inner)
        for child in (*([node.test] if node.test else []), *node.body, *node.else_):
            yield from _walk(child, inner)
    elif isinstance(node, nodes.Assign):
        yield from _walk(node.node, scope)
        _bind(node.target, _chain(node.node, scope), scope)
    elif isinstance(node, nodes.Name) and node.ctx != "load":
        return
    elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and (chain := _chain(node, scope)):
        yield chain, node.lineno
        for index in node.find_all(nodes.Getitem):
            yield from _walk(index.arg, scope)
        if isinstance(node, nodes.Getitem):
            yield from _walk(node.arg, scope)
    else:
        for child in node.iter_child_nodes():
            yield from _walk(child, scope)


def _bind(target: nodes.Node, source: str | None, scope: dict[str, str | None]) -> None:
    """Note what a name stands for; None for one that a tuple takes apart."""
    for name in (target, *target.find_all(nodes.Name)):
        if isinstance(name, nodes.Name):
            scope[name.name] = source if name is target else None


def _chain(node: nodes.Node, scope: dict[str, str | None]) -> str | None:
    """Return the dotted path of a name or an attribute, `[]` for an item of a list; None for anything else."""
    if isinstance(node, nodes.Name):
        return scope.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        base = _chain(node.node, scope)
        return f"{base}.{node.attr}" if base else None
    if isinstance(node, nodes.Getitem):
        base = _chain(node.node, scope)
        if base and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return f"{base}.{node.arg.value}"
        return base if isinstance(node.arg, nodes.Slice) or not base else f"{base}[]"
    if isinstance(node, nodes.Filter) and node.node is not None:
        base = _chain(node.node, scope)
        return f"{base}[]" if base and node.name in ("first", "last") else base
    return None
