"""What differs between two editions: article by article, and the price grid cell by cell. Reads, never writes.

Texts are compared as the lawyers wrote them, fields included: a délibération's number printed by a field is not a
change of wording.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from docgen.law import tarif
from docgen.model.fiches import Edition, Tarif
from docgen.word.package import BODY, PARSER, W, unread_branches
from docgen.word.template import HEADING_TEXT, Template, reads_as_heading

Notes = Mapping[str, str]


@dataclass(frozen=True)
class Article:
    """One article, sub-article or section of a document."""

    titre: str
    """With its number, as Word numbers it: « Article 4 – Modalités de facturation »."""
    paragraphes: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What became of one article from one edition to the next."""

    piece: str
    titre: str
    action: str
    """« modifié », « ajouté » or « supprimé »."""
    paragraphes: tuple[str, ...] = ()
    """Its new text, fields as they are written."""
    avant: tuple[str, ...] = ()
    """Its former text."""


@dataclass(frozen=True)
class CellChange:
    """A cell of the grid whose price is not the same; None where one edition lacks the row."""

    libelle: str
    categorie: int
    avant: Decimal | None
    apres: Decimal | None


@dataclass(frozen=True)
class Difference:
    """All that differs between two editions."""

    textes: tuple[Change, ...]
    grille: tuple[CellChange, ...]

    def pieces(self) -> list[str]:
        """Return the documents whose text changed."""
        return list(dict.fromkeys(change.piece for change in self.textes))


def editions(
    before: tuple[Edition, Mapping[str, Template]], after: tuple[Edition, Mapping[str, Template]]
) -> Difference:
    """Return what differs; templates are given by piece."""
    texts: list[Change] = []
    for piece in dict.fromkeys([*before[1], *after[1]]):
        old = articles(before[1][piece]) if piece in before[1] else []
        new = articles(after[1][piece]) if piece in after[1] else []
        texts += _texts(piece, old, new)
    return Difference(tuple(texts), tuple(_cells(before[0].tarif, after[0].tarif)))


def articles(template: Template) -> list[Article]:
    """Return the document cut at its headings, each with the number that Word gives it."""
    return articles_of(template.members)


def articles_of(members: Mapping[str, bytes]) -> list[Article]:
    """Return the articles of a document, given the members of its .docx: a template, or one that is filled."""
    root = etree.fromstring(members[BODY], PARSER)
    for branch in unread_branches(root):
        branch.getparent().remove(branch)
    notes = _notes(members.get("word/footnotes.xml"))
    found: list[tuple[str, list[str]]] = [("", [])]
    numbers = [0, 0]
    for paragraph, text in _lines(root.find(f"{W}body"), notes):
        level = _level(paragraph)
        if text and level:
            numbers = [numbers[0] + 1, 0] if level == 1 else [numbers[0], numbers[1] + 1]
            found.append((_numbered(numbers, level, text), []))
        elif text and reads_as_heading(text):
            found.append((text, []))
        elif text:
            found[-1][1].append(text)
    return [Article(titre, tuple(rows)) for titre, rows in found]


def _notes(footnotes: bytes | None) -> Notes:
    """Return the text of each footnote, by its number."""
    if footnotes is None:
        return {}
    root = etree.fromstring(footnotes, PARSER)
    return {n.get(f"{W}id", ""): " ".join(_text(p, {}) for p in n.iter(f"{W}p")) for n in root.iter(f"{W}footnote")}


def _lines(body: etree._Element, notes: Notes) -> Iterator[tuple[etree._Element, str]]:
    """Yield each paragraph with its text; of a row of a table, the first with the texts of all its cells."""
    for block in body.iter(f"{W}p", f"{W}tr"):
        if block.tag == f"{W}tr":
            cells = [" ".join(_text(p, notes) for p in cell.iter(f"{W}p")).strip() for cell in block.findall(f"{W}tc")]
            yield next(block.iter(f"{W}p"), block), " : ".join(filter(None, cells))
        elif not any(True for _ in block.iterancestors(f"{W}tr")):
            yield block, _text(block, notes)


def _text(paragraph: etree._Element, notes: Notes) -> str:
    return re.sub(r"\s+", " ", "".join(_shown(paragraph, notes))).strip()


def _shown(paragraph: etree._Element, notes: Notes) -> Iterator[str]:
    """Yield what the paragraph shows, the text of a footnote where it is called: what it says binds as well."""
    for node in paragraph.iter(*(f"{W}{name}" for name in ("t", "noBreakHyphen", "tab", "br", "footnoteReference"))):
        if next(node.iterancestors(f"{W}p")) is not paragraph:
            continue
        if node.tag == f"{W}footnoteReference":
            yield f" (note : {notes.get(node.get(f'{W}id', ''), '').strip()})"
        else:
            yield {f"{W}t": node.text or "", f"{W}noBreakHyphen": "-"}.get(node.tag, " ")


def _level(paragraph: etree._Element) -> int:
    """Return 1 or 2 for a heading that Word numbers, 0 for another paragraph."""
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    match = re.fullmatch(r"(?:Heading|Titre)(\d)", style.get(f"{W}val", "") if style is not None else "")
    return min(int(match[1]), 2) if match else 0


def _numbered(numbers: list[int], level: int, text: str) -> str:
    if HEADING_TEXT.match(text):
        return text  # its number is typed
    return f"Article {numbers[0]} – {text}" if level == 1 else f"Article {numbers[0]}.{numbers[1]} – {text}"


def _texts(piece: str, before: list[Article], after: list[Article]) -> Iterator[Change]:
    """Yield the changes of one document; an article keeps its identity by its title, whatever its number becomes."""
    old, new = _by_name(before), _by_name(after)
    for name, article in new.items():
        former = old.get(name)
        if former is None:
            yield Change(piece, article.titre, "ajouté", article.paragraphes)
        elif former.paragraphes != article.paragraphes:
            yield Change(piece, article.titre, "modifié", article.paragraphes, former.paragraphes)
    for name, article in old.items():
        if name not in new:
            yield Change(piece, article.titre, "supprimé", avant=article.paragraphes)


def _by_name(found: list[Article]) -> dict[tuple[str, int], Article]:
    """Return the articles by their title without its number; two of one title, in their order."""
    named: dict[tuple[str, int], Article] = {}
    seen: Counter[str] = Counter()
    for article in found:
        name = article.titre.split(" – ", 1)[-1]
        seen[name] += 1
        named[name, seen[name]] = article
    return named


def _cells(before: Tarif, after: Tarif) -> Iterator[CellChange]:
    old, new = tarif.grid(before), tarif.grid(after)
    for libelle in dict.fromkeys([*old, *new]):
        size = max(len(old.get(libelle, ())), len(new.get(libelle, ())))
        for index in range(size):
            was = old[libelle][index] if index < len(old.get(libelle, ())) else None
            now = new[libelle][index] if index < len(new.get(libelle, ())) else None
            if was != now:
                yield CellChange(libelle, index + 1, was, now)
