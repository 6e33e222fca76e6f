"""What one version of a PDF shows: its texts, its drawings, its annotations, its fields."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2
from pypdfium2 import raw

from docgen.pdf.pdftext import page_text
from docgen.returned import looks, untrusted
from docgen.returned.looks import Look
from docgen.returned.untrusted import MAX_DEPTH, MAX_OBJECTS, Unreadable

LOOKS = ("/AP", "/AS", "/AA", "/A", "/Border", "/BS", "/C", "/Dest", "/F", "/IC", "/MK", "/OC", "/Open", "/QuadPoints")
"""What makes the look of an annotation, or where it leads."""
MAX_TREE = 200
"""How deep the structure of a document may be."""
Place = tuple[int, tuple[int, ...]]
"""Of a widget, the page (from 1) and the rectangle, in points."""


@dataclass(frozen=True)
class Field:
    """A field of the form."""

    kind: str
    value: str
    places: tuple[Place, ...]
    node: Any = field(default=None, compare=False, repr=False)
    """Its dictionary."""
    widgets: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """The dictionaries of what shows it, in the order of `places`."""


@dataclass
class View:
    """What one version of the file shows."""

    data: bytes
    pdf: pikepdf.Pdf
    document: pypdfium2.PdfDocument
    texts: list[str]
    prints: list[bytes]
    """Of each page, equal when its contents are."""
    annotations: list[Counter[tuple[str, ...]]]
    """Of each page, all but its fields."""
    notes: list[list[tuple[tuple[str, ...], Any]]]
    """Of each page, what is said of each of them, and its dictionary."""
    looks: dict[tuple[str, ...], Look]
    """What each of these annotations draws."""
    fields: dict[str, Field] = field(default_factory=dict)
    objects: Prints = field(default_factory=lambda: Prints())
    """Fingerprints of its objects, that stop at pages."""


@contextmanager
def view(data: bytes) -> Iterator[View]:
    """Open one version of a PDF. Raises `Unreadable` when it is not whole and harmless."""
    untrusted.bounded(data)
    try:
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise Unreadable("le PDF est protégé par un mot de passe") from None
    except pikepdf.PdfError as error:
        why = "la table de ses objets est abîmée ; redemandez-le à qui l'a envoyé"
        raise Unreadable(f"le PDF n'est pas lisible : {why}") from error
    with pdf:
        untrusted.harmless(pdf)
        untrusted.drawable(pdf)
        with pypdfium2.PdfDocument(data) as document:
            if len(pdf.pages) != len(document):
                raise Unreadable("le PDF est piégé : selon le logiciel, il n'a pas le même nombre de pages")
            stops = {page.obj.objgen: b"page %d" % number for number, page in enumerate(pdf.pages)}
            prints, objects = Prints(), Prints(stops, MAX_TREE)
            fields, widgets = fields_of(pdf)
            shown = [list(_notes(page, widgets, prints)) for page in pdf.pages]
            yield View(
                data,
                pdf,
                document,
                [page_text(page) for page in document],
                [prints.of_page(pdf, page) for page in pdf.pages],
                [Counter(said for said, _ in notes) for notes in shown],
                shown,
                {said: looks.of(note) for notes in shown for said, note in notes},
                fields,
                objects,
            )


class Prints:
    """Fingerprints: equal when objects are, whatever their numbers and their compression."""

    ASIDE = frozenset(
        [
            "/Parent",
            "/P",
            "/Length",
            "/Filter",
            "/DecodeParms",
            "/ProcSet",
            "/StructParent",
            "/StructParents",
            "/Metadata",
            "/PieceInfo",
            "/LastModified",
            "/Name",
        ]
    )

    def __init__(self, stops: Mapping[tuple[int, int], bytes] | None = None, depth: int = MAX_DEPTH) -> None:
        """`stops` are objects that are not looked into, each with what stands for it; `depth` bounds what is nested."""
        self.known: dict[tuple[int, int], bytes] = dict(stops or {})
        self.depth = depth

    def of_page(self, pdf: pikepdf.Pdf, page: pikepdf.Page) -> bytes:
        """Return the fingerprint of all that draws a page, fields and annotations aside."""
        size = untrusted.inherited(page, "/MediaBox")
        seen = [size, untrusted.inherited(page, "/CropBox") or size, untrusted.inherited(page, "/Rotate") or 0]
        seen += [page.obj.get("/UserUnit", 1), untrusted.inherited(page, "/Resources"), pdf.Root.get("/OCProperties")]
        return hashlib.sha256(untrusted.contents(page) + b"".join(map(self.of, seen))).digest()

    def of(self, thing: Any, depth: int = 0) -> bytes:
        """Return the fingerprint of anything."""
        if depth > self.depth:
            raise Unreadable("le PDF est piégé : ses objets s'emboîtent sans fin")
        if not isinstance(thing, pikepdf.Object) or not thing.is_indirect:
            return self._made(thing, depth)
        if thing.objgen not in self.known:
            self.known[thing.objgen] = b"itself"
            self.known[thing.objgen] = self._made(thing, depth)
        return self.known[thing.objgen]

    def _made(self, thing: Any, depth: int) -> bytes:
        made = hashlib.sha256()
        if isinstance(thing, pikepdf.Array):
            made.update(b"[" + b"".join(self.of(item, depth + 1) for item in thing.as_list()))
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            for key in sorted(set(thing.keys()) - self.ASIDE):
                made.update(key.encode() + self.of(thing[key], depth + 1))
            if isinstance(thing, pikepdf.Stream):
                made.update(_bytes(thing))
        elif isinstance(thing, pikepdf.String):
            made.update(b"(" + bytes(thing))
        elif isinstance(thing, bool) or thing is None or isinstance(thing, pikepdf.Object):
            made.update(str(thing).encode())
        else:
            made.update(f"{float(thing):.3f}".encode())  # pdfium writes 595.304 for 595.30396
        return made.digest()


def _bytes(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:  # an image, that stays as it is compressed
        return stream.read_raw_bytes()


def is_scan(page: pypdfium2.PdfPage) -> bool:
    """Tell whether images cover the page, and all its text, if any, is invisible: an OCR's."""
    covered = 0.0
    for thing in page.get_objects(max_depth=3):
        if thing.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            covered += (right - left) * (top - bottom)
        elif thing.type == raw.FPDF_PAGEOBJ_TEXT:
            if raw.FPDFTextObj_GetTextRenderMode(thing) != raw.FPDF_TEXTRENDERMODE_INVISIBLE:
                return False
        elif thing.type == raw.FPDF_PAGEOBJ_SHADING:
            return False
    width, height = page.get_size()
    return bool(covered > 0.8 * width * height)


def _notes(
    page: pikepdf.Page, widgets: set[tuple[int, int]], prints: Prints
) -> Iterator[tuple[tuple[str, ...], pikepdf.Object]]:
    """Yield what each annotation is and shows; a widget that is no field of the form is an annotation as another."""
    for note in page.obj.get("/Annots", pikepdf.Array()).as_list():
        if not isinstance(note, pikepdf.Dictionary):
            continue
        kind = str(note.get("/Subtype", ""))
        if kind == "/Widget" and note.objgen in widgets:
            continue
        action = note.get("/A")
        target = str(action.get("/URI", "")) if isinstance(action, pikepdf.Dictionary) else ""
        kind_of_action = str(action.get("/S", "")) if isinstance(action, pikepdf.Dictionary) else ""
        shown = prints.of(pikepdf.Array([note.get(key) for key in LOOKS])).hex()
        said = kind.lstrip("/"), str(_box(note)), str(note.get("/Contents", "")), kind_of_action + target, shown
        yield said, note


def _box(annotation: Any) -> tuple[int, ...]:
    x, y, z, t = (round(float(v)) for v in annotation.get("/Rect", (0, 0, 0, 0)))
    return min(x, z), min(y, t), max(x, z), max(y, t)


def fields_of(pdf: pikepdf.Pdf) -> tuple[dict[str, Field], set[tuple[int, int]]]:
    """Return the fields of the form, and the numbers of their widgets."""
    places: dict[tuple[int, int], Place] = {}
    for number, page in enumerate(pdf.pages, 1):
        for note in page.obj.get("/Annots", pikepdf.Array()).as_list():
            if note.is_indirect and note.get("/Subtype") == "/Widget":
                places[note.objgen] = number, _box(note)
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    waiting: list[tuple[Any, str, str, Any]]
    waiting = [(node, "", "", None) for node in reversed(form.get("/Fields", pikepdf.Array()).as_list())]
    found: dict[str, Field] = {}
    widgets: set[tuple[int, int]] = set()
    for _ in range(MAX_OBJECTS):
        if not waiting:
            return found, widgets
        node, above, kind, value = waiting.pop()
        name = ".".join(filter(None, (above, str(node.get("/T", "")))))
        kind, value = str(node.get("/FT", kind)), node.get("/V", value)
        kids = node.get("/Kids", pikepdf.Array()).as_list()
        waiting += [(kid, name, kind, value) for kid in reversed(kids) if "/T" in kid]
        if len(named := [kid for kid in kids if "/T" not in kid]) or not kids:
            mine = [w.objgen for w in (named or [node]) if w.objgen in places]
            widgets |= set(mine)
            shown = {w.objgen: w for w in (named or [node]) if w.objgen in places}
            order = sorted(mine, key=lambda w: places[w])
            where, drawn = tuple(places[w] for w in order), tuple(shown[w] for w in order)
            found[untrusted.clean(name)] = Field(kind, _value(value), where, node, drawn)
    raise Unreadable("le PDF est piégé : son formulaire est sans fin")


def _value(value: Any) -> str:
    if isinstance(value, pikepdf.Stream):
        value = pikepdf.String(value.read_bytes())
    if isinstance(value, pikepdf.Array):
        return ", ".join(_value(item) for item in value.as_list())
    if isinstance(value, pikepdf.Dictionary):
        return "signature"
    return "" if value is None else untrusted.clean(str(value), 10_000)
