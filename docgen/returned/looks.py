"""What an annotation or a field draws by itself: its words, whether they are seen, what else it shows.

The text of a page does not hold it, and what a field shows need not be its value.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
import pypdfium2
from pypdfium2 import raw

from docgen.pdf.pdftext import page_text
from docgen.returned.untrusted import MAX_DEPTH, clean

NEVER_DRAWN = 2
"""The flag of an annotation that is hidden."""
INK = 128
"""Grey levels darker than the paper, for a value to be read; a rubber stamp may be paler."""
PALE = 16
SIZE_MAX = 2000
"""Points: what is larger than any page is not drawn."""


@dataclass(frozen=True)
class Look:
    """What is drawn in a rectangle."""

    words: str = ""
    inked: bool = False
    """Whether anything at all is seen, on white paper."""
    legible: bool = False
    """Whether something is dark enough to be read, and all is not one dark patch."""
    drawn: bool = False
    """Whether a picture, a curve or letters without ink are there besides text: words may be drawn over others."""


NOTHING = Look()


def of(annotation: Any) -> Look:
    """Return what an annotation draws as it stands, hidden or not."""
    streams = list(_drawn(annotation))
    found = [_look(stream) for stream in streams]
    if len(found) == 1:
        return found[0]
    return Look(
        " ".join(look.words for look in found if look.words),
        any(look.inked for look in found),
        any(look.legible for look in found),
        any(look.drawn for look in found),
    )


def hidden(annotation: Any) -> bool:
    """Tell whether a viewer does not show it, or a printer does not print it."""
    flags = int(annotation.get("/F", 0))
    return bool(flags & (NEVER_DRAWN | 1 | 32)) or not flags & 4


def _drawn(annotation: Any) -> Iterator[Any]:
    """Yield what it draws as it stands; of a box to tick, in the state that it has."""
    look = annotation.get("/AP")
    normal = look.get("/N") if isinstance(look, pikepdf.Dictionary) else None
    if isinstance(normal, pikepdf.Stream):
        yield normal
    elif isinstance(normal, pikepdf.Dictionary):
        state = normal.get(str(annotation.get("/AS", "/Off")))
        if isinstance(state, pikepdf.Stream):
            yield state


def _look(stream: pikepdf.Stream) -> Look:
    """Draw a form alone on a white page of its size."""
    box = [float(edge) for edge in stream.get("/BBox", (0, 0, 0, 0))]
    left, bottom, right, top = min(box[0::2]), min(box[1::2]), max(box[0::2]), max(box[1::2])
    if not (0 < right - left < SIZE_MAX and 0 < top - bottom < SIZE_MAX):
        return NOTHING
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(right - left, top - bottom)).obj
        page.MediaBox = pikepdf.Array([left, bottom, right, top])
        form = pdf.copy_foreign(stream)
        if "/Matrix" in form:
            del form["/Matrix"]
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Look=form))
        page.Contents = pdf.make_stream(b"/Look Do")
        buffer = io.BytesIO()
        pdf.save(buffer)
    with pypdfium2.PdfDocument(buffer.getvalue()) as document:
        return _seen(document[0])


def _seen(page: pypdfium2.PdfPage) -> Look:
    width, height = page.get_size()
    image = page.render(scale=min(2.0, (1e6 / (width * height)) ** 0.5), grayscale=True).to_pil()
    grey = image.histogram()
    dots = max(1, image.width * image.height)
    dark = sum(grey[: 256 - INK])
    return Look(
        clean(page_text(page), 10_000),
        sum(grey[: 256 - PALE]) > 1,
        1 < dark < 0.6 * dots,
        any(_besides_text(thing) for thing in page.get_objects(max_depth=15)),
    )


def _besides_text(thing: Any) -> bool:
    if thing.type == raw.FPDF_PAGEOBJ_TEXT:
        mode = raw.FPDFTextObj_GetTextRenderMode(thing)
        return bool(mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE or mode >= raw.FPDF_TEXTRENDERMODE_FILL_CLIP)
    if thing.type == raw.FPDF_PAGEOBJ_PATH:
        return bool(raw.FPDFPath_CountSegments(thing) > 5)
    return bool(thing.type in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING))


def strange_fonts(annotation: Any, known: Container[bytes], prints: Any) -> bool:
    """Tell whether it writes in a font that may show other letters than those that are read.

    `known` are the fingerprints of the fonts of the original; any other is trusted only when it is one of the viewer's
    own, with no table of its own that says what its letters read.
    """
    return any(
        prints.of(font) not in known and ("/ToUnicode" in font or font.get("/Subtype") in ("/Type0", "/Type3")
                                          or _swaps(font) or "/FontFile" in _keys(font))
        for stream in _drawn(annotation)
        for font in fonts_of(stream)
    )  # fmt: skip


def fonts_in(annotation: Any) -> Iterator[Any]:
    """Yield the fonts that an annotation writes in."""
    for stream in _drawn(annotation):
        yield from fonts_of(stream)


def embedded(font: Any) -> bool:
    """Tell whether the letters of a font are in the file, as an archive wants them."""
    inner = font.get("/DescendantFonts")
    one = inner[0] if isinstance(inner, pikepdf.Array) and len(inner) else font
    return font.get("/Subtype") == "/Type3" or "/FontFile" in _keys(one)


def _swaps(font: Any) -> bool:
    encoding = font.get("/Encoding")
    names: list[Any] = []
    if isinstance(encoding, pikepdf.Dictionary):
        names = list(encoding.get("/Differences", pikepdf.Array()).as_list())
    code = 0
    for item in names:
        if not isinstance(item, pikepdf.Name):
            code = int(item)
            continue
        if ord("0") <= code <= ord("9") and str(item) != f"/{DIGITS[code - ord('0')]}":
            return True
        code += 1
    return False


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _keys(font: Any) -> str:
    descriptor = font.get("/FontDescriptor")
    return " ".join(descriptor.keys()) if isinstance(descriptor, pikepdf.Dictionary) else ""


def fonts_of(thing: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the fonts that a form, or the resources of a document's form, may write in."""
    resources = thing.get("/Resources", thing) if isinstance(thing, pikepdf.Stream) else thing
    if depth > MAX_DEPTH or not isinstance(resources, pikepdf.Dictionary):
        return
    fonts = resources.get("/Font")
    if isinstance(fonts, pikepdf.Dictionary):
        yield from (font for font in fonts.values() if isinstance(font, pikepdf.Dictionary))
    forms = resources.get("/XObject")
    if isinstance(forms, pikepdf.Dictionary):
        for form in forms.values():
            if isinstance(form, pikepdf.Stream) and form.get("/Subtype") == "/Form":
                yield from fonts_of(form, depth + 1)
