"""The finished pack against what should stand in it: a list, point by point, before it leaves.

Nothing that LibreOffice made is believed before this. What makes a pack false stops it (a lost word, another font, a
wrong amount); what only keeps it from being signed is a point of the list that does not hold. pypdf tells the
structure (pages, fonts, outline, fields), pdfium the text as a reader sees it.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median_low
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError

from docgen import formats
from docgen.diagnostics import ConversionFailed
from docgen.packs import actions, tables
from docgen.packs.receipts import Point, Receipt
from docgen.pdf.assemble import Bound
from docgen.pdf.pdftext import page_texts, squeezed
from docgen.pdf.signatures import Signataire
from docgen.word.expressions import TAG_MARKS

MAX_BYTES, MAX_PAGES = 50_000_000, 150
"""What Yousign takes, the least of the platforms (developers.yousign.com, limits)."""
DOTTED = re.compile(r"[…_]{5,}|\.{8,}(?!\.|\s*\d+\s*$)", re.M)
"""Room to write; not the dots that lead to a page number in a table of contents."""
PAGES_SLACK = 1
"""A long name may push the last lines of a piece to one more page."""


@dataclass(frozen=True)
class Expected:
    """What one piece of a document must show."""

    titre: str
    pages: int
    words: Sequence[str]
    """All the words of the filled document."""
    printed: Sequence[str]
    """The values that were put in it."""
    champs: Sequence[str] = ()
    """The fields to fill or to sign; a name twice when a field shows in two places."""
    amounts: Callable[[str], Iterable[str]] | None = None
    """Of the text of its pages, what is wrong with its amounts; None when it prints none."""
    listed: Sequence[str] = ()
    """What its tables of contents list."""
    outside: Sequence[str] = ()
    """What passes a margin of its pages."""


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


def check(bound: Bound, wanted: Finished) -> tuple[Point, ...]:
    """Return the list of a document, point by point.

    Raises `ConversionFailed` with all that makes it false: it is then not to be published.
    """
    reader = _open(bound.data)
    pages = _without_anchors(page_texts(bound.data), bound.ancres)
    shown = list(_by_piece(pages, wanted.pieces))
    problems = [*_fonts(reader, set(wanted.fonts)), *_frame(reader, wanted), *_fields(reader, bound, wanted)]
    problems += actions.faults(bound.data)
    for piece, own in zip(wanted.pieces, shown, strict=True):
        text = "\n".join(own)
        found = [*_lost_words(text, piece.words), *_missing_values(text, piece.printed)]
        found += tables.faults(own, piece.listed)
        found += piece.amounts(text) if piece.amounts else ()
        problems += [f"{piece.titre} : {problem}" for problem in found]
    if (total := sum(piece.pages for piece in wanted.pieces)) != len(pages):
        problems.append(f"le document a {len(pages)} pages au lieu de {total}")
    if mark := TAG_MARKS.search("\n".join(pages)):
        problems.append(f"un champ n'a pas été rempli : « {mark.group()} » est imprimé")
    if problems:
        raise ConversionFailed(" ; ".join(problems))
    return tuple(_points(reader, bound, wanted, pages))


def _points(reader: PdfReader, bound: Bound, wanted: Finished, pages: Sequence[str]) -> Iterator[Point]:
    values = sum(len(set(piece.printed)) for piece in wanted.pieces)
    blanks = list(wanted.blancs)
    if unmarked := _unmarked_dots(reader, pages):
        blanks.append(formats.plural(unmarked, "ligne de points sans champ", "lignes de points sans champ"))
    yield _point("blancs", blanks, "rien que le lieu, la date et la signature", ", ")
    yield _point("valeurs", (), f"{formats.plural(values, 'valeur')} de la fiche, chacune sur sa page")
    if any(piece.amounts for piece in wanted.pieces):
        yield _point("montants", (), "recalculés d'après les pages, conformes au vote")
    yield _point("délibérations", wanted.manque, "exécutoires")
    outside = [f"{piece.titre}, {line}" for piece in wanted.pieces for line in piece.outside]
    yield _point("marges", outside, "tout le texte tient entre elles")
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


def _by_piece(pages: Sequence[str], pieces: Sequence[Expected]) -> Iterator[Sequence[str]]:
    start = 0
    for piece in pieces:
        yield pages[start : start + piece.pages]
        start += piece.pages


def _without_anchors(pages: Sequence[str], anchors: Sequence[str]) -> list[str]:
    """Return the texts without the anchors, taken out once each; one that is missing stays to be found missing."""
    kept = list(pages)
    for anchor in anchors:
        at = next((n for n, text in enumerate(kept) if anchor in text), None)
        if at is None:
            raise ConversionFailed(f"l'ancre « {anchor} » de la plateforme de signature n'est pas sur la page")
        kept[at] = kept[at].replace(anchor, "", 1)
    return kept


def _frame(reader: PdfReader, wanted: Finished) -> Iterator[str]:
    if list(_chapters(reader)) != [piece.titre for piece in wanted.pieces]:
        yield "le plan du pack n'est pas celui des pièces"
    titre = f"PROJET – {wanted.titre}" if wanted.projet else wanted.titre
    if reader.metadata is None or reader.metadata.title != titre:
        yield "le titre du pack n'est pas le bon"
    resources: list[Any] = [page.get("/Resources", {}) for page in reader.pages]
    stamped = sum("/Projet" in found.get("/XObject", {}) for found in resources)
    if stamped != (len(resources) if wanted.projet else 0):
        yield f"PROJET est sur {stamped} pages de {len(resources)}"
    if "/StructTreeRoot" not in reader.root_object:
        yield "le pack n'est pas balisé"


def _chapters(reader: PdfReader) -> Iterator[str]:
    """Yield the titles of the first rank of the outline."""
    item: Any = reader.root_object.get("/Outlines", {}).get("/First")
    while item is not None:
        yield str(item.get_object()["/Title"])
        item = item.get_object().get("/Next")


def _fields(reader: PdfReader, bound: Bound, wanted: Finished) -> Iterator[str]:
    """Yield the fields that are not shown as often as they should be: lost, doubled, or not asked for."""
    asked = Counter(name for piece in wanted.pieces for name in piece.champs)
    if wanted.projet:  # nobody signs a PROJET
        asked = Counter({name: count for name, count in asked.items() if not name.startswith("sig_")})
    shown: Counter[str] = Counter()
    for page in reader.pages:
        for reference in page.get("/Annots", ()):
            annotation: Any = reference.get_object()
            if annotation.get("/Subtype") == "/Widget":
                shown[str(annotation.get("/T") or annotation["/Parent"]["/T"])] += 1
    if shown != asked:
        wrong = sorted(name for name in asked.keys() | shown.keys() if asked[name] != shown[name])
        yield f"des champs manquent ou sont en double : {', '.join(wrong)}"
    if sorted(bound.champs) != sorted(asked):
        yield "le formulaire n'a pas les champs de ses pages"


def _apart(bound: Bound, wanted: Finished, pages: Sequence[str]) -> Iterator[str]:
    """Yield the signature blocks cut by the end of a page: the name of who signs is on another one."""
    if not bound.signatures:
        yield "aucun champ de signature"
    for place in bound.signatures:
        person = wanted.people.get(place.role)
        if person and person.nom and squeezed(person.nom.replace("'", "’")) not in squeezed(pages[place.page - 1]):
            yield f"page {place.page} : la place de la signature ({place.role}) y est sans le nom du signataire"


def _unmarked_dots(reader: PdfReader, pages: Sequence[str]) -> int:
    """Return how many rows of dots have no field over them: the record or the template left a blank untold."""
    widgets = 0
    for page in reader.pages:
        for reference in page.get("/Annots", ()):
            annotation: Any = reference.get_object()
            kind = annotation.get("/FT") or annotation.get("/Parent", {}).get("/FT")
            widgets += annotation.get("/Subtype") == "/Widget" and kind == "/Tx"
    return max(0, sum(len(DOTTED.findall(text)) for text in pages) - widgets)


def _open(data: bytes) -> PdfReader:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        raise ConversionFailed("ce n'est pas un PDF entier")
    try:
        reader = PdfReader(io.BytesIO(data), strict=True)
        if not len(reader.pages):
            raise ConversionFailed("le PDF n'a pas de page")
    except (PdfReadError, ValueError, KeyError, RecursionError) as error:
        raise ConversionFailed(f"le PDF ne s'ouvre pas ({error})") from None
    return reader


def _lost_words(text: str, words: Iterable[str]) -> list[str]:
    """Return what is wrong when a word of the document is not on its pages as often as it should be."""
    shown = re.findall(r"\w+", text.casefold())
    lost = Counter(words) - Counter(shown)
    if lost:
        # pdfium cuts a word where the font size changes: « 1 er » for 1er. Its halves then stand side by side.
        lost -= Counter(a + b for a, b in pairwise(shown))
    if not lost:
        return []
    return [f"{lost.total()} mots du document ne sont pas dans le PDF, dont « {next(iter(lost))} »"]


def _missing_values(text: str, values: Iterable[str]) -> list[str]:
    """Return what is wrong when a value is not on the pages; it is not quoted: it may be personal data."""
    shown = squeezed(text)
    missing = sum(not _stands(value, shown) for value in set(values))
    return [f"{missing} valeurs de la fiche ne sont pas dans le PDF"] if missing else []


def _stands(value: str, shown: str) -> bool:
    """Tell whether a value is on the pages: in one go, or cut in two where a page may end.

    A line, hence a page, never ends at a no-break space: amounts and identifiers are never cut.
    """
    if squeezed(value) in shown:
        return True
    words = value.split(" ")
    cuts = ((" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words)))
    return any(squeezed(before) in shown and squeezed(after) in shown for before, after in cuts)


def _fonts(reader: PdfReader, families: set[str]) -> list[str]:
    """Return the fonts that are not embedded, or that no template asked for: they replace a missing one."""
    problems = []
    allowed = {re.sub(r"[^a-z]", "", family.casefold()) for family in families}
    for name, embedded in sorted(_used_fonts(reader).items()):
        family = re.sub(r"[^a-z]", "", re.sub(r"^[A-Z]{6}\+", "", name).split("-")[0].split(",")[0].casefold())
        if not embedded:
            problems.append(f"la police {name} n'est pas incorporée")
        if family not in allowed:
            problems.append(f"la police {name} remplace celle du modèle : elle manque, ou un caractère lui manque")
    return problems


def _used_fonts(reader: PdfReader) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for page in reader.pages:
        fonts: Any = page.get("/Resources", {}).get("/Font", {})
        for reference in fonts.get_object().values() if fonts else ():
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", {})
            descriptor = descriptor.get_object() if descriptor else {}
            name = str(font.get("/BaseFont", "?")).lstrip("/")
            found[name] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found
