"""Open a Word template: its parts that hold fields, the fields they use, and where each one stands.

Takes a .docx; gives a `Template`. A template is untrusted input: its size is limited before anything is unpacked,
its XML is parsed without entities or network.
"""

from __future__ import annotations

import hashlib
import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jinja2
from docxtpl import DocxTemplate
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from docgen.diagnostics import Diagnostic, Place, ProblemsFound

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_UNZIPPED = 60_000_000
"""Bytes; the largest legitimate file of a corpus of 2,720 had 16.6 MB."""
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
TAG_MARKS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
PARAGRAPH = re.compile(r"<w:p(?=[ >])")
TEXT = re.compile(r"<w:(?:t|delText)(?: [^>]*)?>([^<]*)</w:(?:t|delText)>")
FILLED = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")
NEVER_FILLED = re.compile(r"word/(endnotes|comments)\.xml|docProps/(core|app|custom)\.xml")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
WHERE = {
    "document": "corps",
    "header": "en-tête",
    "footer": "pied de page",
    "footnotes": "notes de bas de page",
    "endnotes": "notes de fin",
    "comments": "commentaires",
    "core": "propriétés",
    "app": "propriétés",
    "custom": "propriétés",
}


def environment() -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment of templates: sandboxed, escaping, and refusing what it does not know."""
    env = ImmutableSandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    env.globals = {}  # range, lipsum, cycler and dict have no use in a legal document
    return env


@dataclass(frozen=True)
class Use:
    """A field that a template uses, and where."""

    path: str
    """Loops resolved: « grille.gfu_of[].libelle »."""
    part: str
    line: int
    """Paragraph of the part, from 1."""


@dataclass(frozen=True)
class Part:
    """One XML part of the template that is filled."""

    name: str
    source: str
    """The XML as it is in the file."""
    jinja: str
    """The same, its tags gathered by docxtpl: what Jinja reads, one line per paragraph."""

    @property
    def where(self) -> str:
        """What a Word user calls it."""
        return where(self.name)


def where(part: str) -> str:
    """Return what a Word user calls the part of that name."""
    return WHERE.get(re.sub(r"\d", "", Path(part).stem), part)


class Template:
    """A Word template: the bytes of its parts, those that hold fields, the fields themselves."""

    def __init__(self, path: Path, shown_as: str = "") -> None:
        """Open the file. Raises `ProblemsFound` when it is not a Word document that can be trusted."""
        self.path = path
        self.file = shown_as or path.name
        data = self._bytes()
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.members = self._unzip()
        self.tpl = DocxTemplate(path)
        self.parts = tuple(
            Part(name, source, self._gathered(source))
            for name in self.members
            if FILLED.fullmatch(name)
            for source in [self.members[name].decode("utf-8")]
        )

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:
            raise self._refused("modele-introuvable", "le fichier n'existe pas ou ne peut pas être lu") from None

    def _refused(self, code: str, message: str, hint: str = "") -> ProblemsFound:
        return ProblemsFound([Diagnostic(Place(self.file), code, message, hint)])

    def _unzip(self) -> dict[str, bytes]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                if sum(info.file_size for info in archive.infolist()) > MAX_UNZIPPED:
                    raise self._refused("modele-trop-gros", f"le document dépasse {MAX_UNZIPPED // 1_000_000} Mo")
                members = {info.filename: archive.read(info) for info in archive.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
            raise self._refused(
                "pas-un-docx",
                "ce n'est pas un document Word .docx lisible",
                "Ouvrez-le dans Word, puis « Enregistrer sous », type « Document Word (.docx) », sans mot de passe.",
            ) from None
        if "word/document.xml" not in members:
            raise self._refused("pas-un-docx", "ce n'est pas un document Word (il n'a pas de corps de texte)")
        for name, data in members.items():
            if not name.endswith((".xml", ".rels")):
                continue
            if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
                raise self._refused("xml-interdit", f"{name} déclare des entités XML : le document n'est pas sûr")
            try:
                etree.fromstring(data, PARSER)
            except etree.XMLSyntaxError:
                raise self._refused("docx-abime", f"{name} est abîmé", "Ouvrez et enregistrez-le dans Word.") from None
        return members

    def _gathered(self, source: str) -> str:
        """Return the XML with each tag in one piece, one paragraph a line so that Jinja's line tells it."""
        flat = self.tpl.patch_xml(source.replace("\r", "").replace("\n", " "))
        return PARAGRAPH.sub("\n<w:p", flat)

    @property
    def uses_columns(self) -> bool:
        """Whether a loop makes columns: docxtpl then has table grids to put right."""
        return any(re.search(r"\{%-?\s*tc\b", joined_text(part.source)) for part in self.parts)

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The fields used, each with its first place in each part. Raises Jinja's errors of syntax."""
        found: dict[tuple[str, str], Use] = {}
        for part in self.parts:
            for path, line in paths(environment().parse(part.jinja)):
                found.setdefault((part.name, path), Use(path, part.name, line))
        return tuple(found.values())

    @property
    def fields(self) -> frozenset[str]:
        """The paths of the fields used anywhere."""
        return frozenset(use.path for use in self.uses)

    def place(self, part: Part, line: int, word: str = "") -> Place:
        """Return where that paragraph is, as a Word user finds it: part, heading above, words to search for."""
        lines = part.jinja.split("\n")
        index = min(max(line - 1, 0), len(lines) - 1)
        text = text_of(lines[index])
        at = max(text.find(word), 0) if word else 0
        extract = text[max(0, at - 25) : at + 40].strip()
        heading = next((text_of(row) for row in reversed(lines[: index + 1]) if _is_heading(row)), "")
        within = f"{part.where}, « {heading[:60]} »" if heading and heading != text else part.where
        return Place(self.file, within=within, extract=extract)


def joined_text(xml: str) -> str:
    """Return the text of the XML, runs joined."""
    return html.unescape("".join(TEXT.findall(xml)))


def text_of(xml: str) -> str:
    """Return the text of one paragraph's XML, spaces folded."""
    return re.sub(r"\s+", " ", joined_text(xml)).strip()


def _is_heading(paragraph: str) -> bool:
    return bool(re.search(r'<w:pStyle w:val="(Heading|Titre|Title)\w*"', paragraph)) and bool(text_of(paragraph))


def paths(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """Yield each field that the syntax tree reads, as a dotted path, with its line."""
    yield from _walk(tree, {})


def _walk(node: nodes.Node, scope: dict[str, str | None]) -> Iterator[tuple[str, int]]:
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, scope)
        source = _chain(node.iter, scope)
        inner = {**scope, "loop": None}
        for name in node.target.find_all(nodes.Name) if not isinstance(node.target, nodes.Name) else [node.target]:
            inner[name.name] = f"{source}[]" if source and name is node.target else None
        for child in (*([node.test] if node.test else []), *node.body, *node.else_):
            yield from _walk(child, inner)
        return
    if isinstance(node, nodes.Assign):
        yield from _walk(node.node, scope)
        if isinstance(node.target, nodes.Name):
            scope[node.target.name] = _chain(node.node, scope)
        return
    if isinstance(node, nodes.Name) and node.ctx != "load":
        return
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        chain = _chain(node, scope)
        if chain:
            yield chain, node.lineno
            return
    for child in node.iter_child_nodes():
        yield from _walk(child, scope)


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
        return f"{base}[]" if base else None
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _chain(node.node, scope)
    return None
