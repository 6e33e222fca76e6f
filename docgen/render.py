"""Fill one template. No literal word may be lost: what docxtpl would drop without a word is refused.

Takes a `Template` and the values of one member; gives the .docx, byte for byte the same for the same values, and
the words that its pages must show.
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
from docgen.template import PARSER, TAG, Part, Template, W, environment, joined_text

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of the .docx: the same content gives the same bytes."""
BREAKS = re.compile(r"[\n\t\a\f]")
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Filled:
    """A template filled for one member."""

    docx: bytes
    sha256: str
    words: tuple[str, ...]
    """Every word that the finished pages must show; headers and footers left out: some pages hide them."""
    printed: tuple[str, ...]
    """The values that were printed, in the order of the document."""


class Renderer:
    """Fills one template for as many members as there are."""

    def __init__(self, template: Template) -> None:
        """Prepare the template. Raises `ProblemsFound` when filling it would lose literal words."""
        if problems := [d for part in template.parts for d in lost_words(template, part)]:
            raise ProblemsFound(problems)
        self.template = template
        self._printed: list[str] = []
        env = environment()
        env.finalize = self._note
        self._jinja = {part.name: env.from_string(part.jinja) for part in template.parts}

    def fill(self, values: dict[str, Any]) -> Filled:
        """Return the document filled with `values` (the tree of `context.values`).

        Raises `ProblemsFound` when a field is unknown or the result is not a sound document.
        """
        self._printed = []
        parts = {part.name: self._render(part, values) for part in self.template.parts}
        docx = self._zip(parts)
        body = (tree for name, tree in parts.items() if not name.startswith(("word/header", "word/footer")))
        words = tuple(word for tree in body for word in visible_words(tree))
        return Filled(docx, hashlib.sha256(docx).hexdigest(), words, tuple(self._printed))

    def _render(self, part: Part, values: dict[str, Any]) -> etree._Element:
        before = len(self._printed)
        try:
            xml = self._jinja[part.name].render(values)
        except jinja2.UndefinedError as error:
            raise self._failed(part, "champ-inconnu", f"un champ est inconnu ({error})") from None
        except (jinja2.TemplateError, TypeError, ArithmeticError) as error:
            raise self._failed(part, "modele-en-erreur", f"le modèle ne peut pas être rempli ({error})") from None
        xml = xml.replace("\n<w:p", "<w:p")
        if any(BREAKS.search(value) for value in self._printed[before:]):
            xml = self.template.tpl.resolve_listing(xml)
        try:
            tree = etree.fromstring(xml.encode("utf-8"), PARSER)
        except etree.XMLSyntaxError as error:
            raise self._failed(
                part,
                "document-casse",
                f"rempli, le document n'est plus du XML valide ({error})",
                "Une marque de révision ou un champ à cheval sur deux paragraphes en est souvent la cause.",
            ) from None
        if self.template.uses_columns:
            tree = self.template.tpl.fix_tables(etree.tostring(tree, encoding="unicode"))
        return tree

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
    def _note(self, _: Context, value: Any) -> Any:
        """Note the text that is printed. `pass_context` keeps Jinja from calling this on the constants it compiles."""
        if not hasattr(value, "__html__"):
            self._printed.append(str(value))
        return value


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
            found.append(
                Diagnostic(
                    Place(template.file, within=part.where, extract=before[max(0, start - 20) : end + 10][:70]),
                    "texte-perdu",
                    f"au remplissage, ce texte disparaîtrait : « {before[start:end][:60]} »",
                    "Mettez {%p … %} seul dans son paragraphe, {%tr … %} seul dans sa ligne, et retirez les « - » de {%- -%}.",
                )
            )
    return found or [
        Diagnostic(Place(template.file, within=part.where), "texte-perdu", "au remplissage, le texte serait modifié")
    ]


def visible_words(tree: etree._Element) -> list[str]:
    """Return the words of a part as its pages show them: deleted text and the cached results of fields left out."""
    words: list[str] = []
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
        elif node.tag == f"{W}noBreakHyphen":
            texts.append("-")
        elif node.tag in (f"{W}tab", f"{W}br"):
            texts.append(" ")
    return texts
