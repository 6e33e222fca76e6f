"""What differs between two editions: article by article, and the price grid cell by cell. Reads, never writes.

Texts are compared as the lawyers wrote them, fields included: a délibération's number printed by a field is not a
change of wording.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from docgen.model.edition import Edition, LigneTarif, Tarif, Volet
from docgen.word.numbering import Numbering, titled
from docgen.word.package import BODY, PARSER, W, unread_branches
from docgen.word.template import HEADING_TEXT, Template, is_typed_heading, joined_text

Notes = Mapping[tuple[str, str], str]
TYPED_NUMBER = re.compile(rf"{HEADING_TEXT.pattern}\s*[–—:.-]*\s*")
OPENING = re.compile(r"\{%-?p?\s*(?:if|for|set)\b[^{}]*%\}")
MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
SHOWN = (
    *(f"{W}{name}" for name in ("t", "noBreakHyphen", "tab", "br", "sym", "footnoteReference", "endnoteReference")),
    f"{MATHS}t",
)
SIGNS, WRITES = re.compile(r"sig_[a-z]+(?:_\d+)?"), re.compile(r"champ_(?:lieu|date)")
"""The bookmarks of what closes a document: where one signs, the line of the place and the date."""
HEADED = re.compile(r"word/(?:header|footer)")
LIKE = 0.7
"""How much of its words an article keeps when it is still the same one under another title."""


@dataclass(frozen=True)
class Article:
    """One article, sub-article or section of a document."""

    titre: str
    """With its number, as Word prints it: « Article 4 – Modalités de facturation »; empty before the first."""
    nom: str
    """Without its number."""
    paragraphes: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What became of one article from one edition to the next."""

    piece: str
    titre: str
    """Its new title; the former one when it is gone."""
    action: str
    """« modifié », « ajouté », « supprimé », or « renuméroté » when nothing but its number changes."""
    paragraphes: tuple[str, ...] = ()
    """Its new text, fields as they are written."""
    avant: tuple[str, ...] = ()
    """Its former text."""
    ancien_titre: str = ""
    """Its title in the former edition; empty when it is new."""
    apres: str = ""
    """Of a new article, the title of the one that it follows."""


@dataclass(frozen=True)
class CellChange:
    """A price of a volet that is not the same; None where one edition lacks the row."""

    volet: str
    libelle: str
    tranche: int
    """From 1."""
    avant: Decimal | None
    apres: Decimal | None


@dataclass(frozen=True)
class RuleChange:
    """What else decides the price of a volet and is not the same: brackets, minimum, VAT, period."""

    volet: str
    libelle: str
    """The row; empty when it is the whole tarif."""


@dataclass(frozen=True)
class Difference:
    """All that differs between two editions."""

    textes: tuple[Change, ...]
    grille: tuple[CellChange, ...]
    ailleurs: tuple[tuple[str, str], ...] = ()
    """The documents whose words change besides the articles, with the part: « en-tête »."""
    regles: tuple[RuleChange, ...] = ()

    def pieces(self) -> list[str]:
        """Return the documents whose text changed."""
        return list(dict.fromkeys(change.piece for change in self.textes if change.action != "renuméroté"))

    def rules_alone(self) -> list[RuleChange]:
        """Return what decides a price and changed where no price that was voted tells it."""
        rows = {(cell.volet, cell.libelle) for cell in self.grille} | {(cell.volet, "") for cell in self.grille}
        return [rule for rule in self.regles if (rule.volet, rule.libelle) not in rows]

    def volets(self) -> list[str]:
        """Return the volets, of both editions, whose prices changed."""
        return list(dict.fromkeys([*(cell.volet for cell in self.grille), *(rule.volet for rule in self.regles)]))


def editions(
    before: tuple[Edition, Mapping[str, Template]], after: tuple[Edition, Mapping[str, Template]]
) -> Difference:
    """Return what differs; templates are given by piece."""
    texts: list[Change] = []
    for piece in dict.fromkeys([*before[1], *after[1]]):
        old = articles(before[1][piece]) if piece in before[1] else []
        new = articles(after[1][piece]) if piece in after[1] else []
        texts += changes(piece, old, new)
    both = [piece for piece in before[1] if piece in after[1]]
    beside = [(piece, kind) for piece in both for kind in _beside_articles(before[1][piece], after[1][piece])]
    names = dict.fromkeys(volet.id for volet in (*before[0].volets, *after[0].volets))
    volets = [(name, before[0].volet(name), after[0].volet(name)) for name in names]
    cells = [change for name, old, new in volets for change in _cells(name, old, new)]
    rules = [change for _, old, new in volets if old and new for change in _rules(old, new)]
    return Difference(tuple(texts), tuple(cells), tuple(beside), tuple(rules))


def _beside_articles(old: Template, new: Template) -> Iterator[str]:
    """Yield the kinds of parts, besides the body and its notes, whose words change."""
    kinds = dict.fromkeys(part.where for side in (old, new) for part in side.parts if HEADED.search(part.name))
    for kind in kinds:
        texts = [{joined_text(part.source) for part in side.parts if part.where == kind} for side in (old, new)]
        if texts[0] != texts[1]:
            yield kind


def articles(template: Template) -> list[Article]:
    """Return the document cut at its headings, each with the number that Word gives it."""
    return articles_of(template.members)


def articles_of(members: Mapping[str, bytes]) -> list[Article]:
    """Return the articles of a document, given the members of its .docx: a template, or one that is filled."""
    root = etree.fromstring(members[BODY], PARSER)
    for branch in unread_branches(root):
        branch.getparent().remove(branch)
    notes = {**_notes(members, "footnote"), **_notes(members, "endnote")}
    numbering = Numbering(members)
    found = [_Cut("", "")]
    for paragraph, text in _lines(root.find(f"{W}body"), notes):
        label = numbering.label(paragraph)
        if text and (numbering.is_heading(paragraph) or is_typed_heading(_xml(paragraph), text)):
            opening = found[-1].opening
            found[-1].opening = []
            found.append(_Cut(titled(label, text), TYPED_NUMBER.sub("", text) or text, opening))
        elif text:
            found[-1].add(f"{label} {text}".strip())
    return [Article(cut.titre, cut.nom, (*cut.rows, *cut.opening)) for cut in found]


class _Cut:
    """An article as it is being read."""

    def __init__(self, titre: str, nom: str, rows: Iterable[str] = ()) -> None:
        self.titre, self.nom, self.rows = titre, nom, list(rows)
        self.opening: list[str] = []
        """Conditions that have just been opened: before a heading, they are of what follows it."""

    def add(self, text: str) -> None:
        if OPENING.fullmatch(text):
            self.opening.append(text)
        else:
            self.rows += [*self.opening, text]
            self.opening = []


def _xml(paragraph: etree._Element) -> str:
    return str(etree.tostring(paragraph, encoding="unicode"))


def _notes(members: Mapping[str, bytes], kind: str) -> Notes:
    """Return the text of each note of that kind, by its kind and its number."""
    data = members.get(f"word/{kind}s.xml")
    if data is None:
        return {}
    root = etree.fromstring(data, PARSER)
    found = root.iter(f"{W}{kind}")
    return {(kind, n.get(f"{W}id", "")): " ".join(_text(p, {}) for p in n.iter(f"{W}p")).strip() for n in found}


def _lines(body: etree._Element, notes: Notes) -> Iterator[tuple[etree._Element, str]]:
    """Yield each paragraph with its text; of a row of a table, the first with the texts of all its cells.

    Where and when one signs, and the blocks of signature, are of no article.
    """
    closing = set()
    for mark in body.iter(f"{W}bookmarkStart"):
        tables = list(mark.iterancestors(f"{W}tbl"))
        if SIGNS.fullmatch(mark.get(f"{W}name", "")):
            closing |= {*tables, *mark.iterancestors(f"{W}p")}
        elif WRITES.fullmatch(mark.get(f"{W}name", "")) and not tables:
            closing |= set(mark.iterancestors(f"{W}p"))
    for block in body.iter(f"{W}p", f"{W}tr"):
        if block in closing or not closing.isdisjoint(block.iterancestors()):
            continue
        if block.tag == f"{W}tr":
            own = [cell for cell in block.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is block]
            cells = [" ".join(_text(p, notes) for p in cell.iter(f"{W}p")).strip() for cell in own]
            # An empty cell keeps its place: a cross that changes column changes everything.
            yield next(block.iter(f"{W}p"), block), " : ".join(cell or "–" for cell in cells) if any(cells) else ""
        elif not any(True for _ in block.iterancestors(f"{W}tr")):
            yield block, _text(block, notes)


def _text(paragraph: etree._Element, notes: Notes) -> str:
    return re.sub(r"\s+", " ", "".join(_shown(paragraph, notes))).strip()


def _shown(paragraph: etree._Element, notes: Notes) -> Iterator[str]:
    """Yield what the paragraph shows, the text of a note where it is called: what it says binds as well."""
    for node in paragraph.iter(*SHOWN):
        if next(node.iterancestors(f"{W}p")) is not paragraph:
            continue
        name = etree.QName(node).localname
        if name == "t":
            yield node.text or ""
        elif name.endswith("noteReference"):
            yield f" (note : {notes.get((name.removesuffix('Reference'), node.get(f'{W}id', '')), '')})"
        elif name == "sym":
            yield f"[{node.get(f'{W}font', '')} {node.get(f'{W}char', '')}]"
        else:
            yield "-" if name == "noBreakHyphen" else " "


def changes(piece: str, before: list[Article], after: list[Article]) -> Iterator[Change]:
    """Yield the changes of one document; an article keeps its identity by its title, whatever its number becomes."""
    old, new = _by_name(before), _by_name(after)
    renamed = _renamed({k: a for k, a in old.items() if k not in new}, {k: a for k, a in new.items() if k not in old})
    above = ""
    for name, article in new.items():
        former = old.get(renamed.get(name, name))
        if former is None:
            yield Change(piece, article.titre, "ajouté", article.paragraphes, apres=above)
        elif former.paragraphes != article.paragraphes or former.nom != article.nom:
            texts = article.paragraphes, former.paragraphes
            yield Change(piece, article.titre, "modifié", *texts, former.titre)
        elif former.titre != article.titre:
            yield Change(piece, article.titre, "renuméroté", ancien_titre=former.titre)
        above = former.titre if former else article.titre
    for name, article in old.items():
        if name not in new and name not in renamed.values():
            yield Change(piece, article.titre, "supprimé", avant=article.paragraphes, ancien_titre=article.titre)


Name = tuple[str, int]


def _by_name(found: list[Article]) -> dict[Name, Article]:
    """Return the articles by their title without its number; two of one title, in their order."""
    named: dict[Name, Article] = {}
    seen: Counter[str] = Counter()
    for article in found:
        seen[article.nom] += 1
        named[article.nom, seen[article.nom]] = article
    return named


def _renamed(gone: Mapping[Name, Article], come: Mapping[Name, Article]) -> dict[Name, Name]:
    """Return, of the new articles whose title has no like, the former ones that they are under another title."""
    found: dict[Name, Name] = {}
    for name, article in come.items():
        free = [(_likeness(other, article), former) for former, other in gone.items() if former not in found.values()]
        best = max(free, default=(0.0, name))
        if best[0] >= LIKE:
            found[name] = best[1]
    return found


def _likeness(one: Article, other: Article) -> float:
    """Return how much two articles are alike, 0 to 1: by their title or by their text, the more alike of the two."""
    texts = [(one.nom, other.nom), (" ".join(one.paragraphes), " ".join(other.paragraphes))]
    ratios = [difflib.SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio() for a, b in texts if a and b]
    return max(ratios, default=0.0)


def prices(volet: Volet | None) -> dict[str, tuple[Decimal, ...]]:
    """Return the voted prices of a volet, row by row; nothing when there is no such volet, or when it is free."""
    return {ligne.libelle: ligne.votee for ligne in volet.tarif.lignes} if volet and volet.tarif else {}


def _cells(volet: str, before: Volet | None, after: Volet | None) -> Iterator[CellChange]:
    old, new = prices(before), prices(after)
    for libelle in dict.fromkeys([*old, *new]):
        size = max(len(old.get(libelle, ())), len(new.get(libelle, ())))
        for index in range(size):
            was = old[libelle][index] if index < len(old.get(libelle, ())) else None
            now = new[libelle][index] if index < len(new.get(libelle, ())) else None
            if was != now:
                yield CellChange(volet, libelle, index + 1, was, now)


def _rules(before: Volet, after: Volet) -> Iterator[RuleChange]:
    """Yield what decides a price and changed, beside the voted prices."""
    old, new = before.tarif, after.tarif
    if old is None or new is None:
        return
    if _limits(old) != _limits(new):
        yield RuleChange(after.id, "")
    former = {ligne.libelle: ligne for ligne in old.lignes}
    for ligne in new.lignes:
        if ligne.libelle in former and _rule(old, former[ligne.libelle]) != _rule(new, ligne):
            yield RuleChange(after.id, ligne.libelle)


def _limits(rule: Tarif) -> tuple[object, ...]:
    return rule.prix_en, rule.gratuits, rule.minimum, rule.plafond, rule.prorata


def _rule(rule: Tarif, ligne: LigneTarif) -> tuple[object, ...]:
    """Return what decides the amount of a row with its prices."""
    scale = rule.echelle(ligne)
    bounds = (scale.de, scale.bornes, scale.au_dela) if scale else ()
    taxes = rule.tva if ligne.tva is None else ligne.tva
    return (
        ligne.modele, ligne.par, ligne.periode, ligne.mesure, ligne.taille, ligne.si, bounds, taxes, ligne.gratuits,
        ligne.minimum, ligne.plafond, ligne.prorata,
    )  # fmt: skip
