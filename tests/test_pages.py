"""A few pages as they were looked at once: tests/pages, a folder for each version of LibreOffice.

To accept a new look, delete the picture and run again.
"""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from conftest import Sample
from PIL import Image, ImageChops

from docgen import office

PICTURES = Path(__file__).with_name("pages")
SCALE = 0.75
"""Points to pixels."""
BLOCK = 6
"""Pixels: fonts are drawn a little otherwise by other versions; a line that moved is seen all the same."""
SLACK = 60
"""Of 255, between the mean greys of two blocks."""
KEPT = {
    "parties": ("commune-de-montriviere", 1),
    "blancs": ("commune-d-auberoque", 2),
    "signatures": ("cc-des-deux-vallees", 4),
    "grille": ("departement-du-haut-rocal", 9),
    "projet": ("commune-de-valserre", 10),
}
"""Of each picture, the member and the page (from 1)."""


def look(path: Path, number: int) -> Image.Image:
    with pypdfium2.PdfDocument(path) as document:
        picture: Image.Image = document[number - 1].render(scale=SCALE, grayscale=True).to_pil()
    return picture


def blocks(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width // BLOCK, picture.height // BLOCK), Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return how far apart the two most different blocks are."""
    return int(ImageChops.difference(blocks(one), blocks(other)).getextrema()[1])


@pytest.mark.parametrize("name", KEPT)
def test_a_page_looks_as_it_did(name: str, made: Sample) -> None:
    member, number = KEPT[name]
    now, kept = look(made.pack(member), number), PICTURES / office.find().number / f"{name}.png"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        now.save(kept, optimize=True)
        pytest.fail(f"{kept.name} is new: look at it, then commit it")
    was = Image.open(kept)
    assert now.size == was.size
    assert difference(now, was) < SLACK


def test_a_line_that_moves_or_a_stamp_that_is_lost_is_seen(made: Sample) -> None:
    """The comparison itself: what it is there to see, it sees."""
    page = look(made.pack("commune-de-valserre"), 10)
    moved = ImageChops.offset(page, 0, 8)
    assert difference(page, moved) > SLACK
    bare = look(made.pack("commune-de-montriviere"), 10)
    assert difference(page, bare) > SLACK
