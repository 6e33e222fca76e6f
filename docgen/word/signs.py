"""The signs of Word (☐ ✓ →, those of Symbol and Wingdings), each drawn with one font that every machine can have.

A check box, a tick or an arrow is in few fonts of text: LibreOffice would take another one, not the same on each
machine. Here is the only list of what stands for what.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Set
from functools import lru_cache

from lxml import etree

from docgen.office import SYMBOLS
from docgen.word.fonts import KINDS, SIGN, Typography
from docgen.word.package import XML_SPACE, W
from docgen.word.passages import REMEMBERED

FONT = "DejaVu Sans"
"""Free, with all these signs; package fonts-dejavu-core."""
EAST = re.compile("[\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")
"""Chinese, Japanese, Korean: Word has a font of its own for them."""
UNDRAWN = re.compile("[\\s\u00ad\u200b-\u200f\u2010\u2011\u2028-\u202f\u2060\ue010\ufeff]")
"""Spaces, and what draws nothing or a hyphen in every font."""
WINGDINGS = {
    0x21: "✏", 0x22: "✂", 0x28: "☎", 0x2A: "✉", 0x3F: "✍", 0x41: "✌", 0x46: "☞", 0x4A: "☺", 0x6C: "●",
    0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x70: "□", 0x71: "❑", 0x72: "❒", 0x73: "◆", 0x74: "◆", 0x75: "◆", 0x76: "❖",
    0x77: "◆", 0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA4: "◉", 0xA7: "▪", 0xA8: "◻", 0xAB: "★", 0xAC: "✶", 0xD5: "⌫",
    0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩",
    0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
WINGDINGS_2 = {
    0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x97: "●", 0x98: "●", 0xA2: "■", 0xA3: "□",
    0xAE: "◆", 0xAF: "◇",
}  # fmt: skip
WINGDINGS_3 = {
    0x21: "←", 0x22: "→", 0x23: "↑", 0x24: "↓", 0x66: "←", 0x67: "→", 0x68: "↑", 0x69: "↓", 0x83: "◀", 0x84: "▶",
}  # fmt: skip
WEBDINGS = {0x61: "✔", 0x67: "■", 0x6E: "●", 0x72: "✘"}
SYMBOL = {
    **{0x41 + n: char for n, char in enumerate("ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ")},
    **{0x61 + n: char for n, char in enumerate("αβχδεφγηιϕκλμνοπθρστυϖωξψζ")},
    0xA0: "€", 0xA3: "≤", 0xA5: "∞", 0xA7: "♣", 0xA8: "♦", 0xA9: "♥", 0xAA: "♠", 0xAB: "↔", 0xAC: "←", 0xAD: "↑",
    0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡",
    0xBB: "≈", 0xBC: "…", 0xD6: "√", 0xDB: "⇔", 0xDC: "⇐", 0xDE: "⇒", 0xE5: "∑",
}  # fmt: skip
TABLES = {
    name.casefold(): table
    for name, table in zip(SYMBOLS, (SYMBOL, WINGDINGS, WINGDINGS_2, WINGDINGS_3, WEBDINGS), strict=True)
}
"""What each code of the fonts of signs shows, in Unicode (unicode.org, Wingdings and Webdings mapping)."""


def draw(
    part: etree._Element, typography: Typography, asked: Iterable[str], covers: Callable[[str, str], bool]
) -> Iterator[tuple[etree._Element, str]]:
    """Give each sign of a part the font that draws it; yield the run and the character of what no font draws.

    `asked` are the families that the document asks for; `covers` tells whether a family draws a character.
    """
    known = frozenset(asked)
    symbolic = any(family.casefold() in TABLES for family in known)
    for sign in list(part.iter(f"{W}sym")):
        found = _meant(sign.get(f"{W}font", ""), sign.get(f"{W}char", ""))
        run = sign.getparent()
        if found:
            text = etree.Element(f"{W}t")
            text.text = found
            run.replace(sign, text)
        else:
            yield run, _typed(sign.get(f"{W}char", ""))
    for text in list(part.iter(f"{W}t")):
        run = text.getparent()
        plain = (text.text or "").isascii() and not symbolic  # every font has these
        if text.text and not plain and run is not None and run.tag == f"{W}r":
            text.text = unicodedata.normalize("NFC", text.text)
            fonts = typography.of_run(run)
            if fonts.get("hAnsi", "").casefold() in TABLES:
                text.text = "".join(_meant(fonts["hAnsi"], f"{ord(char):X}") or char for char in text.text)
            signs, lost = _judged(text.text, tuple(fonts.items()), known, covers)
            yield from ((run, char) for char in lost)
            if signs:
                _set_apart(text, run, signs)


def bullets(
    part: etree._Element, typography: Typography, covers: Callable[[str, str], bool]
) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield the paragraphs whose bullet or number has a character that its font does not draw, with both.

    LibreOffice draws those of the fonts of signs itself.
    """
    for paragraph in part.iter(f"{W}p"):
        fonts, text = typography.of_label(paragraph)
        if fonts.get("hAnsi", "").casefold() in TABLES:
            continue
        for char in dict.fromkeys(text):
            family = fonts.get("ascii" if ord(char) < 128 else "hAnsi", "")
            if family and not UNDRAWN.match(char) and not covers(family, char):
                yield paragraph, char, family


@lru_cache(REMEMBERED)
def _judged(
    text: str, of_run: tuple[tuple[str, str], ...], known: frozenset[str], covers: Callable[[str, str], bool]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the characters of a text that are signs to draw, and those that nothing draws."""
    signs, lost, fonts = set(), [], dict(of_run)
    for char in dict.fromkeys(text):
        family = fonts.get("ascii" if ord(char) < 128 else "hAnsi", "")
        if EAST.match(char):
            family = fonts.get("eastAsia", family)
        if UNDRAWN.match(char) or not family or (family in known and covers(family, char)):
            continue
        if SIGN.match(char) and covers(FONT, char):
            signs.add(char)
        elif not covers(family, char):
            lost.append(char)
    return frozenset(signs), tuple(lost)


def _set_apart(text: etree._Element, run: etree._Element, signs: Set[str]) -> None:
    """Put the signs of a text in runs of their own, of the same format but for their font."""
    props, after = run.find(f"{W}rPr"), list(text.itersiblings())
    run.remove(text)
    made = []
    for piece in re.split(f"([{re.escape(''.join(sorted(signs)))}]+)", text.text or ""):
        if piece:
            made.append(_run(props))
            if piece[0] in signs:
                _with_font(made[-1])
            etree.SubElement(made[-1], f"{W}t", {XML_SPACE: "preserve"}).text = piece
    if after:
        made.append(_run(props))
        made[-1].extend(after)
    for new in reversed(made):
        run.addnext(new)
    if all(child.tag == f"{W}rPr" for child in run):
        run.getparent().remove(run)


def _run(props: etree._Element | None) -> etree._Element:
    new = etree.Element(f"{W}r")
    if props is not None:
        new.append(copy.deepcopy(props))
    return new


def _with_font(run: etree._Element) -> None:
    props = run.find(f"{W}rPr")
    if props is None:
        props = etree.SubElement(run, f"{W}rPr")
    for former in props.findall(f"{W}rFonts"):
        props.remove(former)
    fonts = etree.Element(f"{W}rFonts", {f"{W}{kind}": FONT for kind in KINDS})
    style = props.find(f"{W}rStyle")
    props.insert(0 if style is None else 1, fonts)


def _meant(font: str, code: str) -> str:
    """Return what a code of a font of signs shows; nothing when that is not known. Word writes it from F000 on."""
    try:
        table = TABLES.get(font.casefold())
        return table.get(int(code, 16) & 0xFF, "") if table is not None else chr(int(code, 16))
    except ValueError:
        return ""


def _typed(code: str) -> str:
    try:
        return chr(int(code, 16))
    except ValueError:
        return "?"
