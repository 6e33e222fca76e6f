"""Whether anything in a finished pack leads or acts where a pack may not: its links are https or mailto, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream

from docgen.diagnostics import Diagnostic
from docgen.packs.places import Shown
from docgen.pdf.pdftext import Box, Page, opened
from docgen.word.meaning import may_lead

UNLINK = "Dans Word : clic droit sur le lien > Supprimer le lien ; le texte reste."
ACTIONS = frozenset((
    "/GoToR", "/GoToE", "/GoToDp", "/Launch", "/Thread", "/URI", "/Sound", "/Movie", "/Hide", "/Named", "/SubmitForm",
    "/ResetForm", "/ImportData", "/JavaScript", "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView",
    "/RichMediaExecute",
))  # fmt: skip
"""All that a PDF may do besides going to one of its pages (ISO 32000-2, table 201)."""

NAMED = re.compile(rb"/S\s*(?:%b)\b" % b"|".join(name.encode() for name in sorted(ACTIONS)))
"""How qpdf, that wrote the pack, writes them."""


def faults(data: bytes, pdf: pikepdf.Pdf, shown: Sequence[Shown]) -> Iterator[Diagnostic]:
    """Yield what a PDF would do besides going to one of its pages, a safe site or an address."""
    if b"/ObjStm" not in data and not NAMED.search(data):
        return  # no object is compressed, and none has the name of an action: nothing to look for in each of them
    with opened(data) as document:
        places = _places(pdf)
        for obj in pdf.objects:
            for action in _actions(obj):
                number, box = places.get(obj.objgen, (1, None))
                words = Page(document[number - 1]).texts_in(box) if box else ""
                piece = next((one for one in reversed(shown) if one.before < number), shown[0])
                leads = str(action.get("/URI") or action.S)[:80]
                said = f"le pack mène à « {leads} »" if box else f"hors de ses pages, le pack mène à « {leads} »"
                yield piece.problem("lien-interdit", said, UNLINK, words=words, page=number - piece.before)


def _places(pdf: pikepdf.Pdf) -> dict[tuple[int, int], tuple[int, Box]]:
    """Return the page (from 1) and the rectangle of each annotation, by its number and by that of its action."""
    found = {}
    for number, page in enumerate(pdf.pages, 1):
        for annotation in page.obj.get("/Annots", ()):
            left, bottom, right, top = (float(edge) for edge in annotation.Rect)
            for obj in (annotation, annotation.get("/A")):
                if obj is not None and obj.is_indirect:
                    found[obj.objgen] = (number, Box(left, bottom, right, top))
    return found


def _actions(thing: Any) -> Iterator[Object]:
    """Yield the forbidden actions of an object and of those written inside it."""
    if isinstance(thing, Dictionary | Stream):
        if str(thing.get("/S")) in ACTIONS and not may_lead(str(thing.get("/URI", ""))):
            yield thing
        inside = list(thing.values())
    else:
        inside = list(thing.as_list()) if isinstance(thing, Array) else []
    for value in inside:
        if isinstance(value, Object) and not value.is_indirect:
            yield from _actions(value)
