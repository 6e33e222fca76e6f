"""What the tables of contents of a filled document are to say: LibreOffice makes them anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from docgen.word.codes import LISTED, Code, codes
from docgen.word.numbering import Numbering
from docgen.word.package import W

LEVELS = re.compile(r'\\o\s+"(\d)-(\d)"')


def entries(body: etree._Element, members: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the titles and the captions that the tables of the body list, with their numbers; `members`: of the .docx.

    None where pages are not numbered 1, 2, 3 from the first one: what a table says is then not the page of the PDF.
    """
    asked = [code.text for code in codes(body)[0] if code.name == "TOC"]
    if not asked or any(one.get(f"{W}start") or one.get(f"{W}fmt") for one in body.iter(f"{W}pgNumType")):
        return ()
    depths = {
        depth for text in asked if (found := LEVELS.search(text)) for depth in range(int(found[1]), int(found[2]) + 1)
    }
    names = {found[1] for text in asked if (found := LISTED.search(text))}
    return (*_titles(body, members, depths), *_captions(body, names))


def _titles(body: etree._Element, members: Mapping[str, bytes], depths: set[int]) -> Iterator[str]:
    numbering = Numbering(members)
    for paragraph in body.iter(f"{W}p"):
        label, level = numbering.label(paragraph), numbering.level(paragraph)
        text = _text(paragraph)
        if level is not None and level + 1 in depths and text:
            yield f"{label} {text}".strip()


def _captions(body: etree._Element, names: set[str]) -> Iterator[str]:
    for code in codes(body)[0]:
        if code.name == "SEQ" and code.counted in names:
            yield _text(_paragraph(code))


def _paragraph(code: Code) -> etree._Element:
    mark = code.simple if code.simple is not None else code.begin
    assert mark is not None
    return next(mark.iterancestors(f"{W}p"))


def _text(paragraph: etree._Element) -> str:
    return " ".join("".join(text.text or "" for text in paragraph.iter(f"{W}t")).split())
