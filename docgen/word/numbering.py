"""The numbers that Word prints before its paragraphs: « Article 4 – », « 3.1 », « D) ». They are nowhere in the text.

Takes the members of a .docx; gives, paragraph after paragraph, what is printed before each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from docgen.word.package import PARSER, W

ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
         (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
HEADING = re.compile(r"(?:Heading|Titre)(\d)")
HEADING_LEVELS = tuple("012345678")
"""Level 9 is the body of the text (ISO/IEC 29500-1, 17.3.1.20)."""
DEPTH = 9
"""Levels of a list (ISO/IEC 29500-1, 17.9.3)."""


@dataclass(frozen=True)
class _Level:
    """How one level of a list is numbered."""

    kind: str
    """« decimal », « upperLetter », « bullet »…"""
    text: str
    """« Article %1 – »: the number of level 1 in its place."""
    start: int


class Numbering:
    """Counts the numbered paragraphs of one document, in order."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        """Read the lists and the styles of the document."""
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._xml: dict[str, dict[int, etree._Element]] = {}
        self._styles: dict[str, etree._Element] = {}
        if data := members.get("word/numbering.xml"):
            self._read_lists(etree.fromstring(data, PARSER))
        if data := members.get("word/styles.xml"):
            styles = etree.fromstring(data, PARSER).iter(f"{W}style")
            self._styles = {style.get(f"{W}styleId", ""): style for style in styles}
        self._counts: dict[str, list[int]] = {}

    def _read_lists(self, root: etree._Element) -> None:
        kinds = {
            one.get(f"{W}abstractNumId", ""): {level: _level(found) for found in one.iter(f"{W}lvl")
                                               if (level := int(found.get(f"{W}ilvl", "0"))) < DEPTH}
            for one in root.iter(f"{W}abstractNum")
        }  # fmt: skip
        levels = {
            one.get(f"{W}abstractNumId", ""): {int(found.get(f"{W}ilvl", "0")): found for found in one.iter(f"{W}lvl")}
            for one in root.iter(f"{W}abstractNum")
        }
        for one in root.iter(f"{W}num"):
            of = one.find(f"{W}abstractNumId")
            name = of.get(f"{W}val", "") if of is not None else ""
            self._lists[one.get(f"{W}numId", "")] = (name, kinds.get(name, {}))
            own = {int(found.get(f"{W}ilvl", "0")): found for found in one.iter(f"{W}lvl")}
            self._xml[one.get(f"{W}numId", "")] = levels.get(name, {}) | own

    def label(self, paragraph: etree._Element) -> str:
        """Return what Word prints before the paragraph, « Article 4 – »; nothing before a bullet or a plain one."""
        number, depth = self._list_of(paragraph)
        name, levels = self._lists.get(number, ("", {}))
        level = levels.get(depth)
        if level is None or level.kind in ("bullet", "none"):
            return ""
        counts = self._counts.setdefault(name, [0] * DEPTH)
        for above in range(depth):
            counts[above] = counts[above] or (levels[above].start if above in levels else 1)
        counts[depth] = counts[depth] + 1 if counts[depth] else level.start
        counts[depth + 1 :] = [0] * (DEPTH - depth - 1)
        said = re.sub(r"%([1-9])", lambda found: _written(counts, levels, int(found[1]) - 1), level.text)
        return re.sub(r"\s+", " ", said).strip()

    def level_of(self, paragraph: etree._Element) -> etree._Element | None:
        """Return the level of the list that a paragraph is in, as the file describes it; None when it is in none."""
        number, depth = self._list_of(paragraph)
        return self._xml.get(number, {}).get(depth)

    def is_heading(self, paragraph: etree._Element) -> bool:
        """Tell whether the paragraph is a heading."""
        return self.level(paragraph) is not None

    def level(self, paragraph: etree._Element) -> int | None:
        """Return the level of a heading, from 0: its own, or that of its style or of one that this is based on."""
        props = paragraph.find(f"{W}pPr")
        if props is None:
            return None
        style = props.find(f"{W}pStyle")
        name = style.get(f"{W}val", "") if style is not None else ""
        for _ in range(DEPTH):
            level = props.find(f"{W}outlineLvl") if props is not None else None
            if level is not None:
                said = level.get(f"{W}val", "")
                return int(said) if said in HEADING_LEVELS else None
            if found := HEADING.fullmatch(name):
                return int(found[1]) - 1
            if name not in self._styles:
                return None
            props, base = self._styles[name].find(f"{W}pPr"), self._styles[name].find(f"{W}basedOn")
            name = base.get(f"{W}val", "") if base is not None else ""
        return None

    def _list_of(self, paragraph: etree._Element) -> tuple[str, int]:
        """Return the number of the list and the level of a paragraph: its own, or those of its style."""
        number, depth = _numbered(paragraph.find(f"{W}pPr"))
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = style.get(f"{W}val", "") if style is not None else ""
        for _ in range(DEPTH):
            if number is not None or name not in self._styles:
                break
            number, of_style = _numbered(self._styles[name].find(f"{W}pPr"))
            depth = depth if depth is not None else of_style
            base = self._styles[name].find(f"{W}basedOn")
            name = base.get(f"{W}val", "") if base is not None else ""
        return number or "", min(depth or 0, DEPTH - 1)


def titled(label: str, text: str) -> str:
    """Return a title with its number: « Article 4 – Prix », « D) Prix »; « 3.1 » is « Article 3.1 – »."""
    if re.fullmatch(r"[\d.]+", label):
        return f"Article {label.rstrip('.')} – {text}"
    return f"{label} {text}".strip()


def _numbered(props: etree._Element | None) -> tuple[str | None, int | None]:
    found = props.find(f"{W}numPr") if props is not None else None
    if found is None:
        return None, None
    number, depth = found.find(f"{W}numId"), found.find(f"{W}ilvl")
    level = depth.get(f"{W}val", "") if depth is not None else ""
    return number.get(f"{W}val") if number is not None else None, int(level) if level.isdigit() else None


def _level(found: etree._Element) -> _Level:
    said = {name: one.get(f"{W}val", "") for name in ("numFmt", "lvlText", "start")
            if (one := found.find(f"{W}{name}")) is not None}  # fmt: skip
    start = said.get("start", "1")
    return _Level(said.get("numFmt", "decimal"), said.get("lvlText", ""), int(start) if start.isdigit() else 1)


def _written(counts: list[int], levels: Mapping[int, _Level], depth: int) -> str:
    """Return the count of a level as it is printed."""
    return written(counts[depth], levels[depth].kind if depth in levels else "decimal")


def written(count: int, kind: str) -> str:
    """Return a number as Word writes it; the kind is « decimal », « upperRoman », « lowerLetter »."""
    if kind.endswith("Letter"):
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if kind.startswith("upper") else letter
    if kind.endswith("Roman"):
        roman = ""
        for value, sign in ROMAN:
            while count >= value:
                roman, count = roman + sign, count - value
        return roman.upper() if kind.startswith("upper") else roman
    return f"{count:02d}" if kind == "decimalZero" else str(count)
