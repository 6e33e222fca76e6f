"""Where the pages of a filled document may hold text: between the margins of each section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from docgen.word.package import W

TWIPS = 20
"""Of a point."""
BOXES = (f"{W}txbxContent", f"{W}framePr")


@dataclass(frozen=True)
class Area:
    """The text area of the pages of one section: points, from the top left corner of the page."""

    width: float
    """Of the page."""
    height: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Layout:
    """What tells a text that passes the margin from one that was put there."""

    areas: tuple[Area, ...] = ()
    aside: tuple[str, ...] = ()
    """What stands in boxes and frames: they are put anywhere on the page."""


NOWHERE = Layout()


def layout(body: etree._Element, *others: etree._Element) -> Layout:
    """Return the text areas of a document; `others` are its styles and its lists, whose indents count too."""
    left, right = _reach([body, *others])
    return Layout(tuple(dict.fromkeys(_areas(body, left, right))), tuple(_aside(body)))


def _areas(body: etree._Element, left: float, right: float) -> Iterator[Area]:
    for section in body.iter(f"{W}sectPr"):
        size, margins = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")
        if size is None or margins is None or next(section.iterancestors(f"{W}sectPrChange"), None) is not None:
            continue
        width, height = _points(size, "w"), _points(size, "h")
        sides = _points(margins, "left", "start"), _points(margins, "right", "end")
        yield Area(
            width, height, sides[0] - left, abs(_points(margins, "top")), width - sides[1] + right,
            height - abs(_points(margins, "bottom")),
        )  # fmt: skip


def _reach(parts: list[etree._Element]) -> tuple[float, float]:
    """Return how far into the margins the lawyer herself put paragraphs and tables, on the left and on the right."""
    left = right = 0.0
    for part in parts:
        for indent in part.iter(f"{W}ind"):
            first = max(_points(indent, "hanging"), -_points(indent, "firstLine"))
            left = max(left, first - _points(indent, "left", "start"), -_points(indent, "left", "start"))
            right = max(right, -_points(indent, "right", "end"))
        for indent in part.iter(f"{W}tblInd"):
            left = max(left, -_points(indent, "w"))
    return left, right


def _aside(body: etree._Element) -> Iterator[str]:
    for box in body.iter(*BOXES):
        inside = box if box.tag == f"{W}txbxContent" else next(box.iterancestors(f"{W}p"), box)
        yield "".join(text.text or "" for text in inside.iter(f"{W}t"))


def _points(element: etree._Element, *names: str) -> float:
    value = next((found for name in names if (found := element.get(f"{W}{name}"))), "0")
    try:
        return float(value) / TWIPS
    except ValueError:  # a measure with its unit, that Word takes and does not write
        return 0.0
