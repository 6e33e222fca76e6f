"""Fill one template. No literal word may be lost: what docxtpl would drop without a word is refused.

Takes a `Template` and values; gives the .docx to keep, and its *shape*: the same document with each printed value
replaced by a numbered mark ⟦n⟧. Members whose shapes are equal differ by their values only, so that LibreOffice
loads the shape once and exports it for each of them (see `convert`).
"""

from __future__ import annotations

import difflib
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import pass_context
from jinja2.runtime import Context
from lxml import etree

from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.template import PARSER, TAG, TAG_MARKS, Part, Template, W, environment, joined_text

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of the .docx: the same content gives the same bytes."""
BREAKS = re.compile(r"[\n\t\a\f]")
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Filled:
    """A template filled for one member."""

    docx: bytes
    """The document to keep: every value in place."""
    shape: str
    """What LibreOffice must load, by its hash: members with the same one share it."""
    marks: tuple[str, ...]
    """The values of the marks ⟦0⟧, ⟦1⟧… of the shape."""
    words: tuple[str, ...]
    """Every word that the finished page must show, body, headers and footers."""


class Renderer:
    """Fills one template for as many members as there are."""

    def __init__(self, template: Template) -> None:
        """Prepare the template. Raises `ProblemsFound` when filling it would lose literal words."""
        if problems := [d for part in template.parts for d in lost_words(template, part)]:
            raise ProblemsFound(problems)
        self.template = template
        self._marks: list[str] = []
        self._breaks = False
        plain, marking = environment(), environment()
        plain.finalize = self._noting_breaks
        marking.finalize = self._marking
        self._plain = {part.name: plain.from_string(part.jinja) for part in template.parts}
        self._marking_parts = {part.name: marking.from_string(part.jinja) for part in template.parts}
        self._shapes: dict[str, bytes] = {}

    def fill(self, values: dict[str, Any]) -> Filled:
        """Return the document filled with `values` (the tree of `context.values`).

        Raises `ProblemsFound` when a field is unknown or the result is not a sound document.
        """
        self._breaks = False
        self._marks = []
        parts = self._render(self._plain, values)
        shape = self._render(self._marking_parts, values)
        digest = hashlib.sha256(self.template.sha256.encode())
        for name in sorted(shape):
            digest.update(etree.tostring(shape[name]))
        key = digest.hexdigest()
        if key not in self._shapes:
            self._shapes[key] = self._zip(shape)
        return Filled(self._zip(parts), key, tuple(self._marks), tuple(_words(parts)))

    def shape(self, key: str) -> bytes:
        """Return the .docx of a shape that `fill` named."""
        return self._shapes[key]

    def forget_shapes(self) -> None:
        """Free the shapes: those of members already done are not needed any more."""
        self._shapes.clear()

    def _render(self, templates: dict[str, jinja2.Template], values: dict[str, Any]) -> dict[str, etree._Element]:
        trees = {}
        for part in self.template.parts:
            try:
                xml = templates[part.name].render(values)
            except jinja2.UndefinedError as error:
                raise self._failed(part, "champ-inconnu", f"un champ est inconnu : {error}") from None
            except (jinja2.TemplateError, TypeError, ArithmeticError) as error:
                raise self._failed(part, "modele-en-erreur", f"le modèle ne peut pas être rempli : {error}") from None
            xml = xml.replace("\n<w:p", "<w:p")
            if self._breaks:
                xml = self.template.tpl.resolve_listing(xml)
            try:
                tree = etree.fromstring(xml.encode("utf-8"), PARSER)
            except etree.XMLSyntaxError as error:
                raise self._failed(
                    part, "document-casse", f"rempli, le document n'est plus du XML valide : {error}",
                    "Une marque de révision ou un champ à cheval sur deux paragraphes en est souvent la cause.",
                ) from None  # fmt: skip
            if self.template.uses_columns:
                tree = self.template.tpl.fix_tables(etree.tostring(tree, encoding="unicode"))
            trees[part.name] = tree
        return trees

    def _failed(self, part: Part, code: str, message: str, hint: str = "") -> ProblemsFound:
        return ProblemsFound([Diagnostic(Place(self.template.file, within=part.where), code, message, hint)])

    def _zip(self, parts: dict[str, etree._Element]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.template.members.items():
                if name in parts:
                    data = etree.tostring(parts[name], xml_declaration=True, encoding="UTF-8", standalone=True)
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, data)
        return buffer.getvalue()

    @pass_context
    def _noting_breaks(self, _: Context, value: Any) -> Any:
        """Note whether a value holds a line break or a tab, which docxtpl turns into Word's own."""
        if isinstance(value, str) and BREAKS.search(value):
            self._breaks = True
        return value

    @pass_context
    def _marking(self, _: Context, value: Any) -> Any:
        """Give a mark for a value that is plain text; what shapes the document stays as it is.

        `pass_context` keeps Jinja from calling this while it compiles the constants of the template.
        """
        if not isinstance(value, str) or hasattr(value, "__html__") or not value or BREAKS.search(value):
            return value
        self._marks.append(value)
        return f"⟦{len(self._marks) - 1}⟧"


def lost_words(template: Template, part: Part) -> list[Diagnostic]:
    """Return a problem for each run of literal words that docxtpl would drop from this part.

    docxtpl rewrites the XML by regular expressions; a `-%}` before a run break, or text beside `{%p`, vanish without
    an error. Proof that nothing is lost: the text without its tags is the same before and after the rewriting.
    """
    before = re.sub(r"\s+", "", TAG.sub("", joined_text(part.source)))
    after = re.sub(r"\s+", "", joined_text(TAG.sub("", part.jinja)))
    if before == after:
        return []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found = []
    for kind, start, end, _, _ in matcher.get_opcodes():
        if kind in ("delete", "replace"):
            found.append(Diagnostic(
                Place(template.file, within=part.where, extract=before[max(0, start - 20) : end + 10][:70]),
                "texte-perdu", f"au remplissage, ce texte disparaîtrait : « {before[start:end][:60]} »",
                "Mettez {%p … %} seul dans son paragraphe, {%tr … %} seul dans sa ligne, et retirez les « - » de {%- -%}.",
            ))  # fmt: skip
    return found or [Diagnostic(Place(template.file, within=part.where), "texte-perdu",
                                "au remplissage, le texte serait modifié")]  # fmt: skip


def _words(parts: dict[str, etree._Element]) -> list[str]:
    """Return the words of the parts as the page shows them: deleted text and the cached results of fields left out."""
    words: list[str] = []
    for tree in parts.values():
        for paragraph in tree.iter(f"{W}p"):
            words += WORD.findall("".join(_visible(paragraph)).casefold())
    return words


def _visible(paragraph: etree._Element) -> list[str]:
    texts, depth = [], 0
    for node in paragraph.iter():
        if node.tag == f"{W}fldChar":
            depth += {"begin": 1, "end": -1}.get(node.get(f"{W}fldCharType"), 0)
        elif node.tag == f"{W}t" and not depth and next(node.iterancestors(f"{W}p")) is paragraph:
            texts.append(node.text or "")
        elif node.tag in (f"{W}tab", f"{W}br"):
            texts.append(" ")
    return texts


def leftover_tags(text: str) -> str:
    """Return the first mark of a tag that is still in a finished text, or nothing."""
    found = TAG_MARKS.search(text)
    return found.group() if found else ""
