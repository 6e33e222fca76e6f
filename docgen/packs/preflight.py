"""The finished pack against what should stand in it: a list, point by point, before it leaves.

Nothing that LibreOffice made is believed before this. What makes a pack false stops it (a lost word, another font, a
wrong amount); what only keeps it from being signed is a point of the list that does not hold. qpdf tells the
structure (pages, fonts, outline, fields), pdfium the text as a reader sees it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low

import pikepdf

from docgen import formats
from docgen.diagnostics import ConversionFailed, Diagnostic, Place
from docgen.packs import actions, fonts, frame, seen, tables, words
from docgen.packs.places import Shown
from docgen.packs.receipts import Point, Receipt
from docgen.pdf.assemble import Bound
from docgen.pdf.pdftext import squeezed
from docgen.pdf.signatures import Signataire
from docgen.word import references
from docgen.word.area import NOWHERE, Layout
from docgen.word.codes import BROKEN
from docgen.word.expressions import TAG_MARKS
from docgen.word.passages import Passage, words_of
from docgen.word.render import Filled

MAX_BYTES, MAX_PAGES = 50_000_000, 150
"""What Yousign takes, the least of the platforms (developers.yousign.com, limits)."""
DOTTED = re.compile(r"[…_]{5,}|\.{8,}(?!\.|\s*\d+\s*$)", re.M)
"""Room to write; not the dots that lead to a page number in a table of contents."""
WRONG_AMOUNT = "Vérifiez les lignes de la grille dans le modèle, et que rien n'y est tapé à la main."
PAGES_SLACK = 1
"""A long name may push the last lines of a piece to one more page."""


@dataclass(frozen=True)
class Expected:
    """What one piece of a document must show."""

    titre: str
    pages: int
    passages: Sequence[Passage]
    """The paragraphs of the filled document."""
    printed: Sequence[str]
    """The values that were put in it."""
    champs: Sequence[str] = ()
    """The fields to fill or to sign; a name twice when a field shows in two places."""
    amounts: Callable[[str], Iterable[str]] | None = None
    """Of the text of its pages, what is wrong with its amounts; None when it prints none."""
    around: Iterable[str] = ()
    """The words of its headers and footers."""
    listed: Sequence[str] = ()
    """What its tables of contents list."""
    layout: Layout = NOWHERE
    """Where its pages may hold text."""
    outside: Callable[[], Iterable[str]] = tuple
    """What measures the text that passes a margin; asked when some stands beyond one."""


def expected(titre: str, pages: int, filled: Filled, champs: Sequence[str]) -> Expected:
    """Return what a piece must show that was made of a filled document, as so many pages."""
    means = filled.meaning
    around = [*means.around, *(word for title in means.listed for word in words_of(title))]
    return Expected(titre, pages, means.passages, filled.printed, champs, None, around, means.listed, means.layout)


def unsigned(titre: str, filled: Filled, said: str) -> Diagnostic:
    """Return the problem of a piece whose place to sign is gone: it stood near what ends the document."""
    last = next((p for p in reversed(filled.meaning.passages) if p.quotable), None)
    within = f"« {last.article} »" if last and last.article else "fin du document"
    place = Place(titre, within=within, extract=last.quotable[:60] if last else titre, page=1)
    return Diagnostic(place, "signet-absent", said, "Sortez la place de la signature de la condition, dans le modèle.")


@dataclass(frozen=True)
class Finished:
    """All that has to stand in a finished document."""

    pieces: Sequence[Expected]
    fonts: Iterable[str]
    """The families that may be used."""
    titre: str
    projet: bool
    manque: Sequence[str] = ()
    """What keeps the document from being enforceable."""
    blancs: Sequence[str] = ()
    """What the record lacks."""
    people: Mapping[str, Signataire] = field(default_factory=dict)
    """Who signs, by role; nobody signs a notice."""

    @property
    def asked(self) -> Counter[str]:
        """How often each field is to show; nobody signs a PROJET."""
        names = (name for piece in self.pieces for name in piece.champs)
        return Counter(name for name in names if not (self.projet and name.startswith("sig_")))


def check(bound: Bound, wanted: Finished) -> tuple[Point, ...]:
    """Return the list of a document, point by point.

    Raises `ConversionFailed` with all that makes it false, each with its place: it is then not to be published.
    """
    with frame.opened(bound.data, wanted.titre) as pdf:
        owners = [piece for piece in wanted.pieces for _ in range(piece.pages)]
        read = seen.pages(bound.data, pdf, [piece.layout for piece in owners])
        beyond = dict.fromkeys(id(piece) for piece, page in zip(owners, read, strict=False) if not page.clear)
        pages, lost = _without_anchors([page.text for page in read], bound.ancres, wanted.titre)
        shown = list(_by_piece(pages, wanted.pieces))
        problems = [*lost, *frame.faults(pdf, wanted.titre, wanted.projet, shown)]
        problems += frame.wrong_fields(pdf, bound.champs, wanted.asked, shown)
        problems += fonts.faults(bound.data, pdf, wanted.fonts, shown)
        problems += fonts.boxes(pdf, shown)
        problems += actions.faults(bound.data, pdf, shown)
        widgets = _written_in(pdf)
    for piece, own in zip(wanted.pieces, shown, strict=True):
        problems += [*words.lost(own), *words.missing_values(own, piece.printed), *tables.faults(own, piece.listed)]
        problems += _wrong_amounts(own, piece)
        problems += _left(own)
    if (total := sum(piece.pages for piece in wanted.pieces)) != len(pages):
        problems.append(frame.whole(wanted.titre, f"le document a {len(pages)} pages au lieu de {total}"))
    if problems:
        raise ConversionFailed(*problems)
    outside = [f"{piece.titre}, {line}" for piece in wanted.pieces if id(piece) in beyond for line in piece.outside()]
    return tuple(_points(widgets, outside, bound, wanted, shown))


def _wrong_amounts(own: Shown, piece: Expected) -> Iterator[Diagnostic]:
    for said in piece.amounts(own.text) if piece.amounts else ():
        label = re.search("« (.*?) »", said)
        yield own.problem("montant-faux", said, WRONG_AMOUNT, words=label[1] if label else "")


def _left(own: Shown) -> Iterator[Diagnostic]:
    """Yield what is left of a field that nobody filled, and the errors that Word and LibreOffice print."""
    for number, text in enumerate(own.pages, 1):
        if mark := TAG_MARKS.search(text):
            around = " ".join(text[max(0, mark.start() - 20) : mark.end() + 40].split())
            said = f"un champ n'a pas été rempli : « {mark.group()} » est imprimé"
            yield own.problem("champ-imprime", said, "Corrigez ce champ dans le modèle.", words=around, page=number)
        if broken := BROKEN.search(text):
            said = f"« {broken.group()} » est imprimé à la place d'un renvoi"
            yield own.problem("renvoi-perdu", said, references.AGAIN, words=broken.group(), page=number)


def _points(
    widgets: int, outside: Sequence[str], bound: Bound, wanted: Finished, shown: Sequence[Shown]
) -> Iterator[Point]:
    pages = [text for piece in shown for text in piece.pages]
    values = sum(len(set(piece.printed)) for piece in wanted.pieces)
    blanks = list(wanted.blancs)
    if unmarked := _unmarked_dots(widgets, pages):
        blanks.append(formats.plural(unmarked, "ligne de points sans champ", "lignes de points sans champ"))
    yield _point("blancs", blanks, "rien que le lieu, la date et la signature", ", ")
    yield _point("valeurs", (), f"{formats.plural(values, 'valeur')} de la fiche, chacune sur sa page")
    if any(piece.amounts for piece in wanted.pieces):
        yield _point("montants", (), "recalculés d'après les pages, conformes au vote")
    yield _point("délibérations", wanted.manque, "exécutoires")
    yield _point("marges", outside, "tout le texte tient entre elles")
    besides = [
        f"{piece.titre}, {line}"
        for piece, own in zip(wanted.pieces, shown, strict=True)
        for line in words.foreign(own, [*piece.around, *(["projet"] if wanted.projet else [])])
    ]
    yield _point("mots", besides, "tous du modèle ou de la fiche, aucun de plus")
    yield _point("polices", (), "incorporées, aucune n'est remplacée")
    if wanted.people and not wanted.projet:
        whole = formats.plural(len(bound.signatures), "bloc entier sur sa page", "blocs entiers sur leur page")
        yield _point("signatures", list(_apart(bound, wanted, pages)), whole)
    yield _point("champs", (), f"{formats.plural(len(bound.champs), 'champ')}, chacun une fois")
    size = len(bound.data)
    said = f"{formats.plural(len(pages), 'page')}, {formats.number(-(-size // 1000))}\u00a0ko"
    big = size > MAX_BYTES or len(pages) > MAX_PAGES
    yield _point("taille", [f"{said} : une plateforme de signature peut le refuser"] if big else (), said)


def _point(name: str, faults: Sequence[str], holds: str, joint: str = " ; ") -> Point:
    """Return a point of the list: what keeps it from holding, or what was found."""
    return Point(point=name, tient=not faults, detail=joint.join(faults) or holds)


def compared(receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    """Return the receipts by member, each with one more point: whether its pieces are as long as those of the others.

    A piece may be `PAGES_SLACK` away from the middle of what it has for all members.
    """
    known = list(receipts)
    lengths: dict[str, list[int]] = {}
    for receipt in known:
        for name, piece in receipt.pieces.items():
            lengths.setdefault(name, []).append(piece.pages)
    usual = {name: median_low(found) for name, found in lengths.items()}
    return {receipt.membre: _with_lengths(receipt, usual) for receipt in known}


def _with_lengths(receipt: Receipt, usual: Mapping[str, int]) -> Receipt:
    odd = [
        f"{name} : {formats.plural(piece.pages, 'page')} au lieu de {usual[name]} chez les autres membres"
        for name, piece in receipt.pieces.items()
        if abs(piece.pages - usual[name]) > PAGES_SLACK
    ]
    point = _point("pages", odd, "autant que chez les autres membres, à une près")
    others = (known for known in receipt.controle if known.point != point.point)
    return receipt.model_copy(update={"controle": (*others, point)})


def _by_piece(pages: Sequence[str], pieces: Sequence[Expected]) -> Iterator[Shown]:
    start = 0
    for piece in pieces:
        yield Shown(piece.titre, pages[start : start + piece.pages], piece.passages, start)
        start += piece.pages


def _without_anchors(pages: Sequence[str], anchors: Sequence[str], titre: str) -> tuple[list[str], list[Diagnostic]]:
    """Return the texts without the anchors, taken out once each, and what is wrong with those that are missing."""
    kept, lost = list(pages), []
    for anchor in anchors:
        at = next((n for n, text in enumerate(kept) if anchor in text), None)
        if at is None:
            said = f"l'ancre « {anchor} » de la plateforme de signature n'est pas sur la page"
            lost.append(frame.whole(titre, said))
        else:
            kept[at] = kept[at].replace(anchor, "", 1)
    return kept, lost


def _apart(bound: Bound, wanted: Finished, pages: Sequence[str]) -> Iterator[str]:
    """Yield the signature blocks cut by the end of a page: the name of who signs is on another one."""
    if not bound.signatures:
        yield "aucun champ de signature"
    for place in bound.signatures:
        person = wanted.people.get(place.role)
        if person and person.nom and squeezed(person.nom.replace("'", "’")) not in squeezed(pages[place.page - 1]):
            yield f"page {place.page} : la place de la signature ({place.role}) y est sans le nom du signataire"


def _written_in(pdf: pikepdf.Pdf) -> int:
    """Return in how many places of the pages one types."""
    found = 0
    for page in pdf.pages:
        for annotation in page.get("/Annots", ()):
            kind = annotation.get("/FT") or annotation.get("/Parent", pikepdf.Dictionary()).get("/FT")
            found += annotation.get("/Subtype") == "/Widget" and kind == "/Tx"
    return found


def _unmarked_dots(widgets: int, pages: Sequence[str]) -> int:
    """Return how many rows of dots have no field over them: the record or the template left a blank untold."""
    return max(0, sum(len(DOTTED.findall(text)) for text in pages) - widgets)
