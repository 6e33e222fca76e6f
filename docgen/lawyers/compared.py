"""What an edition changes, for the lawyers: each document with tracked changes, and a page that says it in short.

The articles and the prices that the page lists are those by which `plan` and the avenants decide.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import jinja2

from docgen import formats, publish
from docgen.diagnostics import Diagnostic, Place, ProblemsFound
from docgen.law import tarif
from docgen.lint import rules
from docgen.model.edition import Edition, PieceModele, Volet
from docgen.packs.contents import open_templates
from docgen.records.workspace import Data, Workspace, load_edition
from docgen.redline.tracked import CannotCompare, Redline, redline
from docgen.word import compare
from docgen.word.compare import Change, Difference
from docgen.word.expressions import TAG
from docgen.word.package import where
from docgen.word.template import Template

PAGE = Path(__file__).with_name("comparaison.html.j2")
ALIKE = 0.5
"""Below, two paragraphs have too few words in common to be shown word by word."""
TOKEN = re.compile(rf"{TAG.pattern}|\w+|\s+|[^\w\s]", re.S)


@dataclass(frozen=True)
class Compared:
    """One document of the two editions."""

    piece: PieceModele
    file: str
    """The Word file with tracked changes; empty when the document is in one edition only."""
    redline: Redline | None
    notes: tuple[str, ...]
    """What the tracked changes do not show."""


@dataclass(frozen=True)
class Comparison:
    """What was written, and what it says."""

    folder: Path
    documents: tuple[Compared, ...]
    difference: Difference


@dataclass(frozen=True)
class Piece:
    """Some words, and what became of them."""

    text: str
    kind: str = ""
    """« del », « ins », or nothing."""


def compare_editions(workspace: Workspace, data: Data, former: str, day: date) -> Comparison:
    """Write what `data.edition` changes in the edition named `former`; nothing is written unless all is.

    Raises `ProblemsFound` for an edition that cannot be read, a template with tracked changes or one whose changes
    cannot be shown without losing words. `CannotWrite` when the folder refuses it.
    """
    old = load_edition(workspace, former, data.votes)
    before, after = open_templates(workspace, old), open_templates(workspace, data.edition)
    tracked = [p for t in (*before.values(), *after.values()) for p in rules.tracked_changes(t)]
    if tracked:
        raise ProblemsFound(tracked)
    difference = compare.editions((old, before), (data.edition, after))
    titles = {piece.id: piece for piece in (*old.pieces, *data.edition.pieces)}
    documents = tuple(_document(titles[name], before.get(name), after.get(name), day, difference) for name in titles)
    folder = workspace.output / "comparaisons" / f"{former}-vers-{data.edition.edition}"
    page = _page(old, data.edition, documents, difference)
    files = {d.file: d.redline.docx for d in documents if d.redline}
    former_files = [path.name for path in folder.glob("*.suivi.docx")]
    publish.publish(folder, {**files, "index.html": page.encode()}, former_files)
    return Comparison(folder, documents, difference)


def _document(
    piece: PieceModele, old: Template | None, new: Template | None, day: date, difference: Difference
) -> Compared:
    if old is None or new is None:
        said = "ce document n'est que dans la nouvelle édition" if new else "la nouvelle édition n'a plus ce document"
        return Compared(piece, "", None, (said,))
    try:
        found = redline(old.members, new.members, f"{day.isoformat()}T00:00:00Z")
    except CannotCompare as error:
        raise ProblemsFound([_not_shown(new, error.part)]) from None
    notes = [f"{kind} : des mots changent" for name, kind in difference.ailleurs if name == piece.id]
    if found.revisions and not notes and piece.id not in {change.piece for change in difference.textes}:
        notes.append("des mots changent ailleurs que dans les articles : ouvrez le document")
    notes += [f"{where(part)} : paragraphes remplacés en entier, faute de mieux" for part in found.coarse]
    return Compared(piece, f"{piece.id}.suivi.docx", found, (*notes, *found.untracked))


def _not_shown(template: Template, part: str) -> Diagnostic:
    return Diagnostic(
        Place(template.file, part=part, within=where(part)),
        "comparaison-impossible",
        "les modifications de ce document ne peuvent pas être montrées sans perdre un mot",
        "Comparez-le dans Word : Révision > Comparer.",
    )


def _page(old: Edition, new: Edition, documents: Sequence[Compared], found: Difference) -> str:
    env = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    env.filters["date_longue"] = formats.long_date
    changes = {
        d.piece.id: [
            (c, list(side_by_side(c))) for c in found.textes if c.piece == d.piece.id and c.action != "renuméroté"
        ]
        for d in documents
    }
    return env.from_string(PAGE.read_text("utf-8")).render(
        ancienne=old,
        nouvelle=new,
        documents=documents,
        changes=changes,
        renumerotes={d.piece.id: renumbered(found, d.piece.id) for d in documents},
        grilles=list(_grids(old, new, found)),
        cellules=formats.plural(len(found.grille), "case change", "cases changent")
        if found.grille
        else "Aucune case ne change",
    )


def grids_of(workspace: Workspace, data: Data, former: str) -> list[Grid]:
    """Return the prices that `data.edition` changes in the edition named `former`. Raises `ProblemsFound`."""
    old = load_edition(workspace, former, data.votes)
    texts = open_templates(workspace, old), open_templates(workspace, data.edition)
    return list(_grids(old, data.edition, compare.editions((old, texts[0]), (data.edition, texts[1]))))


def renumbered(found: Difference, piece: str) -> list[Change]:
    """Return the articles of a document that only change their number."""
    return [change for change in found.textes if change.piece == piece and change.action == "renuméroté"]


def side_by_side(change: Change) -> Iterator[tuple[list[Piece], list[Piece]]]:
    """Yield the paragraphs of an article that changed, the former and the new one, their words marked."""
    before, after = ([row for text in side if (row := _shown(text))] for side in (change.avant, change.paragraphes))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            for old, new in _paired(before[a:b], after[c:d]):
                yield _words(old, new)


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the paragraphs two by two where they are alike, each alone where it has no like."""
    at = 0
    for new in after:
        found = next((n for n in range(at, len(before)) if _alike(before[n], new)), None)
        if found is not None:
            yield from ((old, "") for old in before[at:found])
            at = found + 1
        yield (before[found] if found is not None else "", new)
    yield from ((old, "") for old in before[at:])


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, TOKEN.findall(one), TOKEN.findall(other), autojunk=False).ratio() >= ALIKE


def _shown(paragraph: str) -> str:
    """Return a paragraph without what gives its cells their colour: nobody reads it."""
    return re.sub(r"\{%\s*cellbg\b[^%]*%\}", "", paragraph).strip()


def _words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Return two paragraphs with the words that only one of them has marked."""
    was, now = TOKEN.findall(old), TOKEN.findall(new)
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(old, "del")] if old else [], [Piece(new, "ins")] if new else []
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if b > a:
            left.append(Piece("".join(was[a:b]), "" if kind == "equal" else "del"))
        if d > c:
            right.append(Piece("".join(now[c:d]), "" if kind == "equal" else "ins"))
    return left, right


@dataclass(frozen=True)
class Row:
    """A row of the price grid, cell by cell."""

    libelle: str
    cells: tuple[tuple[str, str], ...]
    """The former price and the new one; the new one alone, twice, where nothing changes."""


@dataclass(frozen=True)
class Grid:
    """The prices of a volet that change, of the rows that have the same brackets."""

    titre: str
    prix_en: str
    tranches: tuple[str, ...]
    rows: tuple[Row, ...]
    regles: tuple[str, ...]
    """What else decides a price and changes, in words."""


def _grids(old: Edition, new: Edition, found: Difference) -> Iterator[Grid]:
    """Yield the prices that change, volet by volet, the rows of one scale together."""
    for name in found.volets():
        before, after = old.volet(name), new.volet(name)
        shown = after or before
        assert shown
        labels = list(dict.fromkeys(change.libelle for change in found.grille if change.volet == name))
        scales: dict[tuple[str, ...], list[str]] = {}
        for label in labels:
            scales.setdefault(_brackets(shown, label), []).append(label)
        rules = tuple(
            f"{change.libelle or 'le tarif'} : la règle change"
            for change in found.rules_alone()
            if change.volet == name
        )
        kinds = [volet.tarif.prix_en for volet in (before, after) if volet and volet.tarif]
        said = " puis ".join(dict.fromkeys(kinds))
        for number, (brackets, rows) in enumerate((scales or {(): []}).items()):
            made = tuple(_row(before, after, label) for label in rows)
            yield Grid(shown.titre, said, brackets, made, rules if number == 0 else ())


def _brackets(volet: Volet, label: str) -> tuple[str, ...]:
    ligne = next((one for one in volet.tarif.lignes if one.libelle == label), None) if volet.tarif else None
    scale = volet.tarif.echelle(ligne) if volet.tarif and ligne else None
    if scale is None or volet.tarif is None:
        return ("Prix",)
    unit = volet.unite(scale.de)
    return tuple(tarif.label(volet.tarif, scale.id, n, unit) for n in range(1, scale.nombre + 1))


def _row(before: Volet | None, after: Volet | None, libelle: str) -> Row:
    was, now = compare.prices(before).get(libelle, ()), compare.prices(after).get(libelle, ())
    return Row(libelle, tuple((_price(was, n), _price(now, n)) for n in range(max(len(was), len(now)))))


def _price(row: Sequence[Decimal], number: int) -> str:
    return f"{formats.exactly(row[number])}" if number < len(row) else "–"
