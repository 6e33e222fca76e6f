"""The fields of a piece: an empty signature field where one signs, a text field over each row of dots.

They are found again in the PDF by the bookmarks of the Word document, that LibreOffice exports as destinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from docgen.diagnostics import ConversionFailed
from docgen.pdf import structure
from docgen.pdf.pdftext import DOTS, Box, Page
from docgen.pdf.structure import Annotation, Content, Node
from docgen.word.meaning import ROLES, Mark, Meaning

FONT = "/Champ 0 Tf 0 g"
"""The default appearance: the font that `assemble` puts in the form, its size chosen by the viewer to fit."""
PRINTED = 4
"""The flag of an annotation that is printed."""
SIZED = "dans une cellule dont la largeur et la hauteur sont fixées"
MOVE = "Dans Word, remettez le signet (Insertion > Signet) devant ses points, ou seul dans sa cellule à signer."
ROOM = "Dans Word, laissez à cet endroit la place d'écrire : une cellule plus grande, ou des points plus loin du texte."
TOLD = 3
"""Problems of one piece: a bookmark in a loop has as many as its rows squared."""
ROW_INSET = 6
"""Points, above and below: a signature does not touch the lines of its cell."""
DESCENT = 3
"""Points under the line of writing."""


@dataclass(frozen=True)
class Place:
    """A field of a piece, where it stands, and what it is read after."""

    name: str
    mark: Mark
    page: int
    """From 0."""
    box: Box
    owner: Node
    content: Content | None
    """What the page shows there, in the owner; None in an empty cell."""


def add(pdf: Pdf, top: Node, shown: Sequence[Page], meaning: Meaning, piece: str) -> None:
    """Add the fields of the marks of a document to the piece and to its tree.

    Raises `ConversionFailed` when one has no place, or would cover a text or another field.
    """
    found = list(_places(pdf, top, shown, meaning, piece))
    if problems := [
        meaning.problem(piece, place.mark, place.page + 1, "champ-mal-place", said, ROOM)
        for place, said in _collisions(found, shown)
    ]:
        raise ConversionFailed(*problems[:TOLD])
    before: dict[Content | None, Content | Node | None] = {}
    """Of each content that fields are read after, the last one so far."""
    by_name: dict[str, list[Place]] = {}
    for place in found:
        by_name.setdefault(place.name, []).append(place)
    made = Array()
    for places in by_name.values():
        field = _field(pdf, places[0])
        made.append(field)
        widgets = [_widget(pdf, place, field, alone=len(places) == 1) for place in places]
        if len(widgets) > 1:
            field.Kids = Array(widgets)
        for place, widget in zip(places, widgets, strict=True):
            put_on_page(pdf, place.page, widget)
            node = structure.new(pdf, "Form", Annotation(place.page, widget), Alt=String(_tooltip(place.mark)))
            place.owner.insert(node, before.get(place.content, place.content))
            if place.content:
                before[place.content] = node
    if len(made):
        pdf.Root.AcroForm = Dictionary(Fields=made)


def field_name(mark: Mark, piece: str) -> str:
    """Return the name of the field of a mark: that of its bookmark and the piece, since a pack has several pieces."""
    return f"{mark.field}_{piece.replace('-', '_')}"


def _places(pdf: Pdf, top: Node, shown: Sequence[Page], meaning: Meaning, piece: str) -> Iterator[Place]:
    destinations = _destinations(pdf)
    owners = {kid: node for node in top.walk() for kid in node.kids if isinstance(kid, Content)}
    for mark in meaning.marks:
        if mark.bookmark not in destinations:
            said = f"« {mark.named} » n'est pas dans le PDF, ou y est deux fois"
            raise ConversionFailed(meaning.problem(piece, mark, 0, "champ-mal-place", said, MOVE))
        page, left, above = destinations[mark.bookmark]
        mcid = shown[page].content_at(left, above)
        content = None if mcid is None else Content(page, mcid)
        owner = owners[content] if content else _empty_cell(top, mark)
        if owner is None:
            said = f"« {mark.named} » n'a pas de place dans l'ordre de lecture"
            raise ConversionFailed(meaning.problem(piece, mark, page + 1, "champ-mal-place", said, MOVE))
        box = _box(mark, shown[page], left, above)
        if box is None:
            lacks = SIZED if mark.signs else "devant des points de suite"
            said = f"« {mark.named} » n'est pas {lacks}"
            raise ConversionFailed(meaning.problem(piece, mark, page + 1, "champ-mal-place", said, MOVE))
        yield Place(field_name(mark, piece), mark, page, box, owner, content)


def _box(mark: Mark, page: Page, left: float, top: float) -> Box | None:
    """Return the rectangle of a field whose bookmark is there; None when nothing there gives its size."""
    if mark.signs and mark.width and mark.height:
        return Box(left, top - mark.height + ROW_INSET, left + mark.width, top)
    if not mark.signs and (dots := page.dots_at(left, top, mark.dots)):
        narrow = Box(dots.left, dots.bottom - DESCENT, dots.right, top)
        wide = replace(narrow, right=max(narrow.right, dots.left + mark.width))
        return narrow if DOTS.sub("", page.texts_in(wide)) or wide.right > page.size[0] else wide
    return None


def _empty_cell(top: Node, mark: Mark) -> Node | None:
    """Return the paragraph of the cell to sign in, that shows nothing: counted in Word, found again in the tree."""
    if mark.cell is None:
        return None
    table, row, cell = mark.cell
    try:
        found = [list(structure.rows(node)) for node in structure.with_role(top, ["Table"])][table][row]
        owner = [kid for kid in found.kids if isinstance(kid, Node)][cell]
    except IndexError:
        return None
    return None if any(owner.contents()) else next((k for k in owner.kids if isinstance(k, Node)), owner)


def _destinations(pdf: Pdf) -> dict[str, tuple[int, float, float]]:
    """Return where each bookmark is: page, from the left, from the bottom. LibreOffice writes « _ » as « 5F »."""
    pages = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    found = {}
    for key, target in (pdf.Root.get("/Dests") or {}).items():
        spot = target if isinstance(target, Array) else target.D
        found[key[1:].replace("5F", "_")] = (pages[spot[0].objgen], float(spot[2]), float(spot[3]))
    return found


def _collisions(places: Sequence[Place], shown: Sequence[Page]) -> Iterator[tuple[Place, str]]:
    """Yield the fields that would cover something. What they cover is not quoted: it may be personal data."""
    for place in places:
        box, (width, height) = place.box, shown[place.page].size
        if DOTS.sub("", shown[place.page].texts_in(box)):
            yield place, f"« {place.mark.named} » recouvrirait un texte"
        if box.bottom < 0 or box.left < 0 or box.right > width or box.top > height:
            yield place, f"« {place.mark.named} » sort de la page"
    for one, other in combinations(places, 2):
        if one.page == other.page and one.box.covers(other.box):
            yield one, f"« {one.mark.named} » et « {other.mark.named} » se recouvrent"


def _tooltip(mark: Mark) -> str:
    return f"Signature {ROLES[mark.signs]}" if mark.signs else mark.tooltip


def _field(pdf: Pdf, place: Place) -> Object:
    field = pdf.make_indirect(
        Dictionary(T=String(place.name), TU=String(_tooltip(place.mark)), FT=Name.Sig if place.mark.signs else Name.Tx)
    )
    if not place.mark.signs:
        field.DA = String(FONT)
    return field


def _widget(pdf: Pdf, place: Place, field: Object, alone: bool) -> Object:
    """Return what shows the field on its page: the field itself, unless it stands in several places."""
    box = place.box
    look = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, Resources=Dictionary())
    look.BBox = Array([0, 0, round(box.right - box.left, 2), round(box.top - box.bottom, 2)])
    widget = field if alone else pdf.make_indirect(Dictionary(Parent=field))
    widget.Type, widget.Subtype, widget.F = Name.Annot, Name.Widget, PRINTED
    widget.Rect = Array([round(edge, 2) for edge in (box.left, box.bottom, box.right, box.top)])
    widget.AP = Dictionary(N=look)
    if not place.mark.signs:
        widget.MK = Dictionary(BG=Array([1, 1, 1]))  # once filled, the dots do not show through
        widget.DA = String(FONT)
    return widget


def put_on_page(pdf: Pdf, page: int, annotation: Object) -> None:
    """Show a field or a link on its page (from 0), visited in the order of the tree (PDF/UA-1, 7.18.3)."""
    found = pdf.pages[page].obj
    annotation.P = found
    if "/Annots" not in found:
        found.Annots = Array()
    found.Annots.append(annotation)
    found.Tabs = Name.S
