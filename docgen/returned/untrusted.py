"""A PDF from outside: refused unless it is whole, within bounds and harmless.

The sizes are bounded, the seconds are not: who takes files from strangers reads them in a process of its own.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

from docgen.diagnostics import DocgenError

MAX_BYTES = 100 * 1024**2
MAX_DECODED = 1024**3
"""Bytes that all the streams may make once decompressed."""
MAX_PAGES = 300
MAX_OBJECTS = 30_000
MAX_DRAWN = 64 * 1024**2
"""Bytes of drawing of one page, each form counted as often as it may be drawn."""
MAX_DEPTH = 40
"""Of what is nested: forms, fields, dictionaries."""
DANGEROUS = {
    "/JS": "du JavaScript",
    "/JavaScript": "du JavaScript",
    "/Launch": "une action qui lance un programme",
    "/SubmitForm": "une action qui envoie le formulaire",
    "/ImportData": "une action qui importe des données",
    "/GoToE": "un lien vers une pièce jointe",
    "/GoToR": "un lien vers un autre fichier",
    "/EmbeddedFiles": "une pièce jointe",
    "/EF": "une pièce jointe",
    "/RichMedia": "un contenu multimédia",
    "/XFA": "un formulaire XFA",
}
"""Keys of a dictionary, or kinds of action or of annotation, that no signed pack has."""
pikepdf.settings.set_qpdf_limits(flate_max_memory=256 * 1024**2, run_length_max_memory=256 * 1024**2)  # per stream


class Unreadable(DocgenError):
    """The file cannot be judged; a French sentence says why."""

    def __init__(self, why: str) -> None:
        super().__init__(french(why))


def bounded(data: bytes) -> None:
    """Refuse what is not a whole PDF, or would not fit in memory. Streams are tried as zlib, whatever they say."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"le fichier est trop gros : plus de {MAX_BYTES // 1024**2} Mo")
    if not data.startswith(b"%PDF-"):
        raise Unreadable("ce n'est pas un PDF")
    if not is_whole(data):
        raise Unreadable("le PDF est coupé : sa fin manque")
    if re.search(rb"%%EOF\s*%PDF-\d", data):
        raise Unreadable("ce sont deux PDF mis bout à bout : un logiciel montre l'un, un autre logiciel montre l'autre")
    for filters in re.findall(rb"/Filter\s*\[([^\]]{0,400})\]", data):
        if len(re.findall(rb"/(?:Fl|LZW|RL|FlateDecode|LZWDecode|RunLengthDecode)\b", filters)) > 1:
            raise Unreadable("le PDF est piégé : un de ses flux est compressé plusieurs fois")
    if b"/LZWDecode" in data:
        raise Unreadable("le PDF utilise une compression abandonnée (LZW) ; redemandez-le à qui l'a envoyé")
    left = MAX_DECODED
    for start in re.finditer(rb"(?<!end)stream\r?\n(?=[\x08-\x78])", data):
        left -= _inflated(memoryview(data)[start.end() :], left)
        if left <= 0:
            raise Unreadable("le PDF est piégé : décompressé, il est démesuré")


def is_whole(data: bytes) -> bool:
    """Tell whether the file has its end: an earlier version of it, cut off, would read as the whole."""
    return data[-1024:].rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF")


def _inflated(stream: memoryview, limit: int) -> int:
    inflate, total = zlib.decompressobj(), 0
    try:
        for start in range(0, len(stream), 1 << 16):
            piece: bytes | memoryview = stream[start : start + (1 << 16)]
            while piece and total < limit and not inflate.eof:
                total += len(inflate.decompress(piece, 1 << 20))
                piece = inflate.unconsumed_tail
            if inflate.eof or total >= limit:
                break
    except zlib.error:
        pass
    return total


def harmless(pdf: pikepdf.Pdf) -> None:
    """Refuse what is encrypted, has no page or too many, or holds what acts by itself."""
    if pdf.is_encrypted:
        raise Unreadable("le PDF est chiffré : redemandez-le sans protection")
    if not 0 < len(pdf.pages) <= MAX_PAGES:
        raise Unreadable("le PDF n'a pas de page" if not len(pdf.pages) else f"le PDF a plus de {MAX_PAGES} pages")
    if len(pdf.objects) > MAX_OBJECTS:
        raise Unreadable(f"le PDF est démesuré : plus de {MAX_OBJECTS} objets")
    waiting: list[Any] = list(pdf.objects)
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, pikepdf.Array):
            waiting += [v for v in thing.as_list() if isinstance(v, pikepdf.Object) and not v.is_indirect]
        elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            for key, value in thing.items():
                named = str(value) if key in ("/S", "/Subtype") and isinstance(value, pikepdf.Name) else key
                if named in DANGEROUS:
                    raise Unreadable(f"le PDF contient {DANGEROUS[named]}, qu'un document à signer n'a pas")
                if isinstance(value, pikepdf.Object) and not value.is_indirect:
                    waiting.append(value)


def drawable(pdf: pikepdf.Pdf) -> None:
    """Refuse a page whose forms draw forms that draw forms, without end or nearly."""
    known: dict[tuple[int, int], int] = {}

    def weight(drawing: bytes, resources: Any, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise Unreadable("le PDF est piégé : ses dessins s'emboîtent sans fin")
        forms = list(resources.get("/XObject", {}).values()) if isinstance(resources, pikepdf.Dictionary) else []
        heaviest = 0
        for form in forms:
            if isinstance(form, pikepdf.Stream) and form.get("/Subtype") == "/Form":
                if form.objgen not in known:
                    inner = form.get("/Resources", resources)
                    known[form.objgen] = weight(form.read_bytes(), inner, depth + 1)
                heaviest = max(heaviest, known[form.objgen])
        return len(drawing) + drawing.count(b"Do") * heaviest

    for page in pdf.pages:
        drawn = weight(contents(page), inherited(page, "/Resources"), 0)
        for look in _looks(page):
            drawn += weight(look.read_bytes(), look.get("/Resources", {}), 0)
        if drawn > MAX_DRAWN:
            raise Unreadable("le PDF est piégé : une de ses pages est démesurée")


def _looks(page: pikepdf.Page) -> Iterator[pikepdf.Stream]:
    """Yield what the annotations of a page draw, in all their states."""
    for note in page.obj.get("/Annots", pikepdf.Array()).as_list():
        look = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
        states = list(look.values()) if isinstance(look, pikepdf.Dictionary) else []
        states += [s for state in states if isinstance(state, pikepdf.Dictionary) for s in state.values()]
        yield from (state for state in states if isinstance(state, pikepdf.Stream))


def contents(page: pikepdf.Page) -> bytes:
    """Return the drawing instructions of a page."""
    contents = page.obj.get("/Contents", pikepdf.Array())
    parts = contents.as_list() if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(part.read_bytes() for part in parts if isinstance(part, pikepdf.Stream))


def inherited(page: pikepdf.Page, key: str) -> Any:
    """Return what a page has under that key, its own or from the tree of pages."""
    node: Any = page.obj
    for _ in range(MAX_DEPTH):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return None


def clean(text: str, length: int = 200) -> str:
    """Return what a file says of itself without what could disturb a terminal, and cut."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+", " ", text).strip()
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def french(text: str) -> str:
    """Return the text with the no-break spaces of French typography."""
    return re.sub(r" ([:;!?»])", "\u00a0\\1", text).replace("« ", "«\u00a0")
