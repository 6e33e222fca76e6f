"""What is drawn over the pages of a document: PROJET from corner to corner, the anchors of a signing platform.

Both are ornaments for a screen reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pikepdf import Array, Dictionary, Name, Object, Pdf

from docgen.pdf.signatures import Signature

# The letters of PROJET as strokes, each in a box 60 wide and 100 high: drawn, so that no font has to be embedded.
_PROJET = """
0 0 m 0 100 l 32 100 l 70 100 70 48 32 48 c 0 48 l S
85 0 m 85 100 l 117 100 l 155 100 155 50 117 50 c 85 50 l S 115 50 m 145 0 l S
205 0 m 160 0 160 100 205 100 c 250 100 250 0 205 0 c h S
300 100 m 300 28 l 300 -8 262 -8 258 24 c S
385 0 m 330 0 l 330 100 l 385 100 l S 330 52 m 375 52 l S
405 100 m 470 100 l S 437.5 100 m 437.5 0 l S
"""
_PROJET_WIDTH = 470
_PROJET_LENGTH = 0.6
"""Of the diagonal of the page."""
ANCHOR_SIZE = 6
"""Points: it has to be read by a machine only, in one line, within the field."""
FONT_NAME = Name.Champ


def stamp_projet(pack: Pdf) -> None:
    """Draw PROJET from corner to corner of every page, over its text and light enough to read through."""
    stamp = pack.make_stream(
        f"1 J 1 j 15 w 0.75 0.1 0.1 RG {_PROJET}".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([-20, -20, _PROJET_WIDTH + 20, 120]),
        Resources=Dictionary(),
        Group=Dictionary(S=Name.Transparency, CS=Name.DeviceRGB),
    )
    light = pack.make_indirect(Dictionary(Type=Name.ExtGState, CA=0.22, ca=0.22))
    for page in pack.pages:
        _, _, width, height = (float(x) for x in page.mediabox)
        diagonal = (width**2 + height**2) ** 0.5
        cos, sin = width / diagonal, height / diagonal
        scale = _PROJET_LENGTH * diagonal / _PROJET_WIDTH
        x = width / 2 - scale * (cos * _PROJET_WIDTH - sin * 100) / 2
        y = height / 2 - scale * (sin * _PROJET_WIDTH + cos * 100) / 2
        a, b = scale * cos, scale * sin
        name = page.add_resource(stamp, Name.XObject, Name.Projet)
        state = page.add_resource(light, Name.ExtGState, Name.ProjetLight)
        page.contents_add(b"q", prepend=True)
        page.contents_add(
            f"Q q /Artifact BMC {state} gs {a:.4f} {b:.4f} {-b:.4f} {a:.4f} {x:.2f} {y:.2f} cm {name} Do EMC Q".encode()
        )


def write_anchors(pack: Pdf, anchors: Sequence[tuple[Signature, str]], font: Object) -> None:
    """Write in each place to sign the word that a signing platform looks for, in the colour of the paper.

    No two are on one line: some platforms then put both signatures in one place.
    """
    lines: dict[tuple[int, int], int] = {}
    by_page: Mapping[int, list[str]] = {signature.page: [] for signature, _ in anchors}
    for signature, anchor in anchors:
        line = signature.page, round(signature.y + signature.height)
        rank = lines[line] = lines.get(line, -1) + 1
        y = signature.y + signature.height - ANCHOR_SIZE * 1.5 * (rank + 1)
        by_page[signature.page].append(f"1 0 0 1 {signature.x + 2:.2f} {y:.2f} Tm ({anchor}) Tj")
    for number, written in by_page.items():
        page = pack.pages[number - 1]
        name = page.add_resource(font, Name.Font, FONT_NAME)
        page.contents_add(b"q", prepend=True)
        page.contents_add(
            f"Q q /Artifact BMC BT {name} {ANCHOR_SIZE} Tf 1 1 1 rg {' '.join(written)} ET EMC Q".encode("cp1252")
        )
