"""The pages of two versions of a file as two engines draw them, annotations and fields included.

pdfium is that of Chrome; poppler, where `pdftoppm` is there, that of Linux desktops. A difference is allowed only in
the boxes of our own fields.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

from docgen import scratch
from docgen.returned.version import View

LEVEL = 12
"""Grey levels, of 256: what differs by less is not seen. A digit in a grey of 0.9 differs by 25."""
POINTS = 2
"""Points of the picture, that may differ: more are seen. A hairline of 5 mm has 20."""
DPI = 108
SECONDS = 60
"""That poppler may take for a page."""
LARGEST = 3000
"""Points: what is larger is not drawn by poppler, whose memory is not bounded."""
Spot = tuple[float, float, float, float]
"""Points, from the bottom left corner of the page: left, bottom, right, top."""


def differences(before: View, now: View, became: Mapping[int, int], level: int = LEVEL) -> dict[int, Spot]:
    """Return the pages, from 1, that do not look as the original, each with where; the boxes of its fields are free.

    `became` gives, of each page of the original, which it is now.
    """
    boxes: dict[int, list[Spot]] = {}
    for field in before.fields.values():
        for page, box in field.places:
            boxes.setdefault(page, []).append(tuple(map(float, box)))  # type: ignore[arg-type]
    found: dict[int, Spot] = {}
    for draw in (_by_pdfium, _by_poppler):
        for (old, page), first, second in draw(before, now, became):
            scale = first.width / before.document[old - 1].get_width()
            spot = _differ(first, second, scale, boxes.get(old, ()), level)
            if spot and page not in found:
                found[page] = spot
    return found


Drawn = tuple[tuple[int, int], Image.Image, Image.Image]
"""Which page became which, and how both look."""


def _by_pdfium(before: View, now: View, became: Mapping[int, int]) -> Iterator[Drawn]:
    with pypdfium2.PdfDocument(before.data) as first, pypdfium2.PdfDocument(now.data) as second:
        for document in (first, second):
            document.init_forms()
        for old, page in became.items():
            yield (old, page), _drawn(first[old - 1]), _drawn(second[page - 1])


def _drawn(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    scale = min(DPI / 72, (4e6 / (width * height)) ** 0.5)
    try:
        image: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
        return image
    finally:
        page.close()


def _by_poppler(before: View, now: View, became: Mapping[int, int]) -> Iterator[Drawn]:
    """Yield the pages that hold more than a drawing, or whose drawing is not the same: the others look alike to all."""
    program = shutil.which("pdftoppm")
    wanted = {
        old: page
        for old, page in became.items()
        if (before.prints[old - 1] != now.prints[page - 1] or len(now.pdf.pages[page - 1].obj.get("/Annots", ())))
        and max(now.document[page - 1].get_size()) < LARGEST
    }
    if program is None or not wanted:
        return
    with scratch.folder() as folder:
        files = [Path(folder) / f"{name}.pdf" for name in ("before", "now")]
        for file, view in zip(files, (before, now), strict=True):
            file.write_bytes(view.data)
        for pair in wanted.items():
            try:
                first, second = (_page(program, file, page) for file, page in zip(files, pair, strict=True))
            except (subprocess.SubprocessError, OSError):
                continue  # what one engine cannot draw, the other did
            yield pair, first, second


def _page(program: str, file: Path, page: int) -> Image.Image:
    command = [program, "-r", "72", "-gray", "-singlefile", "-f", str(page), "-l", str(page), str(file)]
    made = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True).stdout
    with Image.open(io.BytesIO(made)) as image:
        return image.convert("L")


def _differ(before: Image.Image, after: Image.Image, scale: float, boxes: Sequence[Spot], level: int) -> Spot | None:
    """Return where two pictures differ, in points of the page; None when they do not."""
    width, height = before.size
    if before.size != after.size:
        return 0.0, 0.0, float(width), float(height)
    difference = ImageChops.difference(before, after).point(lambda grey: 255 if grey >= level else 0)
    hide = ImageDraw.Draw(difference)
    for left, bottom, right, top in boxes:
        around = (left * scale - 2, height - top * scale - 2, right * scale + 2, height - bottom * scale + 2)
        hide.rectangle(around, fill=0)
    box = difference.getbbox()
    if box is None or difference.histogram()[255] <= POINTS:
        return None
    return box[0] / scale, (height - box[3]) / scale, box[2] / scale, (height - box[1]) / scale
